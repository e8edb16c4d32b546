# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
# duckdb ships partial types, so strict checking ends at its door.
"""What needs a query engine: SQL over datasets, and the difference of two versions."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanoi_cloud import _repr
from hanoi_cloud._exceptions import InvalidQuery
from hanoi_cloud._json import items, mapping, text
from hanoi_cloud._need import need

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@dataclass(frozen=True)
class Difference:
    """How one version differs from a former one, as Arrow tables.

    Rows of one ``key`` are the same row. ``changed`` holds the key and, per column that changed in any row, its values
    before and after as ``column__old`` and ``column__new``. Without a key that is unique in both versions a changed row is
    in ``removed`` and in ``added``. Columns that only one version has are in ``columns_added`` and ``columns_removed``.
    """

    dataset: str
    former: str
    present: str
    key: tuple[str, ...]
    added: "pa.Table"
    removed: "pa.Table"
    changed: "pa.Table"
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether both versions hold the same rows and columns."""
        tables = (self.added, self.removed, self.changed)
        return not any((*(len(table) for table in tables), self.columns_added, self.columns_removed))

    def __repr__(self) -> str:
        counts = f"+{len(self.added):,} −{len(self.removed):,} ~{len(self.changed):,} rows"
        return f"<Difference {self.dataset} {self.former} → {self.present}: {counts}>"

    def _repr_html_(self) -> str:
        said = [
            ("rows added", f"{len(self.added):,}"),
            ("rows removed", f"{len(self.removed):,}"),
            ("rows changed", f"{len(self.changed):,}"),
            ("columns added", ", ".join(self.columns_added)),
            ("columns removed", ", ".join(self.columns_removed)),
        ]
        caption = f"{self.dataset}: {self.former} → {self.present}"
        return _repr.facts_html(caption, [(name, value) for name, value in said if value])


def engine() -> "duckdb.DuckDBPyConnection":
    """A query engine of its own; times are shown and compared in UTC."""
    need("duckdb", "duckdb")
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    keep_footers(connection)
    return connection


def keep_footers(connection: "duckdb.DuckDBPyConnection") -> None:
    """Read the footer of a Parquet file once and not with every step of a relation; a published file never changes.

    The setting is one of the whole database, so a cursor makes it and leaves an answer that waits on the connection alone.
    """
    with connection.cursor() as beside:
        beside.execute("SET GLOBAL parquet_metadata_cache = true")


def parquet_pattern(path: Path) -> str:
    """``path`` as DuckDB takes it: it reads [, * and ? in the name of a file, and of its folders, as wildcards."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path))


def answer(
    query: str, path_of: Callable[[str], Path], connection: "duckdb.DuckDBPyConnection | None"
) -> "duckdb.DuckDBPyRelation":
    """The answer to one SELECT; ``path_of`` gives the Parquet file of the dataset that a table of it names.

    Tables and views that ``connection`` has already are its own.
    """
    used = connection or engine()
    import duckdb

    try:
        statements = used.extract_statements(query)
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
            raise InvalidQuery("one SELECT is wanted, and nothing else")
        parsed = used.execute("SELECT json_serialize_sql(?)", [query]).fetchone() or ("{}",)
        tables, named_inside = _tables(json.loads(parsed[0]))
        names = tables - named_inside
        own = (
            {str(row[0]) for row in used.execute("SELECT name FROM (SHOW ALL TABLES)").fetchall()} if connection else ()
        )
        for name in sorted(names):
            if name not in own:
                used.read_parquet(parquet_pattern(path_of(name)), hive_partitioning=False).create_view(name)
        return used.sql(query)
    except duckdb.Error as cause:
        raise InvalidQuery(str(cause)) from cause


def _tables(parsed: object) -> tuple[set[str], set[str]]:
    """The tables that a parsed query names, and the names that it gives to queries of its own by WITH.

    DuckDB's ``get_table_names`` also looks for columns, which fails before the tables are there.
    """
    tables: set[str] = set()
    named_inside: set[str] = set()
    for entry in items(parsed) or mapping(parsed).values():
        found, named = _tables(entry)
        tables |= found
        named_inside |= named
    node = mapping(parsed)
    if node.get("type") == "BASE_TABLE" and not node.get("schema_name"):
        tables.add(text(node.get("table_name")))
    named_inside |= {text(mapping(each).get("key")) for each in items(mapping(node.get("cte_map")).get("map"))}
    return tables, named_inside


def difference(dataset: str, versions: tuple[str, str], paths: tuple[Path, Path], key: Sequence[str]) -> Difference:
    """The difference of two Parquet files of one dataset."""
    with engine() as db:
        for name, path in zip(("former", "present"), paths, strict=True):
            db.read_parquet(parquet_pattern(path), hive_partitioning=False).create_view(name)
        before, after = (db.table(name).columns for name in ("former", "present"))
        shared = [column for column in after if column in before]
        by = [column for column in key if column in shared]
        if len(by) < len(key) or not by or any(_repeats(db, name, by) for name in ("former", "present")):
            by = []
        added, removed = (
            _only_in(db, one, other, by, shared) for one, other in (("present", "former"), ("former", "present"))
        )
        return Difference(
            dataset=dataset,
            former=versions[0],
            present=versions[1],
            key=tuple(by),
            added=added,
            removed=removed,
            changed=_changed(db, by, [column for column in shared if column not in by]),
            columns_added=tuple(column for column in after if column not in before),
            columns_removed=tuple(column for column in before if column not in after),
        )


def _repeats(db: "duckdb.DuckDBPyConnection", name: str, by: Sequence[str]) -> bool:
    listed = ", ".join(map(_quoted, by))
    return db.sql(f"SELECT 1 FROM {name} GROUP BY {listed} HAVING count(*) > 1 LIMIT 1").fetchone() is not None


def _only_in(
    db: "duckdb.DuckDBPyConnection", one: str, other: str, by: Sequence[str], shared: Sequence[str]
) -> "pa.Table":
    """Rows of ``one`` that ``other`` has not: by their key, or as a whole where there is none."""
    if by:
        return db.sql(f"SELECT * FROM {one} ANTI JOIN {other} ON {_agree(one, other, by)}").to_arrow_table()
    listed = ", ".join(map(_quoted, shared))
    return db.sql(f"SELECT {listed} FROM {one} EXCEPT ALL SELECT {listed} FROM {other}").to_arrow_table()


def _changed(db: "duckdb.DuckDBPyConnection", by: Sequence[str], others: Sequence[str]) -> "pa.Table":
    """Rows of one key of which a value differs, with the columns that differ in any row."""
    joined = f"former JOIN present ON {_agree('former', 'present', by)}" if by else ""
    differ = {column: f"former.{_quoted(column)} IS DISTINCT FROM present.{_quoted(column)}" for column in others}
    touched: list[str] = []
    if joined and others:
        counts = ", ".join(f"count(*) FILTER ({condition})" for condition in differ.values())
        row = db.sql(f"SELECT {counts} FROM {joined}").fetchone() or ()
        touched = [column for column, count in zip(others, row, strict=True) if count]
    pairs = [
        f"{side}.{_quoted(column)} AS {_quoted(f'{column}__{age}')}"
        for column in touched
        for side, age in (("former", "old"), ("present", "new"))
    ]
    listed = ", ".join([*(f"present.{_quoted(column)}" for column in by), *pairs])
    if not touched:
        return db.sql(f"SELECT {listed or '*'} FROM present LIMIT 0").to_arrow_table()
    return db.sql(f"SELECT {listed} FROM {joined} WHERE {' OR '.join(differ[c] for c in touched)}").to_arrow_table()


def _agree(one: str, other: str, by: Sequence[str]) -> str:
    return " AND ".join(f"{one}.{_quoted(c)} IS NOT DISTINCT FROM {other}.{_quoted(c)}" for c in by)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
