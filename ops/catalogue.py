"""The catalogue's server as a child process: started when none runs for this home, ended only by who started it."""

import contextlib
import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from blueprint import blueprint
from lake.folders import private_folder
from ops.errors import PortBusy, ServiceFailed
from ops.settings import SERVER, Settings

_STOP_SECONDS = 40


def running(home: Path) -> dict[str, Any] | None:
    """What the server of ``home`` says of itself, or ``None`` when it does not run."""
    try:
        found = json.loads((home / "ckan" / "server.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return found if found.get("ready") and _lives(int(found["pid"])) else None


def _lives(pid: int) -> bool:
    """Whether the process runs; one that ended and was never collected by its parent does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def require_free(port: int) -> None:
    """Raise PortBusy when something listens on ``port`` of this machine already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortBusy(
                f"Cổng {port} đang được chương trình khác dùng. Hãy chọn cổng khác: --port {port + 1} hoặc HANOI_PORT={port + 1}.",
                f"Port {port} is in use by another program. Choose another: --port {port + 1} or HANOI_PORT={port + 1}.",
            ) from error


def command(settings: Settings) -> list[str]:
    """The argument list that runs the server in the foreground."""
    organisations = _organisations(settings.home)
    return _server("run", settings.home, "--port", str(settings.port), "--organisations", str(organisations))


def clear_leftovers(home: Path) -> None:
    """End what a killed server of this home left running, so that its port is free again; one that is starting is left alone."""
    if (home / "ckan").exists() and not running(home) and _quietly("status", home) != 0:
        _quietly("stop", home)


def _quietly(verb: str, home: Path) -> int:
    return subprocess.run(
        _server(verb, home), cwd=SERVER, stdin=subprocess.DEVNULL, capture_output=True, check=False
    ).returncode


def _server(verb: str, home: Path, *more: str) -> list[str]:
    return [str(SERVER / ".venv" / "bin" / "python"), "-m", "hanoi_server", verb, "--home", str(home), *more]


def ask_server(verb: str, home: Path, *arguments: str) -> dict[str, Any]:
    """What a verb of the server answers as JSON, such as ``backup`` with the name of a file.

    Raises:
        ServiceFailed: it refused, for the reason that it gives in both languages.
    """
    done = subprocess.run(
        _server(verb, home, *arguments),
        cwd=SERVER,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        vi, _, en = done.stderr.strip().rpartition("• ")[2].partition(" / ")
        raise ServiceFailed(vi or f"exit {done.returncode}", en or vi or f"exit {done.returncode}")
    return dict(json.loads(done.stdout))


def _organisations(home: Path) -> Path:
    """The organisations of the Blueprint, in the form that the server reads."""
    entries = blueprint().codelist("organisations").entries
    content = [
        {"name": e.code, "title": e.vi, "title_en": e.en, "description": ""} for e in entries if e.valid_to is None
    ]
    path = private_folder(home / "ckan") / "organisations.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


@contextlib.contextmanager
def serving(settings: Settings, say: Callable[[str], None]) -> Iterator[str]:
    """The address of this home's catalogue, which runs while the block does; one that ran before is left running.

    Raises:
        PortBusy: the port is taken by another program.
        ServiceFailed: the server ended or did not answer in time; the end of its log is in the message.
    """
    if found := running(settings.home):
        yield str(found["url"])
        return
    clear_leftovers(settings.home)
    require_free(settings.port)
    log = private_folder(settings.home / "logs") / "catalogue.log"
    with log.open("ab") as output:
        child = subprocess.Popen(
            command(settings),
            cwd=SERVER,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _wait(settings, child, log, say)
    finally:
        stop(child)


def stop(child: "subprocess.Popen[bytes]") -> None:
    """End a server that this process started, and wait until it has put its services away."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait(settings: Settings, child: "subprocess.Popen[bytes]", log: Path, say: Callable[[str], None]) -> str:
    deadline = time.monotonic() + settings.start_timeout
    told = log.stat().st_size
    while time.monotonic() < deadline:
        if found := running(settings.home):
            return str(found["url"])
        told = _tell(log, told, say)
        if child.poll() is not None:
            raise _failed(log, f"exit {child.returncode}")
        time.sleep(0.2)
    raise _failed(log, f"> {settings.start_timeout} s")


def _tell(log: Path, start: int, say: Callable[[str], None]) -> int:
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode("utf-8", "replace").splitlines()
        for line in filter(str.strip, lines):
            say(line.strip().lstrip("• "))
        return file.tell()


def _failed(log: Path, why: str) -> ServiceFailed:
    tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
    return ServiceFailed(
        f"Cổng dữ liệu không khởi động được ({why}). Nhật ký: {log}\n{tail}",
        f"The catalogue did not start ({why}). Its log: {log}",
    )
