"""Marking cells: a fill, a bold border, and a comment in Vietnamese and then in English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blueprint.rules import ROW_WIDTH
from dags.marked.copies import Copied
from quality.report.notes import Note
from quality.report.page import seen

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

AUTHOR = "Hà Nội Cloud"
FILLS = {"error": "FFC7CE", "warning": "FFEB9C"}
BORDERS = {"error": "C00000", "warning": "BF8F00"}
_LONGEST_COMMENT = 4_000
"""Letters of one comment; nobody reads more."""
_WIDTH, _LINE, _LETTERS = 420, 18, 58
"""Width of a comment and height of its lines in pixels, and about how many letters a line takes."""
_OWN = "Giá trị riêng, không ghi lại ở đây.", "A personal value, which is not repeated here."


@dataclass(frozen=True)
class Marked:
    """A note and the cell that it stands at; ``sheet`` and ``cell`` are ``None`` where the copy does not hold it."""

    note: Note
    sheet: str | None
    cell: str | None


def mark(copy: Copied, noted: Sequence[Note], made: Mapping[str, int]) -> list[Marked]:
    """Mark every cell that a note is about, and lay the comments of a cell together on it.

    ``made`` says of each file how many columns its reading makes behind those of the file.
    """
    together: dict[tuple[str, str], list[Note]] = {}
    told: list[Marked] = []
    for note in noted:
        placed = copy.place(note)
        if placed is None:
            told.append(Marked(note, None, None))
            continue
        columns = _columns(note, 0 if placed.shift else made.get(note.file, 0))
        corners = [_corner(placed.sheet, placed.row, column + placed.shift) for column in columns]
        for corner in corners:
            _paint(placed.sheet.cell(*corner), note.severity)
        place = placed.sheet.cell(*corners[0]).coordinate
        together.setdefault((placed.sheet.title, place), []).append(note)
        told.append(Marked(note, placed.sheet.title, place))
    for (title, place), notes in together.items():
        _comment(copy.book[title][place], notes)
        copy.book[title].sheet_properties.tabColor = BORDERS["error"]
    return told


def _columns(note: Note, made: int) -> list[int]:
    """The positions of the cells that a note is about, as they are in the file; the first cell stands for one that is not.

    A cell behind those of the file was made of one of them: the one that holds its text, where no other does.
    """
    width = max(len(note.received) - made, 1)
    if not note.columns and note.header is None:
        return list(range(1, width + 1))
    found: list[int] = []
    for column in note.columns:
        if column <= width:
            found.append(column)
            continue
        text = note.received[column - 1] if column <= len(note.received) else ""
        same = [at for at, cell in enumerate(note.received[:width], start=1) if text and cell == text]
        found += same if len(same) == 1 else []
    return list(dict.fromkeys(found)) or [1]


def _corner(sheet: "Worksheet", row: int, column: int) -> tuple[int, int]:
    """The cell itself, or the first of the merged cells that it is one of: only that shows a fill and holds a comment."""
    for area in sheet.merged_cells.ranges:
        if area.min_row <= row <= area.max_row and area.min_col <= column <= area.max_col:
            return area.min_row, area.min_col
    return row, column


def _paint(cell: Any, severity: str) -> None:
    from openpyxl.styles import Border, PatternFill, Side

    if severity == "warning" and cell.fill.fgColor.rgb == f"00{FILLS['error']}":
        return  # an error is told before what only warns
    side = Side(style="thick", color=BORDERS[severity])
    cell.fill = PatternFill("solid", fgColor=FILLS[severity])
    cell.border = Border(left=side, right=side, top=side, bottom=side)


def _comment(cell: Any, notes: Sequence[Note]) -> None:
    from openpyxl.comments import Comment

    said = [_said(note, at) for at in (0, 1) for note in notes]
    if cell.comment is not None:
        said.append(f"Ghi chú có sẵn / existing comment:\n{cell.comment.text}")
    text = "\n\n".join(said)
    text = text if len(text) <= _LONGEST_COMMENT else text[: _LONGEST_COMMENT - 1] + "…"
    lines = sum(1 + len(line) // _LETTERS for line in text.split("\n"))
    cell.comment = Comment(text, AUTHOR, height=_LINE * (lines + 1), width=_WIDTH)


def _said(note: Note, at: int) -> str:
    """The note in Vietnamese (0) or English (1): what came, what is allowed, an example, the rule."""
    words = (
        ("LỖI", "CẢNH BÁO", "Nhận được", "Cần", "Ví dụ đúng", "Quy tắc", "Cách viết được nhận"),
        ("ERROR", "WARNING", "Came", "Wanted", "For example", "Rule", "Spellings that are taken"),
    )[at]
    head = words[note.severity == "warning"]
    lines = [f"{head}: {seen(note.header)}" if note.header else head]
    if (came := came_of(note, at)) is not None:
        lines.append(f"{words[2]}: {came}")
    lines.append(f"{words[3]}: {(note.vi, note.en)[at]}")
    if note.spellings:
        lines.append(f"{words[6]}: {', '.join(note.spellings)}…")
    if note.example:
        lines.append(f"{words[4]}: {note.example}")
    return "\n".join([*lines, f"{words[5]}: {note.rule}"])


def came_of(note: Note, at: int) -> str | None:
    """What came, as it may be shown, in Vietnamese (0) or English (1); ``None`` where the rule is about no value."""
    if note.masked:
        return _OWN[at]
    if note.came is None:
        return None
    if note.rule == ROW_WIDTH:
        return f"{note.came} {('ô', 'cells')[at]}"
    return seen(note.came) if note.came.strip() else ("ô trống", "an empty cell")[at]
