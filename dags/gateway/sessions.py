"""Deliveries of several files over HTTP: opened, listed, closed by the sender; receipts and reports of the whole."""

from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dags.gateway.bundles import Bundle, Bundles
from dags.gateway.door import LOG, Door
from dags.gateway.errors import UnknownBundle
from dags.gateway.headers import listed_in, said_in
from dags.gateway.reports import report_addresses, report_answer
from dags.gateway.uploads import Uploads

_OPENING_BYTES, _CLOSING_BYTES = 4_096, 256 * 1024


class Sessions:
    """The answers at ``/deliveries``."""

    def __init__(self, door: Door, bundles: Bundles, uploads: Uploads, received: Callable[[Bundle], None]) -> None:
        self._door, self._bundles, self._uploads, self._received = door, bundles, uploads, received

    def routes(self) -> list[Route]:
        """The paths and verbs."""
        one = "/deliveries/{delivery_id}"
        return [
            Route("/deliveries", self.begin, methods=["POST"]),
            Route("/deliveries", self.every, methods=["GET"]),
            Route(one, self.status, methods=["GET"], name="delivery"),
            Route(one, self.cancel, methods=["DELETE"]),
            Route(f"{one}/close", self.close, methods=["POST"], name="close"),
            Route(f"{one}/report", self.report, methods=["GET"], name="delivery-report"),
            Route(f"{one}/report.xlsx", self.marked, methods=["GET"], name="delivery-marked"),
        ]

    async def begin(self, request: Request) -> Response:
        token = self._door.token(request)
        dataset = (await said_in(request, _OPENING_BYTES)).get("dataset")
        self._door.allow(token, dataset if isinstance(dataset, str) else "")
        bundle = self._bundles.begin(token.agency, str(dataset))
        place = str(request.url_for("delivery", delivery_id=bundle.id))
        return JSONResponse(self._receipt(request, bundle), 201, {"Location": place})

    def every(self, request: Request) -> Response:
        """All deliveries of several files of the token's agency, oldest first."""
        token = self._door.token(request)
        found = [b for b in self._bundles.every(token.agency) if token.covers(b.dataset)]
        return JSONResponse([self._receipt(request, bundle) for bundle in found])

    def status(self, request: Request) -> Response:
        """The receipt of a delivery, and what became of it."""
        return JSONResponse(self._receipt(request, self.found(request)))

    def cancel(self, request: Request) -> Response:
        self._bundles.cancel(self.found(request))
        return Response(status_code=204)

    async def close(self, request: Request) -> Response:
        """Close a delivery: from here on it is judged. Closing it again gives the same receipt."""
        bundle = self.found(request)
        bundle, now = self._bundles.close(bundle, listed_in(await said_in(request, _CLOSING_BYTES)))
        if now:
            LOG.info("received delivery %s: %s, %d files", bundle.id, bundle.dataset, len(bundle.files))
            self._received(bundle)
        return JSONResponse(self._receipt(request, bundle))

    def report(self, request: Request) -> Response:
        return report_answer(self._bundles.report(self.found(request)))

    def marked(self, request: Request) -> Response:
        return report_answer(self._bundles.report(self.found(request), "xlsx"))

    def found(self, request: Request, bundle_id: str | None = None) -> Bundle:
        """The delivery that a request is about, of its token's agency and datasets. Raises UnknownBundle."""
        token = self._door.token(request)
        bundle = self._bundles.find(bundle_id or request.path_params["delivery_id"], token.agency)
        if not token.covers(bundle.dataset):
            raise UnknownBundle
        return bundle

    def _receipt(self, request: Request, bundle: Bundle) -> dict[str, object]:
        files = [
            {"name": u.name, "bytes": u.bytes, "offset": self._uploads.offset(u), "sha256": u.sha256, "id": u.id}
            for u in self._bundles.uploads(bundle)
        ]
        kept = partial(self._bundles.report, bundle)
        reports = report_addresses(request, kept, "delivery-report", "delivery-marked", delivery_id=bundle.id)
        return bundle.to_json() | {"files": files, **reports}
