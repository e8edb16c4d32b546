"""Reports as answers: a page, or the marked copy of what the agency sent."""

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from dags.gateway.errors import NoReport

_PAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a report may load: only what it holds itself."""
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def report_addresses(
    request: Request, kept: Callable[[str], Path], page: str, marked: str, **of: str
) -> dict[str, str | None]:
    """The addresses of the reports that are there by now: the page, and the marked copy as ``report_xlsx``.

    ``kept`` tells where the report of a form is, ``page`` and ``marked`` are the names of their routes.
    """
    routes = {"report": ("html", page), "report_xlsx": ("xlsx", marked)}
    return {
        name: str(request.url_for(route, **of)) if kept(form).exists() else None
        for name, (form, route) in routes.items()
    }


def report_answer(path: Path) -> Response:
    """The report at ``path``. Raises NoReport where there is none yet."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NoReport from None
    if path.suffix == ".xlsx":
        headers = {"Content-Disposition": 'attachment; filename="ket-qua-kiem-tra.xlsx"'}
        return Response(content, media_type=_WORKBOOK, headers=headers)
    return Response(content, media_type="text/html", headers={"Content-Security-Policy": _PAGE})
