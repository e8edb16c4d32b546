"""`hanoi up`: the catalogue and a real Airflow scheduler, kept up, and gone after Ctrl-C."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import REPOSITORY
from tests.e2e.conftest import HANOI, environment, free_port

pytestmark = [pytest.mark.platform]


def until(found: Callable[[], object], seconds: float, what: str) -> object:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError, FileNotFoundError, json.JSONDecodeError, KeyError):
            if answer := found():
                return answer
        time.sleep(1)
    raise AssertionError(f"no {what} within {seconds} s")


@pytest.fixture
def up(tmp_path: Path) -> Iterator[tuple[Path, str, str, "subprocess.Popen[bytes]"]]:
    home, port, airflow_port = tmp_path / "home", free_port(), free_port()
    with (tmp_path / "up.log").open("wb") as log:
        child = subprocess.Popen(
            [HANOI, "up", "--home", str(home), "--port", str(port)],
            env=environment(HANOI_AIRFLOW_PORT=str(airflow_port)),
            cwd=REPOSITORY,
            stdout=log,
            stderr=log,
        )
    yield home, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{airflow_port}", child
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        child.wait(90)


def test_the_scheduler_runs_a_dag_and_services_come_back(up: tuple[Path, str, str, "subprocess.Popen[bytes]"]) -> None:
    home, catalogue, airflow, child = up
    until(lambda: httpx.get(catalogue).status_code == 200, 180, "catalogue")
    until(
        lambda: httpx.get(f"{airflow}/api/v2/monitor/health").json()["scheduler"]["status"] == "healthy",
        180,
        "scheduler",
    )
    password = json.loads((home / "airflow" / "simple_auth_manager_passwords.json").read_text())["admin"]
    token = httpx.post(f"{airflow}/auth/token", json={"username": "admin", "password": password}).json()["access_token"]
    with httpx.Client(base_url=f"{airflow}/api/v2", headers={"Authorization": f"Bearer {token}"}, timeout=30) as api:
        until(lambda: api.get("/dags/wards").status_code == 200, 120, "DAG")
        run = api.post("/dags/wards/dagRuns", json={"logical_date": None}).json()["dag_run_id"]
        state = until(
            lambda: {"success": "success", "failed": "failed"}.get(
                api.get(f"/dags/wards/dagRuns/{run}").json()["state"]
            ),
            240,
            "end",
        )
        assert state == "success", (home / "logs" / "airflow.log").read_text()[-3000:]
        made = api.get("/assets/events", params={"limit": 100}).json()["asset_events"]
    assert {e["uri"] for e in made} >= {"hanoi://delivery/wards", "hanoi://version/wards", "hanoi://publication/wards"}
    page = httpx.get(f"{catalogue}/api/3/action/package_show", params={"id": "wards"}).json()["result"]
    assert page["name"] == "wards"

    server = json.loads((home / "ckan" / "server.json").read_text())["pid"]
    os.kill(server, signal.SIGKILL)
    until(lambda: json.loads((home / "ckan" / "server.json").read_text())["pid"] != server, 120, "second catalogue")
    until(lambda: httpx.get(catalogue).status_code == 200, 120, "catalogue again")

    below = psutil.Process(child.pid).children(recursive=True)
    child.send_signal(signal.SIGINT)
    assert child.wait(90) == 0
    gone, alive = psutil.wait_procs(below, timeout=30)
    assert not alive, [p.cmdline() for p in alive]
    assert gone
