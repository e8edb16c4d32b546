"""What changed between two versions of a dataset: exact, by key, row for row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from blueprint.sql import ident, literal

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class VersionDiff:
    """The difference of two versions.

    ``key`` is empty where the rows have no unique key in both versions: a changed row then counts as removed and added.
    ``rows`` counts what is there before and after; ``columns_added`` and ``columns_removed`` name columns that one
    version alone has. ``per_column`` counts the changed values of each common column.
    """

    dataset: str
    former: str
    present: str
    key: tuple[str, ...]
    rows: tuple[int, int]
    added: int
    removed: int
    changed: int
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    per_column: dict[str, int]

    @property
    def same(self) -> bool:
        """Whether both versions say the same."""
        return not (self.added or self.removed or self.changed or self.columns_added or self.columns_removed)


@dataclass(frozen=True)
class Sides:
    """Two queries to compare, their common columns, and the key that finds a row again."""

    old: str
    new: str
    common: Sequence[str]
    key: Sequence[str]

    def joined(self) -> str:
        """One row per key: its values on both sides, and whether each side has it."""
        on = " AND ".join(f"o.{ident(k)} IS NOT DISTINCT FROM n.{ident(k)}" for k in self.key)
        return (
            f"(SELECT true AS present, * FROM ({self.old})) o FULL OUTER JOIN "
            f"(SELECT true AS present, * FROM ({self.new})) n ON {on}"
        )

    @property
    def values(self) -> list[str]:
        return [c for c in self.common if c not in self.key]

    def differs(self, column: str) -> str:
        return f"(o.present AND n.present AND o.{ident(column)} IS DISTINCT FROM n.{ident(column)})"

    def kind(self) -> str:
        """The kind of change of a joined row, null where nothing changed."""
        changed = " OR ".join(map(self.differs, self.values)) or "false"
        return f"CASE WHEN o.present IS NULL THEN 'added' WHEN n.present IS NULL THEN 'removed' WHEN {changed} THEN 'changed' END"


def has_unique_key(con: "DuckDBPyConnection", query: str, key: Sequence[str]) -> bool:
    """Whether no two rows of ``query`` share the key."""
    if not key:
        return False
    columns = ", ".join(map(ident, key))
    found = con.execute(
        f"SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT {columns} FROM ({query}))) FROM ({query})"
    )
    rows, distinct = found.fetchone() or (0, 0)
    return bool(rows == distinct)


def matched(
    con: "DuckDBPyConnection", old: str, new: str, key: Sequence[str]
) -> tuple[Sides, tuple[str, ...], tuple[str, ...]]:
    """Two queries side by side, by ``key`` where it is unique in both; and the columns that only the old or the new one has."""
    before, after = ([str(c[0]) for c in con.execute(f"DESCRIBE {q}").fetchall()] for q in (old, new))
    common = [c for c in before if c in after]
    usable = set(key) <= set(common) and all(has_unique_key(con, q, key) for q in (old, new))
    sides = Sides(old, new, common, tuple(key) if usable else ())
    return sides, tuple(c for c in before if c not in after), tuple(c for c in after if c not in before)


def counted(con: "DuckDBPyConnection", sides: Sides) -> tuple[int, int, int, dict[str, int]]:
    """Rows added, removed and changed, and changed values per column."""
    if not sides.key:
        columns = ", ".join(map(ident, sides.common))
        old, new = (f"SELECT {columns} FROM ({query})" for query in (sides.old, sides.new))
        added, removed = (
            int((con.execute(f"SELECT count(*) FROM ({a} EXCEPT ALL {b})").fetchone() or (0,))[0])
            for a, b in ((new, old), (old, new))
        )
        return added, removed, 0, {}
    per_column = "".join(f", count(*) FILTER ({sides.differs(c)})" for c in sides.values)
    row = con.execute(
        f"SELECT count(*) FILTER (kind = 'added'), count(*) FILTER (kind = 'removed'), count(*) FILTER (kind = 'changed'){per_column} "
        f"FROM (SELECT {sides.kind()} AS kind, o, n FROM {sides.joined()})"
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has one row
    return row[0], row[1], row[2], dict(zip(sides.values, row[3:], strict=True))


def changes(con: "DuckDBPyConnection", sides: Sides, limit: int | None = None) -> "pa.Table":
    """The changed rows: ``change`` (added, removed, changed), the key, and each common column as it was and as it is.

    Columns are named ``<column>`` for the key and ``<column>__old``, ``<column>__new`` for the others; where the rows
    have no key, the columns stand once.
    """
    end = f" LIMIT {int(limit)}" if limit is not None else ""
    if not sides.key:
        columns = ", ".join(map(ident, sides.common))
        old, new = (f"SELECT {columns} FROM ({query})" for query in (sides.old, sides.new))
        parts = [
            f"SELECT {literal(kind)} AS change, * FROM ({a} EXCEPT ALL {b})"
            for kind, a, b in (("removed", old, new), ("added", new, old))
        ]
        return con.execute(f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY ALL{end}").to_arrow_table()
    key = ", ".join(f"coalesce(n.{ident(k)}, o.{ident(k)}) AS {ident(k)}" for k in sides.key)
    values = "".join(
        f", o.{ident(c)} AS {ident(c + '__old')}, n.{ident(c)} AS {ident(c + '__new')}" for c in sides.values
    )
    return con.execute(
        f"SELECT * FROM (SELECT {sides.kind()} AS change, {key}{values} FROM {sides.joined()}) WHERE change IS NOT NULL "
        f"ORDER BY {', '.join(map(ident, sides.key))}{end}"
    ).to_arrow_table()
