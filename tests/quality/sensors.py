"""Hourly readings of a few stations over many days, made up from a seed: normal days, and days on which something broke."""

import math
import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from blueprint import Blueprint, Contract
from blueprint.days import ZONE
from blueprint.freshness import Freshness
from lake import Version
from quality.history import History
from tests.quality.builders import blueprint, codelist, column, concept, contract, entry

FIRST = date(2026, 3, 2)
LEVELS = codelist("levels", *(entry(code) for code in ("good", "fair", "bad")))
PLAN: Blueprint = blueprint(
    concept("station", "string"),
    concept("instant", "timestamp"),
    concept("dust", "double"),
    concept("degrees", "double"),
    concept("level", "string", codelist="levels"),
    concept("operator", "string", classification="personal"),
    concept("operator-age", "integer", classification="restricted"),
    codelists=(LEVELS,),
)
SCHEMA = pa.schema(
    [
        ("station", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("pm25", pa.float64()),
        ("temperature", pa.float64()),
        ("level", pa.string()),
        ("operator", pa.string()),
        ("operator_age", pa.int64()),
    ]
)
Row = dict[str, Any]
Defect = Callable[[list[Row]], list[Row]]


def sensors(**promise: Any) -> Contract:
    """A contract of daily deliveries, each of one day of hourly readings by station."""
    stated = {"column": "at", "rhythm": "P1D", "grace": "PT6H", "by": ("station",), **promise}
    return contract(
        column("station", "station"),
        column("at", "instant"),
        column("pm25", "dust"),
        column("temperature", "degrees"),
        column("level", "level"),
        column("operator", "operator"),
        column("operator_age", "operator-age"),
        key=("station", "at"),
    ).model_copy(update={"dataset": "sensors", "freshness": Freshness(**stated)})


def day_of(seed: int, number: int, stations: int = 20) -> list[Row]:
    """A normal day: a common weather, stations of their own level, gaps, noise."""
    chance = random.Random(f"{seed}-{number}")  # noqa: S311 - made-up data needs no secrets
    weather, warmth = chance.gauss(0, 0.3), 24 + 5 * math.sin(number / 30) + chance.gauss(0, 2)
    midnight = datetime.combine(FIRST + timedelta(number), time(), ZONE)
    rows: list[Row] = []
    for station in range(stations):
        own = random.Random(f"{seed}-station-{station}")  # noqa: S311
        usual, warmer = own.gauss(3.5, 0.3), own.gauss(0, 1)
        for hour in range(24):
            if chance.random() < 0.03:
                continue
            pm25 = math.exp(usual + weather + 0.2 * math.sin(hour / 4) + chance.gauss(0, 0.25))
            rows.append(
                {
                    "station": f"s{station:02d}",
                    "at": (midnight + timedelta(hours=hour)).astimezone(UTC),
                    "pm25": None if chance.random() < 0.02 else round(pm25, 1),
                    "temperature": round(warmth + warmer + 4 * math.sin((hour - 9) / 4) + chance.gauss(0, 0.5), 1),
                    "level": "good" if pm25 < 25 else "fair" if pm25 < 60 else "bad",
                    "operator": f"Nguyễn Văn {station}",
                    "operator_age": 30 + station,
                }
            )
    return rows


def write_rows(path: Path, rows: Sequence[Row]) -> Path:
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), path)
    return path


def version(number: int, rows: int = 1, **changes: Any) -> Version:
    """A version as the lake would have made it, one a day."""
    content = {
        "dataset": "sensors",
        "id": f"{number}-{number:08x}",
        "number": number,
        "snapshot_id": number,
        "committed_at": datetime.combine(FIRST + timedelta(number), time(1), ZONE),
        "rows": rows,
        "content_hash": f"{number:064x}",
        "contract": "sensors@1.0.0",
        "delivery": f"{number:064x}",
        "run_id": "test",
        "gate": "passed",
        "rows_in": rows,
        "rows_quarantined": 0,
        "simulated": False,
        "code_version": "0.1.0",
        "new": True,
    }
    return Version(**{**content, **changes})


def accepted_days(history: History, of: Contract, folder: Path, seed: int, days: int, stations: int = 20) -> None:
    """Enter ``days`` normal days."""
    for number in range(1, days + 1):
        rows = day_of(seed, number - 1, stations)
        history.add(of, PLAN, version(number, len(rows)), write_rows(folder / "accepted.parquet", rows))
