"""Keeps the services of one home running under circus until it is told to stop."""

import json
import logging
import os
import shlex
import signal
import threading
import time
from datetime import UTC, datetime
from typing import Any

from circus.arbiter import Arbiter
from circus.exc import ConflictError
from circus.watcher import Watcher
from tornado import gen

from hanoi_server.errors import ServiceFailed
from hanoi_server.layout import Layout, write_private
from hanoi_server.progress import stage
from hanoi_server.services import Service

_LOG_BYTES = 5_000_000
_PATIENCE = 120


class _InOrder(Arbiter):
    """Circus stops everything at once; here the web server leaves first and the database last."""

    @gen.coroutine
    def _stop_watchers(self, close_output_streams: bool = False, watcher_iter_func: Any = None) -> Any:
        for watcher in (watcher_iter_func or self.iter_watchers)(reverse=False):
            yield watcher._stop(close_output_streams)

    def manage_watchers(self) -> Any:
        # The round of every second meets a start or a stop that takes longer; the next round does its work.
        try:
            return super().manage_watchers()
        except ConflictError:
            return None


class _Supervisor:
    """Circus with our own signals and a thread that waits for CKAN to answer."""

    def __init__(self, layout: Layout, services: list[Service], port: int) -> None:
        self.layout, self.port = layout, port
        self.web = next(service for service in services if service.name == "web")
        self.stopping = threading.Event()
        self.failure: ServiceFailed | None = None
        self.arbiter = _InOrder(
            [_watcher(layout, service) for service in services],
            endpoint=f"ipc://{layout.run_dir}/circus.sock",
            pubsub_endpoint=f"ipc://{layout.run_dir}/circus-events.sock",
            # Without this circus would listen for other machines' discovery messages on every network interface.
            multicast_endpoint=None,
        )

    def run(self) -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self.ask_to_stop)
        waiter = threading.Thread(target=self._await_web, name="readiness", daemon=True)
        waiter.start()
        try:
            self.arbiter.start()
        finally:
            self.stopping.set()
            waiter.join(5)
            self.layout.server_json.unlink(missing_ok=True)

    def ask_to_stop(self, *_: Any) -> None:
        if not self.stopping.is_set():
            self.stopping.set()
            self.arbiter.loop.add_callback_from_signal(self._stop)

    async def _stop(self) -> None:
        while True:
            try:
                await self.arbiter.stop()
            except ConflictError:
                # Circus runs one command at a time, and may be in the middle of starting a service.
                await gen.sleep(0.1)
            else:
                return

    def _await_web(self) -> None:
        end = time.monotonic() + _PATIENCE
        while not self.stopping.is_set():
            if self.web.ready():
                _announce(self.layout, self.port)
                return
            if time.monotonic() > end:
                self.failure = ServiceFailed("web", self.layout.logs / "web.log")
                self.arbiter.loop.add_callback(self.ask_to_stop)
                return
            self.stopping.wait(0.25)


def serve(layout: Layout, services: list[Service], port: int) -> None:
    """Run the services until SIGTERM or SIGINT, and tell in ``server.json`` when CKAN answers.

    Raises ServiceFailed if CKAN does not answer within two minutes.
    """
    handler = logging.FileHandler(layout.logs / "supervisor.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("circus")
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    log.propagate = False
    stage("Khởi động CKAN", "Starting CKAN")
    supervisor = _Supervisor(layout, services, port)
    supervisor.run()
    if supervisor.failure:
        raise supervisor.failure
    stage("Đã dừng", "Stopped")


def _announce(layout: Layout, port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    server = {"pid": os.getpid(), "url": url, "port": port, "started_at": started_at, "ready": True}
    write_private(layout.server_json, json.dumps(server))
    stage(f"Sẵn sàng: {url}", f"Ready: {url}/en")


def _watcher(layout: Layout, service: Service) -> Watcher:
    def log(name: str) -> dict[str, Any]:
        path = str(layout.logs / f"{name}.log")
        return {"class": "FileStream", "filename": path, "max_bytes": _LOG_BYTES, "backup_count": 3}

    return Watcher(
        service.name,
        shlex.quote(service.command[0]),
        args=service.command[1:],
        working_dir=str(service.cwd),
        env=service.environment,
        stop_signal=service.stop_signal,
        graceful_timeout=service.grace,
        priority=service.rank,
        singleton=True,
        max_retry=-1,
        # gunicorn writes requests to its output and everything else to the error stream.
        stdout_stream=log("access" if service.name == "web" else service.name),
        stderr_stream=log(service.name),
    )
