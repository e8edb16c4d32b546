"""Airflow inside the platform's home: its settings, its database, and runs of the datasets' own DAGs."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lake.folders import private_folder, write_private
from ops.errors import RunFailed
from ops.settings import REPOSITORY, Settings


@dataclass(frozen=True)
class DagEvent:
    """One thing that happened while DAGs ran: ``event`` is ``start`` or ``end`` of a run, or ``step`` of a task.

    ``state`` is Airflow's own: of the run at its end, of the task ``task``; ``date`` is the one that is run for.
    """

    dataset: str
    event: str
    state: str = ""
    task: str = ""
    date: str | None = None


@dataclass(frozen=True)
class DagRun:
    """A run to make: the DAG of ``dataset``, with parameters such as ``file`` (an absolute path) and ``date``."""

    dataset: str
    conf: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: str, file: Path | None = None, date: str | None = None) -> "DagRun":
        """The run for one file or date, or for what the source has where both are absent."""
        given = {"file": str(file.resolve()) if file else None, "date": date}
        return cls(dataset, {name: value for name, value in given.items() if value})


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
        **({"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": _bundles(settings.dags)} if settings.dags else {}),
    }


def _bundles(own: Path) -> str:
    """Where Airflow finds DAG files: the datasets' and the operator's own."""
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    path = str(own.expanduser().resolve())
    return json.dumps(
        [
            {"name": "dags-folder", "classpath": local, "kwargs": {}},
            {"name": "own", "classpath": local, "kwargs": {"path": path}},
        ]
    )


def _secret(path: Path) -> str:
    """The secret kept at ``path``, made on first use: 32 random bytes in URL-safe base64, as Fernet wants them."""
    if not path.exists():
        import base64

        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    return path.read_text(encoding="ascii")


def prepare(settings: Settings) -> dict[str, str]:
    """Bring Airflow's database up to this version once, with the pools that tables are written in.

    Returns the environment to run Airflow in.
    """
    env = environment(settings)
    from importlib.metadata import version

    mark, done = settings.home / "airflow" / "prepared", f"{version('apache-airflow')}, pools"
    if mark.exists() and mark.read_text() == done:
        return env
    log = _log(settings, "airflow-migrate.log")
    with log.open("wb") as output:
        ended = subprocess.run(
            [sys.executable, "-m", "ops.prepare_airflow", str(_pools(settings))],
            env=env, cwd=settings.home, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if ended.returncode:
        raise _failed(log, ended.returncode)
    mark.write_text(done)
    return env


def _pools(settings: Settings) -> Path:
    """A file that names the pools, as Airflow imports them: one slot each, so that a table has one writer at a time."""
    from dags.pools import POOLS

    file = settings.home / "airflow" / "pools.json"
    pool = {"slots": 1, "description": "Một bảng một lượt ghi / one writer a table", "include_deferred": False}
    write_private(file, json.dumps(dict.fromkeys(POOLS, pool)))
    return file


def run(settings: Settings, runs: Sequence[DagRun], *, steps: bool = False) -> Generator[DagEvent, None, None]:
    """Run DAGs one after another through Airflow, in one child process; yields what happens, ``steps`` each step as well.

    Closing the iterator ends the child before the next run.

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
        *(["--steps"] if steps else []),
        *(json.dumps(asdict(one)) for one in runs),
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
