"""The web worker: uvicorn under gunicorn, which keeps the processes."""

import logging
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

GRACE = 6
MOST = 400


class Worker(UvicornWorker):
    """One web process: CKAN in threads, the data API in the event loop, both in ``hanoi_server.asgi``."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "lifespan": "off",
        # Who a request comes from is reckoned where it is counted, with the number of proxies that the operator set.
        "proxy_headers": False,
        "server_header": False,
        "limit_concurrency": MOST,
        "timeout_graceful_shutdown": GRACE,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for handler in self.log.access_log.handlers:
            handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
