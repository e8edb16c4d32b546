"""A real PostgreSQL of the catalogue's own environment, in a cluster that lives as long as the tests of a module."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

SERVER = Path(__file__).resolve().parents[2] / "catalog" / "server"
PYTHON = SERVER / ".venv" / "bin" / "python"

# The catalogue's own way of making a cluster, which serves root as well: PostgreSQL then runs as a user of its own.
_PREPARE = """
import json, sys
from pathlib import Path
from hanoi_server import cluster, services
from hanoi_server.account import postgres_account
from hanoi_server.layout import Layout
from hanoi_server.secret_store import load_secrets

layout = Layout.of(Path(sys.argv[1]))
layout.create()
secrets = load_secrets(layout)
made = cluster.locate(layout, postgres_account())
cluster.ensure(layout, made, secrets)
service = services.postgres(made, secrets)
print(json.dumps({
    "command": service.command, "cwd": str(service.cwd), "environment": service.environment, "base": str(made.base),
    "socket": str(made.sockets / ".s.PGSQL.5432"), "password": secrets.postgres_password,
}))
"""


@dataclass
class Postgresql:
    """One cluster and its server, which can be killed and started again."""

    home: Path
    told: dict = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{quote(self.told['password'])}@/postgres?unix_sock={quote(self.told['socket'])}"

    def start(self) -> None:
        """Start the server, over a cluster made by the first call."""
        prepare = [str(PYTHON), "-c", _PREPARE, str(self.home)]
        self.told = self.told or json.loads(subprocess.check_output(prepare, cwd=SERVER))
        log = self.home / "postgresql.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                self.told["command"], cwd=self.told["cwd"], env=self.told["environment"], stdout=output, stderr=output
            )
        end = time.monotonic() + 60
        while not self._answers():
            assert self.process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return self.ask("SELECT 1") == [(1,)]
        except DBAPIError:
            return False

    def ask(self, statement: str) -> list[tuple]:
        """The rows of a statement, run in a session of its own."""
        engine = create_engine(
            self.url.replace("postgresql:", "postgresql+pg8000:"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as session:
            found = session.execute(text(statement))
            return [tuple(row) for row in found] if found.returns_rows else []

    def kill(self) -> None:
        """End the server and all its sessions without warning."""
        assert self.process
        sessions = psutil.Process(self.process.pid).children(recursive=True)
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        for session in sessions:
            with contextlib.suppress(psutil.NoSuchProcess):
                session.kill()
        psutil.wait_procs(sessions, timeout=10)

    def remove(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)
        if self.told:
            shutil.rmtree(self.told["base"])
