"""From a file that an agency sent to mend rows, to mends: which row of the delivery each of its rows stands for.

The file has the headers of the delivery, in any order; headers that it leaves out keep what was received. Its rows find
their place by the columns ``#Dòng / Row`` (and ``#Tệp / File`` where the delivery has several files), as ``hanoi quarantine
show --out`` writes them. Without these columns they find it by the key. Only rows in quarantine can be mended.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from blueprint import Blueprint, Column, Contract
from blueprint.rules import KEY_CONFLICT, ROW_WIDTH
from blueprint.sql import ident, literal, parquet
from dags.quarantine.errors import RepairRefused
from dags.quarantine.rows import FILE, ROW
from dags.quarantine.sent import SentRow, SentRows
from dags.sources.cells import Cell
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.mends import Mend, Mends, Spot
from dags.sources.rows import reading_of
from dags.sources.tables import fold, read
from dags.steps.casting import cast
from quality.masking import MASK

_AT_ONCE = 20_000
_LISTED = 5


@dataclass(frozen=True)
class Unmatched:
    """A row of the repaired file that mends nothing, and why; ``at`` is its row number there."""

    at: int
    vi: str
    en: str


@dataclass(frozen=True)
class Repair:
    """What a repaired file does: the mends, the rows that it leaves as they are, and those that it cannot mend."""

    mends: Mends
    unchanged: int
    unmatched: tuple[Unmatched, ...]


@dataclass(frozen=True)
class _Refused:
    """A quarantined row: its place, its cells as they came, and whether it is of a wrong width or contradicts another row."""

    spot: Spot
    received: tuple[str, ...]
    shifted: bool
    conflict: bool

    @property
    def cells(self) -> tuple[str, ...] | None:
        """The cells by the header's positions; ``None`` where nobody can say which is which."""
        return None if self.shifted else self.received

    def left_as(self, cells: Sequence[str]) -> bool:
        """Whether ``cells`` say nothing new: laid under the header as they came they would be a guess, not a mend."""
        came = [*self.received, *("" for _ in cells)][: len(cells)]
        return list(cells) == came


class Repairs:
    """Reads repaired files for one delivery, whose refused rows under ``contract`` are in the file ``quarantined``."""

    def __init__(
        self, contract: Contract, plan: Blueprint, delivery: Delivery, store: DeliveryStore, quarantined: Path
    ) -> None:
        self.contract, self.plan, self.delivery, self.quarantined = contract, plan, delivery, quarantined
        source = contract.sources[delivery.source]
        self._readings = {f.name: reading_of(source, f.name) for f in delivery.files}
        if len(self._readings) < len(delivery.files):
            raise RepairRefused(
                f"{contract.dataset}: bộ dữ liệu gửi có hai tệp cùng tên nên không sửa được theo từng dòng. Hãy gửi lại toàn bộ.",
                f"{contract.dataset}: two files of the delivery bear one name, so rows cannot be mended. Send all of it again.",
            )
        if not all(reading.by_row for reading in self._readings.values()):
            raise RepairRefused(
                f"{contract.dataset}: một dòng trong tệp của bộ dữ liệu này không phải một dòng của bảng, nên không sửa được theo từng "
                "dòng. Hãy sửa trong tệp gốc rồi gửi lại.",
                f"{contract.dataset}: a row in the files of this dataset is not one row of its table, so rows cannot be mended. Mend "
                "the original file and send it again.",
            )
        self._nulls = frozenset({"", *(n for r in self._readings.values() for n in r.null_values)})
        self._headers = {f.name: read(store.path(f), f.name, self._readings[f.name]).header for f in delivery.files}

    def read(self, path: Path, sha256: str) -> Repair:
        """What the file at ``path`` mends; ``sha256`` is its hash.

        Raises RepairRefused where two of its rows mend one row, or none mends any; DeliveryError where it cannot be read.
        """
        sent = list(SentRows(self._headers, self._readings).read(path))
        by_place = any(row.spot for row in sent)
        found = self._by_place(sent) if by_place else self._by_key(sent)
        mends: dict[Spot, Mend] = {}
        kept: dict[Spot, Mend] = {}
        unmatched: list[Unmatched] = []
        unchanged = 0
        for row in sent:
            match = found[row.at]
            if isinstance(match, Unmatched):
                unmatched.append(match)
                continue
            cells = self._cells(row, match)
            if isinstance(cells, Unmatched):
                unmatched.append(cells)
            elif match.left_as(cells):
                unchanged += 1
                if match.conflict and not match.shifted:
                    kept[match.spot] = Mend(cells, sha256, row.at)
            elif match.spot in mends:
                raise self._twice(path.name, mends[match.spot].at, row.at)
            else:
                mends[match.spot] = Mend(cells, sha256, row.at)
        chosen = self._choices(kept, kept.keys() | mends.keys()) if kept else {}
        mends, unchanged = {**chosen, **mends}, unchanged - len(chosen)
        if not mends:
            raise self._nothing(path.name, unchanged, unmatched)
        return Repair(Mends(mends, self._superseded(mends)), unchanged, tuple(unmatched))

    def _by_place(self, sent: Sequence[SentRow]) -> dict[int, _Refused | Unmatched]:
        wanted = {row.spot for row in sent}
        refused = {r.spot: r for r in self._refused() if r.spot in wanted}
        found: dict[int, _Refused | Unmatched] = {}
        for row in sent:
            file, number = row.spot or ("", 0)
            found[row.at] = refused.get((file, number)) or Unmatched(
                row.at,
                f"dòng {number} của {file} không bị cách ly; chỉ sửa được dòng bị cách ly",
                f"row {number} of {file} is not in quarantine; only rows in quarantine can be mended",
            )
        return found

    def _by_key(self, sent: Sequence[SentRow]) -> dict[int, _Refused | Unmatched]:
        keyed = {row.at: self._key(lambda name, row=row: self._of_sent(row, name)) for row in sent}
        matches = self._matches({at: key for at, key in keyed.items() if key is not None})
        found: dict[int, _Refused | Unmatched] = {}
        for row in sent:
            candidates = matches.get(row.at, [])
            if not candidates:
                listed = ", ".join(self.contract.key) or "—"
                found[row.at] = Unmatched(
                    row.at,
                    f"không có dòng bị cách ly nào mang khóa này ({listed}); nếu chính khóa sai, hãy giữ cột {ROW}",
                    f"no row in quarantine bears this key ({listed}); where the key itself was wrong, keep the column {ROW}",
                )
            elif len({r.spot[0] for r in candidates}) > 1:
                found[row.at] = Unmatched(
                    row.at,
                    f"nhiều tệp có dòng mang khóa này; hãy thêm các cột {FILE} và {ROW}",
                    f"several files have rows of this key; add the columns {FILE} and {ROW}",
                )
            else:
                found[row.at] = candidates[0]
        return found

    def _of_sent(self, row: SentRow, column: str) -> str | None:
        """The text of ``column`` in a row of the repaired file, by the layout of the first file that has the column."""
        for file, header in self._headers.items():
            position = self._positions(file).get(column)
            if position is not None:
                return row.cell(header, position)
        return None

    def _cells(self, row: SentRow, of: _Refused) -> tuple[str, ...] | Unmatched:
        """The row as the delivery would have brought it."""
        file, number = of.spot
        header = self._headers[file]
        cells: list[str] = []
        for position in range(len(header)):
            came = row.cell(header, position)
            if came is not None and came != MASK:
                cells.append(came)
            elif of.cells is not None:
                cells.append(of.cells[position])
            elif came == MASK or header[position]:
                return Unmatched(
                    row.at,
                    f"dòng {number} của {file} lệch cột nên phải gửi đủ mọi ô; còn thiếu cột {header[position]!r}",
                    f"row {number} of {file} had a wrong number of cells, so every cell is needed; {header[position]!r} is missing",
                )
            else:
                cells.append("")
        for name, values in self._readings[file].select.items():
            at = next((p for p, h in enumerate(header) if fold(h) == fold(name)), None)
            if at is not None and cells[at].strip() not in values:
                return Unmatched(
                    row.at,
                    f"cột {name!r} đưa dòng này sang bộ dữ liệu khác; chỉ nhận {', '.join(values)}",
                    f"the column {name!r} moves the row to another dataset; it takes {', '.join(values)}",
                )
        return tuple(cells)

    def _choices(self, kept: Mapping[Spot, Mend], sent: Set[Spot]) -> dict[Spot, Mend]:
        """Of rows in conflict that came back as they were, those whose rivals were all left out: they are the right ones."""
        rivals = self._rivals(kept)
        return {spot: mend for spot, mend in kept.items() if not set(rivals.get(spot, ())) & sent}

    def _superseded(self, mends: Mapping[Spot, Mend]) -> dict[Spot, Spot]:
        """Other quarantined rows of a mended row's key: the mended row is the agency's last word on it."""
        return {r: spot for spot, rivals in self._rivals(mends).items() for r in rivals if r not in mends}

    def _rivals(self, rows: Mapping[Spot, Mend]) -> dict[Spot, list[Spot]]:
        """The other quarantined rows of the same file that bear the key of each of ``rows``."""
        spots = list(rows)
        keyed = {
            at: self._key(lambda name, spot=spot: self._of_cells(rows[spot].cells, spot[0], name))
            for at, spot in enumerate(spots)
        }
        matches = self._matches({at: key for at, key in keyed.items() if key is not None})
        return {
            spots[at]: [r.spot for r in found if r.spot != spots[at] and r.spot[0] == spots[at][0]]
            for at, found in matches.items()
        }

    def _of_cells(self, cells: Sequence[str], file: str, column: str) -> str | None:
        position = self._positions(file).get(column)
        return None if position is None or position >= len(cells) else cells[position]

    def _key(self, of: Any) -> tuple[str | None, ...] | None:
        """The cleaned texts of the key's cells; ``None`` where the contract has no key that the rows bear."""
        columns = self._keyed()
        texts = [of(c.name) for c in columns]
        if not columns or any(t is None or t == MASK for t in texts):
            return None
        return tuple(self._cell_of(c).text(t, self._nulls) for c, t in zip(columns, texts, strict=True))

    def _cell_of(self, column: Column) -> Cell:
        """How the text of ``column`` is read, as its type is written in the files."""
        reading = next(iter(self._readings.values()))
        concept = self.plan.concept_of(column)
        return Cell(column, 0).typed(concept, reading.decimal, lambda: None, workbook=reading.holds_dates)

    def _keyed(self) -> list[Column]:
        """The columns of the key that stand in the rows; others have one value for a whole file."""
        present = {name for file in self._headers for name in self._positions(file)}
        return [c for c in map(self.contract.column, self.contract.key) if c.name in present]

    def _positions(self, file: str) -> Mapping[str, int]:
        """Column -> its position, from 0, in the rows of ``file``."""
        return self._layout.get(file, {})

    @cached_property
    def _layout(self) -> dict[str, dict[str, int]]:
        import duckdb

        query = f"SELECT file, any_value(positions) FROM {parquet(self.quarantined)} GROUP BY file"
        with duckdb.connect() as db:
            rows = db.execute(query).fetchall()
        return {str(file): {str(c): int(at) - 1 for c, at in found.items()} for file, found in rows}

    def _matches(self, keys: Mapping[int, tuple[str | None, ...]]) -> dict[int, list[_Refused]]:
        """The quarantined rows that bear each key, read in the types of the contract, in the order of the delivery."""
        import duckdb
        import pyarrow as pa

        columns = self._keyed()
        if not keys or not columns:
            return {}
        names = [c.name for c in columns]
        typed = [f"{cast(c, self.plan.concept_of(c))} AS {ident(c.name)}" for c in columns]
        same = " AND ".join(f"w.{ident(n)} = q.{ident(n)}" for n in names)
        found: dict[int, list[_Refused]] = defaultdict(list)

        def table(numbers: Sequence[int], texts: Sequence[tuple[str | None, ...]]) -> pa.Table:
            cells = {n: pa.array([t[i] for t in texts], pa.string()) for i, n in enumerate(names)}
            return pa.table({"_at": pa.array(numbers, pa.int64()), **cells})

        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            db.register("came", table(list(keys), list(keys.values())))
            db.execute(f"CREATE TABLE wanted AS SELECT _at, {', '.join(typed)} FROM came")
            for rows in self._batches():
                keyed = [
                    (i, key)
                    for i, row in enumerate(rows)
                    if row.cells is not None
                    and (key := self._key(lambda name, row=row: self._of_cells(row.cells or (), row.spot[0], name)))
                    is not None
                ]
                if not keyed:
                    continue
                db.register("held", table([i for i, _ in keyed], [k for _, k in keyed]))
                pairs = db.execute(
                    f"SELECT w._at, q._at FROM wanted w JOIN (SELECT _at, {', '.join(typed)} FROM held) q ON {same} ORDER BY ALL"
                ).fetchall()
                for at, index in pairs:
                    found[at].append(rows[index])
        return found

    def _refused(self) -> Iterator[_Refused]:
        for rows in self._batches():
            yield from rows

    def _batches(self) -> Iterator[list[_Refused]]:
        import duckdb

        with duckdb.connect() as db:
            held = db.execute(
                f"SELECT file, row, list_contains(rules, {literal(ROW_WIDTH)}), list_contains(rules, {literal(KEY_CONFLICT)}), "
                f"received FROM {parquet(self.quarantined)}"
            )
            while rows := held.fetchmany(_AT_ONCE):
                yield [
                    _Refused((file, row), tuple(json.loads(received)), shifted, conflict)
                    for file, row, shifted, conflict, received in rows
                ]

    def _twice(self, name: str, first: int, second: int) -> RepairRefused:
        return RepairRefused(
            f"{name}: dòng {first} và dòng {second} cùng sửa một dòng của bộ dữ liệu gửi. Hãy giữ một dòng.",
            f"{name}: rows {first} and {second} mend the same row of the delivery. Keep one of them.",
        )

    def _nothing(self, name: str, unchanged: int, unmatched: Sequence[Unmatched]) -> RepairRefused:
        vi = "; ".join(f"dòng {u.at}: {u.vi}" for u in unmatched[:_LISTED])
        en = "; ".join(f"row {u.at}: {u.en}" for u in unmatched[:_LISTED])
        return RepairRefused(
            f"{name}: không sửa được dòng nào ({unchanged} dòng giữ nguyên như khi nhận, {len(unmatched)} dòng không khớp). {vi}".strip(),
            f"{name}: no row is mended ({unchanged} rows are as they were received, {len(unmatched)} match nothing). {en}".strip(),
        )
