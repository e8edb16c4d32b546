"""A small web server whose answers a test writes, and data services that behave as their specifications say."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit


@dataclass
class Request:
    """What a client asked for."""

    path: str
    query: dict[str, str]
    headers: Message
    method: str = "GET"


@dataclass
class Answer:
    """What it is told; ``cut`` is the number of bytes of the body after which the connection breaks."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


Service = Callable[[Request], Answer]


@dataclass
class Web:
    """A running server: where it is, what answers, and what it was asked."""

    url: str
    asked: list[Request] = field(default_factory=list)
    service: Service = lambda _: Answer(status=404)

    def answers(self, *answers: Answer) -> None:
        """Give these answers one after the other, and the last one from then on."""
        waiting = list(answers)
        self.service = lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A server on 127.0.0.1 for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            request = Request(parts.path, query, self.headers, self.command)
            web.asked.append(request)
            answer = web.service(request)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if not {"Content-Length", "Transfer-Encoding"} & set(answer.headers):
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body[: answer.cut])
            if answer.cut is not None:
                self.close_connection = True

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
            """Requests are not worth a line each."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # clients that hang up are part of the tests
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    web = Web(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def told(content: Any, status: int = 200, **headers: str) -> Answer:
    body = json.dumps(content, ensure_ascii=False, indent=1).encode()
    return Answer(body, status, {"Content-Type": "application/json", **headers})


Records = Sequence[dict[str, Any]]


def ckan(records: Callable[[], Records], most: int = 32_000) -> Service:
    """CKAN's ``datastore_search`` (API guide, ckanext.datastore.logic.action): ``total`` counts what the filters leave, and
    ``limit`` is lowered to ``ckan.datastore.search.rows_max``; ``sort`` is honoured."""

    def answer(request: Request) -> Answer:
        if not request.path.endswith("/api/3/action/datastore_search") or request.query["resource_id"] != "r-1":
            return told({"success": False, "error": {"message": "Not found", "__type": "Not Found Error"}}, 404)
        assert request.query["sort"] == "_id asc"
        rows = [{"_id": n, **row} for n, row in enumerate(records(), 1)]
        for column, value in json.loads(request.query.get("filters", "{}")).items():
            rows = [row for row in rows if str(row[column]) == value]
        offset, limit = int(request.query["offset"]), min(int(request.query["limit"]), most)
        result = {"records": rows[offset : offset + limit], "total": len(rows), "limit": limit, "offset": offset}
        return told({"help": "", "success": True, "result": result})

    return answer


def socrata(records: Callable[[], Records], most: int = 50_000) -> Service:
    """SODA 2.1 (dev.socrata.com, "Queries using SODA", "Paging through Data", "System Fields"): an array of rows;
    ``$order=:id`` gives them an order, counts are texts."""

    def answer(request: Request) -> Answer:
        if request.path != "/resource/abcd-1234.json":
            return told({"code": "dataset.missing", "error": True, "message": "Not found"}, 404)
        rows = [{":id": f"row-{n:06d}", **row} for n, row in enumerate(records())]
        select = request.query["$select"]
        if select.startswith("count(*) as "):
            return told([{select.removeprefix("count(*) as "): str(len(rows))}])
        assert request.query["$order"] == ":id"
        assert select == ":id, *"
        offset, limit = int(request.query["$offset"]), min(int(request.query["$limit"]), most)
        return told(rows[offset : offset + limit])

    return answer


def arcgis(records: Callable[[], Records], most: int = 2000) -> Service:
    """ArcGIS REST API, "Query (Feature Service/Layer)" and "Layer (Feature Service)": at most ``maxRecordCount`` features
    of a page, ``exceededTransferLimit`` where there are more, errors with HTTP 200."""

    def answer(request: Request) -> Answer:
        if request.path.endswith("/FeatureServer/0"):
            can = {"supportsPagination": True, "supportsOrderBy": True}
            return told({"objectIdField": "OBJECTID", "maxRecordCount": most, "advancedQueryCapabilities": can})
        if not request.path.endswith("/FeatureServer/0/query"):
            return told({"error": {"code": 400, "message": "Invalid URL", "details": []}})
        rows = list(enumerate(records(), 1))
        if request.query.get("returnCountOnly") == "true":
            return told({"count": len(rows)})
        assert request.query["orderByFields"] == "OBJECTID ASC"
        offset, limit = int(request.query["resultOffset"]), min(int(request.query["resultRecordCount"]), most)
        features = [
            {
                "type": "Feature",
                "id": n,
                "geometry": {"type": "Point", "coordinates": [105.85, 21.02]},
                "properties": row,
            }
            for n, row in rows[offset : offset + limit]
        ]
        more = {"properties": {"exceededTransferLimit": True}} if offset + limit < len(rows) else {}
        return told({"type": "FeatureCollection", "features": features, **more})

    return answer


def sensorthings(records: Callable[[], Records], url: Callable[[], str], most: int = 1000) -> Service:
    """OGC 18-088 (SensorThings API Part 1 version 1.1), section 9.3.3.5 ``$top``, 9.3.3.6 ``$skip``, 9.3.3.4 ``$count`` and
    section 9.3.3.7: where the service gives fewer entities than there are, ``@iot.nextLink`` leads to the rest."""

    def answer(request: Request) -> Answer:
        if request.path != "/v1.1/Observations":
            return told({"code": 404, "message": "Not found"}, 404)
        rows = [{"@iot.id": n, **row} for n, row in enumerate(records(), 1)]
        assert request.query["$orderby"] == "id asc"
        skip, top = int(request.query.get("$skip", "0")), min(int(request.query["$top"]), most)
        found: dict[str, Any] = {"@iot.count": len(rows), "value": rows[skip : skip + top]}
        if skip + top < len(rows):
            found["@iot.nextLink"] = f"{url()}/v1.1/Observations?{urlencode({**request.query, '$skip': skip + top})}"
        return told(found)

    return answer


def ngsi_ld(records: Callable[[], Records], *, links: bool, most: int = 1000) -> Service:
    """ETSI GS CIM 009 V1.8.1: clause 5.5.9 (pagination), 6.3.10 (``Link`` headers lead to the next page, where the broker
    gives them) and 6.3.13 (``count=true`` gives ``NGSILD-Results-Count``)."""

    def answer(request: Request) -> Answer:
        if request.path != "/ngsi-ld/v1/entities" or request.query["type"] != "AirQualityObserved":
            return told({"type": "https://uri.etsi.org/ngsi-ld/errors/ResourceNotFound", "title": "Not found"}, 404)
        assert request.query["options"] == "keyValues"
        rows = [
            {"id": f"urn:ngsi-ld:AirQualityObserved:{n}", "type": "AirQualityObserved", **row}
            for n, row in enumerate(records())
        ]
        offset, limit = int(request.query["offset"]), min(int(request.query["limit"]), most)
        headers = {"NGSILD-Results-Count": str(len(rows))} if request.query.get("count") == "true" else {}
        if links and offset + limit < len(rows):
            following = urlencode({**request.query, "offset": offset + limit})
            headers["Link"] = f'</ngsi-ld/v1/entities?{following}>;rel="next";type="application/json"'
        return told(rows[offset : offset + limit], **headers)

    return answer
