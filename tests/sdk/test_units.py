"""Tables moved to the wards of another day from published datasets alone, beside what the Blueprint itself answers."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from math import fsum, isclose
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hanoi_cloud as hc
from blueprint.load import ROOT
from blueprint.units import errors, translate
from tests.sdk.helpers import Catalogue, serve

BEFORE, AFTER = "2025-06-30", "2025-07-01"
COMMON = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def declared(path: str) -> list[dict[str, str]]:
    with (ROOT / path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def share(text: str) -> Decimal | None:
    return Decimal(text) if text else None


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A catalogue of the three datasets, with the rows of the declarations that the platform publishes them from."""
    with serve(tmp_path_factory.mktemp("wards")) as served:
        publish(served)
        yield served.url


def publish(served: Catalogue) -> None:
    units = declared("codelists/ha-noi-wards/1.csv")
    for name, first, last in (("wards-before-2025", "2025-01-01", BEFORE), ("wards", AFTER, "")):
        of = [unit for unit in units if unit["valid_to"] == last]
        rows = pa.table({"ward_code": [u["code"] for u in of], "name": [u["vi"] for u in of]})
        served.publish(name, rows, types=["string"] * 2, temporal_from=first, temporal_to=last)
    pairs = declared("crosswalks/ha-noi-wards-2025-07/1.csv")
    weights = pa.decimal128(7, 6)
    rows = pa.table(
        {
            **{name: [pair[name] for pair in pairs] for name in ("old_code", "new_code", "relation")},
            **{
                f"{by}_weight": pa.array([share(p[f"{by}_weight"]) for p in pairs], weights)
                for by in ("area", "population")
            },
        }
    )
    served.publish("ward-crosswalk", rows, types=["string"] * 3 + ["decimal"] * 2)


@pytest.fixture
def city(url: str) -> Iterator[hc.City]:
    with hc.connect(url) as connected:
        yield connected


@cache
def codes(last: str) -> list[str]:
    return [unit["code"] for unit in declared("codelists/ha-noi-wards/1.csv") if unit["valid_to"] == last]


@st.composite
def tables(draw: st.DrawFn, last: str) -> pa.Table:
    of = draw(st.lists(st.sampled_from(codes(last)), min_size=1, max_size=12))

    def column(values: st.SearchStrategy[Any], kind: pa.DataType) -> pa.Array:
        return pa.array(draw(st.lists(st.none() | values, min_size=len(of), max_size=len(of))), kind)

    return pa.table(
        {
            "ward": of,
            "people": column(st.integers(-(2**63), 2**63 - 1), pa.int64()),
            "small": column(st.integers(0, 255), pa.uint8()),
            "money": column(st.decimals(-(10**12), 10**12, places=3), pa.decimal128(38, 3)),
            "tonnes": column(st.floats(-1e12, 1e12), pa.float64()),
            "note": column(st.text(max_size=5), pa.string()),
        }
    )


MEASURES = ["people", "small", "money", "tonnes"]


def alike(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else isclose(one, other, rel_tol=1e-9, abs_tol=1e-300)


@COMMON
@given(st.data())
def test_the_answer_is_that_of_the_blueprint(city: hc.City, data: st.DataObject) -> None:
    back, by = data.draw(st.booleans()), data.draw(st.sampled_from(["population", "area", "equal"]))
    start, end = (AFTER, BEFORE) if back else (BEFORE, AFTER)
    table = data.draw(tables("" if back else BEFORE))
    try:
        wanted = translate(table, "ward", date.fromisoformat(start), date.fromisoformat(end), by, MEASURES)
    except errors.SharesUnknown as error:
        refused = error
    else:
        refused = None
    if refused is not None:
        with pytest.raises(hc.SharesUnknown) as caught:
            city.translate_units(table, "ward", MEASURES, on=start, to=end, weight=by)
        assert set(caught.value.codes) == set(refused.codes)
        return
    found = city.translate_units(table, "ward", MEASURES, on=start, to=end, weight=by)
    assert found.table.column_names == wanted.table.column_names
    for name in found.table.column_names:
        one, other = found.table[name].to_pylist(), wanted.table[name].to_pylist()
        assert one == other if name != "tonnes" else all(map(alike, one, other)), name
    assert found.rows_estimated == wanted.report.rows_estimated
    for name in ("people", "small", "money"):
        assert sum(v or 0 for v in found.table[name].to_pylist()) == sum(v or 0 for v in table[name].to_pylist())
        assert found.table.schema.field(name).type == table.schema.field(name).type
    assert fsum(found.table["share"].to_pylist()) == pytest.approx(len(table))


def test_every_former_ward_is_moved_as_the_blueprint_moves_it(city: hc.City) -> None:
    table = pa.table({"ward": codes(BEFORE), "people": [10_007] * 526})
    found = city.translate_units(table, "ward", ["people"], on=BEFORE, to=AFTER)
    wanted = translate(table, "ward", date(2025, 6, 30), date(2025, 7, 1), measures=["people"])
    assert found.table.equals(wanted.table)
    assert set(found.table["ward"].to_pylist()) == set(codes(""))
    assert "526 → " in repr(found)
    assert "<th>estimated rows</th>" in found._repr_html_()


@pytest.mark.parametrize("library", ["pandas", "polars", "duckdb", "dict"])
def test_a_frame_of_any_library_may_be_moved(city: hc.City, library: str) -> None:
    rows = {"ward": ["00001", "00007", "00004"], "people": [5, 11, 7]}
    frames: dict[str, Any] = {
        "pandas": lambda: pd.DataFrame(rows, index=[9, 8, 7]),
        "polars": lambda: pl.DataFrame(rows).with_columns(pl.col("ward").cast(pl.Categorical)),
        "duckdb": lambda: duckdb.sql(
            "SELECT * FROM (VALUES ('00001', 5), ('00007', 11), ('00004', 7)) t(ward, people)"
        ),
        "dict": lambda: rows,
    }
    found = city.translate_units(frames[library](), "ward", ["people"], on=BEFORE, to=AFTER)
    frame = found.to_pandas()
    assert frame["ward"].tolist() == ["00097", "00008", "00025", "00004"]
    assert frame["people"].sum() == 23
    assert frame["estimated"].tolist() == [False, True, True, False]
    assert found.to_polars()["ward_former"].to_list() == ["00001", "00007", "00007", "00004"]
    with pytest.raises(hc.ConfigurationError, match="is no table"):
        city.translate_units(7, "ward", on=BEFORE, to=AFTER)


def test_each_row_may_have_its_own_day(city: hc.City) -> None:
    rows = {"ward": ["00004", "00004", "00004"], "people": [3, 4, 5]}
    # The last hour of 30 June in UTC is 1 July in Hà Nội.
    times = [datetime(2025, 6, 30, 16, 59, tzinfo=UTC), datetime(2025, 6, 30, 17, tzinfo=UTC), None]
    for days in (times, ["2025-06-30", "2025-07-01", None], [date(2025, 6, 30), date(2025, 7, 1), None]):
        table = pa.table({**rows, "at": days})
        found = city.translate_units(table, "ward", ["people"], on_column="at", to="2026-01-01", keep_unknown=True)
        assert found.table["estimated"].to_pylist() == [False, False, False]
        assert found.table["problem"].to_pylist() == [None, None, "no-date"]
        assert found.table["at"].to_pylist() == table["at"].to_pylist()
    later = pa.table({"ward": ["00001", "00004"], "at": ["2025-06-30", "2025-07-01"]})
    assert city.translate_units(later, "ward", on_column="at", to=AFTER).table["ward"].to_pylist() == ["00097", "00004"]


def test_codes_of_no_unit_are_told_and_never_dropped(city: hc.City) -> None:
    table = pa.table({"ward": ["00001", "9", None, "00001", "04930"], "people": [1, 2, 3, 4, 5]})
    with pytest.raises(hc.UnknownUnits, match="'9' is a code of no era") as error:
        city.translate_units(table, "ward", ["people"], on=AFTER, to=AFTER)
    assert [(p.code, p.kind, p.rows, p.count) for p in error.value.problems] == [
        ("00001", "wrong-era", (0, 3), 2),
        ("9", "unknown", (1,), 1),
        (None, "empty", (2,), 1),
    ]
    assert "Phường Phúc Xá" in error.value.vi
    kept = city.translate_units(table, "ward", ["people"], on=AFTER, to=AFTER, keep_unknown=True)
    assert kept.table["people"].to_pylist() == [1, 2, 3, 4, 5]
    assert kept.table["ward"].to_pylist() == table["ward"].to_pylist()
    assert kept.table["problem"].to_pylist() == ["wrong-era", "unknown", "empty", "wrong-era", None]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"on": None}, "only with a date"),
        ({"on_column": "people"}, "only with a date"),
        ({"column": "commune"}, "no column 'commune'"),
        ({"column": "people", "measures": []}, "of type int64, and text is wanted"),
        ({"measures": None}, "measures=\\['people'\\]"),
        ({"measures": ["note"]}, "no columns of numbers: note"),
        ({"weight": "votes"}, "population, area, equal"),
        ({"to": "1/7/2025"}, "is no day"),
        ({"to": "2024-12-31"}, "first day is 2025-01-01"),
        ({"on": None, "on_column": "people", "measures": []}, "dates, times or texts"),
    ],
)
def test_what_cannot_be_moved_is_told(city: hc.City, asked: dict[str, Any], told: str) -> None:
    table = pa.table({"ward": ["00001"], "people": [1], "note": ["x"]})
    call: dict[str, Any] = {"column": "ward", "measures": ["people"], "on": BEFORE, "to": AFTER, **asked}
    with pytest.raises(hc.UnitsError, match=told) as error:
        city.translate_units(table, **call)
    assert error.value.vi
    with pytest.raises(hc.UnitsError, match="Rename them"):
        city.translate_units(pa.table({"ward": ["00001"], "share": ["x"]}), "ward", on=BEFORE, to=AFTER)


@pytest.mark.parametrize("fault", ["shares", "unit", "days"])
def test_a_crosswalk_that_loses_people_is_refused(tmp_path: Path, fault: str) -> None:
    with serve(tmp_path / "published") as served:
        publish(served)
        if fault == "days":
            served.packages["wards"]["extras"] = []
        else:
            with hc.connect(served.url) as city:
                rows = city.dataset("ward-crosswalk").to_arrow()
            rows = (
                rows.slice(1)
                if fault == "unit"
                else rows.filter(pa.array([c != "00025" for c in rows["new_code"].to_pylist()]))
            )
            served.publish("ward-crosswalk", rows, version="2-bbbbbbbb", types=["string"] * 3 + ["decimal"] * 2)
        with hc.connect(served.url) as city, pytest.raises(hc.UnexpectedAnswer):
            city.translate_units({"ward": ["00001"]}, "ward", on=BEFORE, to=AFTER)


def test_the_functions_of_the_package_do_the_same(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setenv("HANOI_CLOUD_URL", url)
    rows = {"ward": ["00007"], "people": [11]}
    plain = hc.translate_units(rows, "ward", ["people"], on=BEFORE, to=AFTER)

    async def awaited() -> hc.Translation:
        async with hc.connect_async(url) as city:
            return await city.translate_units(rows, "ward", ["people"], on=BEFORE, to=AFTER)

    assert asyncio.run(awaited()).table.equals(plain.table)
