"""Where the rows of a quarantine file break each rule: counted and located by DuckDB, in flat memory."""

import json
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from blueprint.rules import ROW_WIDTH
from blueprint.sql import literal, parquet
from quality.masking import MASK, RowMask
from quality.meanings import Meaning
from quality.report.model import Cause, Span
from quality.report.score import DIMENSIONS, Dimension, Dimensions

CAUSES = 20
"""Different values that a rule shows."""
SPANS = 20
"""Stretches of rows that a value shows."""
_PLACES = 1_000
"""Rows of a value that are looked at one by one, to find these stretches."""
LONGEST = 120
"""Characters that are shown of a value."""
_MEMORY = "300MB"
_ROOTS = ("type", "required", "length", "pattern", "identifier", "code")
"""Kinds of rules over one cell, without which a rule that also reads this cell cannot be judged."""


@dataclass(frozen=True)
class Located:
    """How many rows break a rule, and the first of them by the value that came."""

    rows: int
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Found:
    """A row that breaks ``rule``: its place, the positions from 1 of the cells that the rule reads, the cells as they came.

    ``came`` is what may be shown of the cells that the rule reads.
    """

    rule: str
    file: str
    sheet: str | None
    row: int
    columns: tuple[int, ...]
    received: tuple[str, ...] = field(repr=False)
    came: str | None


class Places:
    """A file of quarantined or of warned rows, read by the meanings of its rules.

    Values are shown as ``mask`` lets them be shown. Rows of a contract with hidden columns are not told apart by their values.
    """

    def __init__(self, path: Path, meanings: Mapping[str, Meaning], mask: RowMask) -> None:
        self._path = path
        self._meanings = meanings
        self._mask = mask

    def __enter__(self) -> Self:
        import duckdb

        with ExitStack() as stack:
            spill = stack.enter_context(tempfile.TemporaryDirectory(prefix="hanoi-report-"))
            self._db: duckdb.DuckDBPyConnection = stack.enter_context(duckdb.connect())
            self._db.execute(f"SET memory_limit = '{_MEMORY}'")
            self._db.execute(f"SET temp_directory = {literal(spill)}")
            self._db.execute("SET enable_progress_bar = false")
            described = self._db.execute(f"DESCRIBE SELECT * FROM {parquet(self._path)}").fetchall()
            # Files of earlier releases do not say where a column stood.
            known = "positions" in {name for name, *_ in described}
            self._positions = "positions" if known else "NULL::MAP(VARCHAR, INTEGER)"
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def headers(self) -> dict[str, str]:
        """Column -> its header in the delivered file."""
        row = self._db.execute(f"SELECT headers FROM {parquet(self._path)} LIMIT 1").fetchone()
        return dict(row[0] or {}) if row else {}

    def refused(self, dimensions: Dimensions) -> dict[Dimension, tuple[int, int]]:
        """Rows per dimension: those that break an error of it, and those that break only a warning."""
        counts: list[str] = []
        for dimension in DIMENSIONS:
            listed = literal(dimensions.rules(dimension))
            broken, warned = f"list_has_any(rules, {listed}::VARCHAR[])", f"list_has_any(warnings, {listed}::VARCHAR[])"
            counts += [f"count(*) FILTER ({broken})", f"count(*) FILTER (NOT {broken} AND {warned})"]
        row = self._db.execute(f"SELECT {', '.join(counts)} FROM {parquet(self._path)}").fetchone() or ()
        return {d: (row[2 * n], row[2 * n + 1]) for n, d in enumerate(DIMENSIONS)}

    def located(self, labels: Literal["rules", "warnings"] = "rules") -> dict[str, Located]:
        """Every rule of ``labels`` that a row breaks, the one that most rows break first.

        A code whose date cannot be read is neither right nor wrong, and cells of a row of another width may have moved. Such
        a row is told for the date, or for its width, and not for what follows from that.
        """
        self._db.execute(f"CREATE OR REPLACE TEMP VIEW broken AS {self._broken(labels)}")
        totals = self._db.execute(
            "SELECT rule, count(*) AS rows FROM broken GROUP BY rule ORDER BY rows DESC, rule"
        ).fetchall()
        # The few values to show are chosen first: only they keep rows one by one.
        group = ("rule", "file", "sheet", "spot", "came")
        self._db.execute(
            f"CREATE OR REPLACE TEMP TABLE chosen AS SELECT * FROM (SELECT {', '.join(group)}, count(*) AS rows, "
            "min(row) AS low, max(row) AS high, min(nth) AS nth FROM broken GROUP BY ALL) "
            f"QUALIFY row_number() OVER (PARTITION BY rule ORDER BY nth, came) <= {CAUSES}"
        )
        same = " AND ".join(f"b.{c} IS NOT DISTINCT FROM c.{c}" for c in group)
        found = self._db.execute(
            "SELECT c.rule, c.file, c.sheet, c.spot, c.rows, c.low, c.high, min(b.row, $places), first(r.received), "
            f"first(r.rules), first(r.warnings), first({self._positions}) "
            f"FROM chosen c JOIN broken b ON {same} JOIN {_numbered(self._path)} r ON r.file_row_number = c.nth "
            "GROUP BY c.rule, c.file, c.sheet, c.spot, c.came, c.rows, c.low, c.high, c.nth ORDER BY c.rule, c.nth, c.came",
            {"places": _PLACES},
        ).fetchall()
        causes: dict[str, list[Cause]] = {}
        for rule, file, sheet, spot, rows, low, high, first, received, rules, warnings, positions in found:
            came = self._came(rule, received, positions or {}, [*rules, *(warnings or [])])
            spans = [(low, high)] if high - low + 1 == rows else _spans(first)[:SPANS]
            cause = Cause(
                file=file,
                sheet=sheet,
                column=spot,
                came=came,
                masked=came is not None and MASK in came,
                rows=rows,
                spans=tuple(Span(first=a, last=b) for a, b in spans),
                last=high,
            )
            causes.setdefault(rule, []).append(cause)
        return {rule: Located(rows, tuple(causes[rule])) for rule, rows in totals}

    def first(self, labels: Literal["rules", "warnings"], rules: Collection[str], most: int) -> list[Found]:
        """The first rows that break each of ``rules``, at most ``most`` in all, in the order of the delivery.

        Every rule has its turn: the first row of each comes before the second of any. Rows that ``located`` leaves out are
        left out here.
        """
        self._db.execute(f"CREATE OR REPLACE TEMP VIEW broken AS {self._broken(labels)}")
        rows = self._db.execute(
            "SELECT c.rule, c.file, c.sheet, c.row, r.received, r.rules, r.warnings, "
            f"{self._positions} FROM (SELECT rule, file, sheet, row, nth, row_number() OVER (PARTITION BY rule ORDER BY nth) AS turn "
            f"FROM broken WHERE list_contains({literal(sorted(rules))}::VARCHAR[], rule) ORDER BY turn, nth LIMIT $most) c "
            f"JOIN {_numbered(self._path)} r ON r.file_row_number = c.nth ORDER BY c.nth, c.rule",
            {"most": most},
        ).fetchall()
        return [
            Found(
                rule,
                file,
                sheet,
                row,
                self._read_by(rule, positions or {}),
                tuple(json.loads(received)),
                self._came(rule, received, positions or {}, [*broken, *(warnings or [])]),
            )
            for rule, file, sheet, row, received, broken, warnings, positions in rows
        ]

    def _read_by(self, rule: str, positions: Mapping[str, int]) -> tuple[int, ...]:
        """Where the columns stand that ``rule`` reads, the one that it is about first."""
        meaning = self._meanings.get(rule)
        names = () if meaning is None else tuple(dict.fromkeys(filter(None, (meaning.column, *meaning.columns))))
        return tuple(dict.fromkeys(positions[name] for name in names if name in positions))

    def _broken(self, labels: str) -> str:
        """One row per broken rule: where, and what came; ``nth`` is the place in the order of the delivery."""
        columns = {rule: m.column for rule, m in self._meanings.items() if m.column}
        column = f"MAP {{{_pairs(columns)}}}[rule]" if columns else "NULL::VARCHAR"
        return (
            f"SELECT rule, file, sheet, row, nth, spot, {self._value()} AS came FROM ("
            f"SELECT *, positions[{column}] AS spot FROM ("
            f"SELECT unnest({labels}) AS rule, rules, file, nullif(sheet, '') AS sheet, row, file_row_number AS nth, "
            f"received, {self._positions} AS positions FROM {_numbered(self._path)})"
            f"WHERE NOT ({self._undecided()}))"
        )

    def _undecided(self) -> str:
        """True where ``rule`` fails only because it could not be judged: what it reads elsewhere in the row is wrong itself."""
        roots = {
            rule: [f"{c}-{kind}" for c in m.columns if c != m.column for kind in _ROOTS]
            for rule, m in self._meanings.items()
            if m.column and len(m.columns) > 1
        }
        moved = f"rule <> {literal(ROW_WIDTH)} AND list_contains(rules, {literal(ROW_WIDTH)})"
        if not roots:
            return moved
        listed = ", ".join(f"{literal(rule)}: {literal(of)}" for rule, of in roots.items())
        return f"{moved} OR coalesce(list_has_any(rules, MAP {{{listed}}}[rule]), false)"

    def _value(self) -> str:
        """What rows of one rule are told apart by: the cell, or the cells that the rule reads."""
        if self._mask.hidden:
            return "NULL::VARCHAR"
        several = [
            f"WHEN {literal(rule)} THEN concat_ws(chr(31), {', '.join(map(_cell, m.columns))})"
            for rule, m in self._meanings.items()
            if not m.column and m.columns
        ]
        width = f"WHEN {literal(ROW_WIDTH)} THEN CAST(json_array_length(received) AS VARCHAR)"
        return f"left(CASE rule {width} {' '.join(several)} ELSE received::JSON ->> (spot - 1) END, {LONGEST})"

    def _came(self, rule: str, received: str, positions: Mapping[str, int], broken: Sequence[str]) -> str | None:
        """What may be shown of the row's cells that ``rule`` is about; how many cells there are where that is the fault."""
        shown = self._mask.received(received, positions, broken)
        if rule == ROW_WIDTH:
            return str(len(shown))
        meaning = self._meanings.get(rule)
        if meaning is None:
            return None
        if meaning.column:
            return _cut(next(_cells(shown, positions, [meaning.column]), ("", None))[1])
        return _cut("; ".join(f"{name} = {cell}" for name, cell in _cells(shown, positions, meaning.columns)) or None)


def _cells(shown: Sequence[str], positions: Mapping[str, int], columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    for column in columns:
        at = positions.get(column)
        if at is not None:
            yield column, shown[at - 1] if at <= len(shown) else ""


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _numbered(path: Path) -> str:
    return parquet(path).removesuffix(")") + ", file_row_number = true)"


def _pairs(texts: Mapping[str, str]) -> str:
    return ", ".join(f"{literal(k)}: {literal(v)}" for k, v in texts.items())


def _cell(column: str) -> str:
    return f"coalesce(received::JSON ->> (positions[{literal(column)}] - 1), '')"


def _spans(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Row numbers in ascending order as stretches that follow each other."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1] = found[-1][0], row
        else:
            found.append((row, row))
    return found
