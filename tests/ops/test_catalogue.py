"""The catalogue's server as the operator's side starts and finds it."""

import json
import os
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from ops.catalogue import clear_leftovers, command, running
from ops.settings import settings_for


def server_json(home: Path, pid: int, *, ready: bool = True) -> None:
    (home / "ckan").mkdir(parents=True, exist_ok=True)
    (home / "ckan" / "server.json").write_text(json.dumps({"pid": pid, "url": "http://x", "ready": ready}))


def test_a_server_runs_when_its_process_lives_and_it_says_that_it_is_ready(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    server_json(tmp_path, os.getpid(), ready=False)
    assert running(tmp_path) is None
    server_json(tmp_path, os.getpid())
    assert running(tmp_path) is not None


def test_a_process_that_ended_and_was_not_collected_does_not_run(tmp_path: Path) -> None:
    child = subprocess.Popen(["true"])
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    server_json(tmp_path, child.pid)
    assert running(tmp_path) is None
    child.wait()
    assert running(tmp_path) is None


@pytest.mark.parametrize(("held", "stopped"), [(0, False), (1, True)])
def test_a_server_that_is_starting_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int, stopped: bool
) -> None:
    asked: list[str] = []

    def answer(verb: str, home: Path) -> int:
        asked.append(verb)
        return held if verb == "status" else 0

    monkeypatch.setattr("ops.catalogue._quietly", answer)
    clear_leftovers(tmp_path)
    assert asked == [], "a home without a catalogue has nothing to clear"
    server_json(tmp_path, os.getpid(), ready=False)
    clear_leftovers(tmp_path)
    assert asked == (["status", "stop"] if stopped else ["status"])


def test_the_server_is_told_the_organisations_of_the_blueprint(tmp_path: Path) -> None:
    arguments = command(settings_for(tmp_path / "home", 5123))
    assert arguments[arguments.index("--port") + 1] == "5123"
    organisations = json.loads(Path(arguments[arguments.index("--organisations") + 1]).read_text(encoding="utf-8"))
    assert {"so-noi-vu", "ubnd-tp-ha-noi"} <= {o["name"] for o in organisations}
    assert all(o["title"] and o["title_en"] for o in organisations)
