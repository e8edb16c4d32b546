"""What the scheduler pays for DAGs made from contracts: Airflow's own DagBag on them, and on DAGs written by hand.

The contracts are copies of the real ones under new names, half of them with a schedule. A DAG by hand is a file of its own
with one task that does nothing, the least that Airflow takes; with five tasks it is what a contract's DAG holds.
"""

import os
import re
import shutil
import sys
from pathlib import Path

from benchmarks.measure import Result, Stopwatch, Timed, at_most, medians

SIZE = 1_000
REPOSITORY = Path(__file__).resolve().parent.parent
_HEAD = "from airflow.sdk import DAG, task\n\nwith DAG(dag_id={name!r}, schedule={schedule!r}):\n"
_TASK = "\n    @task\n    def {name}({given}):\n        return None\n"
_CHAIN = "\n    publish(commit(gate(conform(fetch()))))\n"
_STEPS = ("fetch", "conform", "gate", "commit", "publish")
_SCHEDULE = "30 6 * * *"


def first(folder: str) -> Timed:
    """The first parse after a declaration has changed: every contract is read and checked."""
    (_home(folder) / "cache" / "dags.json").unlink(missing_ok=True)
    return ours(folder)


def ours(folder: str) -> Timed:
    """The repository's DAG files over the contracts of ``folder``, as the scheduler parses them again and again."""
    sys.path.insert(0, folder)
    os.environ["HANOI_HOME"] = str(_home(folder))
    found = _bag(REPOSITORY / "dags")
    import blueprint

    if not Path(blueprint.__file__).is_relative_to(folder):
        raise RuntimeError("the contracts of the repository were read instead of the generated ones")
    return found


def by_hand(folder: str) -> Timed:
    """A file for each DAG, of one task that does nothing."""
    return _bag(Path(folder) / "by-hand")


def by_hand_of_five(folder: str) -> Timed:
    """A file for each DAG, of five tasks that do nothing."""
    return _bag(Path(folder) / "by-hand-of-five")


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """``rows`` contracts, 1,000 where absent, against as many DAGs by hand."""
    many = rows or SIZE
    place = folder / f"parse-{many}"
    if not place.exists():
        write(place, many)
    # The first parse leaves what the next one finds, so the sides keep this order.
    sides = [f"benchmarks.parse_dags:{side}" for side in ("first", "ours", "by_hand", "by_hand_of_five")]
    found = medians(sides, times, folder=str(place))
    for name, side in found.items():
        if side.said < many:
            raise RuntimeError(f"{name}: {side.said} DAGs instead of {many}")
    fresh, mine, one, five = found.values()
    work = f"parse {many:,} contracts into DAGs"
    after = f"{work}, the first time after an edit"
    return [
        at_most(work, f"{many:,} hand-written DAGs of one task", mine.cpu_seconds, one.cpu_seconds, "cpu s", 3.0),
        at_most(work, f"{many:,} hand-written DAGs of five tasks", mine.cpu_seconds, five.cpu_seconds, "cpu s", 3.0),
        at_most(work, f"{many:,} hand-written DAGs of one task, wall clock", mine.seconds, one.seconds, "s", 3.0),
        at_most(after, f"{many:,} hand-written DAGs of five tasks", fresh.cpu_seconds, five.cpu_seconds, "cpu s", 3.0),
    ]


def write(place: Path, many: int) -> None:
    """A Blueprint of ``many`` released contracts in ``place``, and as many DAG files by hand of both kinds."""
    from blueprint import load, released

    root = place / "blueprint"
    shutil.copytree(load.ROOT, root, ignore=shutil.ignore_patterns("__pycache__", "contracts", "changelog"))
    plan = load.read(load.ROOT, lambda _: None)
    models = [c for c in plan.contracts.values() if not c.references and not c.after]
    for i in range(many):
        model = models[i % len(models)]
        text = (load.ROOT / f"contracts/{model.agency}/{model.dataset}/{model.version}.yaml").read_text(
            encoding="utf-8"
        )
        name = f"bench-{i:04}"
        text = re.sub(r"^(dataset): .*$", rf"\1: {name}", text, count=1, flags=re.MULTILINE)
        text = re.sub(r"^schedule: .*\n", "", text, flags=re.MULTILINE)
        file = root / f"contracts/{model.agency}/{name}/{model.version}.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(text + (f"\nschedule: {_SCHEDULE}\n" if i % 2 else ""), encoding="utf-8")
        _write_by_hand(place, name, _SCHEDULE if i % 2 else None)
    (root / "released.json").unlink()
    released.add(root, released.declared(root))


def _write_by_hand(place: Path, name: str, schedule: str | None) -> None:
    head = _HEAD.format(name=name, schedule=schedule)
    five = "".join(_TASK.format(name=step, given="before" if i else "") for i, step in enumerate(_STEPS))
    for folder, body in (
        ("by-hand", _TASK.format(name="run", given="") + "\n    run()\n"),
        ("by-hand-of-five", five + _CHAIN),
    ):
        (place / folder).mkdir(exist_ok=True)
        (place / folder / f"{name.replace('-', '_')}.py").write_text(head + body, encoding="utf-8")


def _home(folder: str) -> Path:
    home = Path(folder) / "home"
    home.mkdir(exist_ok=True)
    return home


def _bag(folder: Path) -> Timed:
    """The time that Airflow takes for the DAG files of ``folder``; its own start does not count. Says how many DAGs it got."""
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        from airflow.dag_processing.dagbag import DagBag
        from airflow.sdk import DAG, task

        with DAG(dag_id="warm"):  # what Airflow itself loads late is its start as well
            task(lambda: None, task_id="warm")()
        with Stopwatch() as watch:
            bag = DagBag(str(folder))
    if bag.import_errors:
        raise RuntimeError(f"DAG files do not load: {bag.import_errors}")
    return watch.timed(len(bag.dags))
