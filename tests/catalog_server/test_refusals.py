"""What the server refuses before it starts anything, each in Vietnamese and English with its own exit code."""

import json
import socket
from pathlib import Path

import pytest

from tests.catalog_server.conftest import Server, free_port, processes_of

pytestmark = pytest.mark.platform


@pytest.fixture
def fresh(server_python: Path, tmp_path: Path) -> Server:
    return Server(tmp_path / "home", free_port())


def test_busy_port(fresh: Server) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", fresh.port))
        other.listen()
        refused = fresh.run()
    assert refused.returncode == 4
    assert f"Cổng mạng {fresh.port}" in refused.stderr
    assert f"Port {fresh.port}" in refused.stderr
    assert not (fresh.root / "postgres").exists()
    assert processes_of(fresh.home) == []


@pytest.mark.parametrize(
    "entry", [{"name": "Sở", "title": "Sở"}, {"name": "so-xd"}, "so-xd", {"name": 7, "title": "x"}]
)
def test_invalid_organisations(fresh: Server, tmp_path: Path, entry: object) -> None:
    path = tmp_path / "organisations.json"
    path.write_text(json.dumps([entry]))
    refused = fresh.run("--organisations", str(path))
    assert refused.returncode == 1
    assert "mục không hợp lệ" in refused.stderr
    assert "invalid entry" in refused.stderr
    assert not (fresh.root / "postgres").exists()


def test_a_home_that_leads_elsewhere(fresh: Server, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    fresh.home.mkdir()
    fresh.root.symlink_to(tmp_path / "elsewhere")
    refused = fresh.run()
    assert refused.returncode == 1
    assert "belongs to another user" in refused.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_asking_about_a_home_that_was_never_prepared(fresh: Server) -> None:
    fresh.root.mkdir(parents=True)
    assert fresh.call("status", "--json").returncode == 1
    assert list(fresh.root.iterdir()) == []
    assert fresh.call("stop").returncode == 0


def test_a_path_that_ckan_cannot_read(server_python: Path, tmp_path: Path) -> None:
    refused = Server(tmp_path / "100%", free_port()).run()
    assert refused.returncode == 1
    assert "has a %" in refused.stderr
    assert not (tmp_path / "100%").exists()
