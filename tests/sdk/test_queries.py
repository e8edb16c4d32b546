"""SQL over datasets, and the difference of two versions."""

import datetime as dt

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hanoi_cloud as hc
from tests.sdk.helpers import ROWS, Catalogue


def test_sql_joins_datasets_by_their_names(
    catalogue: Catalogue, city: hc.City, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.publish("bus-stops", ROWS.slice(0, 2))
    query = 'SELECT a."at", b.level FROM air_quality_hourly a JOIN bus_stops b USING ("at") WHERE a.count > 0 ORDER BY a."at"'
    assert city.sql(query).to_arrow_table().to_pylist() == [
        {"at": dt.datetime(2025, 3, 1, tzinfo=dt.UTC), "level": 12.5}
    ]
    monkeypatch.setenv("HANOI_CLOUD_URL", catalogue.url)
    assert hc.sql("WITH x AS (SELECT * FROM bus_stops) SELECT count(*) FROM x").fetchall() == [(2,)]


def test_the_answer_outlives_the_call(city: hc.City) -> None:
    import gc

    found = city.sql("SELECT count(*) AS n FROM air_quality_hourly")
    gc.collect()
    assert found.fetchall() == [(3,)]
    assert found.columns == ["n"]


def test_tables_of_ones_own_may_be_named_too(city: hc.City) -> None:
    with duckdb.connect() as db:
        db.execute("CREATE TABLE bus_stops AS SELECT 7 AS n")
        found = city.sql("SELECT n + count(*) FROM bus_stops, air_quality_hourly GROUP BY n", connection=db).fetchall()
        assert found == [(10,)]
        assert city.sql("SELECT count(*) FROM air_quality_hourly", connection=db).fetchall() == [(3,)]


@pytest.mark.parametrize(
    "query",
    ["SELEC 1", "", "SELECT 1; SELECT 2", "DROP TABLE air_quality_hourly", "SELECT nix FROM air_quality_hourly"],
)
def test_what_is_no_query_is_told(city: hc.City, query: str) -> None:
    with pytest.raises(hc.InvalidQuery, match="air_quality_hourly LIMIT 10") as error:
        city.sql(query).fetchall()
    assert "truy vấn" in error.value.vi


def test_a_table_that_is_no_dataset_is_told_with_those_alike(city: hc.City) -> None:
    with pytest.raises(hc.DatasetNotFound, match="Did you mean 'air-quality-hourly'"):
        city.sql("SELECT * FROM air_quality_hourli")


def moment(hour: int) -> dt.datetime:
    return dt.datetime(2025, 3, 1, tzinfo=dt.UTC) + dt.timedelta(hours=hour)


def table(rows: dict[int, tuple[float | None, int]]) -> pa.Table:
    """Rows in the shape of the catalogue's, by hour."""
    size = len(rows)
    return pa.table(
        {
            "station": ["x"] * size,
            "at": pa.array([moment(hour) for hour in rows], pa.timestamp("us", tz="UTC")),
            "day": pa.array([None] * size, pa.date32()),
            "count": pa.array([count for _, count in rows.values()], pa.int64()),
            "valid": [True] * size,
            "level": pa.array([level for level, _ in rows.values()], pa.float64()),
            "price": pa.array([None] * size, pa.decimal128(18, 6)),
        },
        schema=ROWS.schema,
    )


versions = st.dictionaries(st.integers(0, 6), st.tuples(st.sampled_from([None, 0.5, 1.5]), st.integers(0, 2)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(former=versions, present=versions)
def test_a_difference_turns_one_version_into_the_other(
    catalogue: Catalogue,
    city: hc.City,
    former: dict[int, tuple[float | None, int]],
    present: dict[int, tuple[float | None, int]],
) -> None:
    (catalogue.folder / "stops" / "versions.json").unlink(missing_ok=True)
    catalogue.publish("stops", table(former), version="1-aaaaaaaa")
    catalogue.publish("stops", table(present), version="2-bbbbbbbb")
    found = city.dataset("stops").diff("1-aaaaaaaa")
    made = dict(former)
    for at in found.removed["at"].to_pylist():
        del made[round((at - moment(0)).total_seconds() / 3600)]
    for row in found.added.to_pylist():
        made[round((row["at"] - moment(0)).total_seconds() / 3600)] = row["level"], row["count"]
    for row in found.changed.to_pylist():
        hour = round((row["at"] - moment(0)).total_seconds() / 3600)
        was = made[hour]
        assert (row.get("level__old", was[0]), row.get("count__old", was[1])) == was
        made[hour] = row.get("level__new", was[0]), row.get("count__new", was[1])
    assert made == present
    assert found.key == ("at",)
    assert found.same == (former == present)


def test_without_a_key_that_is_unique_a_changed_row_is_two(catalogue: Catalogue, city: hc.City) -> None:
    twice = pa.concat_tables([ROWS.slice(0, 1)] * 2)
    catalogue.publish("stops", twice, version="1-aaaaaaaa")
    catalogue.publish("stops", ROWS.slice(0, 1), version="2-bbbbbbbb")
    found = city.dataset("stops").diff("1-aaaaaaaa", "2-bbbbbbbb")
    assert (found.key, len(found.removed), len(found.added), len(found.changed)) == ((), 1, 0, 0)
    assert repr(found) == "<Difference stops 1-aaaaaaaa → 2-bbbbbbbb: +0 −1 ~0 rows>"


def test_the_schema_is_told_without_the_rows(catalogue: Catalogue, city: hc.City) -> None:
    assert city.dataset("air-quality-hourly").schema.names == ROWS.column_names
    asked = catalogue.sent("/data/air-quality-hourly/1-aaaaaaaa.parquet")
    assert asked
    assert all("Range" in headers for headers in asked)
