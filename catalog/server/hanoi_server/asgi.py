"""The application that the web workers serve: the data API under /api/v1, and CKAN at every other address."""

import asyncio
import io
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from a2wsgi import WSGIMiddleware
from ckan.common import config

from hanoi_server.wsgi import application as catalogue

ROOT = "/api/v1"
THREADS = 4
_SOON = 5.0  # seconds after the start
_BLOCK = 256 * 1024

Scope = MutableMapping[str, Any]
Channel = Callable[..., Awaitable[Any]]


class _Blocks:
    """A file in large pieces: each crosses from a thread to the event loop, which is slow for small ones."""

    def __init__(self, file: io.BufferedIOBase, _: int = 0) -> None:
        self._file = file

    def __iter__(self) -> "_Blocks":
        return self

    def __next__(self) -> bytes:
        if piece := self._file.read(_BLOCK):
            return piece
        raise StopIteration

    def close(self) -> None:
        self._file.close()

    # A range of the file begins where it is asked for, and nothing before is read.
    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, *place: int) -> int:
        return self._file.seek(*place)

    def tell(self) -> int:
        return self._file.tell()


def _in_blocks(environ: dict[str, Any], start_response: Any) -> Any:
    environ["wsgi.file_wrapper"] = _Blocks
    return catalogue(environ, start_response)


class _DataApi:
    """The data API, made when somebody first asks for it or soon after the start: its libraries take a second to load."""

    def __init__(self) -> None:
        self._made: Any = None
        self._making = threading.Lock()

    def make(self) -> Any:
        with self._making:
            if self._made is None:
                from ckanext.hanoi_api.app import create

                self._made = create(catalogue._wsgi_app, config)
        return self._made

    async def __call__(self, scope: Scope, receive: Channel, send: Channel) -> None:
        made = self._made or await asyncio.get_running_loop().run_in_executor(None, self.make)
        await made(scope, receive, send)


_pages = WSGIMiddleware(_in_blocks, workers=THREADS)
_api = _DataApi()
_soon = threading.Timer(_SOON, _api.make)
_soon.daemon = True
_soon.start()


async def application(scope: Scope, receive: Channel, send: Channel) -> None:
    """Answer one request."""
    path = scope.get("path", "")
    if scope["type"] == "http" and (path == ROOT or path.startswith(f"{ROOT}/")):
        await _api(scope, receive, send)
    else:
        await _pages(scope, receive, send)
