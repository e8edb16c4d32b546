"""Layouts that a contract declares: what ends a table, groups, totals, columns that are values, units, several sheets."""

import io
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pydantic import ValidationError

from blueprint import Reading
from dags.errors import DeliveryUnreadable, HeaderChanged, TotalsDiffer, UnitChanged
from dags.quarantine.errors import RepairRefused
from dags.quarantine.repair import Repairs
from dags.steps.conform import conform
from tests.dags.builders import Bench, accepted_of, column, contract, plan_of, refused_of

NAME = column("name", "station", required=True, header="Tên")
VALUE = column("value", "measure", header="Số")
Rows = list[list[Any]]


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def sheet_of(rows: Rows, *merged: str, title: str = "Bảng") -> bytes:
    book = Workbook()
    fill(book, rows, *merged, title=title)
    return saved(book)


def fill(book: Workbook, rows: Rows, *merged: str, title: str) -> None:
    sheet = book.worksheets[0] if book.worksheets[0].max_row == 1 else book.create_sheet()
    sheet.title = title
    for number, cells in enumerate(rows, start=1):
        for position, value in enumerate(cells, start=1):
            if value is not None:
                sheet.cell(number, position, value)
    for cells in merged:
        sheet.merge_cells(cells)


def declared(*columns: dict[str, Any], key: tuple[str, ...] = ("name",), **reading: Any) -> Any:
    return contract(columns=columns or (NAME, VALUE), key=key, reading={"format": "excel", **reading})


def read(bench: Bench, rows: Rows, *columns: dict[str, Any], key: tuple[str, ...] = ("name",), **reading: Any) -> Any:
    return accepted_of(bench.conform(declared(*columns, key=key, **reading), sheet_of(rows), "a.xlsx"))


TABLE: Rows = [["Tên", "Số"], ["a", 1], ["b", 2]]


@pytest.mark.parametrize(
    ("below", "footer"),
    [
        ([["Ghi chú: số tạm tính", None], ["x", 9]], {"text": "^ghi  chú"}),
        ([[None, "GHI CHÚ"]], {"text": "^ghi chú", "column": "value"}),
        ([["Tổng", 3]], {"text": "^tổng$", "column": "Tên"}),
        ([[], ["x", 9]], {"blank_rows": 1}),
        ([[], [], ["x", 9], []], {"blank_rows": 2, "text": "chú"}),
    ],
)
def test_a_table_ends_where_its_footer_begins(bench: Bench, below: Rows, footer: dict[str, Any]) -> None:
    footer = {**footer, "text": footer["text"].replace("  ", " ")} if "text" in footer else footer
    assert read(bench, [*TABLE, *below], footer=footer) == [("a", 1), ("b", 2)]


def test_one_blank_row_does_not_end_a_table_that_two_end(bench: Bench) -> None:
    found = read(bench, [*TABLE, [], ["c", 3], [], [], ["x", 9]], footer={"blank_rows": 2})
    assert found == [("a", 1), ("b", 2), ("c", 3)]


def test_a_footer_that_says_nothing_is_no_declaration() -> None:
    for footer in ({}, {"column": "a"}, {"text": "("}):
        with pytest.raises(ValidationError):
            Reading.model_validate({"format": "excel", "footer": footer})


def test_merged_cells_carry_their_value_where_it_is_declared(bench: Bench) -> None:
    rows: Rows = [["Khu vực", "Kết quả", None], [None, "Tên", "Số"], ["Bắc", "a", 1], [None, "b", 2], ["Nam", "c", 3]]
    columns = (
        column("area", "station", header="Khu vực"),
        {**NAME, "header": "Kết quả / Tên"},
        {**VALUE, "header": "Kết quả / Số"},
    )
    content = sheet_of(rows, "A1:A2", "B1:C1", "A3:A4")
    form = {"header_rows": [1, 2]}
    for merged, second in (("fill", "Bắc"), ("header", None)):
        found = accepted_of(bench.conform(declared(*columns, merged=merged, **form), content, "a.xlsx"))
        assert found == [("Bắc", "a", 1), (second, "b", 2), ("Nam", "c", 3)]


def test_unmerged_titles_do_not_spread_where_merged_cells_say_how_far_they_go(bench: Bench) -> None:
    rows: Rows = [["Tên", "Chi", None, None], [None, "lương", "khác", None], ["a", 1, 2, 3]]
    form = {"header_rows": [1, 2], "merged": "header", "headers": {"value": "Chi / khác"}}
    assert accepted_of(bench.conform(declared(**form), sheet_of(rows, "B1:C1"), "a.xlsx")) == [("a", 2)]
    with pytest.raises(HeaderChanged, match=r"'Chi / khác'"):
        bench.conform(declared(**form), sheet_of(rows), "a.xlsx")


def test_ranges_that_cover_more_than_a_workbook_may_hold_are_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANOI_MAX_WORKBOOK_CELLS", "20")
    rows: Rows = [["Tên", "Số"], *([f"n{n}", n] for n in range(8))]
    book = Workbook()
    fill(book, rows, title="Bảng")
    book.worksheets[0].merged_cells.ranges = {_range("A1:B9"), _range("A1:B8")}
    with pytest.raises(DeliveryUnreadable, match="cover over 20 cells"):
        bench.conform(declared(merged="fill"), saved(book), "a.xlsx")


def _range(cells: str) -> Any:
    from openpyxl.worksheet.cell_range import CellRange

    return CellRange(cells)


GROUPS: Rows = [
    ["STT", "Tên", "Số"],
    [None, "Tổng số", 10],
    ["I", "Miền Bắc", 3],
    [1, "a", 1],
    [2, "b", 2],
    ["II", "Miền Nam", 7],
    [1, "c", 7],
]
REGION = column("region", "station")
LAID_OUT = {
    "groups": [{"where": {"STT": "^[IVX]+$"}, "name": "name", "into": "region"}],
    "totals": {"where": {"name": "^tổng số$"}, "columns": ["value"], "groups": True},
}


def test_a_region_is_carried_into_the_rows_below_it_and_totals_are_no_data(bench: Bench) -> None:
    found = read(bench, GROUPS, REGION, NAME, VALUE, **LAID_OUT)
    assert found == [("Miền Bắc", "a", 1), ("Miền Bắc", "b", 2), ("Miền Nam", "c", 7)]


def test_groups_within_groups_and_groups_that_are_data(bench: Bench) -> None:
    rows: Rows = [["STT", "Tên", "Số"], ["A", "Thu", 6], ["I", "Thuế", 4], [1, "a", 4], ["B", "Chi", 5], [2, "b", 5]]
    groups = [
        {"where": {"STT": "^[AB]$"}, "name": "name", "into": "section", "keep": True},
        {"where": {"STT": "^I+$"}, "name": "name", "into": "region"},
    ]
    found = read(bench, rows, column("section", "station"), REGION, NAME, VALUE, groups=groups)
    assert found == [
        ("Thu", None, "Thu", 6),
        ("Thu", "Thuế", "a", 4),
        ("Chi", None, "Chi", 5),
        ("Chi", None, "b", 5),
    ]


@pytest.mark.parametrize(
    ("cell", "value", "words"),
    [
        ((2, 2), 11, "cell C2: the total of the column 'Số' says '11', but its rows add up to 10 (1 apart)"),
        (
            (5, 2),
            7,
            "cell C3: the total of 'Miền Bắc' of the column 'Số' says '3', but its rows add up to 8 (-5 apart)",
        ),
        ((2, 2), "#REF!", "cell C2: the total of the column 'Số' says '#REF!', but its rows add up to 10 (no number)"),
        ((2, 2), None, "cell C2: the total of the column 'Số' says '', but its rows add up to 10 (-10 apart)"),
        ((2, 1), "Cộng", "there is no row of totals (name: ^tổng số$) to check against"),
    ],
)
def test_a_sum_that_its_rows_do_not_make_is_told_by_its_cell(
    bench: Bench, cell: tuple[int, int], value: Any, words: str
) -> None:
    rows = [list(row) for row in GROUPS]
    rows[cell[0] - 1][cell[1]] = value
    if rows[1][1] == "Cộng":
        rows[1][0] = "I"
    with pytest.raises(TotalsDiffer) as caught:
        read(bench, rows, REGION, NAME, VALUE, **LAID_OUT)
    told = next(line for line in str(caught.value).split("\n") if "a.xlsx, sheet 'Bảng'" in line)
    assert words in told
    assert "trang 'Bảng'" in str(caught.value)


def test_sums_may_differ_by_what_is_declared_and_where_they_are_known_to_be_wrong(bench: Bench) -> None:
    rows = [list(row) for row in GROUPS]
    rows[1][2], rows[2][2] = 10.4, 99
    loose = {**LAID_OUT["totals"], "tolerance": 0.5, "unchecked": ["C3"]}
    assert len(read(bench, rows, REGION, NAME, VALUE, **{**LAID_OUT, "totals": loose})) == 3
    with pytest.raises(TotalsDiffer, match="ô C3"):
        read(bench, rows, REGION, NAME, VALUE, **{**LAID_OUT, "totals": {**loose, "unchecked": []}})


def test_a_row_that_cannot_be_read_is_quarantined_and_does_not_hide_behind_the_total(bench: Bench) -> None:
    rows = [list(row) for row in GROUPS]
    rows[3][2] = "#REF!"
    result = bench.conform(declared(REGION, NAME, VALUE, **LAID_OUT), sheet_of(rows), "a.xlsx")
    assert refused_of(result) == {4: ["value-type"]}


def test_totals_below_the_table_and_in_text_are_read_by_the_decimal_sign(bench: Bench) -> None:
    rows: Rows = [["Tên", "Số"], ["a", "1.234,5"], ["b", 1], ["Tổng số", "1.235,5"]]
    totals = {"where": {"name": "^tổng số$"}, "columns": ["value"]}
    assert read(bench, rows, decimal=",", totals=totals) == [("a", 1234.5), ("b", 1)]
    with pytest.raises(TotalsDiffer):
        read(bench, [*rows[:2], *rows[3:]], decimal=",", totals=totals)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=4), min_size=1, max_size=4), st.data())
def test_any_table_adds_up_until_one_number_is_changed(
    bench: Bench, regions: list[list[int]], data: st.DataObject
) -> None:
    rows: Rows = [["STT", "Tên", "Số"], [None, "Tổng số", sum(map(sum, regions))]]
    for number, values in enumerate(regions):
        rows.append(["I" * (number + 1), f"vùng {number}", sum(values)])
        rows += [[at + 1, f"{number}-{at}", value] for at, value in enumerate(values)]
    found = read(bench, rows, REGION, NAME, VALUE, **LAID_OUT)
    assert [value for *_, value in found] == [value for values in regions for value in values]
    assert [region for region, *_ in found] == [f"vùng {n}" for n, values in enumerate(regions) for _ in values]
    changed = data.draw(st.integers(1, len(rows) - 1))
    rows[changed][2] += data.draw(st.integers(1, 1000))
    with pytest.raises(TotalsDiffer):
        read(bench, rows, REGION, NAME, VALUE, **LAID_OUT)


def test_a_row_of_totals_may_end_the_table(bench: Bench) -> None:
    totals = {"where": {"name": "^tổng$"}, "columns": ["value"]}
    ended = {"totals": totals, "footer": {"text": "^tổng$", "column": "name"}}
    assert read(bench, [*TABLE, ["Tổng", 3], ["x", 9]], **ended) == [("a", 1), ("b", 2)]
    with pytest.raises(TotalsDiffer):
        read(bench, [*TABLE, ["Tổng", 4], ["x", 9]], **ended)


def test_rows_that_are_no_data_are_skipped(bench: Bench) -> None:
    rows: Rows = [["Tên", "Số"], ["A", 1], ["a", 1], ["Trong đó:", None], ["b", 2]]
    assert read(bench, rows, skip=[{"name": "^A$", "value": "^1$"}, {"name": "^trong đó"}], null_values=["A"]) != []
    found = read(bench, rows[:1] + rows[2:], skip=[{"name": "^trong đó", "value": "^$"}])
    assert found == [("a", 1), ("b", 2)]


YEARS = {"headers": "^(?P<year>20[0-9]{2})$", "value": "value"}
YEAR = column("year", "count", required=True)


def test_columns_of_years_become_rows(bench: Bench) -> None:
    rows: Rows = [["Tên", 2014, 2015, "Ghi"], ["a", 1, 2, "x"], ["b", None, 4, "y"]]
    found = read(bench, rows, NAME, YEAR, VALUE, key=("name", "year"), unpivot=YEARS)
    assert found == [("a", 2014, 1), ("a", 2015, 2), ("b", 2015, 4)]
    blanks = {**YEARS, "blanks": True}
    found = read(bench, rows, NAME, YEAR, VALUE, key=("name", "year"), unpivot=blanks)
    assert ("b", 2014, None) in found
    assert len(found) == 4


def test_cells_that_mean_nothing_are_no_rows(bench: Bench) -> None:
    rows: Rows = [["Tên", 2014, 2015], ["a", "..", 2], ["b", "(1)", " "]]
    found = read(bench, rows, NAME, YEAR, VALUE, key=("name", "year"), unpivot=YEARS, null_values=["", "..", "(1)"])
    assert found == [("a", 2015, 2)]


def test_each_value_may_have_its_own_name_beside_it(bench: Bench) -> None:
    rows: Rows = [["Thứ tự", "Tỉnh", "Đất đai", None, "Đào tạo"], [1, "a", 9, "b", 8], [2, "b", 7, "a", 6]]
    ranked = {"headers": "(?P<kind>đất đai|đào tạo)", "value": "value", "beside": {"name": -1}}
    found = read(bench, rows, column("kind", "station"), NAME, VALUE, key=("kind", "name"), unpivot=ranked)
    assert sorted(found) == [("Đào tạo", "a", 6), ("Đào tạo", "b", 8), ("Đất đai", "a", 9), ("Đất đai", "b", 7)]


def test_a_csv_file_is_turned_as_well_and_its_refused_cells_name_their_row(bench: Bench) -> None:
    form = contract(columns=(NAME, YEAR, VALUE), key=("name", "year"), reading={"format": "csv", "unpivot": YEARS})
    result = bench.conform(form, "Tên,2014,2015\na,1,x\nb,3,\n")
    assert accepted_of(result) == [("a", 2014, 1), ("b", 2014, 3)]
    assert refused_of(result) == {2: ["value-type"]}
    with pytest.raises(HeaderChanged, match="no column has a header of the form"):
        bench.conform(form, "Tên,năm 2014\na,1\n")
    result = bench.conform(form, "Tên,2014,2015\na\nb,1,2\n")
    assert accepted_of(result) == [("b", 2014, 1), ("b", 2015, 2)]
    assert refused_of(result) == {2: ["row-width"]}, "a row that is too short is told, not dropped"


def test_the_decimal_sign_is_shown_by_the_cells_that_become_rows(bench: Bench) -> None:
    form = contract(columns=(NAME, YEAR, VALUE), key=("name", "year"), reading={"format": "csv", "unpivot": YEARS})
    result = bench.conform(form, 'Tên,2014,2015\na,"1.234","2,5"\n')
    assert accepted_of(result) == [("a", 2014, 1234), ("a", 2015, 2.5)]


def test_an_unpivot_must_name_what_the_headers_say() -> None:
    with pytest.raises(ValidationError, match="names no group"):
        Reading.model_validate({"format": "csv", "unpivot": {"headers": "^20", "value": "value"}})


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(range(2000, 2030)), min_size=1, max_size=5, unique=True),
    st.lists(st.lists(st.one_of(st.none(), st.integers(-999, 999)), min_size=5, max_size=5), min_size=1, max_size=5),
)
def test_turning_a_table_keeps_every_cell_once(bench: Bench, years: list[int], table: Rows) -> None:
    lines = [",".join(["Tên", *map(str, years)])]
    lines += [
        ",".join([f"n{n}", *("" if v is None else str(v) for v in row[: len(years)])]) for n, row in enumerate(table)
    ]
    form = contract(
        columns=(NAME, YEAR, VALUE),
        key=("name", "year"),
        reading={"format": "csv", "unpivot": {**YEARS, "blanks": True}},
    )
    result = bench.conform(form, "\n".join(lines) + "\n")
    assert sorted(accepted_of(result), key=str) == sorted(
        ((f"n{n}", year, row[at]) for n, row in enumerate(table) for at, year in enumerate(years)), key=str
    )


TITLED: Rows = [["BÁO CÁO NĂM 2025", None], [None, "Đơn vị tính: Triệu đồng"], ["Tên", "Số"], ["a", 1.5]]
MONEY = {"header_rows": [3], "unit": {"says": "triệu đồng"}}


@pytest.mark.parametrize(
    "said", ["Đơn vị: triệu đồng.", "(Triệu đồng)", "Triệu đồng - Million dong", "ĐVT: TRIỆU  ĐỒNG"]
)
def test_the_unit_is_found_however_it_is_written(bench: Bench, said: str) -> None:
    rows: Rows = [TITLED[0], [None, said], *TITLED[2:]]
    assert read(bench, rows, **MONEY) == [("a", 1.5)]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Đơn vị tính: Tỷ đồng", "cell B2 says the unit 'Tỷ đồng', but the contract wants 'triệu đồng'"),
        ("tỉ đồng", "cell B2 says the unit 'tỉ đồng'"),
        ("Đơn vị: nghìn đồng", "cell B2 says the unit 'nghìn đồng'"),
        ("Đơn vị: Sở Tài chính", "no unit is stated above the table"),
    ],
)
def test_another_unit_is_refused_by_its_cell(bench: Bench, said: str, words: str) -> None:
    with pytest.raises(UnitChanged) as caught:
        read(bench, [TITLED[0], [None, said], *TITLED[2:]], **MONEY)
    assert words in str(caught.value)
    assert "Hãy" in str(caught.value)


def test_a_file_may_say_no_unit_where_the_contract_lets_it(bench: Bench) -> None:
    rows: Rows = [TITLED[0], [], *TITLED[2:]]
    assert read(bench, rows, header_rows=[3], unit={"says": "triệu đồng", "required": False}) == [("a", 1.5)]


def test_amounts_are_brought_to_the_unit_of_their_concept_without_loss(bench: Bench) -> None:
    rows: Rows = [*TITLED, ["b", "1.234,5"], ["c", None], ["d", 0.1]]
    unit = {"says": "triệu đồng", "columns": ["value"], "times": "1000000"}
    found = read(bench, rows, header_rows=[3], decimal=",", unit=unit)
    assert found == [("a", 1_500_000), ("b", 1_234_500_000), ("c", None), ("d", 100_000)]


def test_a_value_stands_in_the_title_or_the_name_of_the_sheet(bench: Bench) -> None:
    columns = (YEAR, column("part", "station"), NAME, VALUE)
    form = {"header_rows": [3], "from_titles": {"year": "năm ([0-9]{4})"}, "from_sheet": {"part": "^bảng *(.+)"}}
    found = accepted_of(bench.conform(declared(*columns, **form), sheet_of(TITLED, title="Bảng 07"), "a.xlsx"))
    assert found == [(2025, "07", "a", 1.5)]
    with pytest.raises(HeaderChanged, match="no row above the table tells year"):
        read(bench, [[], *TITLED[1:]], *columns, **form)


def test_several_sheets_are_one_table_and_each_row_names_its_sheet(bench: Bench) -> None:
    book = Workbook()
    for title, name in (("Quý I", "a"), ("Quý  II", "b"), ("Khác", "x")):
        fill(book, [["Tên", "Số"], [name, 1], [f"{name}{name}", "?"]], title=title)
    columns = (column("quarter", "station"), NAME, VALUE)
    for which in ({"sheets": ["Quý I", "Quý II"]}, {"sheets_like": "^quý I+$"}):
        form = declared(*columns, **which, from_sheet={"quarter": "^quý (.*)$"})
        result = bench.conform(form, saved(book), "a.xlsx")
        assert accepted_of(result) == [("I", "a", 1), ("II", "b", 1)]
        assert places(result) == [("Quý I", 3), ("Quý  II", 3)]
    with pytest.raises(DeliveryUnreadable, match="Was it renamed to 'Quý  II'"):
        bench.conform(declared(*columns, sheets=["Quý I", "Quý III"], constants={"quarter": ""}), saved(book), "a.xlsx")
    with pytest.raises(DeliveryUnreadable, match=r"no sheet '\^tháng'"):
        bench.conform(declared(sheets_like="^tháng"), saved(book), "a.xlsx")


def places(result: Any) -> list[tuple[str, int]]:
    import pyarrow.parquet as pq

    found = pq.read_table(result.quarantined, columns=["sheet", "row"])
    return list(zip(found["sheet"].to_pylist(), found["row"].to_pylist(), strict=True))


def test_parts_of_a_file_are_laid_out_each_in_its_way(bench: Bench) -> None:
    book = Workbook()
    fill(book, [["Tên", "Số"], ["a", 1]], title="Một")
    fill(book, [["Báo cáo"], ["Số", "Mã"], [2, "b"]], title="Hai")
    part = {"format": "excel", "sheet": "Hai", "header_rows": [2], "headers": {"name": "Mã"}}
    result = bench.conform(declared(parts=[part]), saved(book), "a.xlsx")
    assert accepted_of(result) == [("a", 1), ("b", 2)]


def test_rows_without_a_key_are_told_by_their_number(bench: Bench) -> None:
    columns = (column("line", "count"), NAME, VALUE)
    assert read(bench, TABLE, *columns, key=("line",), from_row="line") == [(2, "a", 1), (3, "b", 2)]


def test_a_table_that_begins_elsewhere_each_time_is_found_by_its_header(bench: Bench) -> None:
    form = {"header_at": "^tên$", "header_rows": [1], "footer": {"text": "^hết"}}
    for above in range(4):
        assert read(bench, [*[["báo cáo"]] * above, *TABLE, ["hết"]], **form) == [("a", 1), ("b", 2)]
    with pytest.raises(HeaderChanged, match=r"has a header cell of the form '\^tên\$'"):
        read(bench, [["báo cáo"], ["Mã", "Số"], ["a", 1]], **form)


def test_a_column_is_told_by_a_pattern_that_one_header_matches(bench: Bench) -> None:
    form = {"matching": {"value": "^số"}}
    assert read(bench, [["Tên", "Số lượng (1)"], ["a", 1]], **form) == [("a", 1)]
    with pytest.raises(
        HeaderChanged, match="several columns have a header of the form '\\^số' \\(value\\): 'Số A', 'Số B'"
    ):
        read(bench, [["Tên", "Số A", "Số B"], ["a", 1, 2]], **form)
    with pytest.raises(HeaderChanged, match="no column has"):
        read(bench, [["Tên", "Lượng"], ["a", 1]], **form)


def test_columns_that_files_do_not_have_are_empty(bench: Bench) -> None:
    assert read(bench, [["Tên"], ["a"]], absent=["value"]) == [("a", None)]


class TestWhatMoved:
    """A new year's workbook in another layout is refused, and the message names what moved."""

    rows: ClassVar[Rows] = [["Báo cáo"], ["Tên", "Năm", "Số"], ["a", 2025, 1], ["b", 2025, 2]]

    def told(self, bench: Bench, rows: Rows, **form: Any) -> tuple[str, str]:
        with pytest.raises((HeaderChanged, DeliveryUnreadable)) as caught:
            read(bench, rows, **{"header_rows": [2], **form})
        vi, en = str(caught.value).split("\n")[:2]
        return vi, en

    def test_down(self, bench: Bench) -> None:
        vi, en = self.told(bench, [[], *self.rows])
        assert "tiêu đề 'Tên' phải ở dòng 2, nhưng lại ở dòng 3, cột 1 (ô A3)" in vi
        assert "the header 'Tên' must be in row 2, but is in row 3, column 1 (cell A3)" in en

    def test_up(self, bench: Bench) -> None:
        assert "must be in row 2, but is in row 1, column 1 (cell A1)" in self.told(bench, self.rows[1:])[1]

    def test_to_another_column(self, bench: Bench) -> None:
        rows = [["Báo cáo"], ["Tên", "Số", "Năm"], ["a", 1, 2025]]
        vi, en = self.told(bench, rows, positions={"value": 3}, headers={"value": "Số"})
        assert "dòng 2, cột 3 (ô C2) phải có tiêu đề 'Số' (value), nhưng là 'Năm'" in vi
        assert "That header is now in row 2, column 2 (cell B2)" in en

    def test_a_header_of_two_rows(self, bench: Bench) -> None:
        rows: Rows = [[], [], ["Tên", "Chi", None], [None, "lương", "khác"], ["a", 1, 2]]
        vi, en = self.told(bench, rows, header_rows=[1, 2], headers={"value": "Chi / khác"})
        assert "phải ở dòng 1, nhưng lại ở dòng 3" in vi
        assert "row 3, column 1 (cell A3)" in en
        columns = (column("value", "measure", header="Chi / khác"), NAME)
        with pytest.raises(HeaderChanged, match=r"row 3, column 3 \(cell C3\)"):
            read(bench, rows, *columns, header_rows=[1, 2])

    def test_a_column_that_has_another_name(self, bench: Bench) -> None:
        rows = [["Báo cáo"], ["Tên đơn vị", "Năm", "Số liệu"], ["a", 2025, 1]]
        vi, en = self.told(bench, rows, headers={"name": "Tên các đơn vị"})
        assert "Có phải cột đã đổi tên thành 'Tên đơn vị'?" in vi
        assert "Was it renamed to 'Tên đơn vị'?" in en

    def test_a_sheet_that_has_another_name(self, bench: Bench) -> None:
        vi, en = self.told(bench, self.rows, sheet="Bảng 1")
        assert "Có phải trang đã đổi tên thành 'Bảng'?" in vi
        assert "Was it renamed to 'Bảng'?" in en


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 12), st.integers(0, 6))
def test_wherever_a_table_moves_its_new_place_is_told(bench: Bench, down: int, right: int) -> None:
    rows: Rows = [*[[] for _ in range(down)], *[[*[None] * right, *row] for row in TABLE]]
    form = {"header_rows": [1], "positions": {"name": 1, "value": 2}, "headers": {"name": "Tên", "value": "Số"}}
    if (down, right) == (0, 0):
        assert read(bench, rows, **form) == [("a", 1), ("b", 2)]
        return
    with pytest.raises(HeaderChanged) as caught:
        read(bench, rows, **form)
    assert f"now in row {down + 1}, column {right + 1} " in str(caught.value)


def test_titles_and_units_stand_above_the_header_of_a_text_file_as_well(bench: Bench) -> None:
    reading = {"format": "csv", **MONEY, "from_titles": {"year": "năm ([0-9]{4})"}}
    form = contract(columns=(YEAR, NAME, VALUE), key=("name",), reading=reading)
    text = "Báo cáo năm 2025,\n,Đơn vị tính: Triệu đồng\nTên,Số\na,1.5\n"
    assert accepted_of(bench.conform(form, text)) == [(2025, "a", 1.5)]
    with pytest.raises(UnitChanged, match="cell B2 says the unit 'Tỷ đồng'"):
        bench.conform(form, text.replace("Triệu", "Tỷ"))


@pytest.mark.parametrize(
    "layout",
    [
        {"groups": [{"where": {"name": "^I$"}, "name": "name", "into": "region"}]},
        {"unpivot": YEARS},
        {"from_row": "line"},
        {"absent": ["year"]},
        {"parts": [{"format": "excel", "from_sheet": {"year": "(.+)"}}]},
    ],
)
def test_a_layout_fills_columns_of_the_contract(layout: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="is not a column"):
        declared(**layout)


@pytest.mark.parametrize("layout", [{"sheets": ["a"]}, {"merged": "fill"}, {"footer": {"blank_rows": 1}}])
def test_what_only_workbooks_have_is_no_layout_of_a_text_file(layout: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="only workbooks"):
        Reading.model_validate({"format": "csv", **layout})


def test_rows_that_the_layout_made_are_not_mended_one_by_one(bench: Bench) -> None:
    rows: Rows = [["Tên", 2014, 2015], ["a", 1, "?"]]
    form = declared(NAME, YEAR, VALUE, key=("name", "year"), unpivot=YEARS)
    delivery = bench.deliver(form, sheet_of(rows), "a.xlsx")
    result = conform(form, plan_of(form), delivery, bench.store, bench.folder / "out")
    with pytest.raises(RepairRefused, match="Mend the original file"):
        Repairs(form, plan_of(form), delivery, bench.store, Path(result.quarantined))


def test_a_mended_row_keeps_the_group_that_it_stands_in(bench: Bench) -> None:
    rows = [list(row) for row in GROUPS]
    rows[4][2] = "hai"
    form = declared(REGION, NAME, VALUE, groups=LAID_OUT["groups"], skip=[{"name": "^tổng"}])
    delivery = bench.deliver(form, sheet_of(rows), "a.xlsx")
    result = conform(form, plan_of(form), delivery, bench.store, bench.folder / "out")
    assert refused_of(result) == {5: ["value-type"]}
    sent = bench.folder / "mended.csv"
    sent.write_text("#Dòng / Row,Tên,Số\n5,b,2\n", encoding="utf-8")
    repair = Repairs(form, plan_of(form), delivery, bench.store, Path(result.quarantined)).read(sent, "0" * 64)
    again = conform(form, plan_of(form), delivery, bench.store, bench.folder / "again", mends=repair.mends)
    assert accepted_of(again) == [("Miền Bắc", "a", 1), ("Miền Bắc", "b", 2), ("Miền Nam", "c", 7)]
