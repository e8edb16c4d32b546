"""Nothing that `hanoi up` started outlives it, whatever its services leave behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.conftest import REPOSITORY

SERVICE = """
import json, subprocess, sys, time
ignoring = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", ignoring], stdout=subprocess.PIPE)
child.stdout.readline()
open(sys.argv[1], "w").write(json.dumps(child.pid))
time.sleep(600)
"""
KEEP = """
import sys
from ops import up
from ops.settings import Settings

up._GRACE = up._LINGER = 1
services = {"leaving": ([sys.executable, sys.argv[1], sys.argv[2]], {}, "/")}
up._keep(Settings(home=sys.argv[3]), services, lambda: None)
"""


def test_a_process_that_outlives_its_service_is_ended(tmp_path: Path) -> None:
    """The service ends at once and leaves a child that ignores the request to end, as a slow Airflow component does."""
    service, told = tmp_path / "service.py", tmp_path / "child.json"
    service.write_text(SERVICE)
    keeping = subprocess.Popen(
        [sys.executable, "-c", KEEP, str(service), str(told), str(tmp_path / "home")],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    try:
        end = time.monotonic() + 60
        while not (told.exists() and told.read_text()):
            assert keeping.poll() is None, "it ended before its service started"
            assert time.monotonic() < end, "the service did not start"
            time.sleep(0.1)
        left = psutil.Process(json.loads(told.read_text()))
        keeping.send_signal(signal.SIGINT)
        assert keeping.wait(60) == 0
        assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
    finally:
        if keeping.poll() is None:
            keeping.kill()
