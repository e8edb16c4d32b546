"""Progress of downloads: a bar in a terminal where rich is installed, one in a notebook by its own display, else nothing.

Neither appears before half a second, so that quick downloads stay quiet. ``HANOI_CLOUD_PROGRESS=off`` keeps all quiet.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any

VARIABLE = "HANOI_CLOUD_PROGRESS"
DELAY = 0.5
"""Seconds before a bar appears."""
EVERY = 0.2
"""Seconds between two pictures of a notebook's bar."""

_shown = threading.Lock()
"""Held by the one bar that is shown: a terminal has one last line."""

Told = Callable[[int, int | None], None]


@contextmanager
def progress(name: str) -> Generator[Told]:
    """What to tell how many bytes came, and how many there are; it shows them where somebody looks."""
    with ExitStack() as stack:
        bar = _Bar(name, stack)
        yield bar.tell


class _Bar:
    """A bar that is made when it is wanted, if at all."""

    def __init__(self, name: str, stack: ExitStack) -> None:
        self._name, self._stack = name, stack
        self._from = time.monotonic()
        self._told: Told | None = None
        self._made = False

    def tell(self, came: int, size: int | None) -> None:
        if not self._made and time.monotonic() - self._from >= DELAY:
            self._made = True
            self._told = self._make()
        if self._told is not None:
            self._told(came, size)

    def _make(self) -> Told | None:
        if os.environ.get(VARIABLE, "").lower() in {"off", "0", "no", "false"} or not _shown.acquire(blocking=False):
            return None
        self._stack.callback(_shown.release)
        if _in_notebook():
            return _notebook(self._name)
        return _terminal(self._name, self._stack) if sys.stderr is not None and sys.stderr.isatty() else None


def _in_notebook() -> bool:
    """Whether this is a kernel of Jupyter: IPython in a terminal has none."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


def _terminal(name: str, stack: ExitStack) -> Told | None:
    try:
        from rich.console import Console
        from rich.errors import LiveError
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
    except ModuleNotFoundError:
        return None
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    try:
        shown = stack.enter_context(Progress(*columns, console=Console(stderr=True)))
    except LiveError:  # the caller shows something of its own
        return None
    task = shown.add_task(name, total=None)
    return lambda came, size: shown.update(task, completed=came, total=size)


def _notebook(name: str) -> Told:
    """A bar by the notebook's own display, which takes no widgets."""
    from html import escape
    from importlib import import_module

    screen: Any = import_module("IPython.display")
    handle: Any = None
    drawn = 0.0

    def tell(came: int, size: int | None) -> None:
        nonlocal handle, drawn
        now = time.monotonic()
        if now - drawn < EVERY and came != size:
            return
        drawn = now
        bar = f'<progress value="{came}" max="{size}"></progress> ' if size else ""
        whole = f" / {size / 1e6:,.1f}" if size else ""
        picture = screen.HTML(f"{bar}{escape(name)}: {came / 1e6:,.1f}{whole} MB")
        if handle is None:
            handle = screen.display(picture, display_id=True)
        else:
            handle.update(picture)

    return tell
