"""Real weather files: every cell of the wide tables becomes a row, and sums over cells stay what they were."""

from collections import Counter
from decimal import Decimal

import pytest

from blueprint import blueprint
from tests.dags.real import RealFiles, whole

pytestmark = pytest.mark.real_data

EXPECTED = {
    "rainfall-monthly": (3240, 3240),
    "temperature-annual": (210, 210),
    "weather-daily": (3927, 3927),
    "weather-hourly": (1080, 1080),
}
"""Dataset -> rows in the delivery, and rows accepted."""
RAIN = "weather/gso-stations/rainfall_mm_monthly_stations_gso.csv"
TEMPERATURE = "weather/gso-stations/temperature_annual_stations_gso.csv"
HOURLY = ("Hanoi-2025-10-02-to-2025-11-11.csv", "Hanoi-2025-11-12-to-2025-11-15.csv")


@pytest.mark.parametrize("dataset", sorted(EXPECTED))
def test_each_row_is_accounted_for(real_files: RealFiles, dataset: str) -> None:
    found = real_files.conformed(dataset)
    assert (found.rows_in, found.rows_accepted) == EXPECTED[dataset]
    assert found.rules == found.warnings == {}
    whole(found, blueprint().contract(dataset))


def test_the_rain_of_all_months_is_the_sum_of_the_cells(real_files: RealFiles) -> None:
    cells = [
        (line["City_or_province"], month, text)
        for line in real_files.lines(RAIN)
        for month, text in line.items()
        if month not in ("Year", "City_or_province")
    ]
    known = [(station, month, Decimal(text)) for station, month, text in cells if text.strip(".")]
    assert len(cells) == 3240
    assert Counter(text for *_, text in cells if not text.strip(".")) == {"..": 103, "...": 1}
    total = sum(amount for *_, amount in known)
    assert total == Decimal("521395.4")
    asked = "SELECT sum(rainfall::DECIMAL(18, 1)), count(rainfall), count(*) FROM rain"
    assert real_files.rows(asked, rain="rainfall-monthly") == [(total, 3136, 3240)]
    by_month: Counter[str] = Counter()
    for _, month, amount in known:
        by_month[month.rstrip(".")] += amount
    months = blueprint().contract("rainfall-monthly").column("month").values
    asked = "SELECT month, sum(rainfall::DECIMAL(18, 1)) FROM rain GROUP BY month"
    assert dict(real_files.rows(asked, rain="rainfall-monthly")) == {months[m]: s for m, s in by_month.items()}


def test_each_station_has_all_its_months_under_its_own_name(real_files: RealFiles) -> None:
    asked = "SELECT station, count(*), min(year), max(year), count(DISTINCT month) FROM rain GROUP BY station"
    found = real_files.rows(asked, rain="rainfall-monthly")
    assert {row[0] for row in found} == blueprint().codelist("weather-stations").codes()
    assert {row[1:] for row in found} == {(216, 2002, 2019, 12)}
    november = "SELECT year, month FROM rain WHERE rainfall = (SELECT max(rainfall) FROM rain)"
    wettest = max(
        ((line["Year"], month, Decimal(text)) for line in real_files.lines(RAIN) for month, text in line.items()
         if month not in ("Year", "City_or_province") and text.strip(".")),
        key=lambda cell: cell[2],
    )  # fmt: skip
    assert wettest[1] == "Nov."
    assert real_files.rows(november, rain="rainfall-monthly") == [(int(wettest[0]), "11")]


def test_the_temperatures_of_all_years_are_the_cells(real_files: RealFiles) -> None:
    cells = [
        Decimal(text)
        for line in real_files.lines(TEMPERATURE)
        for year, text in line.items()
        if year != "City/province"
    ]
    asked = "SELECT sum(temperature::DECIMAL(9, 1)), count(DISTINCT (station, year)), min(year), max(year) FROM t"
    assert real_files.rows(asked, t="temperature-annual") == [(sum(cells), 210, 2006, 2019)]
    assert sum(cells) == Decimal("5144.3")
    hanoi = next(line for line in real_files.lines(TEMPERATURE) if line["City/province"] == "Ha Noi")
    asked = "SELECT year, temperature FROM t WHERE station = 'ha-noi'"
    assert dict(real_files.rows(asked, t="temperature-annual")) == {
        int(y): float(v) for y, v in hanoi.items() if y != "City/province"
    }


def test_two_hourly_files_are_one_series_without_a_gap(real_files: RealFiles) -> None:
    lines = [line for file in HOURLY for line in real_files.lines(f"weather/visualcrossing/{file}")]
    asked = (
        "SELECT count(DISTINCT observed_at), min(observed_at)::VARCHAR, "
        "date_diff('hour', min(observed_at), max(observed_at)) + 1 FROM w"
    )
    first = "2025-10-01 17:00:00+00"  # midnight of 2 October in Hà Nội
    assert real_files.rows(asked, w="weather-hourly") == [(1080, first, 1080)]
    rain, warmth = (sum(Decimal(line[name]) for line in lines) for name in ("precip", "temp"))
    assert (len(lines), rain, warmth) == (1080, Decimal("219.6"), Decimal("26766.7"))
    asked = "SELECT sum(rainfall::DECIMAL(9, 1)), sum(temperature::DECIMAL(9, 1)) FROM w"
    assert real_files.rows(asked, w="weather-hourly") == [(rain, warmth)]
    asked = "SELECT max(hour(timezone('Asia/Ho_Chi_Minh', observed_at))) FROM w WHERE solar_radiation > 0"
    assert real_files.rows(asked, w="weather-hourly") == [(18,)], "by UTC the sun would set at 11 h"


def test_the_daily_series_has_each_day_and_all_its_rain(real_files: RealFiles) -> None:
    lines = list(real_files.lines("weather/visualcrossing/hn_daily.csv"))
    rain = sum(Decimal(line["precip"]) for line in lines)
    assert rain == Decimal("20522.575")
    asked = "SELECT sum(rainfall::DECIMAL(12, 3)), count(DISTINCT day), date_diff('day', min(day), max(day)) + 1 FROM w"
    assert real_files.rows(asked, w="weather-daily") == [(rain, 3927, 3927)]
    asked = "SELECT condition, count(*) FROM w GROUP BY condition"
    spelled = blueprint().contract("weather-daily").column("condition").values
    assert dict(real_files.rows(asked, w="weather-daily")) == Counter(spelled[line["conditions"]] for line in lines)
    asked = "SELECT sunrise::VARCHAR FROM w WHERE day = '2015-01-01'"
    assert real_files.rows(asked, w="weather-daily") == [("2014-12-31 23:33:34+00",)], "06:33:34 in Hà Nội"
