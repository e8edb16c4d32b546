"""Everything before serving: folders, secrets, the cluster, the configuration, and what CKAN itself must create."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ckanext.hanoi_search.layout import LAYOUT
from hanoi_server import databases, services
from hanoi_server.account import postgres_account
from hanoi_server.cluster import Cluster, ensure, locate
from hanoi_server.errors import PortBusy, ServiceFailed
from hanoi_server.layout import SERVER_DIR, Layout, write_private
from hanoi_server.leftovers import end_leftovers, forget_dead_postmaster
from hanoi_server.organisations import read_organisations
from hanoi_server.progress import stage
from hanoi_server.secret_store import Secrets, load_secrets
from hanoi_server.services import Service
from hanoi_server.settings import PLUGINS, write_ini

_PATIENCE = 60
GO = b"go\n"
"""What the process of CKAN's own preparation waits for."""


@dataclass(frozen=True)
class Wanted:
    """What the operator asked for."""

    port: int
    organisations: Path | None = None
    plugins: str = PLUGINS


def prepare(layout: Layout, wanted: Wanted) -> list[Service]:
    """Make a home ready to be served and return its services; a home that is ready already takes no time.

    Call it with the home's lock held. Raises PortBusy before anything is started, and ServiceFailed if a step fails.
    """
    organisations = read_organisations(wanted.organisations)
    layout.create()
    layout.server_json.unlink(missing_ok=True)
    secrets = load_secrets(layout)
    cluster = locate(layout, postgres_account())
    database, valkey, web = everything(layout, cluster, secrets, wanted.port)
    if ended := end_leftovers([database, valkey, web]):
        stage(f"Đã dừng {ended} tiến trình sót lại", f"Ended {ended} left-over processes")
    forget_dead_postmaster(cluster.data, cluster.sockets)
    _refuse_busy_port(wanted.port)
    fingerprint = _fingerprint(cluster, wanted, organisations)
    if not cluster.exists:
        layout.prepared.unlink(missing_ok=True)
    if _done(layout, fingerprint):
        ensure(layout, cluster, secrets)
        _write_settings(layout, cluster, secrets, wanted)
        return [database, valkey, web]
    # CKAN takes seconds to be imported, which the database cluster needs, too.
    with _bootstrapping(layout, wanted) as bootstrap:
        ensure(layout, cluster, secrets)
        _write_settings(layout, cluster, secrets, wanted)
        stage("Khởi động PostgreSQL và Valkey để chuẩn bị", "Starting PostgreSQL and Valkey for the preparation")
        with temporarily(layout, [database, valkey]):
            databases.create(cluster, secrets)
            bootstrap()
    write_private(layout.prepared, json.dumps(fingerprint, indent=2))
    return [database, valkey, web]


def _write_settings(layout: Layout, cluster: Cluster, secrets: Secrets, wanted: Wanted) -> None:
    services.write_valkey_settings(layout)
    write_ini(layout, cluster, secrets, wanted.port, wanted.plugins)


def everything(layout: Layout, cluster: Cluster, secrets: Secrets, port: int) -> tuple[Service, Service, Service]:
    """Return the three services of a home."""
    return services.postgres(cluster, secrets), services.valkey(layout), services.web(layout, port)


@contextmanager
def temporarily(layout: Layout, wanted: list[Service]) -> Iterator[None]:
    """Run services for the length of a `with` block.

    Raises ServiceFailed if one of them dies or does not answer within a minute.
    """
    started: list[tuple[Service, subprocess.Popen[bytes]]] = []
    try:
        for service in wanted:
            log = layout.logs / f"{service.name}.log"
            with log.open("ab") as output:
                process = subprocess.Popen(
                    service.command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=service.cwd,
                    env=service.environment,
                    start_new_session=True,
                )
            started.append((service, process))
            end = time.monotonic() + _PATIENCE
            while not service.ready():
                if process.poll() is not None or time.monotonic() > end:
                    raise ServiceFailed(service.name, log)
                time.sleep(0.1)
        yield
    finally:
        for service, process in reversed(started):
            process.send_signal(service.stop_signal)
            try:
                process.wait(service.grace)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _refuse_busy_port(port: int) -> None:
    with socket.socket() as probe:
        # As gunicorn does: connections of the last server that linger are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortBusy(port) from error


def _fingerprint(cluster: Cluster, wanted: Wanted, organisations: list[dict[str, str]]) -> dict[str, str]:
    try:
        plugin = version("ckanext-hanoi")
    except PackageNotFoundError:
        plugin = ""
    return {
        "ckan": version("ckan"),
        "ckanext-hanoi": plugin,
        "search index": LAYOUT,
        "plugins": wanted.plugins,
        "cluster": str(cluster.base),
        "organisations": hashlib.sha256(json.dumps(organisations).encode()).hexdigest(),
    }


def _done(layout: Layout, fingerprint: dict[str, str]) -> bool:
    if not (layout.prepared.exists() and layout.api_token.exists() and layout.admin_password.exists()):
        return False
    return bool(json.loads(layout.prepared.read_text("utf-8")) == fingerprint)


@contextmanager
def _bootstrapping(layout: Layout, wanted: Wanted) -> Iterator[Callable[[], None]]:
    """CKAN's own preparation in a process that is started now; what is given lets it begin and waits for its end.

    That call raises ServiceFailed if it fails. A process that was never let begin ends with the block.
    """
    command = [sys.executable, "-m", "hanoi_server.bootstrap", str(layout.home)]
    if wanted.organisations is not None:
        command.append(os.fspath(wanted.organisations.resolve()))
    log = layout.logs / "bootstrap.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=SERVER_DIR,
            env=services.environment(),
        )

    def go() -> None:
        stage(
            "CKAN: bảng, tài khoản quản trị, khoá API, đơn vị", "CKAN: tables, administrator, API token, organisations"
        )
        process.communicate(GO)
        if process.returncode != 0:
            raise ServiceFailed("CKAN", log)

    try:
        yield go
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
