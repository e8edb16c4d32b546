"""Restoring the catalogue of a home from a backup. What was there before is kept aside, as a home of its own."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from packaging.version import Version

from hanoi_server import databases, lock, services
from hanoi_server.account import postgres_account
from hanoi_server.archive import manifest_of, unpack
from hanoi_server.backup import DATA, DATABASES, call, client, count
from hanoi_server.cluster import ensure, follow, locate
from hanoi_server.errors import ServerError
from hanoi_server.layout import Layout, private_folder
from hanoi_server.prepare import temporarily
from hanoi_server.progress import stage
from hanoi_server.secret_store import load_secrets

_KEPT = "before-restore-"
_MOVED = ("ckan", *DATA)


def restore(layout: Layout, source: Path, *, replace: bool = False) -> dict[str, Any]:
    """Restore a home from a backup; return the backup's manifest, and as ``kept`` where the former state is.

    Everything is checked, unpacked and compared beside the home first, and then put in place by renaming.

    Raises ServerError if the backup is damaged or newer than this platform, or if the home holds a catalogue and ``replace`` was
    not given; AlreadyRunning if its server runs. Nothing has changed then.
    """
    if _holds_something(layout) and not replace:
        raise ServerError(
            f"{layout.home} đã có cổng dữ liệu. Thêm --replace để thay; trạng thái cũ được giữ lại bên cạnh.",
            f"{layout.home} holds a catalogue already. Add --replace to replace it; the former state is kept beside it.",
        )
    stage("Kiểm tra bản sao lưu", "Checking the backup")
    manifest = manifest_of(source)
    _refuse_newer(source, manifest)
    with _alone(layout):
        beside = Layout.of(layout.home / f".restore-{uuid.uuid4().hex[:8]}")
        try:
            _build(beside, source, manifest)
            kept = _swap(layout, beside.home, [n for n in _MOVED if n == "ckan" or manifest["with_data"]])
        finally:
            _remove(beside)
    return {**manifest, "kept": str(kept) if kept else None}


def undo(layout: Layout) -> dict[str, Any]:
    """Put back what the last restoration kept aside; what it restored is kept aside in turn.

    Raises ServerError if nothing is kept.
    """
    found = sorted(path for path in layout.home.glob(f"{_KEPT}*") if (path / "ckan").exists())
    if not found:
        raise ServerError(
            f"Không có trạng thái nào được giữ lại ở {layout.home}/{_KEPT}*.",
            f"Nothing is kept in {layout.home}/{_KEPT}*.",
        )
    with _alone(layout):
        kept = _swap(layout, found[-1], [name for name in _MOVED if (found[-1] / name).exists()])
        shutil.rmtree(found[-1])
    return {"restored": str(found[-1]), "kept": str(kept) if kept else None}


def _holds_something(layout: Layout) -> bool:
    return layout.secrets.exists() or any((layout.home / name).exists() for name in DATA)


def _refuse_newer(source: Path, manifest: dict[str, Any]) -> None:
    for name, was in manifest["versions"].items():
        if Version(was) > Version(version(name)) and name != "ckanext-hanoi":
            raise ServerError(
                f"{source} được sao lưu với {name} {was}, mới hơn bản đang cài ({version(name)}). Hãy cài bản đó trước.",
                f"{source} was made with {name} {was}, newer than what is installed ({version(name)}). Install that first.",
            )


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    layout.create()
    with lock.home_lock(layout):
        yield


def _build(beside: Layout, source: Path, manifest: dict[str, Any]) -> None:
    """Make a whole home of the backup, and compare its database with what the backup counted."""
    stage("Dựng lại bên cạnh", "Building it beside the home")
    beside.create()
    places = {"storage": beside.storage, "secrets": beside.root, "databases": beside.root / "dumps"}
    places |= {name: beside.home / name for name in DATA}

    def place(name: str) -> Path:
        folder, _, inside = name.partition("/")
        return places[folder] / inside

    unpack(source, place)
    secrets = load_secrets(beside)
    cluster = locate(beside, postgres_account())
    ensure(beside, cluster, secrets)
    with temporarily(beside, [services.postgres(cluster, secrets)]):
        databases.create_empty(cluster, secrets)
        for name in DATABASES:
            dump = beside.root / "dumps" / f"{name}.dump"
            options = ["--exit-on-error", "--dbname", name, str(dump)]
            call(beside, *client(cluster, secrets, "pg_restore", *options))
        databases.create(cluster, secrets)
        connection = services.connect(cluster, secrets, "ckan")
        found = count(connection)
        connection.close()
    shutil.rmtree(beside.root / "dumps")
    if found != manifest["counts"]:
        raise ServerError(
            f"Dữ liệu dựng lại không khớp bản sao lưu: {found}, cần {manifest['counts']}. Không có gì bị thay đổi.",
            f"What was restored does not match the backup: {found}, wanted {manifest['counts']}. Nothing was changed.",
        )


def _swap(layout: Layout, other: Path, names: list[str]) -> Path | None:
    """Put what lies in another home into this one; return where its own was put, or None where it had nothing.

    Raises whatever goes wrong after putting everything back.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    kept, account = layout.home / f"{_KEPT}{stamp}", postgres_account()
    private_folder(kept)
    had_something = _holds_something(layout)
    with ExitStack() as undoing:
        undoing.callback(follow, layout, account)
        for name in names:
            for source, target in ((layout.home / name, kept / name), (other / name, layout.home / name)):
                if source.exists():
                    source.rename(target)
                    undoing.callback(target.rename, source)
        # Root's clusters lie under names that stand for the path of their home.
        for moved in (kept, layout.home):
            follow(Layout.of(moved), account)
        undoing.pop_all()
    if had_something:
        return kept
    _remove(Layout.of(kept))
    return None


def _remove(layout: Layout) -> None:
    cluster = locate(layout, postgres_account())
    if cluster.account.foreign and cluster.base.is_dir():
        shutil.rmtree(cluster.base)
    shutil.rmtree(layout.home, ignore_errors=True)
    if not layout.run_dir.is_relative_to(layout.home):
        shutil.rmtree(layout.run_dir, ignore_errors=True)
