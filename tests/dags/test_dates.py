"""Dates as offices write them, and the numbers that spreadsheets keep them as."""

import io
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, to_excel

from dags.sources.dates import DateReader
from tests.dags.builders import Bench, accepted_of, column, contract, refused_of


@pytest.mark.parametrize(
    ("form", "text", "found"),
    [
        ("month", "tháng 3 năm 2025", "2025-03-01"),
        ("month", "Tháng 12/2024", "2024-12-01"),
        ("month", "03/2025", "2025-03-01"),
        ("month", "13/2025", None),
        ("quarter", "Quý I/2020", "2020-01-01"),
        ("quarter", "QUÝ IV năm 2024", "2024-10-01"),
        ("quarter", "Q2/2025", "2025-04-01"),
        ("quarter", "Quý V/2020", None),
        ("school-year", "năm học 2024-2025", "2024-09-01"),
        ("school-year", "2024–2025", "2024-09-01"),
        ("school-year", "2024-2026", None),
        ("excel", "45717", "2025-03-01"),
        ("excel", "60", None),
        ("excel-1904", "44255", "2025-03-01"),
        ("%d/%m/%Y", "03/04/2025", "2025-04-03"),
        ("%Y-%m-%d", "2025-04-03", "2025-04-03"),
    ],
)
def test_declared_forms(bench: Bench, form: str, text: str, found: str | None) -> None:
    declared = contract(columns=(column("d", "day", date_formats=[form]),), key=("d",))
    result = bench.conform(declared, f"d\n{text}\n")
    assert [str(row[0]) for row in accepted_of(result)] == [found] * (found is not None)
    assert refused_of(result) == ({} if found else {2: ["d-type"]})


def test_undeclared_forms_are_refused(bench: Bench) -> None:
    declared = contract(columns=(column("d", "day"),), key=("d",))
    result = bench.conform(declared, "d\n03/04/2025\n31/12/2025\n45717\nQuý I/2020\n2025-04-03\n")
    assert (result.rows_accepted, list(refused_of(result))) == (1, [2, 3, 4, 5])


def test_forms_beside_patterns_are_written_as_these(bench: Bench) -> None:
    declared = contract(columns=(column("d", "day", date_formats=["%Y-%d-%m", "quarter"]),), key=("d",))
    result = bench.conform(declared, "d\n2025-03-04\nQuý II/2025\n")
    assert [str(row[0]) for row in accepted_of(result)] == ["2025-04-03", "2025-04-01"]


@pytest.mark.parametrize("old_mac", [False, True])
def test_date_cells_of_a_workbook_are_dates_whatever_is_declared_for_texts(bench: Bench, old_mac: bool) -> None:
    book = Workbook()
    if old_mac:
        book.epoch = CALENDAR_MAC_1904
    for row in (["d", "t"], [date(2025, 4, 3), datetime(2025, 4, 3, 7, 5)], ["03/04/2025", "03/04/2025 07:05"]):
        book.worksheets[0].append(row)
    columns = (
        column("d", "day", date_formats=["%d/%m/%Y"]),
        column("t", "instant", date_formats=["%d/%m/%Y %H:%M"]),
    )
    file = io.BytesIO()
    book.save(file)
    result = bench.conform(
        contract(columns=columns, key=("t",), reading={"format": "excel"}), file.getvalue(), "air.xlsx"
    )
    assert refused_of(result) == {3: ["key-duplicate"]}
    assert [str(row[0]) for row in accepted_of(result)] == ["2025-04-03"]


@given(day=st.dates(date(1900, 3, 1), date(2200, 1, 1)), seconds=st.integers(0, 86399))
def test_day_numbers_of_both_calendars(day: date, seconds: int) -> None:
    moment = datetime.combine(day, datetime.min.time()) + timedelta(seconds=seconds)
    assert DateReader(("excel",), time=True)(repr(to_excel(moment))) == moment.isoformat(" ")
    if day.year > 1904:
        assert DateReader(("excel-1904",), time=True)(repr(to_excel(moment, CALENDAR_MAC_1904))) == moment.isoformat(
            " "
        )
