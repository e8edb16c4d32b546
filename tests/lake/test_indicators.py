"""Indicators over small lakes of made rows: the figures are known beforehand, and a figure that breaks its promise is refused."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from blueprint import Blueprint, Indicator
from blueprint.load import ROOT, load
from lake import FigureRefused, Lake, NothingToCompute, UnknownVersion
from lake.indicators import compute
from tests.lake.made_rows import Rows, commit

PLAN = load(ROOT)
JANUARY = dt.datetime(2025, 1, 31, 17, tzinfo=dt.UTC)
"""Midnight of 1 February in Hà Nội."""


def _papi(year: int, province: str, **scores: float) -> dict[str, Any]:
    return {"year": year, "province_code": province, **scores}


def _aqi(at: dt.datetime, aqi: int | None, station: str = "1583") -> dict[str, Any]:
    place = {"station_name": "Trạm", "latitude": 21.0, "longitude": 105.8}
    return {"station_id": station, "observed_at": at, "aqi": aqi, **place}


def _embassy(at: dt.datetime, aqi: int | None, quality: str = "valid") -> dict[str, Any]:
    return {"observed_at": at, "site": "Hanoi", "aqi": aqi, "quality": quality}


def _ward(code: str, population: int, area: float) -> dict[str, Any]:
    place = {"name": code, "level": "xã", "seat": "", "latitude": 21.0, "longitude": 105.8}
    return {"ward_code": code, "population": population, "area_km2": area, **place}


def _boundary(code: str, kind: str, coordinates: Any) -> dict[str, Any]:
    geometry = json.dumps({"type": kind, "coordinates": coordinates})
    names = dict.fromkeys(("full_name", "name", "english_full_name", "english_name", "slug", "map_id"), code)
    return {"ward_code": code, "feature_id": code, **names, "area_km2": 1.0, "geometry": geometry}


def _square(west: float, south: float, side: float = 1) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def _stop(number: int, longitude: float, latitude: float) -> dict[str, Any]:
    return {"stop_id": str(number), "stop_name": "Điểm dừng", "longitude": longitude, "latitude": latitude}


def _budget(province: str, expenditure: int, stage: str = "final", year: int = 2014) -> dict[str, Any]:
    figures = {"revenue": 1, "ratio": 100.0, "expenditure": expenditure}
    return {"stage": stage, "year": year, "province_code": province, **figures}


def _service(service: str, **days: bool) -> dict[str, Any]:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    year = {"start_date": dt.date(2018, 1, 1), "end_date": dt.date(2018, 12, 31)}
    return {"service_id": service, **{name: days.get(name, True) for name in names}, **year}


def _trip(trip: str, service: str, route: str = "01_1") -> dict[str, Any]:
    return {"trip_id": trip, "route_id": route, "service_id": service}


PAPI = (
    _papi(2017, "01", sc51=1.5, sc52=1.5, sc53=1.5, sc54=1.5),
    _papi(2018, "01", sc51=1.5, sc52=2.0, sc53=1.5, sc54=2.0, sc81=0.5, sc82=2.5),
    _papi(2023, "01", sc51=2.0, sc53=2.5, sc54=2.0, sc81=0.5, sc82=2.5, sc83=0.5),
    _papi(2023, "31", sc51=2.5, sc53=2.0, sc54=2.5, sc81=0.5, sc82=2.5, sc83=0.5),
    _papi(2023, "79", sc51=2.5, sc53=2.5, sc54=2.5, sc81=1.0, sc82=3.0, sc83=0.5),
    _papi(2023, "04"),
)
HOLED = [[_square(105, 21), _square(105.25, 21.25, 0.5)], [_square(107, 21)]]
"""A square with a hole in its middle, and another square."""
CASES: dict[str, tuple[dict[str, Rows], list[tuple[Any, ...]]]] = {
    "air-quality-unhealthy-hours": (
        {
            "air-quality-hourly": (
                _aqi(JANUARY - dt.timedelta(hours=1), 151),
                _aqi(JANUARY, 150),
                _aqi(JANUARY + dt.timedelta(hours=1), 301),
                _aqi(JANUARY + dt.timedelta(hours=2), None),
                _aqi(JANUARY, None, "8688"),
            )
        },
        [
            ("2025-01-01", "1583", 1, 1, 100.0),
            ("2025-02-01", "1583", 1, 2, 50.0),
            ("2025-02-01", "8688", 0, 0, None),
        ],
    ),
    "air-quality-unhealthy-hours-half-yearly": (
        {
            "air-quality-us-embassy-hourly": (
                _embassy(dt.datetime(2016, 6, 30, 16, tzinfo=dt.UTC), 151),
                _embassy(dt.datetime(2016, 6, 30, 17, tzinfo=dt.UTC), 100),
                _embassy(dt.datetime(2016, 7, 1, tzinfo=dt.UTC), 200),
                _embassy(dt.datetime(2016, 8, 1, tzinfo=dt.UTC), 50),
                _embassy(dt.datetime(2016, 8, 2, tzinfo=dt.UTC), 50),
                _embassy(dt.datetime(2016, 8, 3, tzinfo=dt.UTC), 300, "suspect"),
                _embassy(dt.datetime(2016, 8, 4, tzinfo=dt.UTC), None, "missing"),
            )
        },
        [("2016-01-01", 1, 1, 100.0), ("2016-07-01", 1, 4, 25.0)],
    ),
    "electronic-government-score": (
        {"papi": PAPI},
        [("2018-01-01", "01", 3.0), ("2023-01-01", "01", 3.5), ("2023-01-01", "31", 3.5), ("2023-01-01", "79", 4.5)],
    ),
    "electronic-government-rank": (
        {"papi": PAPI},
        [("2018-01-01", "01", 1), ("2023-01-01", "01", 2), ("2023-01-01", "31", 2), ("2023-01-01", "79", 1)],
    ),
    "administrative-procedures-score": (
        {"papi": PAPI},
        [
            ("2017-01-01", "01", 6.0),
            ("2018-01-01", "01", 7.0),
            ("2023-01-01", "01", 6.5),
            ("2023-01-01", "31", 7.0),
            ("2023-01-01", "79", 7.5),
        ],
    ),
    "competitiveness-rank": (
        {"pci": ({"year": 2013, "province_code": "01", "score": 57.67, "rank": 33},)},
        [("2013-01-01", "01", 33)],
    ),
    "provincial-expenditure-share": (
        {"provincial-budgets": (_budget("01", 30), _budget("79", 50), _budget("31", 20), _budget("01", 9, "plan"))},
        [
            ("2014-01-01", "final", "01", 30, 100, 30.0),
            ("2014-01-01", "final", "31", 20, 100, 20.0),
            ("2014-01-01", "final", "79", 50, 100, 50.0),
            ("2014-01-01", "plan", "01", 9, 9, 100.0),
        ],
    ),
    "ward-population-density": (
        {"wards": (_ward("00004", 1000, 2.5), _ward("00008", 1000, 0.5))},
        [("2025-07-01", "00004", 1000, 2.5, 400.0), ("2025-07-01", "00008", 1000, 0.5, 2000.0)],
    ),
    "bus-stops-by-ward": (
        {
            "ward-boundaries": (
                _boundary("00004", "MultiPolygon", HOLED),
                _boundary("00008", "Polygon", [_square(106, 21)]),
                _boundary("00025", "Polygon", [_square(108, 21)]),
            ),
            "bus-stops": (
                _stop(1, 105.1, 21.5),
                _stop(2, 105.1, 21.5),  # the same place on another route
                _stop(3, 105.5, 21.5),  # in the hole
                _stop(4, 107.5, 21.5),
                _stop(5, 106.5, 21.0),  # on a southern edge, at the height of other corners
                _stop(6, 104.5, 21.5),
                _stop(7, 106.5, 22.5),
            ),
        },
        [("2018-01-01", "00004", 2), ("2018-01-01", "00008", 1), ("2018-01-01", "00025", 0)],
    ),
    "bus-trips-by-route": (
        {
            "bus-service-days": (_service("DAILY"), _service("WEEKEND", monday=False), _service("WEEK", sunday=False)),
            "bus-trips": (_trip("a", "DAILY"), _trip("b", "WEEK"), _trip("c", "WEEKEND"), _trip("d", "WEEK", "02_1")),
        },
        [("2018-01-01", "01_1", 2), ("2018-01-01", "02_1", 1)],
    ),
}


def figures(lake: Lake, indicator: Indicator, plan: Blueprint = PLAN, **more: Any) -> list[tuple[Any, ...]]:
    """The figures without the last day of their periods, whose first day is written out."""
    rows = compute(lake, indicator, plan, **more).table.to_pylist()
    return [(row.pop("period").isoformat(), *(v for k, v in row.items() if k != "until")) for row in rows]


def test_every_indicator_has_a_case() -> None:
    assert {*CASES} == {*PLAN.indicators}


@pytest.mark.parametrize("name", CASES)
def test_made_rows_give_the_figures_that_they_must(name: str, tmp_path: Path) -> None:
    datasets, wanted = CASES[name]
    lake = Lake(tmp_path / "home")
    for dataset, rows in datasets.items():
        commit(lake, dataset, rows)
    indicator = PLAN.indicator(name)
    found = [tuple(float(v) if isinstance(v, int) else v for v in row) for row in figures(lake, indicator)]
    came = [tuple(float(v) if type(v).__name__ == "Decimal" else v for v in row) for row in found]
    assert came == [tuple(float(v) if isinstance(v, int) else v for v in row) for row in wanted]


def test_figures_say_what_they_were_computed_from(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "home")
    first = commit(lake, "wards", (_ward("00004", 1000, 2.5),))
    second = commit(lake, "wards", (_ward("00004", 2000, 2.5),))
    indicator = PLAN.indicator("ward-population-density")
    found = compute(lake, indicator, PLAN)
    assert [v.id for v in found.versions] == [second.id]
    assert found.table.column_names == ["period", "until", "ward_code", "numerator", "denominator", "value"]
    told = found.to_json()
    assert (told["indicator"], told["unit"], told["classification"]) == (indicator.ref, "{person}/km2", "open")
    assert told["figures"][0]["value"] == 800.0
    assert figures(lake, indicator, versions={"wards": first.id})[0][-1] == 400.0
    with pytest.raises(UnknownVersion):
        compute(lake, indicator, PLAN, {"wards": "9-00000000"})


def test_a_period_has_its_last_day(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "home")
    commit(lake, "air-quality-us-embassy-hourly", (_embassy(dt.datetime(2016, 8, 1, tzinfo=dt.UTC), 50),))
    (row,) = compute(lake, PLAN.indicator("air-quality-unhealthy-hours-half-yearly"), PLAN).table.to_pylist()
    assert (row["period"], row["until"]) == (dt.date(2016, 7, 1), dt.date(2016, 12, 31))


def test_a_dataset_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NothingToCompute, match="hanoi ingest papi"):
        compute(Lake(tmp_path / "home"), PLAN.indicator("electronic-government-rank"), PLAN)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"period": "half-year", "sql": "DATE '2025-04-01' AS period, ward_code, population AS value"},
            "does not begin",
        ),
        ({"sql": "CAST(NULL AS DATE) AS period, ward_code, population AS value"}, "does not begin"),
        (
            {"sql": "DATE '2025-07-01' AS period, nullif(ward_code, '00004') AS ward_code, area_km2 AS value"},
            "is empty",
        ),
        ({"sql": "DATE '2025-07-01' AS period, 'x' AS ward_code, area_km2 AS value"}, "two figures"),
        ({"sql": "DATE '2025-07-01' AS period, ward_code, -population AS value"}, "outside the range"),
        ({"sql": "DATE '2025-07-01' AS period, ward_code, CAST('nan' AS DOUBLE) AS value"}, "outside the range"),
        (
            {"sql": "DATE '2025-07-01' AS period, ward_code, population + area_km2 / seat AS value"},
            "cannot be computed",
        ),
    ],
)
def test_a_figure_that_breaks_its_promise_is_refused(change: dict[str, str], why: str, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "home")
    commit(lake, "wards", (_ward("00004", 1000, 2.5), _ward("00008", 1000, 0.5)))
    changed = {**change, "sql": f"SELECT {change['sql']} FROM wards"}
    indicator = PLAN.indicator("ward-population-density").model_copy(update=changed)
    with pytest.raises(FigureRefused, match=why):
        compute(lake, indicator, PLAN)


@pytest.mark.parametrize("reach", ["read_text('{file}')", "read_csv('{file}')", "'{file}'"])
def test_the_sql_reaches_no_file_beside_the_datasets(reach: str, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "home")
    commit(lake, "wards", (_ward("00004", 1000, 2.5),))
    secret = tmp_path / "secret.csv"
    secret.write_text("value\n1\n", encoding="utf-8")
    sql = f"SELECT DATE '2025-07-01' AS period, 'x' AS ward_code, count(*) AS value FROM {reach.format(file=secret)}"
    indicator = PLAN.indicator("ward-population-density").model_copy(update={"sql": sql})
    with pytest.raises(FigureRefused, match=r"Permission|Cannot access|does not exist"):
        compute(lake, indicator, PLAN)
