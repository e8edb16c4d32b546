"""The simulated agencies' web server: an index and the files it lists, at ``/`` as sent well and at ``/faults/NAME/`` as sent badly."""

import contextlib
import fnmatch
import json
import threading
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from urllib.parse import unquote, urlsplit

from blueprint import Source, blueprint
from dags.sources.places import INDEX
from dags.sources.rows import reading_of
from ops.simulator.city import SIMULATED
from ops.simulator.faults import FAULTS, Delivery, Endless
from ops.simulator.layout import lay_out

SEED = 20250701


@cache
def deliveries(seed: int = SEED) -> Delivery:
    """Every file that the simulated agencies send, by path; the same seed gives the same bytes of every text file."""
    plan = blueprint()
    found: Delivery = {}
    for dataset, simulate in SIMULATED.items():
        contract = plan.contract(dataset)
        source = contract.sources[0]
        for name, rows in simulate(Random(f"{seed} {dataset}"), plan).items():
            path = _path(source, name)
            file = path.rsplit("/", 1)[-1]
            found[path] = rows if isinstance(rows, bytes) else lay_out(contract, reading_of(source, file), rows)
    return found


def _path(source: Source, name: str) -> str:
    """Where a file named ``name`` lies so that the source's patterns find it; the only pattern's own path when unnamed."""
    if not name:
        return source.files[0]
    folders = [
        pattern.rsplit("/", 1)[0] for pattern in source.files if fnmatch.fnmatch(name, pattern.rsplit("/", 1)[-1])
    ]
    return f"{folders[0]}/{name}"


def _names(fault: str | None) -> list[str]:
    """The files that are there, whatever is in them."""
    names: Delivery = dict.fromkeys(deliveries(), Endless(0))
    return sorted(FAULTS[fault](names) if fault else names)


@cache
def _content(path: str, fault: str | None) -> bytes | Endless:
    """One file, as sent well or as ``fault`` makes it."""
    sent = {path: deliveries()[path]}
    return (FAULTS[fault](sent) if fault else sent)[path]


class _Handler(BaseHTTPRequestHandler):
    """Answers GET. The first request for each file is turned away with 503, as busy agency servers do."""

    protocol_version = "HTTP/1.1"
    turned_away: set[str] = set()  # noqa: RUF012 - shared by the requests of one server

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path).lstrip("/")
        fault = None
        if path.startswith("faults/"):
            fault, _, path = path.removeprefix("faults/").partition("/")
            if fault not in FAULTS:
                return self._answer(404, b"", "text/plain")
        if path == INDEX:
            listing = json.dumps({"simulated": True, "files": _names(fault)}, ensure_ascii=False)
            return self._answer(200, listing.encode(), "application/json")
        if path not in _names(fault):
            return self._answer(404, b"", "text/plain")
        if self.path not in self.turned_away:
            self.turned_away.add(self.path)
            return self._answer(503, b"", "text/plain")
        return self._answer(200, _content(path, fault), "application/octet-stream")

    def _answer(self, status: int, body: bytes | Endless, kind: str) -> None:
        endless = isinstance(body, Endless)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(body.size if endless else len(body)))
        if status == 503:
            self.send_header("Retry-After", "0")
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a client that has enough hangs up
            for piece in body.pieces() if endless else (body,):
                self.wfile.write(piece)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
        """Requests are not worth a line each."""


@contextlib.contextmanager
def simulating(port: int = 0) -> Iterator[str]:
    """The address of a simulator on 127.0.0.1 that runs while the block does."""
    handler = type("Handler", (_Handler,), {"turned_away": set()})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
