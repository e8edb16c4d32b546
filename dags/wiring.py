"""What Airflow needs to know of each contract, kept from one parse of the DAG files to the next.

The scheduler reads DAG files again and again, and reading a thousand contracts takes seconds. So the few facts that a DAG
is made of are kept under ``home/cache``, under a fingerprint of every declaration: an edited file is always read anew.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.folders import private_folder, write_private

if TYPE_CHECKING:
    from blueprint import Contract

Texts = dict[str, str]
_READ = ("**/*.yaml", "**/*.csv", "released.json")


@dataclass(frozen=True)
class Wiring:
    """The facts of a contract that its DAG is made of."""

    dataset: str
    ref: str
    agency: str
    theme: str
    title: Texts
    description: Texts
    source_note: Texts
    schedule: str | None
    after: tuple[str, ...]
    grace: str | None
    publish: bool
    dated: bool
    sliceable: bool


def wiring_of(contract: "Contract") -> Wiring:
    """The facts of ``contract`` that its DAG is made of."""
    from dags.steps.slices import is_dated, is_sliceable

    return Wiring(
        dataset=contract.dataset,
        ref=contract.ref,
        agency=contract.agency,
        theme=contract.theme,
        title=contract.title.model_dump(),
        description=contract.description.model_dump(),
        source_note=contract.source_note.model_dump(),
        schedule=contract.schedule,
        after=contract.after,
        grace=contract.freshness.grace if contract.freshness else None,
        publish=contract.publish,
        dated=is_dated(contract),
        sliceable=is_sliceable(contract),
    )


def wirings(home: Path) -> list[Wiring]:
    """Those of every contract in force today, from the cache of ``home`` where no declaration has changed since.

    Raises:
        DeclarationError: a declaration is wrong.
    """
    file, now = home / "cache" / "dags.json", fingerprint()
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["of"] == now:
            return [Wiring(**{**one, "after": tuple(one["after"])}) for one in kept["dags"]]
    from blueprint import blueprint

    found = [wiring_of(contract) for contract in blueprint().contracts.values()]
    if home.is_dir():
        with suppress(OSError):  # a home that cannot be written costs time, and nothing else
            _keep(file, {"of": now, "dags": [asdict(one) for one in found]})
    return found


def fingerprint() -> str:
    """A hash of every declaration, of today's date, on which some come into force, and of the code that reads them."""
    import blueprint
    from blueprint.days import today

    root = Path(blueprint.__file__).parent
    digest = hashlib.sha256(f"{today()} {root}".encode())
    code = [*root.glob("*.py"), Path(__file__)]
    for path in sorted([*(p for pattern in _READ for p in root.glob(pattern)), *code]):
        digest.update(f"\n{path.relative_to(root.parent) if path.is_relative_to(root.parent) else path}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _keep(file: Path, content: dict[str, Any]) -> None:
    private_folder(file.parent)
    write_private(file, json.dumps(content, ensure_ascii=False))
