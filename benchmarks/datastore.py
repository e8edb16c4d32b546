"""CKAN's DataStore on published Parquet files against the stock one in PostgreSQL, both in one running catalogue.

Publishing is timed over HTTP; the searches by CKAN's action `datastore_search` in a process of CKAN, without the web server
around it, which costs both sides the same.
"""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import Result, at_most
from benchmarks.served import AGENCY, PATIENCE, PYTHON, SERVER, Catalogue, catalogue_at

ROWS = 1_000_000
_IN_CATALOGUE = Path(__file__).with_name("in_catalogue.py")
_DATASET = "readings"
_AGAINST = "stock DataStore in PostgreSQL"
_ASKED = 9

# Places of few and of many different names, a code with zeros, numbers, a moment.
_READINGS = """
SELECT i AS reading, TIMESTAMPTZ '2020-01-01 00:00:00+00' + INTERVAL (i) MINUTE AS observed_at,
  ['Hàng Đậu', 'Kim Liên', 'Mỹ Đình', 'Đống Đa', 'Cầu Giấy', 'Hoàn Kiếm', 'Tây Hồ'][1 + i % 7] AS station,
  'Số ' || (i % 977) || ' ngõ ' || (i * 7919 % 3001) || ' phố '
    || ['Nguyễn Trãi', 'Khâm Thiên', 'Giải Phóng', 'Láng Hạ', 'Kim Mã', 'Lê Duẩn'][1 + (i * 31) % 6] || ', phường '
    || ['Khương Đình', 'Ô Chợ Dừa', 'Bạch Mai', 'Yên Hòa', 'Từ Liêm'][1 + (i * 17) % 5] AS address,
  lpad(CAST(i % 126 AS VARCHAR), 5, '0') AS ward_code,
  round(35 + 20 * sin(i / 50.0) + (i * 7919 % 1000) / 100.0, 2) AS pm25, CAST(i * 7 % 1000 AS INTEGER) AS passengers,
  i % 2 = 0 AS checked, DATE '2020-01-01' + CAST(i // 1440 AS INTEGER) AS day
FROM range({rows}) t(i)
"""
_FIELDS = [
    ("reading", "int8"), ("observed_at", "timestamptz"), ("station", "text"), ("address", "text"), ("ward_code", "text"),
    ("pm25", "float8"), ("passengers", "int4"), ("checked", "bool"), ("day", "date"),
]  # fmt: skip
# Work, call and the ratio to reach.
_CALLS: list[tuple[str, dict[str, Any], float]] = [
    ("a page of 100 rows", {"limit": 100, "include_total": False}, 1.0),
    ("a page of 100 rows in the middle", {"limit": 100, "offset": 500_000, "include_total": False}, 1.0),
    ("the next page by its key", {"limit": 100, "filters": {"_id": {"gt": 700_000}}, "include_total": False}, 1.0),
    ("100 rows sorted by a number", {"limit": 100, "sort": "pm25 desc", "include_total": False}, 1.0),
    ("100 rows sorted by a text", {"limit": 100, "sort": "address", "include_total": False}, 1.0),
    ("filter by a station, with total", {"limit": 100, "filters": {"station": "Đống Đa"}}, 0.2),
    ("filter by a range of a number, with total", {"limit": 100, "filters": {"pm25": {"gt": 55}}}, 0.2),
    ("full text, a frequent word, with total", {"limit": 100, "q": "Khương"}, 0.2),
    ("full text, two words, with total", {"limit": 100, "q": "Khương Khâm"}, 0.2),
    ("full text in one column, with total", {"limit": 100, "q": {"station": "Đống"}}, 0.2),
    ("total of a filter alone", {"limit": 0, "filters": {"ward_code": "00077"}}, 0.2),
    ("total of the distinct values of a column", {"limit": 10, "fields": "station", "distinct": True}, 0.2),
]  # fmt: skip


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """From published to the first answer, then each kind of search, medians of requests that take turns."""
    number = rows or ROWS
    write(folder / "home", _DATASET, number)
    write(folder / "home", "warm", 10)
    csv = _as_csv(folder, number)
    with catalogue_at(folder / "home") as catalogue:
        warm = _publish(catalogue, "warm", 10)
        for _ in range(6):  # a server that has answered before, in each of its processes
            catalogue.action("datastore_search", resource_id=warm)
        our_seconds, ours = _timed(lambda: _publish(catalogue, _DATASET, number))
        their_seconds, theirs = _timed(lambda: _load(catalogue, csv))
        work = f"{number:,} rows, published to the first answer"
        results = [at_most(work, "stock DataStore, loaded by COPY", our_seconds, their_seconds, "s", 0.01)]
        _await_held(catalogue, number)
        calls = [{**call, **({"offset": number // 2} if "offset" in call else {})} for _, call, _ in _CALLS]
        wanted = {"tables": [ours, theirs], "calls": calls, "times": max(times, _ASKED)}
        for (name, call, reach), said in zip(_CALLS, _asked(catalogue, wanted), strict=True):
            if said["sizes"][0] != said["sizes"][1]:
                raise RuntimeError(f"the answers to {call} differ: {said['sizes']}")
            results.append(at_most(f"{name}, {number:,} rows", _AGAINST, *said["seconds"], "s", reach))
    return results


def _asked(catalogue: Catalogue, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    command = [str(PYTHON), str(_IN_CATALOGUE), "ask", str(catalogue.home / "ckan/ckan.ini")]
    done = subprocess.run(command, input=json.dumps(wanted), capture_output=True, text=True, check=False, cwd=SERVER)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"the catalogue's process failed:\n{done.stderr[-3000:]}")
    return list(json.loads(done.stdout.splitlines()[-1]))


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    said = work()
    return time.perf_counter() - began, said


def _publish(catalogue: Catalogue, dataset: str, rows: int) -> str:
    """Name the files in the catalogue, as the publisher's one call does, and ask for the first rows."""
    address = f"/data/{dataset}/1-0a1b2c3d"
    resources = [{"name": "Parquet", "format": "Parquet", "url": f"{address}.parquet"}]
    package = catalogue.action(
        "package_create", signed_in=True, name=dataset, title="Số đo", owner_org=AGENCY, private=False,
        resources=resources,
    )  # fmt: skip
    table = str(package["resources"][0]["id"])
    answer = catalogue.action("datastore_search", resource_id=table)
    if answer["total"] != rows:
        raise RuntimeError(f"{answer['total']} rows answer instead of {rows}")
    return table


def _load(catalogue: Catalogue, csv: Path) -> str:
    """Make a table of the stock DataStore and copy the rows into it, as CKAN's bulk loaders do."""
    package = catalogue.action(
        "package_create", signed_in=True, name="copied", title="Bản sao", owner_org=AGENCY, private=False
    )
    fields = [{"id": name, "type": kind} for name, kind in _FIELDS]
    made = catalogue.action("datastore_create", signed_in=True, resource={"package_id": package["id"]}, fields=fields)
    table = str(made["resource_id"])
    command = [str(PYTHON), str(_IN_CATALOGUE), "copy", str(catalogue.home / "ckan/ckan.ini"), table, str(csv)]
    subprocess.run(command, check=True, cwd=SERVER)  # noqa: S603
    catalogue.action("datastore_search", resource_id=table)
    return table


def write(home: Path, dataset: str, rows: int) -> None:
    """Write the published file of a table of that many readings, as the publisher writes it."""
    import duckdb

    from catalog.publisher.files import PARQUET
    from lake.folders import private_folder

    target = private_folder(home / "published" / dataset) / "1-0a1b2c3d.parquet"
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"COPY ({_READINGS.format(rows=rows)}) TO '{target}' ({PARQUET})")


def _as_csv(folder: Path, rows: int) -> Path:
    import duckdb

    target = folder / "readings.csv"
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"COPY ({_READINGS.format(rows=rows)}) TO '{target}' (FORMAT csv, HEADER)")
    return target


def _await_held(catalogue: Catalogue, rows: int) -> None:
    """Wait until the table is held for quick answers, which the first call began: the stock table was indexed while it was loaded."""
    end = time.monotonic() + PATIENCE
    while rows >= 50_000 and not list((catalogue.home / "ckan/tables" / _DATASET).glob("1-*.duckdb")):
        if time.monotonic() > end:
            raise RuntimeError("the table was not held")
        time.sleep(0.5)
