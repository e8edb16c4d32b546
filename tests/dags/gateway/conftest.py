"""A real gateway on a port of its own, and what a sender needs."""

import base64
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn

from blueprint import blueprint
from dags.gateway.app import application
from dags.gateway.bundles import Bundle, Bundles
from dags.gateway.tokens import Tokens
from dags.gateway.uploads import Upload, Uploads

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 4_000_000


@dataclass
class Gateway:
    """The running gateway, its stores, and the uploads that it handed on."""

    url: str
    port: int
    tokens: Tokens
    uploads: Uploads
    bundles: Bundles
    received: list[Upload | Bundle] = field(default_factory=list)

    def client(self, secret: str, **headers: str) -> httpx.Client:
        said = {"Authorization": f"Bearer {secret}", "Tus-Resumable": "1.0.0", **headers}
        return httpx.Client(base_url=self.url, headers=said, timeout=20)


def metadata(**said: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}".strip() for name, value in said.items())


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    home: Path = tmp_path_factory.mktemp("gateway")
    tokens, uploads, received = Tokens(home), Uploads(home, LIMIT), list[Upload | Bundle]()
    bundles = Bundles(home, uploads)
    app = application(blueprint(), tokens, uploads, received.append, bundles)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Gateway(f"http://127.0.0.1:{port}", port, tokens, uploads, bundles, received)
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def secret(gateway: Gateway) -> str:
    return gateway.tokens.issue("so-xay-dung")
