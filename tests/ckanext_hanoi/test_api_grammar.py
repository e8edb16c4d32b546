"""The grammar of the data API and the SQL it becomes, on files, without CKAN and without a server."""

import doctest
import importlib
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "catalog/ckanext-hanoi"))

from ckanext.hanoi_api import cursor, filters, groups, parameters, problems, selection, statement, units
from ckanext.hanoi_api.columns import Column
from ckanext.hanoi_api.problems import Problem
from ckanext.hanoi_api.rooms import Rooms

MODULES = ("columns", "cursor", "filters", "parameters", "problems", "statement", "units")
ROWS = """
SELECT i AS number, CASE WHEN i % 7 = 3 THEN NULL ELSE 'Trạm ' || (i % 5) END AS station,
  CASE WHEN i % 11 = 5 THEN NULL WHEN i = 8 THEN 'nan'::DOUBLE WHEN i = 9 THEN 'inf'::DOUBLE ELSE i % 13 / 4.0 END AS level,
  CAST(i % 9 AS FLOAT) / 10 AS share, CAST(i * 1.25 AS DECIMAL(18,2)) AS fee, i % 2 = 0 AS checked,
  DATE '2025-01-30' + CAST(i AS INTEGER) AS day,
  TIMESTAMPTZ '2025-01-31 20:00:00+00' + INTERVAL (i) HOUR AS at, TIMESTAMP '2025-01-01 00:00:00' + INTERVAL (i) MINUTE AS local,
  [i, i + 1] AS pair, 'x"; DROP TABLE t; --' AS "odd ""name"
FROM range(60) t(i)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "it's.parquet"
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(
            f"COPY ({ROWS}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
        )
    return path


@pytest.fixture(scope="module")
def room(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Rooms().cursor(file) as connection:
        yield connection


@pytest.fixture(scope="module")
def columns(file: Path, room: duckdb.DuckDBPyConnection) -> dict[str, Column]:
    found = room.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {statement.rows_of(file)}").fetchall()
    return {row[0]: Column(row[0], row[1]) for row in found}


class Asker:
    """Asks for pages as the API does."""

    def __init__(self, file: Path, room: duckdb.DuckDBPyConnection, columns: dict[str, Column]) -> None:
        self.source, self.room, self.columns = statement.rows_of(file), room, columns

    def page(self, query: str, place: int | None = None) -> list[tuple[int, dict[str, object]]]:
        named = parameters.read(query, ("select", "sort", "limit"), self.columns)
        sort = selection.sort(named.get("sort"), self.columns)
        after: tuple[str | None, ...] = ()
        if place is not None and sort:
            last = statement.last(self.source, sort, place)
            after = self.room.execute(last.sql, last.values).fetchone() or ()
        wanted = statement.page(
            self.source, selection.select(named.get("select"), self.columns), filters.read(named.filters, self.columns),
            sort, named.number("limit", 100, 50_000), after, place,
        )  # fmt: skip
        return [(row[0], json.loads(row[1])) for row in self.room.execute(wanted.sql, wanted.values).fetchall()]

    def numbers(self, **query: str) -> list[object]:
        return [row["number"] for _, row in self.page(urlencode(query))]

    def groups(self, group: str, measure: str, zone: str = groups.ZONES[0], **query: str) -> list[dict[str, object]]:
        by, reckoned = groups.groups(group, self.columns), groups.measures(measure, self.columns)
        conditions = filters.read(query.items(), self.columns)
        wanted = groups.statement(self.source, by, reckoned, conditions, [], zone, 1000, 0)
        return [json.loads(row[0]) for row in self.room.execute(wanted.sql, wanted.values).fetchall()]


@pytest.fixture(scope="module")
def asker(file: Path, room: duckdb.DuckDBPyConnection, columns: dict[str, Column]) -> Asker:
    return Asker(file, room, columns)


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_run(module: str) -> None:
    found = doctest.testmod(importlib.import_module(f"ckanext.hanoi_api.{module}"))
    assert found.attempted
    assert not found.failed


def test_values_are_given_out_exactly(asker: Asker) -> None:
    [(_, row)] = asker.page("number=eq.9")
    assert row == {
        "number": 9, "station": "Trạm 4", "level": None, "share": 0.0, "fee": 11.25, "checked": False,
        "day": "2025-02-08", "at": "2025-02-01T05:00:00+00:00", "local": "2025-01-01T00:09:00.000", "pair": [9, 10],
        'odd "name': 'x"; DROP TABLE t; --',
    }  # fmt: skip
    text = asker.room.execute(
        statement.page(asker.source, [asker.columns["fee"], asker.columns["share"]], [], [], 2).sql
    ).fetchall()
    assert [json.loads(r[1], parse_float=str)["fee"] for r in text] == ["0.00", "1.25"]
    assert json.loads(text[1][1])["share"] == 0.1


@pytest.mark.parametrize(
    ("name", "value", "numbers"),
    [
        ("number", "lt.3", [0, 1, 2]),
        ("number", "in.(1,2,59)", [1, 2, 59]),
        ("station", "eq.Trạm 1", [1, 6, 11, 16, 21, 26, 36, 41, 46, 51, 56]),
        ("station", "contains.TRAM 1", [1, 6, 11, 16, 21, 26, 36, 41, 46, 51, 56]),
        ("station", 'in.("Trạm 1",zzz)', [1, 6, 11, 16, 21, 26, 36, 41, 46, 51, 56]),
        ("station", "starts.ram", []),
        ("station", "is.null", [3, 10, 17, 24, 31, 38, 45, 52, 59]),
        ("station", "starts.", [n for n in range(60) if n % 7 != 3]),
        ("fee", "lte.2.50", [0, 1, 2]),
        ("fee", "gt.72.4999", [58, 59]),
        ("day", "gte.2025-03-29", [58, 59]),
        ("at", "lt.2025-02-01T04:30:00 07:00", [0, 1]),
        ("at", "lt.2025-02-01T04:30:00", [0, 1]),
        ("at", "lte.2025-01-31T21:00:00Z", [0, 1]),
        ("at", "gte.2025-02-03", list(range(45, 60))),
        ("local", "lt.2025-01-01T00:02", [0, 1]),
        ("checked", "eq.true", list(range(0, 60, 2))),
        ("share", "eq.0.1", [1, 10, 19, 28, 37, 46, 55]),
        ('odd "name', "contains.drop table", list(range(60))),
    ],
)
def test_filters_mean_what_they_say(asker: Asker, name: str, value: str, numbers: list[int]) -> None:
    assert asker.numbers(**{name: value, "select": "number"}) == numbers


def test_two_filters_of_one_column_are_a_range(asker: Asker) -> None:
    assert [row["number"] for _, row in asker.page("number=gte.5&number=lt.7")] == [5, 6]


ORDERS = [
    "",
    "number.desc",
    "station,number.desc",
    "level",
    "level.desc",
    "station.desc,checked,at.desc",
    "fee",
    "share.desc,day",
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [3, 7, 59])
def test_pages_put_together_are_the_whole(asker: Asker, order: str, size: int) -> None:
    sort = f"&sort={order}" if order else ""
    whole = [place for place, _ in asker.page(f"limit=100&select=number{sort}")]
    assert sorted(whole) == list(range(60))
    read: list[int] = []
    place = None
    while rows := asker.page(f"limit={size}&select=number{sort}", place):
        read += [each for each, _ in rows]
        place = read[-1]
    assert read == whole


@pytest.mark.parametrize("order", ORDERS[1:])
def test_a_short_sorted_page_is_found_first_and_read_then(asker: Asker, order: str) -> None:
    sort = selection.sort(order, asker.columns)
    conditions = filters.read([("number", "lt.50")], asker.columns)
    chosen = statement.places(asker.source, conditions, sort, 20, (), None)
    places = [row[0] for row in asker.room.execute(chosen.sql, chosen.values).fetchall()]
    whole = asker.page(f"limit=20&number=lt.50&sort={order}")
    assert places == [place for place, _ in whole]
    read = statement.at(asker.source, list(asker.columns.values()), places)
    rows = dict(asker.room.execute(read.sql).fetchall())
    assert [json.loads(rows[place]) for place in places] == [row for _, row in whole]


def test_groups_and_measures(asker: Asker) -> None:
    [row] = asker.groups("", "count,level.count,fee.sum,number.avg,day.min,at.max,station.distinct,level.max")
    assert row == {
        "count": 60, "level_count": 55, "fee_sum": 2212.5, "number_avg": 29.5, "day_min": "2025-01-30",
        "at_max": "2025-02-03T07:00:00+00:00", "station_distinct": 5, "level_max": None,
    }  # fmt: skip
    assert [row["count"] for row in asker.groups("station", "count")] == [10, 11, 10, 10, 10, 9]
    # 20:00 in UTC is the next day in Hà Nội.
    days = asker.groups("at.day", "count")
    assert [(row["at_day"], row["count"]) for row in days] == [
        ("2025-02-01", 21),
        ("2025-02-02", 24),
        ("2025-02-03", 15),
    ]
    assert asker.groups("at.week", "count")[0] == {"at_week": "2025-01-27", "count": 45}
    assert asker.groups("at.month", "count", zone="UTC")[0] == {"at_month": "2025-01-01", "count": 4}
    assert asker.groups("at.hour", "count")[0] == {"at_hour": "2025-01-31T20:00:00+00:00", "count": 1}
    assert asker.groups("day.month", "fee.sum", number="lt.5")[1] == {"day_month": "2025-02-01", "fee_sum": 11.25}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("nummber=eq.1", "unknown-parameter"),
        ("limit=1&limit=2", "repeated-parameter"),
        ("number=1", "bad-filter"),
        ("number=regex.x", "bad-filter"),
        ("number=eq.1;DROP TABLE t", "bad-value"),
        ("number=eq.99999999999999999999", "bad-value"),
        ("number=eq.", "bad-value"),
        ("number=in.()", "bad-filter"),
        ("number=in.(1", "bad-filter"),
        ("number=contains.1", "bad-filter"),
        ('station=in.("a)', "bad-filter"),
        ("station=eq." + "x" * 1001, "bad-value"),
        ("station=eq.%00", "bad-value"),
        ("station=eq.%ff", "bad-value"),
        ("station=is.nil", "bad-filter"),
        ("fee=eq.1e400", "bad-value"),
        ("level=eq.nan", "bad-value"),
        ("level=eq.1e999", "bad-value"),
        ("day=eq.2025-02-30", "bad-value"),
        ("at=eq.now", "bad-value"),
        ("at=gte.9999-12-31T23:59:59-12:00", "bad-value"),
        ("local=eq.2025-01-01T00:00:00Z", "bad-value"),
        ("checked=eq.yes", "bad-value"),
        ("pair=eq.1", "bad-value"),
        ("sort=pair", "bad-value"),
        ("sort=number.down", "bad-value"),
        ("sort=numbr", "unknown-column"),
        ("select=number,number", "bad-value"),
        ("select=*", "unknown-column"),
        ("select=number) FROM t--", "unknown-column"),
        ("limit=0", "bad-value"),
        ("limit=", "bad-value"),
        ("select=", "bad-value"),
        ("limit=50001", "bad-value"),
        ("limit=1e3", "bad-value"),
        ("limit=١", "bad-value"),
        ("&".join(["number=gt.1"] * 65), "too-many-conditions"),
        (f"number=in.({','.join(['1'] * 501)})", "too-many-conditions"),
        ("station=eq." + "x" * 9000, "address-too-long"),
    ],
)
def test_what_cannot_be_read_is_refused(asker: Asker, query: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        asker.page(query)
    assert refused.value.code == code
    said = refused.value.content("/x", "en")
    assert said["status"] in (400, 414)
    assert said["vi"] != said["en"]
    assert len(json.dumps(said)) < 9000


def test_the_nearest_name_is_told(asker: Asker) -> None:
    with pytest.raises(Problem) as refused:
        asker.page("statoin=eq.x")
    assert refused.value.more["nearest"] == ["station"]
    assert "Did you mean station?" in refused.value.en


def test_a_column_of_a_reserved_name_has_a_prefix() -> None:
    columns = {"limit": Column("limit", "BIGINT")}
    assert parameters.read("column.limit=eq.1&limit=5", ("limit",), columns).filters == (("limit", "eq.1"),)


@pytest.mark.parametrize(
    ("group", "measure", "code"),
    [
        ("station.month", "count", "bad-value"),
        ("day.hour", "count", "bad-value"),
        ("day.", "count", "bad-value"),
        ("pair", "count", "bad-value"),
        ("nope", "count", "unknown-column"),
        ("station,station", "count", "bad-value"),
        ("station", "station.sum", "bad-value"),
        ("station", "count(*)", "bad-value"),
        ("station", "nope.sum", "unknown-column"),
        ("station", "pair.max", "bad-value"),
        ("station", "count;DROP", "bad-value"),
    ],
)
def test_groups_that_cannot_be_are_refused(asker: Asker, group: str, measure: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        asker.groups(group, measure)
    assert refused.value.code == code


@pytest.mark.parametrize("bucket", groups.BUCKETS)
@pytest.mark.parametrize("zone", groups.ZONES)
def test_time_buckets_are_those_of_the_zone(tmp_path: Path, bucket: str, zone: str) -> None:
    path = tmp_path / "moments.parquet"
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        # Around midnight in both zones, and before Hà Nội's time was the present one.
        moments = "SELECT TIMESTAMPTZ '1925-12-31 16:00:00+00' + INTERVAL (i * 6011) HOUR + INTERVAL (i % 3 * 13) MINUTE AS observed"
        db.execute(f"COPY ({moments} FROM range(150) t(i)) TO '{path}' (FORMAT parquet)")
        local = f"date_trunc('{bucket}', observed AT TIME ZONE '{zone}')"
        wanted = f"{local} AT TIME ZONE '{zone}'" if bucket == "hour" else f"CAST({local} AS DATE)"
        expected = {
            str(row[0])[:19]
            for row in db.execute(f"SELECT DISTINCT CAST({wanted} AS VARCHAR) FROM '{path}'").fetchall()
        }
    columns = {"observed": Column("observed", "TIMESTAMP WITH TIME ZONE")}
    with Rooms().cursor(path) as room:
        found = Asker(path, room, columns).groups(f"observed.{bucket}", "count", zone=zone)
    assert {row[f"observed_{bucket}"][:19].replace("T", " ") for row in found} == expected  # type: ignore[index]


def test_names_of_the_statements_own_never_meet_those_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "named.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT 9 - i AS place, i % 2 AS k0, i AS c0, i AS m0 FROM range(10) t(i)) TO '{path}'")
    columns = {name: Column(name, "BIGINT") for name in ("place", "k0", "c0", "m0")}
    with Rooms().cursor(path) as room:
        named = Asker(path, room, columns)
        assert [row["place"] for _, row in named.page("sort=place&limit=3")] == [0, 1, 2]
        assert [row["c0"] for _, row in named.page("place=lt.2&sort=place")] == [9, 8]
        assert named.groups("k0", "m0.sum") == [{"k0": 0, "m0_sum": 20}, {"k0": 1, "m0_sum": 25}]


CODES = [("00001", 100), ("00002", 50), ("00003", 10), ("99999", 1), (None, 2)]


@pytest.mark.parametrize(
    ("as_of", "measure", "expected"),
    [
        ("2025-06-30", "people.sum", [("00007", 130.0, True), ("00008", 30.0, True), (None, 3.0, False)]),
        ("2025-06-30", "count", [("00007", 1.6, True), ("00008", 1.4, True), (None, 2.0, False)]),
        ("2025-06-30", "people.max", [("00007", 100, True), ("00008", 50, True), (None, 2, False)]),
        ("2025-07-01", "people.sum", [("00001", 100.0, False), ("00002", 50.0, False), ("00003", 10.0, False),
                                      ("99999", 1.0, False), (None, 2.0, False)]),
        ("day", "count", [("00007", 1.6, True), ("00008", 1.4, True), ("99999", 1.0, False), (None, 1.0, False)]),
    ],
)  # fmt: skip
def test_ward_codes_are_read_as_present_units(
    tmp_path: Path, as_of: str, measure: str, expected: list[tuple[str | None, float, bool]]
) -> None:
    rows, moved = tmp_path / "rows.parquet", tmp_path / "moved.parquet"
    with duckdb.connect() as db:
        db.execute("CREATE TABLE r (ward_code VARCHAR, people BIGINT)")
        db.executemany("INSERT INTO r VALUES (?, ?)", CODES)
        day = "CASE WHEN ward_code = '99999' THEN DATE '2025-07-01' ELSE DATE '2025-06-30' END AS day"
        db.execute(f"COPY (SELECT *, {day} FROM r) TO '{rows}' (FORMAT parquet)")
        # The second ward was divided; nobody lived in the part of the third that went to the seventh.
        shares = "('00001','00007',1), ('00002','00007',0.6), ('00002','00008',0.4), ('00003','00008',1), ('00003','00007',0)"
        names = "old_code, new_code, population_weight"
        db.execute(f"COPY (SELECT {names} FROM (VALUES {shares}) AS t({names})) TO '{moved}' (FORMAT parquet)")
    described = {"concept": "administrative-unit-code@1", "as_of": as_of}
    columns = {
        "ward_code": Column("ward_code", "VARCHAR", described),
        "people": Column("people", "BIGINT"),
        "day": Column("day", "DATE"),
    }
    [group] = groups.groups("ward_code.unit", columns)
    by = units.Crosswalk(moved, "1-00000000", "2025-07-01", "population")
    source = units.rolled_up(statement.rows_of(rows), group.column, columns, by)
    reckoned = groups.measures(measure, columns)
    wanted = groups.statement(source, [group], reckoned, [], [], "UTC", 100, 0)
    with Rooms().cursor(rows, moved) as room:
        found = [json.loads(row[0]) for row in room.execute(wanted.sql, wanted.values).fetchall()]
    assert [(row["ward_code_unit"], row[reckoned[0].name], row["estimated"]) for row in found] == expected


def test_a_room_reads_its_file_and_nothing_else(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    other.write_bytes(file.read_bytes())
    with Rooms().cursor(file) as room:
        assert room.execute(f"SELECT count(*) FROM {statement.rows_of(file)}").fetchone() == (60,)
        for forbidden in (
            f"SELECT * FROM {statement.rows_of(other)}",
            f"SELECT * FROM read_text('{tmp_path}/*')",
            f"COPY (SELECT 1) TO '{tmp_path / 'new'}'",
            f"ATTACH '{tmp_path / 'new.duckdb'}'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SET memory_limit = '8GB'",
            "SET enable_external_access = true",
            "SELECT * FROM read_csv('http://127.0.0.1:9/x')",
        ):
            with pytest.raises(duckdb.Error):
                room.execute(forbidden)
        assert sorted(tmp_path.iterdir()) == [other]


def test_rooms_are_few_and_shared(file: Path, tmp_path: Path) -> None:
    rooms = Rooms(most=2)
    files = [file]
    for number in range(4):
        files.append(tmp_path / f"{number}.parquet")
        files[-1].write_bytes(file.read_bytes())
    for path in [*files, *files]:
        with rooms.cursor(path) as room:
            assert room.execute(f"SELECT count(*) FROM {statement.rows_of(path)}").fetchone() == (60,)
    assert len(rooms._rooms) == 2


def test_a_query_beyond_its_memory_is_refused(file: Path) -> None:
    with Rooms(memory="20MB").cursor(file) as room, pytest.raises(duckdb.OutOfMemoryException):
        room.execute("SELECT count(DISTINCT hash(i)) FROM range(20000000) t(i)").fetchall()


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_cursor_is_read_or_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        cursor.read(text)
    assert refused.value.code == "bad-cursor"


def test_a_cursor_belongs_to_its_question() -> None:
    at = cursor.Cursor("2-0a1b2c3d", cursor.question("a"), 5)
    assert cursor.follow(cursor.read(str(at)), cursor.question("a")) == 5
    with pytest.raises(Problem):
        cursor.follow(at, cursor.question("b"))


_NAMES = st.sampled_from(["number", "station", "level", "fee", "day", "at", "local", "checked", "pair", "share", "zzz"])
_VALUES = st.one_of(
    st.builds("{}.{}".format, st.sampled_from(filters.OPERATORS), st.text(max_size=20)),
    st.builds("{}.{}".format, st.sampled_from(filters.OPERATORS), st.integers().map(str)),
    st.builds("{}.{}".format, st.sampled_from(filters.OPERATORS), st.dates().map(str)),
    st.builds("{}.{}".format, st.sampled_from(filters.OPERATORS), st.datetimes().map(str)),
    st.builds("{}.{}".format, st.sampled_from(filters.OPERATORS), st.decimals(allow_nan=False).map(str)),
    st.builds("in.({})".format, st.text(max_size=20)),
)


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=4), st.sampled_from(ORDERS))
@settings(max_examples=120, deadline=None)
def test_every_filter_is_answered_or_refused(asker: Asker, wanted: list[tuple[str, str]], order: str) -> None:
    query = urlencode([*wanted, *([("sort", order)] if order else [])], errors="surrogatepass")
    refused: Problem | None = None
    try:
        assert len(asker.page(query)) <= 60
    except Problem as found:
        refused = found
    assert refused is None or refused.status in (400, 414)


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2))
@settings(max_examples=15, deadline=None)
def test_decimals_compare_exactly(number: Decimal) -> None:
    column = Column("fee", "DECIMAL(18,2)")
    bound = column.bound(column.value(format(number, "f"), "fee"), "$v")
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        assert db.execute(
            f"SELECT {bound} = CAST('{number:f}' AS DECIMAL(18,2))", {"v": format(number, "f")}
        ).fetchone() == (True,)


def test_every_code_has_both_languages() -> None:
    for code, (status, vi, en) in problems.CODES.items():
        assert 400 <= status < 600, code
        assert vi
        assert en
        assert vi != en
