"""Bad input: one clear message in both languages, exit code above 0, nothing half-done, and the delivery kept."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from blueprint import blueprint
from ops.status import status
from tests.e2e.conftest import Platform, hanoi

pytestmark = [pytest.mark.platform]


@pytest.fixture(scope="module")
def good(platform: Platform) -> bytes:
    """The bytes of the delivery of bus-routes that is published."""
    delivery = platform.results["bus-routes"]["delivery"]
    return (platform.home / "deliveries" / "sha256" / delivery[:2] / delivery).read_bytes()


def seen(platform: Platform) -> tuple[Any, ...]:
    """What readers see: the lake's versions and the catalogue's entry."""
    entry = httpx.get(f"{platform.url}/api/3/action/package_show", params={"id": "bus-routes"}).json()["result"]
    versions = [(d.id, d.version, d.rows) for d in status(platform.home).datasets]
    return versions, entry["metadata_modified"], [r["url"] for r in entry["resources"]]


CASES = {
    "truncated": (lambda good: good[: good.rindex(b"\n", 0, len(good) // 2) + 3], "bị cắt giữa chừng", "cut off"),
    "renamed-column": (
        lambda good: good.replace(b"route_id", b"ma_tuyen", 1),
        "không có cột 'route_id'",
        "no column 'route_id'",
    ),
    "gate": (
        lambda good: b"".join(good.splitlines(keepends=True)[:20]),
        "cổng chất lượng từ chối",
        "quality gate refused",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_bad_delivery_changes_nothing_that_readers_see(
    platform: Platform, good: bytes, tmp_path: Path, case: str
) -> None:
    damage, vi, en = CASES[case]
    file = tmp_path / "routes.txt"
    file.write_bytes(damage(good))
    before = seen(platform)
    ended = hanoi("ingest", "bus-routes", "--file", str(file), "--json", "--home", str(platform.home))
    assert ended.returncode == 1
    assert vi in ended.stderr
    assert en in ended.stderr
    result = json.loads(ended.stdout.splitlines()[-1])["datasets"][0]
    assert result["state"] == "failed"
    assert result["version"] is None
    assert seen(platform) == before
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert (platform.home / "deliveries" / "sha256" / sha256[:2] / sha256).read_bytes() == file.read_bytes()


def test_unknown_dataset_names_the_near_one(platform: Platform) -> None:
    ended = hanoi("ingest", "bus-stop", "--home", str(platform.home))
    assert ended.returncode == 1
    assert "Có phải ý bạn là 'bus-stops'" in ended.stderr
    assert "Did you mean 'bus-stops'" in ended.stderr


def test_missing_file(platform: Platform, tmp_path: Path) -> None:
    for command in (["ingest", "bus-routes", "--file"], ["check", "--dataset", "bus-routes"]):
        home = ["--home", str(platform.home)] if command[0] == "ingest" else []
        ended = hanoi(*command, str(tmp_path / "không-có.csv"), *home)
        assert ended.returncode == 1
        assert "Không có tệp" in ended.stderr
        assert "There is no file" in ended.stderr


def test_catalogue_down(tmp_path: Path, good: bytes) -> None:
    """Without a catalogue the delivery is kept and the lake stays empty."""
    file = tmp_path / "routes.txt"
    file.write_bytes(good)
    home = tmp_path / "home"
    ended = hanoi(
        "ingest", "bus-routes", "--file", str(file), "--home", str(home), HANOI_CATALOGUE_URL="http://127.0.0.1:1"
    )
    assert ended.returncode == 1
    assert "Không có cổng dữ liệu nào trả lời" in ended.stderr
    assert "No catalogue answers" in ended.stderr
    assert {d.version for d in status(home).datasets} == {None}
    assert list((home / "deliveries" / "bus-routes").glob("*.json"))


def test_busy_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for command in (["demo", "--once"], ["up", "--without-airflow"]):
            ended = hanoi(*command, "--home", str(tmp_path / "home"), "--port", port)
            assert ended.returncode == 1
            assert f"Cổng {port} đang được chương trình khác dùng" in ended.stderr
            assert f"Port {port} is in use" in ended.stderr


def test_full_disk(platform: Platform, good: bytes, tmp_path: Path) -> None:
    """A home on a disk that fills up: a clear message, and no version."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    mounted = shutil.which("mount") and os.geteuid() == 0
    if (
        not mounted
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", str(home)], check=False
        ).returncode
    ):
        pytest.skip("a small disk needs root and mount")
    try:
        file = tmp_path / "routes.txt"
        file.write_bytes(good + b"x" * 8_000_000)
        ended = hanoi(
            "ingest", "bus-routes", "--file", str(file), "--home", str(home), HANOI_CATALOGUE_URL=platform.url
        )
        assert ended.returncode == 1
        assert "Đĩa đầy" in ended.stderr
        assert "disk is full" in ended.stderr
        assert not list(home.glob("lake/warehouse/*/metadata/*.json"))
    finally:
        subprocess.run(["umount", "-l", str(home)], check=True)


def test_check_says_where_each_fault_is_and_changes_nothing(platform: Platform, good: bytes, tmp_path: Path) -> None:
    lines = good.decode("utf-8-sig").splitlines(keepends=True)
    lines[3] = re.sub(r",3(?=[,\r\n])", ",ba", lines[3], count=1)
    file = tmp_path / "routes.txt"
    file.write_text("".join(lines), encoding="utf-8")
    before = seen(platform)
    ended = hanoi("check", str(file), "--dataset", "bus-routes", "--json")
    found = json.loads(ended.stdout.splitlines()[-1])
    assert ended.returncode == 0
    assert (found["passed"], found["rows_quarantined"]) == (True, 1)
    (fault,) = found["faults"]
    assert (fault["row"], fault["column"], fault["rule"]) == (4, "route_type", "route_type-type")
    assert "số nguyên" in fault["vi"]
    few = tmp_path / "few.txt"
    few.write_text("".join(lines[:9]), encoding="utf-8")
    refused = hanoi("check", str(few), "--dataset", "bus-routes")
    assert refused.returncode == 1
    assert "KHÔNG ĐẠT / FAILED" in refused.stdout
    assert seen(platform) == before
    assert blueprint().contract("bus-routes").gate.min_rows > 9
