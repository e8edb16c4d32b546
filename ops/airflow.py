"""Airflow inside the platform's home: its settings, its database, and runs of the datasets' own DAGs."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lake.folders import private_folder
from ops.errors import RunFailed
from ops.settings import REPOSITORY, Settings


@dataclass(frozen=True)
class DagEvent:
    """One thing that happened while DAGs ran: ``event`` is ``start`` or ``end``; ``state`` is Airflow's own at the end."""

    dataset: str
    event: str
    state: str = ""


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which Airflow finds its home, the DAG files and nothing it should not."""
    home = private_folder(settings.home / "airflow")
    return {
        **settings.environment(),
        # Airflow starts its own parts by the name `airflow`.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "AIRFLOW__CORE__FERNET_KEY": _secret(home / "fernet_key"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "simple_auth_manager_passwords.json"),
        "AIRFLOW__API__SECRET_KEY": _secret(home / "api_secret_key"),
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(home / "jwt_secret"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{settings.airflow_port}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "GX_ANALYTICS_ENABLED": "False",
    }


def _secret(path: Path) -> str:
    """The secret kept at ``path``, made on first use: 32 random bytes in URL-safe base64, as Fernet wants them."""
    if not path.exists():
        import base64

        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    return path.read_text(encoding="ascii")


def prepare(settings: Settings) -> dict[str, str]:
    """Bring Airflow's database up to this version once; returns the environment to run it in."""
    env = environment(settings)
    from importlib.metadata import version

    mark = settings.home / "airflow" / "prepared"
    if not mark.exists() or mark.read_text() != version("apache-airflow"):
        log = _log(settings, "airflow-migrate.log")
        with log.open("wb") as output:
            done = subprocess.run(
                [str(Path(sys.executable).with_name("airflow")), "db", "migrate"],
                env=env, cwd=settings.home, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        if done.returncode:
            raise _failed(log, done.returncode)
        mark.write_text(version("apache-airflow"))
    return env


def run(settings: Settings, datasets: Sequence[str], file: Path | None = None) -> Iterator[DagEvent]:
    """Run the DAGs of ``datasets`` one after another through Airflow, in one child process; yields what happens.

    Raises:
        RunFailed: Airflow itself failed; a DAG that ends badly is an event, not an error.
    """
    env = prepare(settings)
    reader, writer = os.pipe()
    log = _log(settings, "airflow-run.log")
    arguments = [
        sys.executable,
        "-m",
        "ops.run_dags",
        "--events",
        str(writer),
        *(["--file", str(file.resolve())] if file else []),
        *datasets,
    ]
    with log.open("ab") as output, os.fdopen(reader, encoding="utf-8") as events:
        child = subprocess.Popen(
            arguments,
            env=env,
            cwd=settings.home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(writer,),
        )
        os.close(writer)
        try:
            for line in events:
                yield DagEvent(**json.loads(line))
            if code := child.wait():
                raise _failed(log, code)
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()


def standalone(settings: Settings) -> tuple[list[str], dict[str, str]]:
    """The argument list and environment of ``airflow standalone`` for this home."""
    return [str(Path(sys.executable).with_name("airflow")), "standalone"], prepare(settings)


def _log(settings: Settings, name: str) -> Path:
    return private_folder(settings.home / "logs") / name


def _failed(log: Path, code: int) -> RunFailed:
    tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
    return RunFailed(
        f"Airflow kết thúc với mã {code}. Nhật ký: {log}\n{tail}", f"Airflow ended with code {code}. Its log: {log}"
    )
