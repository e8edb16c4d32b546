"""The files that outlive a start: secrets, locks, and root's database clusters outside the home."""

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from hanoi_server import cluster as clusters
from hanoi_server import lock
from hanoi_server.account import Account
from hanoi_server.cluster import Cluster
from hanoi_server.errors import AlreadyRunning, ServerError
from hanoi_server.layout import Layout
from hanoi_server.leftovers import forget_dead_postmaster
from hanoi_server.secret_store import load_secrets


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout.of(tmp_path / "home")
    layout.create()
    return layout


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Root's folder of clusters, here an ordinary one."""
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setattr(clusters, "SYSTEM_STATE", folder)
    return folder


def claimed(state: Path, name: str, home: Path, device: int, identity: str = "x") -> Path:
    base = state / name
    (base / "data").mkdir(parents=True)
    (base / "home").write_text(json.dumps({"home": str(home), "id": identity, "device": device}))
    return base


def test_secrets_are_kept_and_completed(layout: Layout) -> None:
    first = load_secrets(layout)
    assert load_secrets(layout) == first
    path = layout.root / "secrets.json"
    known = json.loads(path.read_text())
    del known["csrf"]
    path.write_text(json.dumps(known))
    second = load_secrets(layout)
    assert second.csrf != first.csrf
    assert second.session == first.session


def test_the_lock_is_exclusive_and_names_its_holder(layout: Layout) -> None:
    assert lock.holder(layout) is None
    with lock.home_lock(layout):
        assert lock.holder(layout) == os.getpid()
        with pytest.raises(AlreadyRunning, match=str(os.getpid())), lock.home_lock(layout):
            pass
    assert lock.holder(layout) is None


def test_only_clusters_of_deleted_homes_are_removed(state: Path, layout: Layout) -> None:
    device = layout.home.stat().st_dev
    alive = claimed(state, "alive", layout.home, device)
    deleted = claimed(state, "deleted", layout.home.with_name("deleted"), device)
    unmounted = claimed(state, "unmounted", layout.home.with_name("unmounted"), device + 1)
    binaries = state / "postgres-18"
    binaries.mkdir()
    clusters.remove_orphans()
    assert not deleted.exists()
    assert alive.exists()
    assert unmounted.exists()
    assert binaries.exists()


def test_starts_at_the_same_moment_remove_the_same_cluster_once(state: Path, layout: Layout) -> None:
    device = layout.home.stat().st_dev
    for number in range(20):
        gone = claimed(state, f"gone-{number}", layout.home.with_name("gone"), device)
        for file in range(20):
            (gone / f"{file}").touch()
    with ThreadPoolExecutor(4) as starts:
        for start in [starts.submit(clusters.remove_orphans) for _ in range(4)]:
            start.result()
    assert list(state.iterdir()) == []


def test_a_cluster_of_other_secrets_is_never_touched(layout: Layout) -> None:
    secrets = load_secrets(layout)
    account = Account(os.geteuid(), os.getegid(), (os.geteuid(), os.getegid()))
    claimed(layout.root, "postgres", layout.home, 0, "other")
    cluster = Cluster(layout.root / "postgres", layout.run_dir, layout.root, account)
    with pytest.raises(ServerError, match=r"secrets\.json"):
        clusters.ensure(layout, cluster, secrets)
    assert cluster.data.exists()


def test_a_cluster_follows_a_home_that_was_moved(state: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = load_secrets(layout)
    old = claimed(state, "old", layout.home.with_name("before"), layout.home.stat().st_dev, secrets.home_id)
    (old / "data" / "PG_VERSION").write_text("18\n")
    (layout.root / "postgres").symlink_to(old)
    monkeypatch.setattr(clusters, "_copy_wheel", lambda: None)
    monkeypatch.setattr(clusters, "version", lambda _: "18.6.3")
    nobody = Account(os.geteuid() + 1, os.getegid(), (os.geteuid() + 1, os.getegid()))
    cluster = clusters.locate(layout, nobody)
    assert clusters.ensure(layout, cluster, secrets) is False
    assert not old.exists()
    assert (layout.root / "postgres").resolve() == cluster.base
    assert json.loads((cluster.base / "home").read_text())["home"] == str(layout.home)


def test_a_long_path_keeps_its_sockets_elsewhere(tmp_path: Path) -> None:
    short, long = Layout.of(Path("/srv/hanoi")), Layout.of(tmp_path / ("x" * 100))
    assert short.run_dir.is_relative_to(short.home)
    assert not long.run_dir.is_relative_to(long.home)
    assert len(str(long.run_dir / "circus-events.sock")) < 100


def test_a_dead_postmaster_that_nobody_collected_is_forgotten_and_a_living_one_is_not(tmp_path: Path) -> None:
    locks = [tmp_path / "postmaster.pid", tmp_path / ".s.PGSQL.5432.lock"]
    for file in locks:
        file.write_text(f"{os.getpid()}\n{tmp_path}\n")
    forget_dead_postmaster(tmp_path, tmp_path)
    assert all(file.exists() for file in locks)
    child = subprocess.Popen(["true"])
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    for file in locks:
        file.write_text(f"{child.pid}\n{tmp_path}\n")
    forget_dead_postmaster(tmp_path, tmp_path)
    assert not any(file.exists() for file in locks)
    child.wait()
    forget_dead_postmaster(tmp_path, tmp_path)
