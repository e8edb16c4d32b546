"""Replaying a changed rule over stored rows: what would have become of them under the new version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from blueprint.compat.columns import matched
from blueprint.concept import Classification
from blueprint.contract import Column, Contract
from blueprint.errors import BlueprintError
from blueprint.load import Blueprint
from blueprint.rules import RowRule, row_rules
from blueprint.sql import file_literal, ident, literal
from blueprint.text import Bilingual
from blueprint.types import duckdb_type

if TYPE_CHECKING:
    import duckdb

MASK = "***"
_EXAMPLES = 10
Decode = Callable[[str, str], Mapping[str, str | None]]
Direction = Literal["BACKWARD", "FORWARD"]


@dataclass(frozen=True)
class Example:
    """One row that speaks against a change: its place, the rule, and its value, masked unless the column is open."""

    file: str
    row: int
    rule: str
    column: str | None = None
    value: str | None = None
    sheet: str = ""


@dataclass(frozen=True)
class Outcome:
    """What replay found: rows looked at, those that speak against the change, and the first of them.

    ``note`` says why nothing could be told; the change is then refused as if there were no data.
    """

    rows: int
    failing: int
    examples: tuple[Example, ...] = ()
    note: Bilingual | None = None

    @property
    def holds(self) -> bool:
        return self.note is None and self.rows > 0 and self.failing == 0

    def to_json(self) -> dict[str, Any]:
        found = asdict(self)
        found["note"] = self.note.model_dump() if self.note else None
        return found


class Replay(Protocol):
    """Stored rows of datasets, over which a changed rule can be tried."""

    def rows(self, contract: str) -> int:
        """How many accepted rows are stored of the dataset of ``contract``, such as ``bus-stops@1.0.0``; 0 for none."""
        ...

    def replay(
        self, rules: tuple[str, ...], old: Contract, new: Contract, plan: Blueprint, direction: Direction
    ) -> Outcome:
        """Try the row rules ``rules`` of ``new`` over the stored rows of ``old``.

        BACKWARD looks for accepted rows that ``new`` would refuse; FORWARD for rows that ``old`` refused by these rules
        alone and ``new`` would accept.
        """
        ...


class ParquetReplay:
    """Replay over the Parquet files of one dataset: its accepted rows, and its quarantined rows as they were received.

    ``quarantined`` files have the columns contract, file, sheet, row, rules and received. ``decode`` takes a file's name
    and a row as received, JSON text, to the text of each column; where it is absent, rows that the former rule alone
    refused cannot be read, and FORWARD cannot be told. Connects to DuckDB per call; nothing is written.
    """

    def __init__(
        self, accepted: Sequence[Path], quarantined: Sequence[Path] = (), decode: Decode | None = None
    ) -> None:
        self._accepted, self._quarantined, self._decode = tuple(accepted), tuple(quarantined), decode

    def rows(self, contract: str) -> int:  # noqa: ARG002 - the files are those of one dataset already
        if not self._accepted:
            return 0
        with _connect() as db:
            return _count(db, f"SELECT count(*) FROM {_files(self._accepted)}")

    def replay(
        self, rules: tuple[str, ...], old: Contract, new: Contract, plan: Blueprint, direction: Direction
    ) -> Outcome:
        import duckdb

        try:
            known = {r.id: r for r in row_rules(new, plan)}
        except BlueprintError as error:
            return _untold(error.vi, error.en)
        if unknown := [r for r in rules if r not in known]:
            listed = ", ".join(unknown)
            return _untold(f"quy tắc {listed} không chạy được trên từng dòng.", f"no rule over one row is {listed}.")
        chosen = [known[r] for r in rules]
        try:
            with _connect() as db:
                if direction == "BACKWARD":
                    return self._backward(db, chosen, old, new, plan)
                return self._forward(db, chosen, old, new, plan)
        except duckdb.Error as error:
            return _untold(f"không chạy được quy tắc: {error}", f"the rule cannot be run: {error}")

    def _backward(
        self, db: "duckdb.DuckDBPyConnection", rules: list[RowRule], old: Contract, new: Contract, plan: Blueprint
    ) -> Outcome:
        """Accepted rows under the names of ``new`` that its rules refuse."""
        files = _files(self._accepted)
        stored = {str(row[0]) for row in db.execute(f"DESCRIBE FROM {files}").fetchall()}
        as_old = matched(old, new).as_old
        typed = ", ".join(_stored(c, as_old.get(c.name), stored, plan) for c in new.columns)
        db.execute(
            f"CREATE VIEW replayed AS SELECT {typed}, filename AS _file, file_row_number + 1 AS _row FROM {files}"
        )
        failing = 0
        examples: list[Example] = []
        good = " AND ".join(r.good for r in rules)
        failing = _count(db, f"SELECT count(*) FROM replayed WHERE NOT ({good})")
        for rule in rules if failing else ():
            value = f"CAST({ident(rule.column)} AS VARCHAR)" if rule.column else "NULL"
            found = db.execute(
                f"SELECT _file, _row, {value} FROM replayed WHERE NOT {rule.good} ORDER BY ALL LIMIT {_EXAMPLES}"
            ).fetchall()
            examples += [
                Example(Path(file).name, row, rule.id, rule.column, _shown(value, rule.column, new, plan))
                for file, row, value in found
            ]
        return Outcome(_count(db, "SELECT count(*) FROM replayed"), failing, tuple(examples[:_EXAMPLES]))

    def _forward(
        self, db: "duckdb.DuckDBPyConnection", rules: list[RowRule], old: Contract, new: Contract, plan: Blueprint
    ) -> Outcome:
        """Rows that ``old`` refused by the changed rules alone and that the rules of ``new`` accept."""
        if not self._quarantined:
            return _untold("không có dòng cách ly nào được lưu.", "no quarantined rows are stored.")
        as_old = matched(old, new).as_old
        former = [f"{as_old.get(r.column, r.column)}-{r.kind}" if r.column else r.id for r in rules]
        files = _files(self._quarantined)
        looked = _count(db, f"SELECT count(*) FROM {files} WHERE contract = {literal(old.ref)}")
        refused = db.execute(
            f"SELECT file, sheet, row, received FROM {files} WHERE contract = {literal(old.ref)} "
            f"AND len(rules) > 0 AND list_has_all({literal(former)}, rules) ORDER BY ALL"
        ).fetchall()
        if not refused:
            return Outcome(looked + self.rows(old.ref), 0)
        needed = tuple(dict.fromkeys(n for r in rules for n in r.columns))
        if self._decode is None or any(plan.concept_of(new.column(n)).type != "string" for n in needed):
            return _untold(
                f"{len(refused)} dòng cách ly chỉ được lưu dạng văn bản như khi nhận, không đọc lại được chắc chắn.",
                f"{len(refused)} quarantined rows are kept as the text received, which cannot be read back with certainty.",
            )
        texts = [self._decode(file, received) for file, _, _, received in refused]
        columns = ", ".join(f"{ident(n)} VARCHAR" for n in needed)
        db.execute(f"CREATE TABLE replayed (_id BIGINT, {columns})")
        marks = ", ".join("?" for _ in range(len(needed) + 1))
        names = [as_old.get(n, n) for n in needed]
        db.executemany(
            f"INSERT INTO replayed VALUES ({marks})", [[i, *(t.get(n) for n in names)] for i, t in enumerate(texts)]
        )
        good = " AND ".join(r.good for r in rules)
        passing = [int(i) for (i,) in db.execute(f"SELECT _id FROM replayed WHERE {good} ORDER BY _id").fetchall()]
        shown = rules[0].column
        examples = tuple(
            Example(
                refused[i][0],
                refused[i][2],
                rules[0].id,
                shown,
                _shown(texts[i].get(as_old.get(shown, shown)) if shown else None, shown, new, plan),
                refused[i][1] or "",
            )
            for i in passing[:_EXAMPLES]
        )
        return Outcome(looked + self.rows(old.ref), len(passing), examples)


def _connect() -> "duckdb.DuckDBPyConnection":
    import duckdb

    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    return db


def _files(paths: tuple[Path, ...]) -> str:
    listed = ", ".join(file_literal(p) for p in paths)
    return f"read_parquet([{listed}], union_by_name = true, filename = true, file_row_number = true)"


def _count(db: "duckdb.DuckDBPyConnection", sql: str) -> int:
    found = db.execute(sql).fetchone()
    return int(found[0]) if found else 0


def _stored(column: Column, former: str | None, stored: set[str], plan: Blueprint) -> str:
    """``column`` out of files that may hold it under this name or a former one, or not at all."""
    names = [n for n in dict.fromkeys((column.name, former, *column.aliases)) if n in stored]
    kind = duckdb_type(plan.concept_of(column))
    found = [f"TRY_CAST({ident(n)} AS {kind})" for n in names if n]
    filling = [] if names or column.default is None else [f"CAST({literal(column.default)} AS {kind})"]
    return f"coalesce({', '.join([*found, *filling, 'NULL'])}) AS {ident(column.name)}"


def _shown(value: str | None, column: str | None, contract: Contract, plan: Blueprint) -> str | None:
    """``value``, or a mask where the column is not open."""
    if value is None or column is None:
        return None
    concept = plan.concept_of(contract.column(column))
    return value if concept.classification is Classification.OPEN else MASK


def _untold(vi: str, en: str) -> Outcome:
    return Outcome(0, 0, note=Bilingual(vi=f"Chưa xác định được: {vi}", en=f"Undetermined: {en}"))
