"""The rows of the simulated city, dataset by dataset. Everything is drawn from one seed; names are plainly made up."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from blueprint import Blueprint
from ops.simulator.budgets import provincial_budgets
from ops.simulator.layout import Row

_CATEGORIES = (
    (50, "good"),
    (100, "moderate"),
    (150, "unhealthy-sensitive"),
    (200, "unhealthy"),
    (300, "very-unhealthy"),
    (999, "hazardous"),
)
_KM_A_DEGREE = 111.32
"""Kilometres of a degree of latitude."""
Files = dict[str, list[Row] | bytes]
"""File name -> its rows, or the file itself where its layout is more than rows."""


def stations_hourly(random: Random, plan: Blueprint) -> Files:
    """Air quality of seven stations, hourly over one March; some rows come twice, some pressures in kPa."""
    rows: list[Row] = []
    stations = plan.codelist("air-quality-stations").entries
    for hour in range(24 * 26):
        moment = datetime(2025, 3, 6) + timedelta(hours=hour)
        for station in stations:
            aqi = _aqi(random, moment)
            row = {
                "station_id": station.code,
                "station_name": station.vi,
                "observed_at": f"{moment:%Y-%m-%d %H:%M:%S}",
                "latitude": station.attributes["latitude"],
                "longitude": station.attributes["longitude"],
                "aqi": str(aqi),
                "pm25": str(aqi),
                "pm10": str(round(aqi * 0.7)),
                "o3": "N/A" if random.random() < 0.3 else f"{random.uniform(2, 60):.1f}",
                "no2": f"{random.uniform(2, 40):.1f}",
                "co": f"{random.uniform(0.1, 9):.1f}",
                "temperature": f"{20 + 4 * math.sin((moment.hour - 9) / 24 * 2 * math.pi) + random.gauss(0, 1):.1f}",
                "pressure": "101.6" if random.random() < 0.01 else str(random.randint(1008, 1024)),
                "humidity": str(random.randint(50, 98)),
                "wind_speed": f"{random.uniform(0, 7):.1f}",
            }
            rows.append(row)
            if random.random() < 0.02:
                rows.append(row if random.random() < 0.5 else {**row, "aqi": str(aqi + 1)})
    return {"": rows}


def embassy_hourly(random: Random, plan: Blueprint) -> Files:
    """One monitor, hourly from 2015 to June 2018, with hours that are missing and a few values that are not valid."""
    rows: list[Row] = []
    for hour in range(29_928):
        moment = datetime(2015, 1, 1, 1) + timedelta(hours=hour)
        draw = random.random()
        quality = "missing" if draw < 0.3 else "invalid" if draw < 0.309 else "valid"
        aqi = _aqi(random, moment) if quality == "valid" or draw > 0.3085 else None
        category = next(name for limit, name in _CATEGORIES if aqi is None or aqi <= limit)
        rows.append(
            {
                "observed_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                "site": "Thành phố mô phỏng",
                "aqi": "NA" if aqi is None else str(aqi),
                "quality": quality,
                "category": "NA" if aqi is None else category,
            }
        )
    return {"": rows}


def bus_stops(random: Random, plan: Blueprint) -> Files:
    """Stops along 224 routes; a few coordinates are swapped."""
    rows: list[Row] = []
    for route in _routes():
        latitude, longitude = random.uniform(20.9, 21.1), random.uniform(105.7, 105.95)
        for stop in range(1, 31):
            latitude, longitude = latitude + random.gauss(0, 0.002), longitude + random.gauss(0, 0.002)
            place = (f"{latitude:.6f}", f"{longitude:.6f}")
            swapped = random.random() < 0.002
            rows.append(
                {
                    "stop_id": f"{route}_S{stop}",
                    "stop_name": f"Bến mô phỏng {route} số {stop}",
                    "latitude": place[1 if swapped else 0],
                    "longitude": place[0 if swapped else 1],
                }
            )
    return {"": rows}


def bus_routes(random: Random, plan: Blueprint) -> Files:
    """224 routes with made-up names."""
    return {
        "": [
            {
                "route_id": route,
                "route_short_name": route,
                "route_long_name": f"Tuyến mô phỏng {route}",
                "route_type": "3",
            }
            for route in _routes()
        ]
    }


def procedures(random: Random, plan: Blueprint) -> Files:
    """Procedures of two ministries, one workbook each."""
    files: Files = {}
    for ministry, field, file, first in (
        ("Bộ Tài chính", "Thuế", "danh-sach-tthc-BoTaiChinh.xlsx", 0),
        ("Bộ Tư pháp", "Hộ tịch", "danh-sach-tthc-BoTuPhap.xlsx", 700),
    ):
        files[file] = [
            {
                "procedure_code": f"{random.randint(1, 3)}.{number:06d}",
                "name": f"Thủ tục mô phỏng số {number} ({field.lower()})",
                "issuing_body": ministry,
                "carried_out_by": "Ủy ban nhân dân cấp xã" if random.random() < 0.8 else "",
                "field": field,
            }
            for number in range(first + 1, first + (701 if first == 0 else 261))
        ]
    return files


def papi(random: Random, plan: Blueprint) -> Files:
    """Sub-index scores of 63 provinces over fourteen years."""
    scores = [c.name for c in plan.contract("papi").columns if c.name.startswith("sc")]
    codes = list(plan.contract("papi").column("province_code").values.values())
    return {
        f"{year}.csv": [
            {
                "province_code": code,
                **{s: "" if random.random() < 0.05 else f"{random.uniform(0.3, 2.6):.6f}" for s in scores},
            }
            for code in codes
        ]
        for year in range(2011, 2025)
    }


def pci(random: Random, plan: Blueprint) -> Files:
    """Weighted scores and ranks of the provinces over nine years, one workbook each."""
    names = dict.fromkeys(plan.contract("pci").column("province_code").values.values())
    files: Files = {}
    for year in range(2005, 2014):
        codes = [c for c in names if year <= 2008 or c != "28"]
        codes = [c for c in codes if c != "28"][:42] if year == 2005 else codes
        scored = sorted(((round(random.uniform(40, 76), 2), code) for code in codes), reverse=True)
        name = f"PCI_{year}.xls{'x' if year > 2011 else ''}"
        files[name] = [
            {"province_code": code, "score": f"{score:.2f}", "rank": str(rank)}
            for rank, (score, code) in enumerate(scored, 1)
        ]
    return files


def provinces(random: Random, plan: Blueprint) -> Files:
    """The provinces of today, by their code list, in a list of JSON objects."""
    rows: list[Row] = []
    for entry in plan.codelist("provinces").entries:
        if entry.valid_to is None:
            name, kind = entry.attributes["name"], entry.attributes["level"]
            kind = "thành phố trực thuộc trung ương" if kind == "thành phố" else kind
            rows.append(
                {
                    "province_code": entry.code,
                    "full_name": entry.vi,
                    "name": name,
                    "english_name": entry.en,
                    "english_full_name": entry.en,
                    "slug": entry.en.lower().replace(" ", "_"),
                    "kind": kind,
                    "english_kind": "Province" if kind == "tỉnh" else "Municipality",
                }
            )
    return {"full_json_generated_data_vn_units_simulated.json": rows}


def ward_boundaries(random: Random, plan: Blueprint) -> Files:
    """A hexagon of the right area around the point of each ward, all in one file."""
    rows: list[Row] = []
    for entry in plan.codelist("ha-noi-wards").entries:
        if entry.valid_to is None:
            place = entry.attributes
            rows.append(
                {
                    "ward_code": entry.code,
                    "feature_id": entry.code,
                    "full_name": entry.vi,
                    "name": place["name"],
                    "english_full_name": entry.en,
                    "english_name": entry.en,
                    "slug": entry.en.lower().replace(" - ", "_").replace(" ", "_"),
                    "map_id": f"simulated.{entry.code}",
                    "area_km2": place["area_km2"],
                    "geometry": json.dumps(_hexagon(place), separators=(",", ":")),
                }
            )
    return {"": rows}


SIMULATED: dict[str, Callable[[Random, Blueprint], Files]] = {
    "administrative-procedures": procedures,
    "air-quality-hourly": stations_hourly,
    "air-quality-us-embassy-hourly": embassy_hourly,
    "bus-routes": bus_routes,
    "bus-stops": bus_stops,
    "papi": papi,
    "pci": pci,
    "provinces": provinces,
    "provincial-budgets": provincial_budgets,
    "ward-boundaries": ward_boundaries,
}
"""Datasets whose deliveries the simulated agencies send."""


def _routes() -> Iterator[str]:
    return (f"{number:02d}_{direction}" for number in range(1, 113) for direction in (1, 2))


def _hexagon(place: Mapping[str, str]) -> dict[str, Any]:
    latitude, longitude = float(place["latitude"]), float(place["longitude"])
    radius = math.sqrt(float(place["area_km2"]) / (1.5 * math.sqrt(3))) / _KM_A_DEGREE
    wide = radius / math.cos(math.radians(latitude))
    angles = [math.radians(60 * corner) for corner in range(6)]
    ring = [[round(longitude + wide * math.cos(a), 6), round(latitude + radius * math.sin(a), 6)] for a in angles]
    return {"type": "MultiPolygon", "coordinates": [[[*ring, ring[0]]]]}


def _aqi(random: Random, moment: datetime) -> int:
    """An index that is worse in winter and in the morning, as Hanoi's is."""
    season = 40 * math.cos((moment.timetuple().tm_yday - 15) / 365 * 2 * math.pi)
    return max(
        5, min(480, round(95 + season + 20 * math.cos((moment.hour - 9) / 24 * 2 * math.pi) + random.gauss(0, 18)))
    )
