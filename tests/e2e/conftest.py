"""One running platform for all end-to-end tests: started by the command a user types, with real CKAN and real Airflow."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

HANOI = str(Path(sys.executable).with_name("hanoi"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HANOI_", "AIRFLOW"))}
    return kept | more


def hanoi(*arguments: str, timeout: float = 300, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as a user would, and give back what it said."""
    return subprocess.run(
        [HANOI, *arguments],
        env=environment(**more),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def unaccented(text: str) -> str:
    folded = "".join(
        c
        for c in unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
        if not unicodedata.combining(c)
    )
    return folded.lower()


@dataclass(frozen=True)
class Platform:
    """A served demonstration: its home, address and what ``demo --json`` printed."""

    home: Path
    url: str
    results: dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("hanoi") / "home"
    log = home.parent / "demo.log"
    with log.open("w") as errors:
        child = subprocess.Popen(
            [HANOI, "demo", "--json", "--home", str(home), "--port", str(free_port())],
            env=environment(),
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line:
            child.wait(60)
            pytest.fail(f"hanoi demo ended with {child.returncode}:\n{log.read_text()[-4000:]}")
        printed = json.loads(line)
        yield Platform(home, printed["catalogue_url"], {d["id"]: d for d in printed["datasets"]})
        child.send_signal(signal.SIGINT)
        rest = child.stdout.read()
        child.stdout.close()
        assert child.wait(60) == 0, log.read_text()[-4000:]
        assert rest == "", "the JSON object is the last thing on standard output"


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()
