"""Putting the service together.

>>> from blueprint import blueprint
>>> create_app(blueprint()).title
'Hà Nội Digital Data Blueprint'
"""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from blueprint.changelog import Release, changelog
from blueprint.load import Blueprint
from blueprint.registry import confluent, documents, enquiries, faults, proposals
from blueprint.registry.guard import Guard
from blueprint.registry.holdings import Holdings
from blueprint.registry.language import LANGUAGES, preferred
from blueprint.registry.pages import pages
from blueprint.registry.site import HERE, error_page
from blueprint.text import Bilingual

TAGS = {
    "declarations": Bilingual(vi="Khai báo", en="Declarations"),
    "questions": Bilingual(vi="Hỏi đáp", en="Questions"),
    "proposals": Bilingual(vi="Đề xuất", en="Proposals"),
    "schema registry": Bilingual(vi="Sổ đăng ký lược đồ (Confluent)", en="Schema registry (Confluent)"),
}
_ABOUT = (
    "Các khái niệm, danh mục, bảng chuyển đổi, hợp đồng dữ liệu và chỉ số của thành phố; chỉ đọc. / The concepts, code "
    "lists, crosswalks, data contracts and indicators of the city; read only."
)


def create_app(plan: Blueprint, releases: Sequence[Release] | None = None, public_url: str | None = None) -> FastAPI:
    """The Registry over ``plan`` as an ASGI application.

    ``releases`` is the changelog, read from the folder of ``plan`` where it is absent. ``public_url`` is the address
    under which readers reach the service, for the links of the feed; that of each request where it is absent.
    Raises BlueprintError where two released contracts would bear one schema id.
    """
    holdings = Holdings(plan, changelog(plan.root) if releases is None else releases)
    public = public_url.rstrip("/") if public_url else None
    app = FastAPI(
        title="Hà Nội Digital Data Blueprint",
        description=_ABOUT,
        version="1",
        license_info={"name": "Apache-2.0"},
        docs_url=None,  # their pages load scripts from another origin
        redoc_url=None,
        openapi_tags=[{"name": name, "description": f"{t.vi} / {t.en}"} for name, t in TAGS.items()],
        separate_input_output_schemas=False,
    )
    app.add_middleware(Guard)
    faults.install(app, error_page)
    app.mount("/static", _Static(directory=HERE / "static"), name="static")

    @app.get("/", include_in_schema=False, response_model=None)
    def front(request: Request) -> Response:
        language = preferred(request.headers.get("accept-language"))
        return RedirectResponse(f"/{language}/", 303, {"Vary": "Accept-Language"})

    app.include_router(documents.documents(holdings, public))
    app.include_router(enquiries.enquiries(holdings, public))
    app.include_router(proposals.proposals(holdings))
    app.include_router(confluent.confluent(holdings))
    for language in LANGUAGES:
        app.include_router(pages(holdings, language, app, public))
    _describe(app)
    return app


class _Static(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response


def _describe(app: FastAPI) -> None:
    """Replace the framework's own error answers in the OpenAPI description by ours."""
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            content = generated()
            schemas = content.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(faults.SCHEMAS)
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]
