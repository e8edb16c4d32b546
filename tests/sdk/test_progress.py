"""Progress of downloads: seen in a terminal and a notebook, silent elsewhere."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import hanoi_cloud as hc
from hanoi_cloud import _progress
from tests.sdk.helpers import Catalogue

READ = """
import sys
import hanoi_cloud as hc
from hanoi_cloud import _progress
_progress.DELAY = 0
{before}
hc.dataset("air-quality-hourly").path()
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def in_a_terminal(catalogue: Catalogue, before: str = "", **environment: str) -> str:
    """What a program that reads a dataset shows on a terminal."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "HANOI_CLOUD_URL": catalogue.url, "TERM": "xterm", "COLUMNS": "120", **environment}
    command = [sys.executable, "-c", READ.format(before=before)]
    with subprocess.Popen(command, stderr=theirs, stdout=subprocess.PIPE, env=settings, text=True) as child:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # the terminal's other end is closed
            pass
        assert child.stdout is not None
        assert child.stdout.read() == ""
    os.close(ours)
    assert child.returncode == 0, shown
    return shown.decode()


def test_a_terminal_shows_a_bar(catalogue: Catalogue) -> None:
    shown = in_a_terminal(catalogue)
    assert "air-quality-hourly/1-aaaaaaaa.parquet" in shown
    assert "kB" in shown


def test_without_rich_a_terminal_stays_quiet(catalogue: Catalogue) -> None:
    assert in_a_terminal(catalogue, before="sys.modules['rich.console'] = None") == ""


def test_who_wants_none_gets_none(catalogue: Catalogue) -> None:
    assert in_a_terminal(catalogue, HANOI_CLOUD_PROGRESS="off") == ""


def test_a_quick_download_shows_none(city: hc.City, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    city.dataset("air-quality-hourly").path()
    assert screen.getvalue() == ""


def test_no_terminal_no_bar(city: hc.City, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(_progress, "DELAY", 0)
    city.dataset("air-quality-hourly").path()
    assert capfd.readouterr() == ("", "")


def test_a_notebook_shows_one_bar_that_is_drawn_again(
    city: hc.City, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drawn: list[str] = []

    def display(picture: str, display_id: bool) -> Any:
        assert display_id
        drawn.append(picture)
        return SimpleNamespace(update=drawn.append)

    kernel = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(HTML=str, display=display))
    monkeypatch.setattr(_progress, "DELAY", 0)
    monkeypatch.setattr(_progress, "EVERY", 0)
    city.dataset("air-quality-hourly").download(tmp_path)
    assert "air-quality-hourly/1-aaaaaaaa.parquet: 0.0 / 0.0 MB" in drawn[-1]
    assert drawn[0].startswith("<progress value=")
    with _progress.progress("<b>") as tell:
        tell(1, None)
    assert drawn[-1] == "&lt;b&gt;: 0.0 MB"


def test_a_second_download_at_once_shows_no_second_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_progress, "DELAY", 0)
    shown: list[str] = []
    monkeypatch.setattr(_progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(_progress, "_notebook", lambda name: lambda came, size: shown.append(name))
    with _progress.progress("one") as one, _progress.progress("two") as two:
        one(1, 2)
        two(1, 2)
    with _progress.progress("three") as three:
        three(1, 2)
    assert shown == ["one", "three"]


def test_who_shows_progress_himself_gets_the_bytes_alone(
    city: hc.City, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_progress, "DELAY", 0)
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    seen: list[int] = []
    city.dataset("air-quality-hourly").download(tmp_path, progress=lambda came, size: seen.append(came))
    assert seen
    assert screen.getvalue() == ""
