"""The servers of a home that outlived their supervisor, found by command line and data folder, and ended by pid."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanoi_server.services import Service

_GONE = (psutil.NoSuchProcess, psutil.AccessDenied)


def end_leftovers(services: "Iterable[Service]", *, patience: float = 10) -> int:
    """End what still runs of these services; return how many processes that were.

    Call it with the home's lock held: whatever runs then has lost its supervisor, or has one whose home was deleted.
    """
    services = list(services)
    found = [process for process in psutil.process_iter() if process.pid != os.getpid() and _is_ours(process, services)]
    supervisors = [parent for process in found if (parent := _supervisor(process)) is not None]
    for processes in (supervisors, found):
        for process in processes:
            with suppress(*_GONE):
                process.terminate()
        for process in _still_alive(processes, patience):
            with suppress(*_GONE):
                process.kill()
        _still_alive(processes, 5)
    return len(found)


def forget_dead_postmaster(data: Path, sockets: Path) -> None:
    """Remove the lock files of a postmaster that ended and was not yet collected by its parent.

    PostgreSQL takes such a process for a living one and refuses to start. Call it with the home's lock held.
    """
    for file in (data / "postmaster.pid", *sockets.glob(".s.PGSQL.*.lock")):
        with suppress(FileNotFoundError, ValueError, IndexError, *_GONE):
            if psutil.Process(int(file.read_text().split()[0])).status() == psutil.STATUS_ZOMBIE:
                file.unlink()


def running(services: "Iterable[Service]") -> dict[str, list[int]]:
    """Return the pids of each service that runs now."""
    pids: dict[str, list[int]] = {service.name: [] for service in services}
    for process in psutil.process_iter():
        for service in services:
            if _is_ours(process, [service]):
                pids[service.name].append(process.pid)
    return pids


def _still_alive(processes: list[psutil.Process], patience: float) -> list[psutil.Process]:
    end = time.monotonic() + patience
    while (alive := [process for process in processes if _alive(process)]) and time.monotonic() < end:
        time.sleep(0.1)
    return alive


def _alive(process: psutil.Process) -> bool:
    # In a container whose first process collects no children, an ended orphan stays listed for ever.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_ours(process: psutil.Process, services: "list[Service]") -> bool:
    try:
        command = process.cmdline()
        if any(service.mark in command and _runs(command, service.program) for service in services):
            return True
        # PostgreSQL's backends rewrite their command line, but all of them work inside the data folder.
        folders = [service.mark for service in services if service.program == "postgres"]
        return bool(command) and command[0].startswith("postgres:") and process.cwd().split(" (deleted)")[0] in folders
    except (*_GONE, FileNotFoundError):
        return False


def _runs(command: list[str], program: str) -> bool:
    # A shell or an editor may hold the same path; the program is the first word, or follows the interpreter's -m.
    return Path(command[0]).name == program or ("-m" in command and command[command.index("-m") + 1 :][:1] == [program])


def _supervisor(process: psutil.Process) -> psutil.Process | None:
    with suppress(*_GONE):
        parent = process.parent()
        if parent is not None and parent.pid != os.getpid() and "hanoi_server" in parent.cmdline():
            return parent
    return None
