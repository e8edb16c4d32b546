"""What the health endpoint says when a part fails, to strangers and in its status."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from .conftest import SERVER, SERVER_PYTHON

# Run by the server's Python: an application behind the endpoint, whose parts fail one after the other.
ASKING = """
import contextlib, json, types
from ckan.common import config
from ckanext.hanoi import health

def app(environ, start_response):
    start_response("200 OK", [])
    return [b"page"]

holder = types.SimpleNamespace(wsgi_app=app, app_context=contextlib.nullcontext)
health.watch(holder)
asked = []

def ask(path="/-/health/ready", method="GET"):
    said = {}
    body = holder.wsgi_app({"PATH_INFO": path, "REQUEST_METHOD": method}, lambda status, headers: said.update(status=int(status[:3])))
    return [said["status"], b"".join(body).decode()]

def failing():
    raise OSError("connection to 10.0.0.7 with password hunter2 refused")

def part(name, check):
    health._CHECKS.update(dict.fromkeys(health._CHECKS, lambda: True))
    health._CHECKS[name] = check
    health._found = (-health._KEPT, {})
    return ask()

found = {"well": part("disk", lambda: True)}
found |= {name: part(name, failing) for name in ("database", "search", "valkey", "published")}
found["disk"] = part("disk", lambda: False)
found["live though the database is gone"] = [part("database", failing), ask("/-/health")][1]
found["head"] = ask("/-/health", "HEAD")
found["other"] = ask("/dataset")
found["post"] = ask("/-/health", "POST")
calls = []
part("disk", lambda: calls.append(1) or True)
for _ in range(20):
    ask()
found["checked"] = len(calls)
config["hanoi.published_path"], config["hanoi.least_free_mb"] = "/tmp", 10**12
found["disk is full"] = health._disk()
config["hanoi.least_free_mb"] = 0
found["disk has room"] = health._disk()
config["hanoi.published_path"] = "/nowhere/published"
found["nothing published yet"] = health._published()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def asked() -> dict[str, Any]:
    command = [str(SERVER_PYTHON), "-c", ASKING]
    done = subprocess.run(command, cwd=SERVER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "hunter2" not in done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_part_without_which_nobody_can_read_makes_it_fail(asked: dict[str, Any]) -> None:
    assert asked["well"] == [200, '{"status": "ok"}']
    for part in ("database", "search", "valkey", "published"):
        assert asked[part] == [503, '{"status": "failed"}'], part
    assert asked["disk"] == [200, '{"status": "degraded"}']


def test_the_process_lives_whatever_its_parts_do(asked: dict[str, Any]) -> None:
    assert asked["live though the database is gone"] == [200, '{"status": "ok"}']
    assert asked["head"] == [200, ""]
    assert (asked["other"], asked["post"]) == ([200, "page"], [200, "page"])


def test_nobody_keeps_the_database_busy_by_asking(asked: dict[str, Any]) -> None:
    assert asked["checked"] == 1


def test_the_disk_and_the_published_files_are_looked_at(asked: dict[str, Any]) -> None:
    assert (asked["disk is full"], asked["disk has room"], asked["nothing published yet"]) == (False, True, True)
