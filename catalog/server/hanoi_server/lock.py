"""One server for each home: a lock that the kernel drops when its holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hanoi_server.errors import AlreadyRunning
from hanoi_server.layout import Layout


@contextmanager
def home_lock(layout: Layout) -> Iterator[None]:
    """Hold the home's lock; the lock file holds the pid of the holder.

    Raises AlreadyRunning if another process holds it.
    """
    handle = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(handle):
            raise AlreadyRunning(layout.home, holder(layout))
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    # A reader of `holder` takes the lock for an instant, so one refusal does not prove that a server runs.
    for _ in range(10):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def holder(layout: Layout) -> int | None:
    """Return the pid of the process that holds the home's lock, or None when nobody does."""
    try:
        handle = os.open(layout.lock, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(handle, 32, 0).decode()
        return int(text) if text.isdigit() else None
    else:
        return None
    finally:
        os.close(handle)
