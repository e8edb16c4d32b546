"""A real catalogue server in a home of its own, driven by the same commands as an operator's."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

SERVER_DIR = Path(__file__).resolve().parents[2] / "catalog" / "server"
PYTHON = SERVER_DIR / ".venv" / "bin" / "python"

# The parts of the server that need no CKAN are imported by the tests themselves.
sys.path.insert(0, str(SERVER_DIR))

ORGANISATIONS = [
    {
        "name": "so-nnmt",
        "title": "Sở Nông nghiệp và Môi trường",
        "title_en": "Department of Agriculture and Environment",
        "description": "Quan trắc môi trường",
    },
    {"name": "so-xd", "title": "Sở Xây dựng", "title_en": "Department of Construction", "description": ""},
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One home and the commands on it."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.url = f"http://127.0.0.1:{port}"
        self.errors = home.with_name(home.name + ".err")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> Path:
        return self.home / "ckan"

    def command(self, verb: str, *arguments: str) -> list[str]:
        return [str(PYTHON), "-m", "hanoi_server", verb, "--home", str(self.home), *arguments]

    def call(self, verb: str, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        command = self.command(verb, *arguments)
        return subprocess.run(command, cwd=SERVER_DIR, capture_output=True, text=True, timeout=timeout, check=False)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Call `run` where it must refuse."""
        return self.call("run", "--port", str(self.port), *arguments)

    def start(self, *arguments: str) -> None:
        """Call `run` and wait until it says that it is ready."""
        with self.errors.open("wb") as output:
            command = self.command("run", "--port", str(self.port), *arguments)
            self.process = subprocess.Popen(command, cwd=SERVER_DIR, stderr=output, start_new_session=True)
        end = time.monotonic() + 150
        while not self._announced():
            assert self.process.poll() is None, self.errors.read_text()
            assert time.monotonic() < end, self.errors.read_text()
            time.sleep(0.1)

    def _announced(self) -> bool:
        path = self.root / "server.json"
        return path.exists() and json.loads(path.read_text())["pid"] == self.process.pid

    def status(self) -> dict:
        return json.loads(self.call("status", "--json").stdout)

    def kill(self, *pids: int) -> None:
        """Kill without warning processes of this home only."""
        mine = {self.process.pid, *(pid for found in self.status()["services"].values() for pid in found)}
        assert mine.issuperset(pids)
        for pid in pids:
            psutil.Process(pid).send_signal(signal.SIGKILL)
        if self.process.pid in pids:
            self.process.wait(10)

    def action(self, name: str, data: dict | None = None, *, token: bool = False) -> httpx.Response:
        headers = {"Authorization": (self.root / "api_token").read_text().strip()} if token else {}
        return httpx.post(f"{self.url}/api/3/action/{name}", json=data or {}, headers=headers, timeout=60)

    def page(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=60)


def processes_of(home: Path) -> list[str]:
    """Every live process whose command line or working folder names the home or its database cluster."""
    base = str((home / "ckan" / "postgres").resolve())
    found = []
    for process in psutil.process_iter():
        try:
            text = " ".join([*process.cmdline(), process.cwd()])
            if process.status() != psutil.STATUS_ZOMBIE and (str(home) in text or base in text):
                found.append(text)
        except (psutil.Error, FileNotFoundError):
            continue
    return found


@pytest.fixture(scope="session")
def server_python() -> Path:
    """The interpreter of the catalogue's own environment."""
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON} is missing: run `uv sync` in {SERVER_DIR}")
    return PYTHON


@pytest.fixture(scope="module")
def server(server_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A home that the tests of one module share, in their order; it is not started yet."""
    folder = tmp_path_factory.mktemp("catalogue")
    folder.chmod(0o700)
    server = Server(folder / "home của tôi", free_port())
    yield server
    if server.root.exists():
        server.call("stop")
    if server.process is not None:
        server.process.wait(10)


@pytest.fixture
def organisations(tmp_path: Path) -> Path:
    """A file of two organisations."""
    path = tmp_path / "organisations.json"
    path.write_text(json.dumps(ORGANISATIONS))
    return path
