"""Real budget workbooks, whose layout changes every year: rows counted, and sums held against those that they print."""

import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
import xlrd

from blueprint import blueprint
from dags.errors import DeliveryError
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.sources.syllables import one_spelling
from dags.steps.conform import Conformed, conform
from tests.dags.real import RealFiles, whole

pytestmark = pytest.mark.real_data

EXPECTED = {
    "provincial-budgets": 1450,
    "provincial-budgets-compiled": 633,
    "state-budget-lines": 2449,
    "central-budget-by-agency": 13786,
}
"""Dataset -> rows, all of them accepted."""
FOLDER = "budget/national-cc0"
PROVINCES = {
    "plan": {2003: 61, 2004: 61, 2006: 64, 2007: 64, 2008: 64} | dict.fromkeys(range(2009, 2018), 63),
    "final": {2006: 64, 2007: 64} | dict.fromkeys(range(2008, 2015), 63),
}
PRINTED = {
    ("plan", 2004): ("Sheet1", "C8", "F8"),
    ("plan", 2006): ("Sheet1", "C14", "E14"),
    ("plan", 2007): ("mau so 09", "C14", "E14"),
    ("plan", 2008): ("Sheet1", "C14", "E14"),
    ("plan", 2009): ("Sheet1", "C16", "E16"),
    ("plan", 2010): ("Sheet1", "C13", "E13"),
    ("plan", 2011): ("M09(R)", "C14", "E14"),
    ("plan", 2012): ("M08", "C14", "E14"),
    ("plan", 2013): ("M09", "C13", "E13"),
    ("plan", 2014): ("M09", "C13", "E13"),
    ("plan", 2015): ("M09", None, "E13"),
    ("plan", 2016): ("M09", None, "E13"),
    ("plan", 2017): ("M09", None, "H13"),
    ("final", 2006): ("Sheet1", "C13", "E13"),
    ("final", 2007): ("M09+", "C12", "E12"),
    ("final", 2008): ("Sheet1", None, "F10"),
    ("final", 2009): ("M09+", "C12", "E12"),
    ("final", 2010): ("M09+", "C12", "E12"),
    ("final", 2011): ("M09+", "C13", "F13"),
    ("final", 2012): ("M09+", "C13", "F13"),
    ("final", 2013): ("M09+", "C13", "F13"),
    ("final", 2014): ("M09+", "C13", "F13"),
}
"""Workbook -> sheet, and the cells that print the country's revenue and expenditure; none where the sheet's notes say that
the cell holds what no province has, or is no number."""
ROUNDED = 10
"""Million đồng by which a printed sum may differ from that of the rows, as the Ministry rounds them one by one."""


@pytest.mark.parametrize("dataset", sorted(EXPECTED))
def test_each_row_is_accounted_for(real_files: RealFiles, dataset: str) -> None:
    found = real_files.conformed(dataset)
    assert (found.rows_in, found.rows_accepted) == (EXPECTED[dataset], EXPECTED[dataset])
    whole(found, blueprint().contract(dataset))


def test_every_workbook_brings_its_provinces(real_files: RealFiles) -> None:
    rows = real_files.rows(
        "SELECT stage, year, count(*), count(DISTINCT province_code), count(region) FROM budget GROUP BY ALL",
        budget="provincial-budgets",
    )
    assert {(stage, year): counts for stage, year, *counts in rows} == {
        (stage, year): [count, count, 0 if year == 2003 else count]
        for stage, years in PROVINCES.items()
        for year, count in years.items()
    }


@pytest.mark.parametrize(("stage", "year"), PRINTED)
def test_the_sum_of_the_provinces_is_the_one_that_the_workbook_prints(
    real_files: RealFiles, stage: str, year: int
) -> None:
    sheet, *cells = PRINTED[stage, year]
    path = real_files.data / FOLDER / f"{stage.title()}_{year}.xls"
    found = real_files.rows(
        f"SELECT sum(revenue), sum(expenditure) FROM budget WHERE stage = '{stage}' AND year = {year}",
        budget="provincial-budgets",
    )[0]
    for cell, total in zip(cells, found, strict=True):
        if cell:
            assert abs(printed(path, str(sheet), cell) - total) <= ROUNDED, cell


def test_text_in_a_font_from_before_unicode_is_read_as_its_unicode_copy(real_files: RealFiles) -> None:
    """The workbook of 2003 holds its table twice: in TCVN3, which is read, and in Unicode."""
    book = xlrd.open_workbook(str(real_files.data / FOLDER / "Plan_2003.xls"))
    codes = blueprint().contract("provincial-budgets").column("province_code").values
    spelt = {one_spelling(name.casefold()): code for name, code in codes.items()}
    copy = {
        spelt[one_spelling(str(row[1].value).strip().casefold())]: (row[2].value, row[4].value, row[5].value)
        for row in book.sheet_by_name("Sheet1 (2)").get_rows()
        if row[0].ctype == xlrd.XL_CELL_NUMBER
    }
    rows = real_files.rows(
        "SELECT province_code, revenue, transfer, expenditure FROM budget WHERE year = 2003",
        budget="provincial-budgets",
    )
    assert {code: tuple(map(float, amounts)) for code, *amounts in rows} == copy


def test_transfers_are_the_sum_of_their_parts_but_for_one_that_the_ministry_printed_otherwise(
    real_files: RealFiles,
) -> None:
    assert real_files.conformed("provincial-budgets").warnings == {"transfer-adds-up": 1}
    apart = "SELECT transfer - balance_transfer - target_transfer FROM budget WHERE year = 2011 AND province_code = '66' AND stage = 'plan'"
    assert real_files.rows(apart, budget="provincial-budgets") == [(Decimal(-564859),)]


def test_what_a_user_compiled_agrees_with_the_workbooks(real_files: RealFiles) -> None:
    same = ("revenue", "ratio", "expenditure", "target_transfer", "project_transfer")
    apart = " OR ".join(f"abs(a.{name} - b.{name}) > 0.001 * greatest(1, abs(b.{name}) / 1e6)" for name in same)
    sources = {"a": "provincial-budgets", "b": "provincial-budgets-compiled"}
    joined = "a JOIN b USING (year, province_code) WHERE a.stage = 'plan'"
    assert real_files.rows(f"SELECT count(*) FROM {joined}", **sources) == [(633,)]
    assert real_files.rows(f"SELECT count(*) FROM {joined} AND ({apart})", **sources) == [(0,)]
    meant = "CASE WHEN year <= 2012 THEN a.transfer ELSE coalesce(a.balance_transfer, 0) END"
    known = f"SELECT count(*) FROM {joined} AND abs({meant} - b.balance_transfer) > 1"
    assert real_files.rows(known, **sources) == [(0,)], "the known flaw: up to 2012 it holds the whole transfer"


def test_every_table_of_every_workbook_is_read_line_by_line(real_files: RealFiles) -> None:
    rows = real_files.rows(
        'SELECT stage, year, "table" FROM lines GROUP BY ALL ORDER BY ALL', lines="state-budget-lines"
    )
    years = Counter((stage, year) for stage, year, _ in rows)
    without = {("plan", 2011), ("plan", 2012), ("plan", 2016)}
    assert years.pop(("plan", 2017)) == 6, "no table 05 was published with the plan of 2017"
    assert {year for year, tables in years.items() if tables == 6} == without, "no table 08 was published with these"
    assert set(years.values()) == {6, 7}
    assert len(years) == 13


def test_lines_hold_as_many_amounts_as_the_sheets(real_files: RealFiles) -> None:
    """Counted without our readers in one workbook: its numbers right of the item, but for shares of GDP and column numbers."""
    book = xlrd.open_workbook(str(real_files.data / FOLDER / "Plan_2012.xls"))
    amounts = [
        Decimal(repr(cell.value))
        for name in ("M01", "M02", "M03", "M04", "M05", "M06")
        for row in list(book.sheet_by_name(name).get_rows())[9:]
        if row[1].value not in ("", "B") and not str(row[1].value).startswith("Tỷ lệ")
        for cell in row[2:]
        if cell.ctype == xlrd.XL_CELL_NUMBER
    ]
    found = real_files.rows(
        "SELECT count(*), sum(amount) FROM lines WHERE stage = 'plan' AND year = 2012", lines="state-budget-lines"
    )
    assert found == [(len(amounts), 1000 * sum(amounts))]


def test_central_and_local_parts_add_up_line_by_line(real_files: RealFiles) -> None:
    parts = (
        "SELECT count(*), count(*) FILTER (abs(p.amount - c.amount - l.amount) > 1500) "
        'FROM lines p JOIN lines c USING (stage, year, "table", line) JOIN lines l USING (stage, year, "table", line) '
        "WHERE p.measure IN ('plan', 'final') AND c.measure = 'central' AND l.measure = 'local'"
    )
    both, apart = real_files.rows(parts, lines="state-budget-lines")[0]
    assert both > 100
    assert apart == 0


def test_programmes_add_up_by_kind_of_expenditure(real_files: RealFiles) -> None:
    apart = (
        "SELECT year, sum(amount) FILTER (measure IN ('plan', 'final')) - sum(amount) FILTER (measure IN ('investment', "
        "'recurrent')) FROM lines WHERE \"table\" = '08' GROUP BY stage, year"
    )
    found = real_files.rows(apart, lines="state-budget-lines")
    assert len(found) == 11
    assert [year for year, rest in found if abs(rest) > 1] == [2007], "the workbook itself is 0.5 billion apart there"


AGENCIES = {"M07+": ("Final_2007", "Final_2010", "Final_2012", "Final_2014"), "N07": ("Plan_2013", "Plan_2015")}


@pytest.mark.parametrize(("sheet", "name"), [(sheet, name) for sheet, names in AGENCIES.items() for name in names])
def test_every_number_of_an_agency_is_a_row(real_files: RealFiles, sheet: str, name: str) -> None:
    """Counted without our readers: the numbers below the line that numbers the columns A, B, 1, 2."""
    rows = list(xlrd.open_workbook(str(real_files.data / FOLDER / f"{name}.xls")).sheet_by_name(sheet).get_rows())
    first = next(at for at, row in enumerate(rows) if [cell.value for cell in row[:2]] == ["A", "B"]) + 1
    numbers = [
        Decimal(repr(cell.value)) for row in rows[first:] for cell in row[2:] if cell.ctype == xlrd.XL_CELL_NUMBER
    ]
    stage, year = name.lower().split("_")
    asked = f"SELECT count(*), sum(amount) FROM budget WHERE stage = '{stage}' AND year = {year}"
    count, total = real_files.rows(asked, budget="central-budget-by-agency")[0]
    assert count == len(numbers)
    assert abs(total - sum(numbers)) < Decimal("0.01")


def test_the_blocks_of_agencies_add_up_to_the_printed_total_in_every_field(real_files: RealFiles) -> None:
    sums = (
        "SELECT max(amount) FILTER (number IS NULL AND agency = 'TỔNG SỐ'), "
        "sum(amount) FILTER (regexp_full_match(number, '[IVX]+')) "
        "FROM budget WHERE stage = 'final' AND year IN (2011, 2012) GROUP BY year, field"
    )
    found = [pair for pair in real_files.rows(sums, budget="central-budget-by-agency") if pair[0] is not None]
    assert len(found) == 38
    assert all(abs(printed - added) < Decimal("0.001") for printed, added in found)


def test_agencies_spend_what_the_table_of_levels_says_of_the_central_budget(real_files: RealFiles) -> None:
    spent = (
        "SELECT sum(b.amount) FROM budget b WHERE stage = 'final' AND year = 2014 AND field = 'TỔNG QUYẾT TOÁN' "
        "AND regexp_full_match(number, '[IVX]+')"
    )
    said = (
        "SELECT amount FROM lines WHERE stage = 'final' AND year = 2014 AND \"table\" = '04' AND measure = 'central' "
        "AND number = 'A'"
    )
    by_agency = real_files.rows(spent, budget="central-budget-by-agency")[0][0]
    assert abs(by_agency - real_files.rows(said, lines="state-budget-lines")[0][0]) < 1000, "which is in billions"


def printed(path: Path, sheet: str, cell: str) -> Decimal:
    """The number in a cell such as ``C8``, read by xlrd alone."""
    value = xlrd.open_workbook(str(path)).sheet_by_name(sheet).cell_value(int(cell[1:]) - 1, ord(cell[0]) - ord("A"))
    return Decimal(repr(value))


@pytest.mark.parametrize(
    ("year", "said"),
    [
        (2011, "there is no sheet 'M09'. Sheets in the file: 'M 01 (R)', "),
        (2012, "there is no sheet 'M09'. Sheets in the file: 'M01', "),
        (2017, "no column has a header of the form"),
        (
            2016,
            "sheet 'M09', cell C13: the total of the column 'TỔNG THU / NSNN TRÊN / ĐỊA BÀN / (1)' says '1109500000'",
        ),
    ],
)
def test_a_new_year_in_another_layout_is_refused_by_what_moved(
    real_data: Path, tmp_path: Path, year: int, said: str
) -> None:
    with pytest.raises(DeliveryError) as caught:
        next_year(real_data, tmp_path, year)
    assert said in str(caught.value).split("\n")[-1]
    assert "Hãy" in str(caught.value) or "Các trang" in str(caught.value)


def test_a_new_year_in_the_layout_of_the_last_ones_is_read_without_a_change(real_data: Path, tmp_path: Path) -> None:
    assert next_year(real_data, tmp_path, 2014).rows_accepted == 63


def next_year(real_data: Path, home: Path, year: int) -> Conformed:
    """What comes of a delivery of the plan of 2018 that is laid out as that of ``year`` was."""
    file = home / "Plan_2018.xls"
    shutil.copyfile(real_data / FOLDER / f"Plan_{year}.xls", file)
    contract, store = blueprint().contract("provincial-budgets"), DeliveryStore(home, 10**9)
    delivery = store.keep(contract, locate(contract, None, file), "test")
    return conform(contract, blueprint(), delivery, store, home / "out")
