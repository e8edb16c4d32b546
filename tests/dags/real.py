"""Real files on the way that every delivery takes, for tests that count what comes of them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from blueprint import Contract, blueprint
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import Conformed, conform


@dataclass
class RealFiles:
    """The real files in ``data``, each dataset conformed once below ``home`` when it is asked for first."""

    data: Path
    home: Path
    done: dict[str, Conformed] = field(default_factory=dict[str, Conformed])

    def conformed(self, dataset: str) -> Conformed:
        """What conforming the delivery of ``dataset`` gave."""
        if dataset not in self.done:
            plan = blueprint()
            contract = plan.contract(dataset)
            store = DeliveryStore(self.home, 10**9)
            delivery = store.keep(contract, locate(contract, str(self.data)), "test")
            self.done[dataset] = conform(contract, plan, delivery, store, self.home / dataset)
        return self.done[dataset]

    def rows(self, sql: str, **datasets: str) -> list[tuple[Any, ...]]:
        """The rows of ``sql`` over the accepted rows of ``datasets``, each under the name that it is given here."""
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            for name, dataset in datasets.items():
                path = self.conformed(dataset).accepted.replace("'", "''")
                db.execute(f"CREATE VIEW {name} AS SELECT * FROM '{path}'")
            return db.execute(sql).fetchall()

    def quarantined(self, dataset: str) -> dict[int, list[str]]:
        """Row number in the file -> ids of the rules that it broke, of a dataset that comes as one file."""
        with duckdb.connect() as db:
            found = db.execute(
                "SELECT row, rules FROM read_parquet(?)", [self.conformed(dataset).quarantined]
            ).fetchall()
        return dict(found)

    def lines(self, path: str) -> Iterator[dict[str, str]]:
        """The records of a CSV file, read by Python's reader."""
        with (self.data / path).open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)


def whole(found: Conformed, contract: Contract) -> None:
    """Make sure that no row was lost, that each refused row says why, and that the gate would let the delivery pass."""
    with duckdb.connect() as db:
        accepted = db.execute("SELECT count(*) FROM read_parquet(?)", [found.accepted]).fetchall()
        refused = db.execute("SELECT count(*), min(len(rules)) FROM read_parquet(?)", [found.quarantined]).fetchall()
    assert accepted == [(found.rows_accepted,)]
    assert refused[0][0] == found.rows_quarantined == found.rows_in - found.rows_accepted
    assert refused[0][1] in (None, 1, 2, 3, 4), "every quarantined row says why"
    gate = contract.gate
    assert gate.min_rows <= found.rows_accepted <= (gate.max_rows or found.rows_accepted)
    assert found.rows_quarantined <= gate.max_quarantined * found.rows_in
    for rule, share in gate.mostly.items():
        assert found.warnings.get(rule, 0) <= (1 - share) * found.rows_accepted, rule
