"""A running catalogue of its own for a benchmark."""

import configparser
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVER = Path(__file__).resolve().parent.parent / "catalog" / "server"
PYTHON = Path(os.environ.get("HANOI_CKAN_PYTHON", SERVER / ".venv/bin/python"))
PATIENCE = 240
AGENCY = "so-nn-mt"
_AGENCIES = [
    {"name": AGENCY, "title": "Sở Nông nghiệp và Môi trường", "title_en": "Department of Agriculture and Environment",
     "description": ""},
    {"name": "so-xay-dung", "title": "Sở Xây dựng", "title_en": "Department of Construction", "description": ""},
    {"name": "so-y-te", "title": "Sở Y tế", "title_en": "Department of Health", "description": ""},
]  # fmt: skip


@dataclass(frozen=True)
class Catalogue:
    """Where the catalogue is, and the key of its administrator."""

    url: str
    home: Path
    token: str

    def action(self, name: str, /, signed_in: bool = False, **data: Any) -> Any:
        """Call an action of CKAN's and return its result."""
        import httpx

        headers = {"Authorization": self.token} if signed_in else {}
        answer = httpx.post(f"{self.url}/api/3/action/{name}", json=data, headers=headers, timeout=PATIENCE).json()
        if not answer["success"]:
            raise RuntimeError(f"{name} was refused: {answer['error']}")
        return answer["result"]

    def setting(self, name: str) -> str:
        """Return one setting of its ckan.ini."""
        options = configparser.RawConfigParser()
        options.optionxform = str  # type: ignore[assignment,method-assign]
        options.read(self.home / "ckan/ckan.ini")
        return options["app:main"][name].replace("%%", "%")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def catalogue_at(home: Path) -> Iterator[Catalogue]:
    """A catalogue of its own, on a free port, without anything in it."""
    home.mkdir(parents=True, exist_ok=True)
    agencies = home / "agencies.json"
    agencies.write_text(json.dumps(_AGENCIES), encoding="utf-8")
    port, log = free_port(), home / "server.log"
    command = [str(PYTHON), "-m", "hanoi_server", "run", "--home", str(home), "--port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(  # noqa: S603
            [*command, "--organisations", str(agencies)], cwd=SERVER, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + PATIENCE
        while not (home / "ckan/server.json").exists():
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the catalogue did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.2)
        yield Catalogue(f"http://127.0.0.1:{port}", home, (home / "ckan/api_token").read_text("ascii").strip())
    finally:
        server.terminate()
        server.wait(60)
