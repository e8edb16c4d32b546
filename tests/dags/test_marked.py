"""The marked copy of an agency's file: the same cells, the wrong ones marked and commented, Vietnamese first."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

import dags.marked.copies
from blueprint import Contract, blueprint
from blueprint.errors import HanoiError
from dags.marked import Sent, kept_of, write_marked
from dags.marked.sent import NothingToMark
from dags.marked.summary import TITLE
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import by_hand
from dags.steps.conform import conform
from quality.report import QualityResult, judged, unreadable
from quality.verdict import Check, Verdict
from tests.dags.builders import column, contract, plan_of

SHEET = "Số liệu"
HEADER = ["Mã trạm", "Thời điểm", "AQI"]
CLEAN = ["T1", "2026-01-01 07:00:00", "40"]
CSV = contract()


def workbook(**reading: Any) -> Contract:
    return contract(reading={"format": "excel", "sheet": SHEET, "header_rows": [3], **reading})


def bytes_of(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


class Agency:
    """Sends files, has them judged, and opens the marked copy that comes back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "đánh-dấu.xlsx"

    def judge(self, declared: Contract, files: dict[str, bytes]) -> tuple[QualityResult, Sent]:
        paths = []
        for name, content in files.items():
            paths.append(self.folder / name)
            paths[-1].write_bytes(content)
        plan, store = plan_of(declared), DeliveryStore(self.folder / "home", 10_000_000)
        delivery = store.keep(declared, by_hand(declared, paths), "test")
        sent = Sent(declared, plan, delivery, store)
        try:
            found = conform(declared, plan, delivery, store, self.folder / "out")
        except HanoiError as error:
            return unreadable(declared, delivery, error), sent
        calm = [Check(w, None, "warning", False, n, "Dòng lạ.", "Odd rows.") for w, n in found.warnings.items()]
        rows = found.rows_accepted, found.rows_in, found.rows_quarantined
        verdict = Verdict(not found.rows_quarantined, declared.dataset, declared.ref, *rows, tuple(calm))
        sent = replace(sent, refused=Path(found.quarantined), warned=Path(found.warned))
        return judged(declared, plan, delivery, found, verdict), sent

    def marked(self, declared: Contract, files: dict[str, bytes], most: int = 2_000) -> Workbook:
        result, sent = self.judge(declared, files)
        write_marked(self.out, result, sent, most)
        assert self.out.stat().st_mode & 0o777 == 0o600
        return load_workbook(self.out)


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return Agency(tmp_path)


def texts(sheet: Worksheet) -> list[str]:
    return [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]


def said(book: Workbook) -> str:
    return "\n".join(texts(book[TITLE]))


def commented(sheet: Worksheet) -> dict[str, str]:
    return {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}


def filled(sheet: Worksheet) -> set[str]:
    fills = ("00FFC7CE", "00FFEB9C")
    return {
        c.coordinate for row in sheet.iter_rows() for c in row if c.fill.fgColor.rgb in fills and c.fill.patternType
    }


def links(book: Workbook) -> dict[str, str]:
    """The places that the list of errors leads to, and the texts there."""
    cells = [cell for row in book[TITLE].iter_rows() for cell in row if cell.hyperlink]
    return {str(cell.hyperlink.location): str(cell.value) for cell in cells}


@pytest.fixture
def dressed() -> bytes:
    """A workbook as agencies make them: a title over merged cells, colours, formulas, a second sheet, a comment."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    sheet["A1"] = "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG"
    sheet["A1"].font = Font(bold=True, color="FF0000FF")
    sheet.merge_cells("A1:C1")
    for row in (HEADER, CLEAN, ["T2", "2026-01-01 07:00:00", "abc"], ["T3", "31/13/2026", "9999"]):
        sheet.append(row) if sheet.max_row > 2 else [sheet.cell(3, n, v) for n, v in enumerate(row, 1)]
    sheet["C4"] = 40
    sheet["C4"].number_format = "0.00"
    sheet["A7"], sheet["B7"] = "=cmd", "2026-01-01 09:00:00"
    sheet["A7"].data_type = "s"
    sheet["C7"] = "=1+1"
    sheet["C5"].comment = Comment("Số này do trạm báo", "Lan")
    sheet["B4"].fill = PatternFill("solid", fgColor="FF00B050")
    sheet.column_dimensions["B"].width = 33
    sheet.merge_cells("A8:B8")
    sheet["A8"], sheet["C8"] = "T9", "x"
    other = book.create_sheet("Ghi chú 'riêng'")
    other["B2"] = "không đổi"
    other.sheet_view.tabSelected = True
    return bytes_of(book)


def test_a_workbook_keeps_all_that_is_in_it_and_its_wrong_cells_are_marked(agency: Agency, dressed: bytes) -> None:
    book = agency.marked(workbook(), {"bao-cao.xlsx": dressed})
    assert book.sheetnames == [TITLE, SHEET, "Ghi chú 'riêng'"]
    sheet = book[SHEET]
    assert sheet["A1"].value == "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG"
    assert sheet["A1"].font.color.rgb == "FF0000FF"
    assert {str(area) for area in sheet.merged_cells.ranges} == {"A1:C1", "A8:B8"}
    assert (sheet["C4"].value, sheet["C4"].number_format) == (40, "0.00")
    assert sheet["B4"].fill.fgColor.rgb == "FF00B050"
    assert sheet.column_dimensions["B"].width == 33
    assert book["Ghi chú 'riêng'"]["B2"].value == "không đổi"
    assert (sheet["A7"].value, sheet["A7"].data_type) == ("=cmd", "s"), "a text is no formula"
    assert (sheet["C7"].value, sheet["C7"].data_type) == ("=1+1", "f"), "the agency's own formula stays"

    assert filled(sheet) == {"C5", "B6", "C6", "A8", "C8"}
    assert {side.style for side in (sheet["C5"].border.left, sheet["C5"].border.bottom)} == {"thick"}
    notes = commented(sheet)
    assert set(notes) == {"C5", "B6", "C6", "A8", "C8"}, "merged cells are marked in the first of them"
    assert notes["C5"].startswith("LỖI: AQI\nNhận được: abc\nCần: Cột: phải là số nguyên")
    vietnamese, english = notes["C5"].index("LỖI"), notes["C5"].index("ERROR")
    assert vietnamese < english
    for words in ("Ví dụ đúng:", "Quy tắc: aqi-type", "Came: abc", "Wanted: ", "For example: ", "Rule: aqi-type"):
        assert words in notes["C5"], words
    assert "Số này do trạm báo" in notes["C5"], "a comment that was there is kept"
    assert "Nhận được: 9999" in notes["C6"]
    assert "Quy tắc: aqi-range" in notes["C6"]
    assert "ô trống" in notes["A8"]


def test_the_first_sheet_sums_up_and_leads_to_the_cells(agency: Agency, dressed: bytes) -> None:
    book = agency.marked(workbook(), {"bao-cao.xlsx": dressed})
    words = said(book)
    for expected in (
        "Kết quả kiểm tra / Check result",
        "Bộ dữ liệu gửi bị từ chối.",
        "The delivery was refused.",
        "bao-cao.xlsx",
        "aqi-range",
        "hanoi check FILE --dataset air-test",
        "Hãy sửa trong tệp gốc",
        "Mend the original file",
    ):
        assert expected in words, expected
    assert links(book) == {f"'{SHEET}'!{place}": place for place in ("C5", "B6", "C6", "A8", "C8")}
    assert book.active.title == TITLE
    assert [s.title for s in book.worksheets if s.sheet_view.tabSelected] == [TITLE]
    assert words.index("Gửi lại thế nào") < words.index("Danh sách lỗi")


def test_a_text_file_becomes_a_sheet_with_every_row_in_its_place(agency: Agency) -> None:
    declared = contract(reading={"header_rows": [3]})
    lines = [
        "Báo cáo,=HYPERLINK(A1)",
        "",
        ",".join(HEADER),
        "T1,2026-01-01 07:00:00,0040",
        "",
        'T2,"2026-01-01\n 07:00:00",abc',
        "=1+1,@x,-5",
        "T4,2026-01-01 08:00:00,1,thừa",
    ]
    book = agency.marked(declared, {"số liệu.csv": "\n".join([*lines, ""]).encode()})
    (sheet,) = book.worksheets[1:]
    assert sheet.title == "số liệu.csv"
    assert [c.value for c in sheet[1]][:2] == ["Báo cáo", "=HYPERLINK(A1)"]
    assert [c.value for c in sheet[3]][:3] == HEADER
    assert [c.value for c in sheet[4]][:3] == ["T1", "2026-01-01 07:00:00", "0040"]
    assert [c.value for c in sheet[5]][:3] == [None] * 3
    assert sheet["B6"].value == "2026-01-01\n 07:00:00"
    assert [c.value for c in sheet[8]][:3] == ["=1+1", "@x", "-5"], "the cell over two lines counts as two"
    assert {c.data_type for row in sheet.iter_rows() for c in row if c.value is not None} == {"s"}
    assert sheet["A8"].quotePrefix
    assert filled(sheet) == {"C6", "B8", "C8", "A9", "B9", "C9", "D9"}
    assert "4 ô" in commented(sheet)["A9"]
    assert set(links(book)) == {f"'số liệu.csv'!{place}" for place in ("C6", "B8", "C8", "A9")}


def test_no_more_notes_than_are_allowed_and_every_rule_has_its_turn(agency: Agency) -> None:
    rows = [f"T{n},2026-01-01 07:00:00,x" for n in range(9)] + ["T9,hôm qua,5"]
    book = agency.marked(CSV, {"air.csv": "\n".join([",".join(HEADER), *rows, ""]).encode()}, most=3)
    assert set(commented(book.worksheets[1])) == {"C2", "C3", "B11"}
    assert "Chỉ ghi chú 3 trong 10 lỗi" in said(book)
    assert "Only 3 of 10 errors have a comment" in said(book)


@pytest.mark.parametrize("form", ["csv", "excel"])
def test_of_a_file_that_is_too_large_only_the_rows_with_notes_are_copied(
    agency: Agency, monkeypatch: pytest.MonkeyPatch, dressed: bytes, form: str
) -> None:
    monkeypatch.setattr(dags.marked.copies, "MOST_CELLS", 5)
    monkeypatch.setattr(dags.marked.copies, "_MOST_BYTES", 5)
    rows = [CLEAN, ["T2", "2026-01-01 07:00:00", "abc"], ["T3", "31/13/2026", "9999"]]
    text = "\n".join(map(",".join, [HEADER, *rows]))
    declared, files = (CSV, {"a.csv": f"{text}\n".encode()}) if form == "csv" else (workbook(), {"a.xlsx": dressed})
    book = agency.marked(declared, files)
    (sheet,) = book.worksheets[1:]
    assert [c.value for c in sheet[1]][1:4] == HEADER
    first = 3 if form == "csv" else 5
    assert [c.value for c in sheet[2]][:4] == [first, "T2", "2026-01-01 07:00:00", "abc"]
    assert [c.value for c in sheet[3]][:4] == [first + 1, "T3", "31/13/2026", "9999"]
    assert {"D2", "C3", "D3"} <= set(commented(sheet))
    assert CLEAN[0] not in texts(sheet)
    assert "Tệp quá lớn" in said(book)
    assert "only the header and the rows with comments" in said(book)


def test_personal_values_are_in_the_agencys_cells_and_in_nothing_that_we_say(agency: Agency) -> None:
    columns = (column("person", "citizen", required=True, header="Số định danh"), column("n", "aqi", header="Số"))
    declared = contract(columns=columns, key=("person",))
    number = "001299012345"
    content = f"Số định danh,Số\n{number},{number}\n{number[::-1]},7\n".encode()
    book = agency.marked(declared, {"air.csv": content})
    assert book.worksheets[1]["A2"].value == number
    assert "Giá trị riêng, không ghi lại ở đây." in commented(book.worksheets[1])["B2"]
    for text in (said(book), json.dumps(commented(book.worksheets[1]), ensure_ascii=False)):
        assert number not in text


def test_a_file_that_cannot_be_read_gives_the_first_sheet_alone(agency: Agency) -> None:
    book = agency.marked(CSV, {"air.csv": b"<!DOCTYPE html><html><body>404</body></html>"})
    assert book.sheetnames == [TITLE]
    assert "trang web (HTML)" in said(book)
    assert "Không đọc được bộ dữ liệu gửi." in said(book)


def test_several_files_are_several_sheets_of_one_copy(agency: Agency) -> None:
    good, bad = ",".join(HEADER), ",".join(["T2", "2026-01-01 07:00:00", "x"])
    files = {f"{'x' * 30}{n}.csv": f"{good}\nT{n},2026-01-01 07:00:00,1\n{bad}\n".encode() for n in (1, 2)}
    book = agency.marked(CSV, files)
    assert len(book.sheetnames) == len(set(map(str.casefold, book.sheetnames))) == 3
    assert [sheet["A2"].value for sheet in book.worksheets[1:]] == ["T1", "T2"]
    assert [set(commented(sheet)) for sheet in book.worksheets[1:]] == [{"C3"}, {"C3"}]


def test_a_warning_is_another_colour_and_a_good_file_has_no_marks(agency: Agency) -> None:
    rule = {"id": "calm", "sql": "aqi < 100", "columns": ["aqi"], "severity": "warning"}
    declared = contract(rules=[{**rule, "message": {"vi": "AQI cao.", "en": "A high AQI."}}])
    head, good = ",".join(HEADER), ",".join(CLEAN)
    book = agency.marked(declared, {"air.csv": f"{head}\n{good}\nT2,2026-01-01 07:00:00,180\n".encode()})
    sheet = book.worksheets[1]
    assert sheet["C3"].fill.fgColor.rgb == "00FFEB9C"
    assert commented(sheet)["C3"].startswith("CẢNH BÁO: AQI\nNhận được: ")
    book = agency.marked(declared, {"air.csv": f"{head}\n{good}\n".encode()})
    assert not filled(book.worksheets[1])
    assert "Không có ô nào cần sửa." in said(book)


def test_codes_are_told_as_the_agency_writes_them(agency: Agency) -> None:
    columns = (column("station_id", "station", required=True), column("unit", "unit-code", as_of="2026-01-01"))
    columns[1]["values"] = {"Ba Đình": "00004"}
    book = agency.marked(contract(columns=columns, key=("station_id",)), {"a.csv": b"station_id,unit\nT1,Ba Dinh\n"})
    note = commented(book.worksheets[1])["B2"]
    assert "Cách viết được nhận: Ba Đình" in note
    assert "Ví dụ đúng: Ba Đình" in note


def test_titles_that_are_taken_and_sheets_named_like_ours(agency: Agency, dressed: bytes) -> None:
    book = load_workbook(io.BytesIO(dressed))
    book.create_sheet(TITLE)
    found = agency.marked(workbook(), {"a.xlsx": bytes_of(book)})
    assert found.sheetnames[0] == f"{TITLE} (2)"
    assert found.sheetnames[-1] == TITLE


def test_what_is_kept_of_a_delivery_is_marked_and_what_is_gone_is_told(agency: Agency, dressed: bytes) -> None:
    result, sent = agency.judge(workbook(), {"a.xlsx": dressed})
    home, plan = agency.folder / "home", sent.plan
    assert kept_of(home, plan, result).delivery == sent.delivery
    for file in sent.delivery.files:
        sent.store.path(file).unlink()
    with pytest.raises(NothingToMark, match="raw files of the delivery"):
        kept_of(home, plan, result)


@pytest.mark.parametrize("name", ["PCI_2010.xls", "PCI_2012.xlsx"])
def test_real_workbooks(name: str, real_data: Path, tmp_path: Path) -> None:
    plan, store = blueprint(), DeliveryStore(tmp_path / "home", 10**8)
    declared = plan.contract("pci")
    delivery = store.keep(declared, by_hand(declared, [real_data / "governance/pci" / name]), "test")
    found = conform(declared, plan, delivery, store, tmp_path / "out")
    verdict = Verdict(False, "pci", declared.ref, found.rows_accepted, found.rows_in, found.rows_quarantined, ())
    result = judged(declared, plan, delivery, found, verdict)
    assert found.rows_quarantined
    write_marked(tmp_path / "m.xlsx", result, Sent(declared, plan, delivery, store, Path(found.quarantined)))
    book = load_workbook(tmp_path / "m.xlsx")
    assert len(book.sheetnames) > 2
    (sheet,) = (sheet for sheet in book.worksheets[1:] if commented(sheet))
    spans = [span for fault in result.faults for cause in fault.causes for span in cause.spans]
    rows = {row for span in spans for row in range(span.first, span.last + 1)}
    assert {int("".join(filter(str.isdigit, place))) for place in commented(sheet)} == rows


def test_a_cell_that_became_a_row_is_marked_where_it_stands(agency: Agency) -> None:
    columns = (column("station_id", "station", required=True), column("year", "count"), column("aqi", "aqi"))
    reading = {"unpivot": {"headers": "^(?P<year>20[0-9]{2})$", "value": "aqi"}}
    declared = contract(columns=columns, key=("station_id", "year"), reading=reading)
    content = b"station_id,2024,2025,2026\nT1,10,x,30\nT2,y,y,40\n,5,6,7\n"
    sheet = agency.marked(declared, {"air.csv": content}).worksheets[1]
    assert set(commented(sheet)) == {"C2", "A3", "A4"}, "of two cells with one text nobody can say which it was"
    assert "Nhận được: x\n" in commented(sheet)["C2"]
