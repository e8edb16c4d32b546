"""Conditions on rows mean the same in every library, and what cannot be compared is refused before anything is read."""

import datetime as dt
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hanoi_cloud as hc
from tests.sdk.helpers import ROWS, Catalogue

ROW = dict[str, Any]
OPERATORS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
VALUES: dict[str, list[Any]] = {
    "station": ["Hàng Đậu", "", "khác"],
    "at": [dt.datetime(2025, 3, 1, hour, tzinfo=dt.UTC) for hour in range(3)],
    "day": [dt.date(2025, 3, 1), dt.date(2024, 1, 1)],
    "count": [2**53 + 1, 2**53, 3, -1],
    "level": [12.5, 0.1, 3.0],
    "price": [Decimal("1.5"), Decimal("0.000001"), Decimal(0)],
}
Meant = Callable[[ROW], bool | None]


def compared(name: str, compare: Any, value: Any) -> tuple[hc.Where, Meant]:
    return compare(hc.col(name), value), lambda row: None if row[name] is None else compare(row[name], value)


def among(name: str, values: list[Any]) -> tuple[hc.Where, Meant]:
    return hc.col(name).is_in(values), lambda row: None if row[name] is None and values else row[name] in values


def both(one: tuple[hc.Where, Meant], other: tuple[hc.Where, Meant]) -> tuple[hc.Where, Meant]:
    def meant(row: ROW) -> bool | None:
        found = one[1](row), other[1](row)
        return False if False in found else None if None in found else True

    return one[0] & other[0], meant


def either(one: tuple[hc.Where, Meant], other: tuple[hc.Where, Meant]) -> tuple[hc.Where, Meant]:
    def meant(row: ROW) -> bool | None:
        found = one[1](row), other[1](row)
        return True if True in found else None if None in found else False

    return one[0] | other[0], meant


def inverted(one: tuple[hc.Where, Meant]) -> tuple[hc.Where, Meant]:
    return ~one[0], lambda row: None if (found := one[1](row)) is None else not found


single = st.sampled_from(list(VALUES)).flatmap(
    lambda name: st.one_of(
        st.builds(compared, st.just(name), st.sampled_from(OPERATORS), st.sampled_from(VALUES[name])),
        st.builds(among, st.just(name), st.lists(st.sampled_from(VALUES[name]), max_size=3)),
        st.just((hc.col(name).is_null(), lambda row: row[name] is None)),
    )
)
conditions = st.recursive(
    single,
    lambda some: st.one_of(st.builds(both, some, some), st.builds(either, some, some), st.builds(inverted, some)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions)
def test_a_condition_means_the_same_in_every_library(city: hc.City, condition: tuple[hc.Where, Meant]) -> None:
    where, meant = condition
    air = city.dataset("air-quality-hourly")
    expected = [row["at"] for row in ROWS.to_pylist() if meant(row) is True]
    assert air.to_arrow(["at"], where=where)["at"].to_pylist() == expected, where
    assert [at.replace(tzinfo=dt.UTC) for at in air.to_polars(["at"], where=where)["at"]] == expected, where
    assert air.to_duckdb(["at"], where=where).to_arrow_table()["at"].to_pylist() == expected, where
    assert [at.to_pydatetime() for at in air.to_pandas(["at"], where=where)["at"]] == expected, where
    assert [at for batch in air.iter_batches(["at"], where=where) for at in batch["at"].to_pylist()] == expected, where


def test_times_without_a_zone_are_those_of_the_city(city: hc.City) -> None:
    air = city.dataset("air-quality-hourly")
    assert air.to_arrow(["at"], where=hc.col("at") >= "2025-03-01T08:00")["at"].to_pylist() == [
        dt.datetime(2025, 3, 1, 1, tzinfo=dt.UTC),
        dt.datetime(2025, 3, 1, 2, tzinfo=dt.UTC),
    ]
    assert len(air.to_arrow(where=hc.col("at") < "2025-03-02")) == 3
    assert len(air.to_arrow(where=hc.col("at").between(dt.date(2025, 3, 1), "2025-03-01T01:00Z"))) == 2
    assert len(air.to_arrow(where=hc.col("day") == "2025-03-01")) == 2


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (hc.col("count") > "5", "a whole number"),
        (hc.col("count") > 5.5, "a whole number"),
        (hc.col("station") == 5, "a text"),
        (hc.col("level") > True, "a number"),
        (hc.col("price") > "rẻ", "a number"),
        (hc.col("valid") == 1, "True or False"),
        (hc.col("day") == "31/3/2025", "'2025-03-31'"),
        (hc.col("at") >= "yesterday", "'2025-03-31T08:00'"),
        (hc.col("level").is_in([1.5, "x"]), "a number"),
    ],
)
def test_a_value_of_another_type_is_refused(city: hc.City, catalogue: Catalogue, where: hc.Where, told: str) -> None:
    with pytest.raises(hc.InvalidFilter, match=told) as error:
        city.dataset("air-quality-hourly").to_arrow(where=where)
    assert "Hãy dùng" in error.value.vi
    assert isinstance(error.value, ValueError)
    assert not catalogue.sent("/data/air-quality-hourly/1-aaaaaaaa.parquet")


def test_an_unknown_column_in_a_condition_is_named(city: hc.City) -> None:
    with pytest.raises(hc.ColumnNotFound, match="'pm25'"):
        city.dataset("air-quality-hourly").to_arrow(["at"], where=hc.col("pm25") > 1)


def test_what_is_no_condition_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(hc.col("a") > 1)
    with pytest.raises(TypeError, match="parentheses"):
        (hc.col("a") > 1) & 5
    with pytest.raises(TypeError, match="is_null"):
        hc.col("a") == None  # noqa: B015, E711
    with pytest.raises(TypeError, match="list"):
        hc.col("a") == [1]  # noqa: B015
    assert repr(~(hc.col("a").is_null() | (hc.col("b") != 1.5))) == "~((a is null) | (b != 1.5))"


BIG = pa.table(
    {
        "station": pa.array([f"trạm {n:07}" * 4 for n in range(200_000)]),
        "at": pa.array(range(200_000), pa.timestamp("us", tz="UTC")),
        "day": pa.array([1] * 200_000, pa.date32()),
        "count": pa.array(range(200_000), pa.int64()),
        "valid": pa.array([True] * 200_000),
        "level": pa.array([n * 0.37 for n in range(200_000)]),
        "price": pa.array([Decimal(n) for n in range(200_000)], pa.decimal128(18, 6)),
    }
)


@pytest.fixture
def big(catalogue: Catalogue, city: hc.City, monkeypatch: pytest.MonkeyPatch) -> hc.Dataset:
    monkeypatch.setattr("hanoi_cloud._dataset.PARTS_FROM", 1 << 20)
    written = pq.write_table
    monkeypatch.setattr(pq, "write_table", lambda rows, path: written(rows, path, row_group_size=10_000))
    catalogue.publish("big", BIG)
    return city.dataset("big")


def came(catalogue: Catalogue) -> int:
    """Bytes of the file that were asked for."""
    spans = [asked["Range"].removeprefix("bytes=") for asked in catalogue.sent("/data/big/1-aaaaaaaa.parquet")]
    return sum(int(last) - int(start) + 1 for start, last in (span.split("-") for span in spans))


def test_of_a_large_file_only_the_parts_that_are_wanted_travel(big: hc.Dataset, catalogue: Catalogue) -> None:
    where = hc.col("count").between(105_000, 105_999)
    found = big.to_arrow(["level"], where=where)
    assert found["level"].to_pylist() == BIG["level"].to_pylist()[105_000:106_000]
    size = next(d.size for d in big.distributions if d.format == "parquet")
    assert size is not None
    assert 0 < came(catalogue) < size * 0.08
    assert big.to_polars(["level"], where=where).equals(pl.from_arrow(found))
    assert big.to_duckdb(["level"], where=where).fetchall() == [(value,) for value in found["level"].to_pylist()]


def test_where_no_row_can_be_only_the_footer_travels(big: hc.Dataset, catalogue: Catalogue) -> None:
    found = big.to_arrow(["level", "at"], where=hc.col("count") < 0)
    assert found.schema.equals(BIG.select(["level", "at"]).schema)
    assert len(found) == 0
    assert came(catalogue) <= 64 << 10


def test_the_parts_read_are_those_of_the_file(big: hc.Dataset) -> None:
    assert big.to_arrow(["price", "station"]).equals(BIG.select(["price", "station"]))
    assert big.to_arrow(where=hc.col("count") >= 0).equals(BIG)


def test_a_file_that_is_in_the_cache_is_not_asked_for_again(big: hc.Dataset, catalogue: Catalogue) -> None:
    assert len(big.to_arrow(["day"], where=hc.col("count") >= 0)) == len(big.to_arrow()) == 200_000
    before = len(catalogue.requests)
    assert len(big.to_arrow(["level"], where=hc.col("count") < 10)) == 10
    assert len(catalogue.requests) == before


def test_a_server_that_sends_whole_files_only_costs_the_whole_file(big: hc.Dataset, catalogue: Catalogue) -> None:
    from tests.sdk.helpers import Fault

    catalogue.fail("/data/big/1-aaaaaaaa.parquet", Fault(200, {"X-No-Ranges": "1"}, b"x" * 100))
    assert len(big.to_arrow(["level"], where=hc.col("count") < 10)) == 10
    assert [asked.get("Range") for asked in catalogue.sent("/data/big/1-aaaaaaaa.parquet")][-1] is None


def test_the_schema_is_told_where_whole_files_only_are_sent(big: hc.Dataset, catalogue: Catalogue) -> None:
    from tests.sdk.helpers import Fault

    catalogue.fail("/data/big/1-aaaaaaaa.parquet", Fault(200, {"X-No-Ranges": "1"}, b"x" * 100))
    assert big.schema.names == BIG.column_names


def test_a_file_of_another_size_is_never_read_in_parts(big: hc.Dataset, catalogue: Catalogue) -> None:
    path = catalogue.folder / "big" / "1-aaaaaaaa.parquet"
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(hc.DownloadError):
        big.to_arrow(["level"])


def test_batches_are_of_the_size_that_was_asked_for(big: hc.Dataset) -> None:
    sizes = [batch.num_rows for batch in big.iter_batches(["count"], rows=3_000)]
    assert sum(sizes) == 200_000
    assert max(sizes) <= 3_000
