"""Accepted rows that break a rule of severity ``warning``: how many for each rule, and the first of them."""

from collections import Counter
from typing import TYPE_CHECKING

from dags.sources.rows import Batch
from dags.steps.labels import ID, WARNINGS
from dags.steps.refused import Place, RefusedRows

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

SAMPLE = 100
"""Rows that are kept of each rule."""


class Warned:
    """Counts of accepted rows for each warning, and the first ``SAMPLE`` of each with their place.

    Rows come in the order of the delivery; those that are refused afterwards are taken back by ``without``.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._first: dict[str, list[int]] = {}
        self._labels: dict[int, list[str]] = {}
        self._places: dict[int, Place] = {}

    def add(self, rows: "pa.Table", batch: Batch | None = None) -> None:
        """Take note of the warnings on ``rows``, which have ``_id`` and ``_warnings`` and are of ``batch``."""
        import pyarrow.compute as pc

        warned = rows.select([ID, WARNINGS]).filter(pc.is_valid(rows[WARNINGS])).combine_chunks()
        if not len(warned):
            return
        labels, ids = warned[WARNINGS].combine_chunks(), warned[ID].combine_chunks()
        rules, parents = pc.list_flatten(labels), pc.list_parent_indices(labels)
        for rule in pc.unique(rules).to_pylist():
            of_rule = parents.filter(pc.equal(rules, rule))
            self.counts[rule] += len(of_rule)
            kept = self._first.setdefault(rule, [])
            for at in of_rule.slice(0, SAMPLE - len(kept)).to_pylist():
                id_ = ids[at].as_py()
                kept.append(id_)
                self._labels[id_] = labels[at].as_py()
                if batch is not None:
                    self._places[id_] = Place.of(batch, id_ - batch.first)

    def without(self, rows: "Iterable[pa.Table]") -> None:
        """Begin again with ``rows``, those that are accepted after all; ``place`` then says where the first of them are."""
        self.counts, self._first, self._labels = Counter(), {}, {}
        for table in rows:
            self.add(table)

    def place(self, batch: Batch) -> None:
        """Find in ``batch`` the places of rows that are in the sample by now."""
        for id_ in self._labels.keys() - self._places.keys():
            if 0 <= id_ - batch.first < len(batch):
                self._places[id_] = Place.of(batch, id_ - batch.first)

    def put(self, into: RefusedRows) -> RefusedRows:
        """Add the sample to ``into``, in the order of the delivery."""
        for id_, warnings in sorted(self._labels.items()):
            into.add(self._places[id_], [], warnings)
        return into
