"""Workbooks are known by what they hold, and no cell of theirs is lost."""

import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.cell import Cell

from blueprint import Reading
from dags.errors import DeliveryUnreadable
from dags.sources.tables import read
from tests.dags.builders import Bench, accepted_of, column, contract, refused_of

COLUMNS = (column("name", "station", required=True, header="Tên"), column("value", "measure", header="Số"))


def declared(**reading: Any) -> Any:
    return contract(columns=COLUMNS, key=("name",), reading={"format": "excel", **reading})


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows_of(path: Path, **reading: Any) -> list[list[str]]:
    blocks = read(path, path.name, Reading(format="excel", **reading)).blocks
    return [block.received(at) for block in blocks for at in range(len(block.numbers))]


def test_hidden_rows_and_columns_are_data_and_merged_cells_hold_their_text_once(bench: Bench) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["Tên", "Số"], ["a", 1], ["b", 2], ["c", None]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet.merge_cells("B3:B4")
    result = bench.conform(declared(), saved(book), "air.xlsx")
    assert accepted_of(result) == [("a", 1), ("b", 2), ("c", None)]


def test_cells_in_error_are_told_and_not_left_blank(bench: Bench) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["Tên", "Số"], ["a", "x"], ["b", 2], ["x", 3]):
        sheet.append(row)
    for place, text in (("B2", "#DIV/0!"), ("A4", "#REF!")):
        cell = sheet[place]
        assert isinstance(cell, Cell)
        cell.value, cell.data_type = text, "e"
    result = bench.conform(declared(), saved(book), "air.xlsx")
    assert refused_of(result) == {2: ["value-type"], 4: ["name-type"]}
    result = bench.conform(declared(null_values=["#DIV/0!"]), saved(book), "air.xlsx")
    assert refused_of(result) == {4: ["name-type"]}


def test_numbers_of_the_sheet_are_plain_whatever_sign_its_texts_have(bench: Bench) -> None:
    book = Workbook()
    for row in (["Tên", "Số"], ["a", 1.234], ["b", "1.234"], ["c", 12345.678], ["d", "1.234,5"]):
        book.worksheets[0].append(row)
    result = bench.conform(declared(decimal=","), saved(book), "air.xlsx")
    assert accepted_of(result) == [("a", 1.234), ("b", 1234), ("c", 12345.678), ("d", 1234.5)]
    book.worksheets[0]["B5"] = "7"
    result = bench.conform(declared(), saved(book), "air.xlsx")
    assert refused_of(result) == {3: ["value-type"]}, "only the text can be read in two ways"


def test_title_rows_and_several_header_rows(bench: Bench) -> None:
    book = Workbook()
    for row in (["Báo cáo năm 2025", None], ["Đơn vị", "Kết quả"], ["Tên", "Số"], ["a", 1]):
        book.worksheets[0].append(row)
    columns = (column("name", "station", header="Đơn vị / Tên"), column("value", "measure", header="Kết quả / Số"))
    form = contract(columns=columns, key=("name",), reading={"format": "excel", "header_rows": [2, 3]})
    assert accepted_of(bench.conform(form, saved(book), "air.xlsx")) == [("a", 1)]


PAGE = """<html><head><meta charset="utf-8"><style>td {x: y}</style></head><body><table border=1>
<tr><th>Tên</th><th>Số</th></tr><tr><td rowspan="2">a<br>b</td><td>1,5</td></tr><tr><td>2&nbsp;000</td></tr>
<tr><td colspan=2>Tổng</td></tr></table><script>1</script></body></html>"""


def test_a_table_in_html_that_is_named_xls(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_text(PAGE, encoding="utf-8")
    assert rows_of(path) == [["a\nb", "1,5"], ["", "2\u00a0000"], ["Tổng", ""]]
    assert rows_of(path, sheet="1") == rows_of(path)


def test_html_that_spans_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOI_MAX_WORKBOOK_CELLS", "1000")
    path = tmp_path / "a.xls"
    path.write_text(
        "<table><tr><td>a</td></tr><tr>" + "<td colspan=9999999>b</td>" * 50 + "</tr></table>", encoding="utf-8"
    )
    with pytest.raises(DeliveryUnreadable, match="over 1000 cells"):
        rows_of(path)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["governance/pci/PCI_2010.xls", "governance/pci/PCI_2013.xlsx"])
@pytest.mark.parametrize("suffix", [".xls", ".xlsx", ".csv"])
def test_a_name_says_nothing_about_the_kind(real_data: Path, tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes((real_data / name).read_bytes())
    assert rows_of(path) == rows_of(real_data / name)


@pytest.mark.real_data
def test_the_reader_of_old_workbooks_gives_what_calamine_gives_but_for_errors(real_data: Path) -> None:
    from python_calamine import CalamineWorkbook

    from dags.sources.workbooks import ERRORS, opened

    seen = errors = 0
    for path in [*sorted(real_data.glob("governance/pci/*.xls"))[:3], real_data / "budget/national-cc0/Plan_2003.xls"]:
        theirs = CalamineWorkbook.from_path(str(path))
        with opened(path, path.name, "utf-8") as ours:
            assert ours.sheet_names == theirs.sheet_names
            for sheet in ours.sheet_names:
                rows = theirs.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
                for mine, other in zip(ours.rows(sheet), rows, strict=False):
                    for cell, expected in zip(mine, other, strict=False):
                        seen += 1
                        errors += (in_error := cell in ERRORS)
                        assert cell == expected or (in_error and expected == "")
    assert seen > 20_000
    assert errors == 136
