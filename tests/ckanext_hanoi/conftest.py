"""A running catalogue with the sample datasets in it."""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from . import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = Path(__file__).parents[2] / "catalog/server"
SERVER_PYTHON = Path(os.environ.get("HANOI_CKAN_PYTHON", SERVER / ".venv/bin/python"))
PRIVATE = "secret-zebra"


@dataclass(frozen=True)
class Catalogue:
    """Where the catalogue is, what is in it, and the key of its administrator."""

    url: str
    home: Path
    token: str

    def page(self, path: str, **options: Any) -> httpx.Response:
        """Get a page as somebody who has not signed in."""
        return httpx.get(self.url + path, timeout=30, **options)

    def action(self, name: str, /, signed_in: bool = False, **data: Any) -> Any:
        """Call an action of CKAN and return its answer's body."""
        headers = {"Authorization": self.token} if signed_in else {}
        return httpx.post(f"{self.url}/api/3/action/{name}", json=data, headers=headers, timeout=60).json()


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """CKAN with both plugins, two public datasets and a private one."""
    home = tmp_path_factory.mktemp("hanoi-pages")
    organisations = home / "organisations.json"
    organisations.write_text(json.dumps(samples.ORGANISATIONS), "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(SERVER_PYTHON), "-m", "hanoi_server", "run", "--home", str(home), "--port", str(port)]
    log = home / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, "--organisations", str(organisations)], cwd=SERVER, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(server, url, log)
        running = Catalogue(url, home, (home / "ckan/api_token").read_text("ascii").strip())
        _fill(running)
        yield running
    finally:
        server.terminate()
        server.wait(60)


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/api/3/action/status_show", timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    pytest.fail(f"CKAN did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")


def _fill(running: Catalogue) -> None:
    private = copy.deepcopy(samples.DATASETS[1])
    private.update(id=PRIVATE, title=samples.text("Bí mật ngựa vằn", "Secret zebra"), tags=["zebra"])
    for sample in (*samples.DATASETS, private):
        package = samples.publish(sample, running.home / "published", private=sample is private)
        answer = running.action("package_create", signed_in=True, **package)
        assert answer["success"], answer
