"""The first sheet of a marked copy: the verdict, the counts, the errors with links to their cells, how to send again."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dags.marked.cells import FILLS, Marked, came_of
from dags.marked.copies import Copied, put
from quality.report import QualityResult
from quality.report.next_steps import next_steps
from quality.report.page import number, seen, when
from quality.report.words import OUTCOME

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

TITLE = "Kết quả kiểm tra"
_OUTCOME_FILLS = {"passed": "C6EFCE", "passed-with-warnings": "FFEB9C", "refused": "FFC7CE", "unreadable": "FFC7CE"}
_SEVERITY = {"error": "Lỗi / Error", "warning": "Cảnh báo / Warning"}
_WIDTHS = (13, 26, 22, 12, 26, 30, 52, 52, 20)
_HEAD_FILL = "D9E1F2"


class _Sheet:
    """Lines written one below the other."""

    def __init__(self, sheet: "Worksheet") -> None:
        from openpyxl.utils import get_column_letter

        self.sheet, self.row = sheet, 0
        for column, width in enumerate(_WIDTHS, start=1):
            sheet.column_dimensions[get_column_letter(column)].width = width

    def line(
        self, *values: Any, bold: bool = False, size: int = 11, fill: str | None = None, wrap: bool = False
    ) -> int:
        """Write one line; returns its row."""
        from openpyxl.styles import Alignment, Font, PatternFill

        self.row += 1
        for column, value in enumerate(values, start=1):
            if value is None:
                continue
            cell = self.sheet.cell(self.row, column)
            put(cell, value)
            cell.font = Font(bold=bold, size=size)
            cell.alignment = Alignment(wrap_text=wrap, vertical="top", horizontal="left")
            if fill:
                cell.fill = PatternFill("solid", fgColor=fill)
        return self.row

    def heading(self, vi: str, en: str) -> None:
        self.row += 1
        self.line(f"{vi} / {en}", bold=True, size=13)

    def table(self, *headings: str | None) -> None:
        self.line(*headings, bold=True, fill=_HEAD_FILL, wrap=True)


def add_summary(copy: Copied, result: QualityResult, told: Sequence[Marked], most: int) -> None:
    """Put the sheet in front of the others; it alone is selected when the file opens."""
    book = copy.book
    sheet = _Sheet(book.create_sheet(_free_title(book), 0))
    _verdict(sheet, result)
    _counts(sheet, result)
    _whole_set(sheet, result)
    _limits(sheet, copy, result, told, most)
    _send_again(sheet, result)
    _errors(sheet, told)
    for other in (*book.worksheets, *book.chartsheets):
        if other.sheet_view is not None:  # sheets that stay selected together would be changed together
            other.sheet_view.tabSelected = other is sheet.sheet
    book.active = 0


def _free_title(book: "Workbook") -> str:
    taken = {title.casefold() for title in book.sheetnames}
    titles = (TITLE, *(f"{TITLE} ({n})" for n in range(2, len(taken) + 3)))
    return next(title for title in titles if title.casefold() not in taken)


def _verdict(sheet: _Sheet, result: QualityResult) -> None:
    sheet.line("Kết quả kiểm tra / Check result", bold=True, size=16)
    for said in OUTCOME[result.marks.validity]:
        sheet.line(said, bold=True, fill=_OUTCOME_FILLS[result.marks.validity])
    if result.refusal:
        sheet.line(seen(result.refusal.vi))
        sheet.line(seen(result.refusal.en))
    sheet.row += 1
    rows = result.rows
    sheet.line("Bộ dữ liệu / Dataset", f"{result.title.vi} / {result.title.en} ({result.contract})")
    sheet.line("Lúc / At", f"{when(result.judged_at, 'vi')} / {when(result.judged_at, 'en')}")
    for file in result.delivery.files:
        sheet.line("Tệp / File", seen(file.name), "SHA-256", file.sha256)
    if result.marks.validity != "unreadable":
        sheet.line("Dòng / Rows", rows.received)
        sheet.line("Nhận / Accepted", rows.accepted)
        sheet.line("Cách ly / Quarantined", rows.quarantined)
        sheet.line("Điểm / Score", f"{result.score.shown} / 100")


def _counts(sheet: _Sheet, result: QualityResult) -> None:
    if not result.faults:
        return
    sheet.heading("Số dòng theo quy tắc", "Rows per rule")
    columns = "Số dòng / Rows", "Quy tắc / Rule", "Mức / Severity", None, "Cột / Column", None, "Cần", "Wanted", None
    sheet.table(*columns)
    for fault in result.faults:
        about = ", ".join(seen(c.header or c.title.vi) for c in fault.columns) or None
        kind = _SEVERITY[fault.severity]
        sheet.line(fault.rows, fault.rule, kind, None, about, None, fault.vi, fault.en, wrap=True)


def _whole_set(sheet: _Sheet, result: QualityResult) -> None:
    if result.set_faults:
        sheet.heading("Kiểm tra trên toàn bộ dữ liệu", "Checks on the data as a whole")
        for check in result.set_faults:
            sheet.line(seen(check.vi))
            sheet.line(seen(check.en))


def _limits(sheet: _Sheet, copy: Copied, result: QualityResult, told: Sequence[Marked], most: int) -> None:
    sheet.heading("Về bản sao này", "About this copy")
    for vi, en in _remarks(copy, result, told, most):
        sheet.line(vi)
        sheet.line(en)


def _remarks(copy: Copied, result: QualityResult, told: Sequence[Marked], most: int) -> Iterable[tuple[str, str]]:
    if result.marks.validity == "unreadable":
        yield (
            "Tệp không đọc được nên không có ô nào để đánh dấu; lý do ghi ở trên.",
            "The file could not be read, so there is no cell to mark; the reason is given above.",
        )
        return
    if copy.own:
        yield (
            "Các trang sau là bản sao sổ tính của đơn vị; tệp gốc không thay đổi. Ô sai có nền màu, viền đậm và ghi chú.",
            "The sheets that follow are a copy of your workbook; the original is unchanged. Wrong cells have a fill, a bold "
            "border and a comment.",
        )
    elif copy.whole:
        yield (
            "Các trang sau chép lại mọi dòng của tệp, đúng vị trí, dạng văn bản. Ô sai có nền màu, viền đậm và ghi chú.",
            "The sheets that follow hold every row of your file in its place, as text. Wrong cells have a fill, a bold border "
            "and a comment.",
        )
    else:
        yield (
            "Tệp quá lớn: các trang sau chỉ chép dòng tiêu đề và các dòng có ghi chú; cột đầu là số dòng trong tệp gốc.",
            "The file is too large: the sheets that follow hold only the header and the rows with comments; the first column "
            "is the row's number in your file.",
        )
    if (every := sum(f.rows for f in result.faults)) > len(told):
        yield (
            f"Chỉ ghi chú {number(len(told), 'vi')} trong {number(every, 'vi')} lỗi (nhiều nhất {number(most, 'vi')}); mỗi quy tắc "
            "đều có những dòng đầu tiên. Hãy sửa ở nguồn rồi kiểm tra lại.",
            f"Only {number(len(told), 'en')} of {number(every, 'en')} errors have a comment ({number(most, 'en')} at most); every "
            "rule has its first rows. Correct them at the source and check again.",
        )
    if not told:
        yield "Không có ô nào cần sửa.", "No cell is to be mended."


def _send_again(sheet: _Sheet, result: QualityResult) -> None:
    sheet.heading("Gửi lại thế nào", "How to send again")
    for at, step in enumerate(next_steps(result), start=1):
        sheet.line(f"{at}. {step.vi}")
        sheet.line(f"    {step.en}")
        if step.command:
            sheet.line(f"    {step.command}")
    sheet.line("Hãy sửa trong tệp gốc và gửi tệp gốc; bản sao này chỉ để xem.")
    sheet.line("Mend the original file and send that; this copy is for reading only.")


def _errors(sheet: _Sheet, told: Sequence[Marked]) -> None:
    if not told:
        return
    sheet.heading("Danh sách lỗi", "List of errors")
    sheet.table(
        "Ô / Cell",
        "Tệp / File",
        "Trang / Sheet",
        "Dòng / Row",
        "Cột / Column",
        "Nhận được / Came",
        "Cần",
        "Wanted",
        "Ví dụ đúng / Example",
    )
    for marked in told:
        note = marked.note
        row = sheet.line(
            marked.cell or "—",
            seen(note.file),
            seen(note.sheet) if note.sheet else None,
            note.row,
            seen(note.header) if note.header else None,
            " / ".join(dict.fromkeys(filter(None, (came_of(note, 0), came_of(note, 1))))) or None,
            note.vi,
            note.en,
            note.example,
            fill=FILLS[note.severity],
            wrap=True,
        )
        if marked.sheet and marked.cell:
            _link(sheet.sheet.cell(row, 1), marked.sheet, marked.cell)


def _link(cell: Any, sheet: str, place: str) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import quote_sheetname
    from openpyxl.worksheet.hyperlink import Hyperlink

    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"{quote_sheetname(sheet)}!{place}", display=place)
    cell.font = Font(color="0563C1", underline="single")
