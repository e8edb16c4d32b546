"""The kept files of refused rows, one for each delivery and contract version.

They lie in ``home/quarantine/DATASET/DELIVERY16-CONTRACTVERSION.parquet``, private to their owner, in the columns that
``dags.steps.refused`` lists. Beside them ``warnings/`` holds the first accepted rows of each warning in the same columns,
and ``replaced/`` what a replay has put an end to. Nothing here is the only copy: raw deliveries give the same rows again.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blueprint.sql import parquet
from dags.quarantine.errors import NothingQuarantined, UnknownDelivery
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.steps.conform import Conformed
from lake.folders import private_folder, replacing

LEAST = 6
"""Characters by which a delivery may be asked for."""


@dataclass(frozen=True)
class Kept:
    """One kept file: whose rows it holds, how many, and how many break each rule.

    ``warned`` says that the rows were accepted; ``rules`` are then warnings, and ``rows`` the sample that is kept.
    """

    dataset: str
    delivery: str
    contract: str
    path: Path
    rows: int
    rules: dict[str, int]
    kept_at: datetime
    warned: bool = False


class Quarantine:
    """The refused rows of a home."""

    def __init__(self, home: Path) -> None:
        self.root = home / "quarantine"

    def path(self, dataset: str, delivery: str, contract: str) -> Path:
        """Where the refused rows of ``delivery`` under ``contract`` (``DATASET@VERSION``) are kept."""
        return self.root / dataset / f"{delivery[:16]}-{contract.rpartition('@')[2]}.parquet"

    def warnings(self, dataset: str, delivery: str, contract: str) -> Path:
        """Where the first accepted rows of each warning are kept, if there were any."""
        path = self.path(dataset, delivery, contract)
        return path.parent / "warnings" / path.name

    def keep(self, conformed: Conformed) -> None:
        """Keep what ``conformed`` refused; doing it again replaces the files by the same rows."""
        named = conformed.dataset, conformed.delivery, conformed.contract
        _put(conformed.quarantined if conformed.rows_quarantined else None, self.path(*named))
        _put(conformed.warned if conformed.warnings else None, self.warnings(*named))

    def settle(self, conformed: Conformed, family: frozenset[str]) -> None:
        """Keep what ``conformed`` refused, and put other files of the deliveries ``family`` into ``replaced/``."""
        self.keep(conformed)
        stays = self.path(conformed.dataset, conformed.delivery, conformed.contract)
        for path in self._paths(conformed.dataset):
            if path.name != stays.name and any(path.name.startswith(f"{id_[:16]}-") for id_ in family):
                path.replace(private_folder(path.parent / "replaced") / path.name)
        for path in self._paths(conformed.dataset, warned=True):
            if path.name != stays.name and any(path.name.startswith(f"{id_[:16]}-") for id_ in family):
                path.unlink()

    def datasets(self) -> list[str]:
        """The datasets that have refused rows."""
        return sorted({path.parent.name for path in self.root.glob("*/*.parquet")})

    def files(self, dataset: str, *, warned: bool = False) -> list[Kept]:
        """The kept files of a dataset, oldest first: of refused rows, or of accepted rows that warn."""
        found = [_kept(path, warned=warned) for path in self._paths(dataset, warned=warned)]
        return sorted(filter(None, found), key=lambda k: (k.kept_at, k.path.name))

    def find(self, dataset: str, store: DeliveryStore, wanted: str | None = None, *, warned: bool = False) -> Kept:
        """The newest file of a dataset, or of the delivery whose id begins with ``wanted``.

        Where that delivery was mended, the file of its mended rows is found.
        """
        files = self.files(dataset, warned=warned)
        if wanted is None:
            if not files:
                raise NothingQuarantined(dataset)
            return files[-1]
        delivery = deliveries_like(dataset, store, wanted)
        own = [k for k in files if k.delivery == delivery.id]
        related = family(store, delivery)
        found = own or [k for k in files if k.delivery in related]
        if not found:
            raise NothingQuarantined(dataset, delivery.id)
        return found[-1]

    def _paths(self, dataset: str, *, warned: bool = False) -> list[Path]:
        return sorted((self.root / dataset / ("warnings" if warned else "")).glob("*.parquet"))


def deliveries_like(dataset: str, store: DeliveryStore, wanted: str) -> Delivery:
    """The one kept delivery whose id begins with ``wanted``; raises UnknownDelivery."""
    every = store.deliveries(dataset)
    found = [d for d in every if len(wanted) >= LEAST and d.id.startswith(wanted)]
    if len(found) != 1:
        raise UnknownDelivery(dataset, wanted, [d.id for d in reversed(every)])
    return found[0]


def family(store: DeliveryStore, delivery: Delivery) -> frozenset[str]:
    """The ids of ``delivery``, of the one whose rows it mends, and of all others that mend the same."""
    base = delivery.base or delivery.id
    return frozenset({base, *(d.id for d in store.deliveries(delivery.dataset) if d.base == base)})


def _put(source: str | None, path: Path) -> None:
    if source is None:
        path.unlink(missing_ok=True)
        return
    private_folder(path.parent)
    with replacing(path) as part:
        part.touch(0o600)
        shutil.copyfile(source, part)


def _kept(path: Path, *, warned: bool) -> Kept | None:
    import duckdb

    with duckdb.connect() as db:
        table, labels = parquet(path), "warnings" if warned else "rules"
        rows, delivery, contract = _row(db, f"SELECT count(*), any_value(delivery), any_value(contract) FROM {table}")
        if not rows:
            return None
        counted = db.execute(
            f"SELECT rule, count(*) AS n FROM (SELECT unnest({labels}) AS rule FROM {table}) GROUP BY rule ORDER BY n DESC, rule"
        ).fetchall()
    dataset = str(contract).partition("@")[0]
    kept_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Kept(
        dataset, str(delivery), str(contract), path, int(rows), {str(r): int(n) for r, n in counted}, kept_at, warned
    )


def _row(db: Any, query: str) -> tuple[Any, ...]:
    found = db.execute(query).fetchone()
    return tuple(found or ())
