"""Running the Registry on this machine."""

import socket
from collections.abc import Callable
from pathlib import Path

from blueprint.errors import HanoiError
from blueprint.load import ROOT, load

HOST = "127.0.0.1"
PORT = 8030


class PortTaken(HanoiError):
    """Another program listens on the port."""


def serve(
    port: int = PORT,
    home: Path = ROOT,
    public_url: str | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the declarations under ``home`` on 127.0.0.1 until the process is told to stop (SIGINT, SIGTERM).

    ``port`` 0 takes a free one. ``ready`` is called with the address once connections are accepted. ``public_url`` is
    the address under which a proxy publishes the service.

    Raises:
        PortTaken: the port is in use or may not be used.
        DeclarationError: a declaration is wrong; nothing is served then.
    """
    import uvicorn

    from blueprint.registry.app import create_app

    with _listen(port) as listening:
        app = create_app(load(home), public_url=public_url)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, lifespan="off", ws="none"
        )
        if ready is not None:
            ready(f"http://{HOST}:{listening.getsockname()[1]}")
        uvicorn.Server(config).run([listening])


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise PortTaken(
            f"Không mở được cổng {port} trên {HOST}: {error}. Hãy chọn cổng khác bằng --port.",
            f"Port {port} on {HOST} cannot be opened: {error}. Choose another one with --port.",
        ) from error
    return listening
