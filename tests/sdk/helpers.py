"""A catalogue on this machine: a real HTTP server that answers in the catalogue's shapes, and fails when told to."""

import datetime as dt
import hashlib
import json
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

ROWS = pa.table(
    {
        "station": ["Hàng Đậu", None, ""],
        "at": pa.array(
            [dt.datetime(2025, 3, 1, hour, tzinfo=dt.UTC) for hour in (0, 1, 2)], pa.timestamp("us", tz="UTC")
        ),
        "day": [dt.date(2025, 3, 1), None, dt.date(2025, 3, 1)],
        "count": pa.array([2**53 + 1, None, 3], pa.int64()),
        "valid": [True, None, False],
        "level": [12.5, None, 0.1],
        "price": pa.array([Decimal("1.500000"), None, Decimal("0.000001")], pa.decimal128(18, 6)),
    }
)
TYPES = ["string", "timestamp", "date", "integer", "boolean", "double", "decimal"]


@dataclass
class Fault:
    """What the server does once instead of answering well."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    """Announce the whole file, send so many bytes of it, and hang up."""


class Catalogue:
    """The packages and files of a catalogue, the requests that came, and the faults to come."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.asked: list[dict[str, str]] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.organisations: list[dict[str, Any]] = []
        self.url = ""

    def fail(self, path: str, *faults: Fault) -> None:
        """Answer the next requests whose path starts with ``path`` with these faults, one each."""
        self.faults.setdefault(path, deque()).extend(faults)

    def sent(self, path: str) -> list[dict[str, str]]:
        """The headers of the requests whose path starts with ``path``."""
        return [headers for came, headers in self.requests if came.startswith(path)]

    def publish(
        self,
        name: str,
        rows: pa.Table = ROWS,
        *,
        version: str = "1-aaaaaaaa",
        told: dict[str, Any] | None = None,
        types: list[str] = TYPES,
        **extras: str,
    ) -> dict[str, Any]:
        """Write the three files of a version of a dataset and list it, as the publisher does; ``told`` goes to its index.

        ``types`` are those of the columns of ``rows``.
        """
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        files = {end: folder / f"{version}.{end}" for end in ("csv", "parquet", "schema.json")}
        pq.write_table(rows, files["parquet"])
        pc.write_csv(rows.select([c for c in ("station", "count") if c in rows.column_names]), files["csv"])
        columns = [
            {
                "name": column,
                "title": {"vi": f"{column} (vi)", "en": f"{column} (en)"},
                "description": None,
                "concept": f"{kind}@1",
                "type": kind,
                "unit": "ug/m3" if column == "level" else None,
                "required": column == "at",
            }
            for column, kind in zip(rows.column_names, types, strict=True)
        ]
        dictionary = {
            "dataset": name,
            "version": version,
            "columns": columns,
            "rows": rows.num_rows,
            "key": ["at"],
        }
        files["schema.json"].write_text(json.dumps(dictionary), encoding="utf-8")
        said = {
            "title_en": f"{name} in English",
            "notes_en": "What it is",
            "hanoi_version": version,
            "hanoi_rows": str(rows.num_rows),
            "hanoi_committed_at": "2026-11-21T10:00:00+00:00",
            "hanoi_simulated": "false",
            "known_flaws": json.dumps([{"vi": "thiếu", "en": "gaps"}]),
            **extras,
        }
        package = {
            "name": name,
            "title": "Chất lượng không khí <b>theo giờ</b>",
            "notes": "Mô tả",
            "license_id": "cc-by",
            "license_title": "CC BY 4.0",
            "metadata_modified": "2026-11-21T10:00:01",
            "organization": {"name": "so-tnmt", "title": "Sở Nông nghiệp và Môi trường"},
            "extras": [{"key": key, "value": value} for key, value in said.items()],
            "resources": [
                self._resource(name, label, kind, files[end])
                for label, kind, end in (
                    ("CSV", "CSV", "csv"),
                    ("Parquet", "Parquet", "parquet"),
                    ("Từ điển dữ liệu", "JSON", "schema.json"),
                )
            ],
        }
        self.packages[name] = package
        self._index(name, version, said["hanoi_committed_at"], rows.num_rows, package["resources"], told or {})
        return package

    def _index(
        self, name: str, version: str, at: str, rows: int, resources: list[dict[str, Any]], told: dict[str, Any]
    ) -> None:
        """Name the version in the dataset's index, as the publisher does."""
        path = self.folder / name / "versions.json"
        index = json.loads(path.read_text("utf-8")) if path.exists() else {"format": 1, "dataset": name, "versions": []}
        entry = {
            "id": version,
            "number": int(version.partition("-")[0]),
            "committed_at": at,
            "contract": f"{name}@1.0.0",
            "rows": rows,
            "gate": "passed",
            "simulated": False,
            "delivery": "d" * 64,
            "content_hash": "c" * 64,
            "code_version": "0.1.0",
            "quality": None,
            "files": [
                {"format": r["format"], "url": r["url"], "bytes": r["size"], "sha256": r["hash"]} for r in resources
            ],
            **{key: value for key, value in told.items() if key != "notices"},
        }
        index["versions"].insert(0, entry)
        index["notices"] = told.get("notices", [])
        path.write_text(json.dumps(index), encoding="utf-8")

    @staticmethod
    def _resource(name: str, label: str, kind: str, file: Path) -> dict[str, Any]:
        content = file.read_bytes()
        url = f"/data/{name}/{file.name}"
        return {
            "name": label,
            "format": kind,
            "url": url,
            "size": len(content),
            "hash": hashlib.sha256(content).hexdigest(),
        }

    def action(self, name: str, asked: dict[str, str]) -> tuple[int, object]:
        match name:
            case "package_show" if asked["id"] in self.packages:
                return 200, self.packages[asked["id"]]
            case "package_search":
                words = asked["q"].lower()
                found = [p for n, p in self.packages.items() if words == "*:*" or words in n]
                return 200, {"count": len(found), "results": found[: int(asked["rows"])]}
            case "package_list":
                return 200, sorted(self.packages)
            case "organization_list":
                start = int(asked["offset"])
                return 200, self.organisations[start : start + min(25, int(asked["limit"]))]
        return 404, None


def _handler(catalogue: Catalogue) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            path = unquote(parts.path)
            catalogue.requests.append((path, dict(self.headers)))
            fault = next((q.popleft() for p, q in catalogue.faults.items() if q and path.startswith(p)), None)
            if fault and fault.cut is None:
                self._answer(fault.status, fault.body, fault.headers)
            elif path.startswith("/api/3/action/"):
                asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
                catalogue.asked.append(asked)
                status, result = catalogue.action(path.rpartition("/")[2], asked)
                body = {"success": status == 200, "result": result} if status == 200 else {"success": False}
                self._answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})
            else:
                self._file(catalogue.folder / path.removeprefix("/data/"), fault)

        def _file(self, file: Path, fault: Fault | None) -> None:
            if not file.is_file():
                self._answer(404, b"", {})
                return
            content, status, headers = file.read_bytes(), 200, dict[str, str]()
            if (asked := self.headers.get("Range", "")) and not (fault and fault.status == 200 and fault.headers):
                start, _, last = asked.removeprefix("bytes=").partition("-")
                whole = len(content)
                content, status = content[int(start) : int(last) + 1 if last else whole], 206
                headers["Content-Range"] = f"bytes {start}-{int(start) + len(content) - 1}/{whole}"
            self._answer(status, content, headers, None if fault is None else fault.cut)

        def _answer(self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if cut is None else body[:cut])
            if cut is not None:
                self.close_connection = True

        def log_message(self, *said: object) -> None:
            return

    return Handler


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about a client that went away: what it prints would land in the output of a later test."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(folder: Path) -> Iterator[Catalogue]:
    """A catalogue on a free port of this machine."""
    catalogue = Catalogue(folder)
    server = _Server(("127.0.0.1", 0), _handler(catalogue))
    catalogue.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield catalogue
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
