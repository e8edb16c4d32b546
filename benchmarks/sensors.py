"""Generated sensor data: hourly measurements of many stations, and a contract for them with as many rules as wanted."""

from datetime import date
from pathlib import Path
from typing import Any

from blueprint import Bilingual, Blueprint, CodeEntry, CodeList, Column, Concept, Contract, Gate, Reading, Source

STATIONS = 200
_NUMBERS = ("pm25", "pm10", "no2", "o3", "so2", "co", "temperature", "humidity", "pressure", "wind")


def text(value: str) -> Bilingual:
    """The same words in both languages."""
    return Bilingual(vi=value, en=value)


def concept(name: str, kind: str, **more: Any) -> Concept:
    """An open concept that is called by its name alone."""
    return Concept(
        concept=name,
        version=1,
        title=text(name),
        definition=text(name),
        type=kind,
        classification="open",
        source="benchmark",
        **more,
    )


def plan(contract: Contract | None = None) -> Blueprint:
    """The concepts and the code list of stations that the contract binds to."""
    stations = CodeList(
        codelist="stations",
        version=1,
        title=text("stations"),
        definition=text("stations"),
        source="benchmark",
        entries=tuple(
            CodeEntry(code=f"ST{i:04d}", vi=f"Trạm {i}", en=f"Station {i}", valid_from=date(2020, 1, 1))
            for i in range(STATIONS)
        ),
    )
    concepts = (
        concept("station", "string", codelist="stations", pattern="^ST[0-9]{4}$"),
        concept("instant", "timestamp"),
        concept("level", "double", minimum=0, maximum=1000),
    )
    contracts = {contract.dataset: contract} if contract else {}
    return Blueprint(Path(), {c.ref: c for c in concepts}, {"stations": stations}, contracts)


def contract(numbers: int = 3, *, partition: str | None = None) -> Contract:
    """A contract with ``numbers`` measured columns: 9 expectations and 3 more for each of them."""
    columns = (
        Column(name="station", concept="station@1", title=text("station"), required=True),
        Column(name="observed_at", concept="instant@1", title=text("observed_at"), required=True),
        *(Column(name=name, concept="level@1", title=text(name), required=True) for name in _NUMBERS[:numbers]),
    )
    return Contract(
        dataset="sensor-hourly",
        version="1.0.0",
        agency="benchmark",
        title=text("sensors"),
        description=text("sensors"),
        theme="benchmark",
        licence="benchmark",
        source_note=text("generated"),
        frequency="HOURLY",
        keywords={"vi": (), "en": ()},
        key=("station", "observed_at"),
        sources=(Source(files=("sensors.csv",), reading=Reading(format="csv")),),
        columns=columns,
        gate=Gate(min_rows=1, max_quarantined=0.5),
        partition=partition,
    )


def names(numbers: int) -> tuple[str, ...]:
    """The names of the first ``numbers`` measured columns."""
    return _NUMBERS[:numbers]


def rows(number: int, numbers: int = 3) -> str:
    """A DuckDB query for ``number`` rows, the same ones every time."""
    values = ", ".join(
        f"round((hash(i * 31 + {k}) % 100000) / 100.0, 2) AS {name}" for k, name in enumerate(_NUMBERS[:numbers])
    )
    return (
        f"SELECT 'ST' || lpad((i % {STATIONS})::VARCHAR, 4, '0') AS station, "
        f"TIMESTAMPTZ '2020-01-01 00:00:00+00' + INTERVAL (i // {STATIONS}) HOUR AS observed_at, {values} FROM range({int(number)}) t(i)"
    )


def write(path: Path, number: int, numbers: int = 3) -> Path:
    """The rows as a Parquet or CSV file, by the suffix of ``path``; a file that is there is kept."""
    import duckdb

    if not path.exists():
        form = (
            "FORMAT parquet"
            if path.suffix == ".parquet"
            else "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ'"
        )
        part = path.with_name(f".{path.name}")
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            db.execute("SET preserve_insertion_order = false")
            db.execute(f"COPY ({rows(number, numbers)}) TO '{part}' ({form})")
        part.rename(path)
    return path
