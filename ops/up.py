"""The whole platform, kept up: the catalogue's server and Airflow, each restarted when it ends by itself."""

from ops import airflow, catalogue
from ops.settings import SERVER, Settings
from ops.show import Teller
from ops.sources import with_sources


def up(settings: Settings, teller: Teller, *, with_airflow: bool) -> None:
    """Run until interrupted. A crashed service is started again by circus, the process manager.

    Raises:
        PortBusy: a port that a service needs is taken by another program.
    """
    from circus import get_arbiter

    catalogue.require_free(settings.port)
    if with_airflow:
        catalogue.require_free(settings.airflow_port)
    url = f"http://127.0.0.1:{settings.port}"
    with with_sources(settings.model_copy(update={"catalogue_url": url}), teller.say) as found:
        watchers = [_watcher(found, "catalogue", catalogue.command(found), found.environment(), str(SERVER))]
        teller.say(f"Cổng dữ liệu / catalogue: {url}")
        if with_airflow:
            command, environment = airflow.standalone(found)
            watchers.append(_watcher(found, "airflow", command, environment, str(found.home)))
            passwords = found.home / "airflow" / "simple_auth_manager_passwords.json"
            teller.say(f"Airflow: http://127.0.0.1:{found.airflow_port} (admin; {passwords})")
        teller.say("Ctrl-C để dừng / to stop")
        arbiter = get_arbiter(watchers, **_endpoints(found))
        try:
            arbiter.start()
        finally:
            arbiter.stop()


def _endpoints(settings: Settings) -> dict[str, str]:
    """Circus's own control sockets: inside the private home, not on a port."""
    folder = settings.home / "run"
    folder.mkdir(mode=0o700, exist_ok=True)
    return {"controller": f"ipc://{folder}/circus", "pubsub_endpoint": f"ipc://{folder}/circus-events"}


def _watcher(
    settings: Settings, name: str, command: list[str], environment: dict[str, str], folder: str
) -> dict[str, object]:
    log = settings.home / "logs" / f"{name}.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    stream = {"class": "FileStream", "filename": str(log), "max_bytes": 16 * 1024 * 1024, "backup_count": 2}
    return {
        "name": name,
        "cmd": command[0],
        "args": command[1:],
        "env": environment,
        "working_dir": folder,
        "numprocesses": 1,
        "graceful_timeout": 40,
        "stop_children": True,
        "stdout_stream": dict(stream),
        "stderr_stream": dict(stream),
    }
