"""The whole platform, kept up: the catalogue's server and Airflow, each started again when it ends by itself."""

import contextlib
import shlex
import signal
from collections.abc import Callable, Iterable
from typing import Any

import psutil

from lake.folders import private_folder
from ops import airflow, catalogue
from ops.settings import SERVER, Settings
from ops.show import Teller
from ops.sources import with_sources

Services = dict[str, tuple[list[str], dict[str, str], str]]
"""Name -> argument list, environment and working folder."""
_GRACE = 40
_LINGER = 10
"""Seconds that a process may take to end after its service has ended, and again after it was asked to."""
_LOG_BYTES = 16 * 1024 * 1024


def up(settings: Settings, teller: Teller, *, with_airflow: bool) -> None:
    """Run until Ctrl-C or SIGTERM. A service that ends by itself is started again by circus, the process manager.

    Raises:
        PortBusy: a port that a service needs is taken by another program.
    """
    found = catalogue.running(settings.home)
    if found is None:
        catalogue.clear_leftovers(settings.home)
        catalogue.require_free(settings.port)
    else:
        teller.say(f"Cổng dữ liệu đang chạy sẵn / the catalogue runs already: {found['url']}")
    if with_airflow:
        catalogue.require_free(settings.airflow_port)
    elif found:
        return
    url = found["url"] if found else f"http://127.0.0.1:{settings.port}"
    with with_sources(settings.model_copy(update={"catalogue_url": url}), teller.say) as sourced:
        services: Services = {}
        if found is None:
            services["catalogue"] = (catalogue.command(sourced), sourced.environment(), str(SERVER))
        if with_airflow:
            teller.say("Chuẩn bị Airflow / preparing Airflow")
            services["airflow"] = (*airflow.standalone(sourced), str(sourced.home))
        _keep(sourced, services, lambda: _announce(sourced, url, teller, with_airflow=with_airflow))


def _announce(settings: Settings, url: str, teller: Teller, *, with_airflow: bool) -> None:
    teller.say(f"Cổng dữ liệu / catalogue: {url} (tiếng Việt), {url}/en (English)")
    if with_airflow:
        passwords = settings.home / "airflow" / "simple_auth_manager_passwords.json"
        teller.say(f"Airflow: http://127.0.0.1:{settings.airflow_port} (mật khẩu / password: {passwords})")
    if not settings.lake.datasets():
        teller.say(
            "Chưa có dữ liệu: hanoi ingest DATASET, hoặc hanoi demo / no data yet: hanoi ingest DATASET, or hanoi demo"
        )
    teller.say("Ctrl-C để dừng / to stop")


def _keep(settings: Settings, services: Services, started: Callable[[], None]) -> None:
    from circus.arbiter import Arbiter
    from circus.exc import ConflictError
    from circus.watcher import Watcher

    folder = private_folder(settings.home / "run")

    class Patient(Arbiter):
        """Circus does one thing at a time; its round of every second meets a start or stop that takes longer."""

        def manage_watchers(self) -> Any:
            with contextlib.suppress(ConflictError):
                return super().manage_watchers()

    arbiter = Patient(
        [Watcher(name, **_watcher(settings, name, *service)) for name, service in services.items()],
        endpoint=f"ipc://{folder}/circus",
        pubsub_endpoint=f"ipc://{folder}/circus-events",
        # Circus would otherwise listen for other machines' discovery messages on every network interface.
        multicast_endpoint=None,
    )

    started_below: set[psutil.Process] = set()

    async def stop() -> None:
        from tornado import gen

        while True:
            started_below.update(psutil.Process().children(recursive=True))
            try:
                return await arbiter.stop()
            except ConflictError:  # it is in the middle of starting a service, and does one thing at a time
                await gen.sleep(0.1)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: arbiter.loop.add_callback_from_signal(stop))
    with contextlib.suppress(KeyboardInterrupt):
        arbiter.start(cb=_once(started))
    _end(started_below)


def _end(processes: Iterable[psutil.Process]) -> None:
    """End what outlived its service: Airflow's standalone may be gone before the processes that it started are."""
    _, alive = psutil.wait_procs(processes, timeout=_LINGER)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(alive, timeout=_LINGER)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _once(call: Callable[[], None]) -> Any:
    """``call`` in the shape of a callback that circus makes when its services are started."""
    from tornado import gen

    @gen.coroutine
    def callback(*_: Any) -> Any:
        call()
        yield gen.moment

    return callback


def _watcher(
    settings: Settings, name: str, command: list[str], environment: dict[str, str], folder: str
) -> dict[str, Any]:
    log = private_folder(settings.home / "logs") / f"{name}.log"
    stream = {"class": "FileStream", "filename": str(log), "max_bytes": _LOG_BYTES, "backup_count": 2}
    return {
        "cmd": shlex.quote(command[0]),
        "args": command[1:],
        "env": environment,
        "working_dir": folder,
        "singleton": True,
        "max_retry": -1,
        "graceful_timeout": _GRACE,
        "stop_children": name == "airflow",
        "stdout_stream": dict(stream),
        "stderr_stream": dict(stream),
    }
