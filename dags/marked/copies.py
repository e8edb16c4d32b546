"""Copies of a delivery as a workbook: the agency's own .xlsx with all that is in it, or one built from its rows."""

import itertools
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Reading
from blueprint.errors import HanoiError
from dags.marked.sent import Sent
from dags.sources.arranging import made_columns
from dags.sources.csv_blocks import CsvFile
from dags.sources.tables import read
from dags.sources.workbooks import opened
from quality.report.notes import Note
from quality.report.page import seen

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

MOST_CELLS = 300_000
"""Cells beyond which only the rows with notes are copied."""
_MOST_BYTES = 48 * 1024 * 1024
"""Bytes of an .xlsx when unpacked, beyond which it is not taken over as it is."""
_LONGEST_TEXT = 32_767
"""Letters that a cell of a workbook can hold."""
_LONGEST_TITLE = 31
_ZIP = b"PK\x03\x04"
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("\\/?*[]:'", "-"))
_ROW = "Dòng trong tệp / Row in the file"
Values = Sequence[Any]


@dataclass(frozen=True)
class Placed:
    """Where a row of the delivery is in the copy; ``shift`` is by how many columns its cells moved to the right."""

    sheet: "Worksheet"
    row: int
    shift: int = 0


@dataclass(frozen=True)
class Copied:
    """The workbook; ``own`` where it is the agency's with its formats, ``whole`` where every row is in it."""

    book: "Workbook"
    own: bool
    whole: bool
    places: "Mapping[tuple[str, str | None], Worksheet]"
    rows: Mapping[tuple[str, str | None, int], int] | None = None
    """The rows of notes in a copy that is not whole."""
    shifts: Mapping[str, int] | None = None
    """By how many rows a file's rows moved down in the copy."""

    def place(self, note: Note) -> Placed | None:
        """Where the row of ``note`` is; ``None`` where its sheet is not in the copy."""
        sheet = self.places.get((note.file, note.sheet))
        if sheet is None:
            return None
        if self.rows is not None:
            return Placed(sheet, self.rows[note.file, note.sheet, note.row], 1)
        return Placed(sheet, note.row + (self.shifts or {}).get(note.file, 0))


def copied(sent: Sent, noted: Sequence[Note], cells: int) -> Copied:
    """The copy of a delivery of about ``cells`` cells: as it is where it is one .xlsx of moderate size, else built.

    Texts are written as texts, whatever they begin with.
    """
    return _own(sent, noted) or _whole(sent, noted, cells) or _some(sent, noted)


def blank() -> Copied:
    """A workbook without sheets, for a delivery that could not be read."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    return Copied(book, own=False, whole=False, places={})


def _own(sent: Sent, noted: Sequence[Note]) -> Copied | None:
    (first, *others) = sent.delivery.files
    path = sent.store.path(first)
    if others or sent.reading(first.name).format != "excel" or not _moderate(path):
        return None
    from openpyxl import load_workbook

    try:
        with path.open("rb") as file:
            book = load_workbook(file)
    except Exception:  # what openpyxl raises for files that other readers open has no end
        return None
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if not all(note.sheet in sheets for note in noted):
        return None
    return Copied(book, own=True, whole=True, places={(first.name, title): s for title, s in sheets.items()})


def _moderate(path: Path) -> bool:
    with path.open("rb") as file:
        if file.read(4) != _ZIP:
            return False
    try:
        with zipfile.ZipFile(path) as packed:
            return sum(part.file_size for part in packed.infolist()) <= _MOST_BYTES
    except zipfile.BadZipFile:
        return False


def _whole(sent: Sent, noted: Sequence[Note], cells: int) -> Copied | None:
    """Every row of every file as a workbook of its own sheets; ``None`` where that is too much."""
    if cells > MOST_CELLS:
        return None
    copy, book, left = blank(), None, MOST_CELLS
    book, places, shifts = copy.book, dict[tuple[str, str | None], "Worksheet"](), dict[str, int]()
    for file in sent.delivery.files:
        path, reading = sent.store.path(file), sent.reading(file.name)
        for sheet, rows, shift in _sheets(path, file.name, reading):
            title = file.name if sheet is None else sheet if len(sent.delivery.files) == 1 else f"{file.name} {sheet}"
            target = book.create_sheet(_title(book, title))
            places[file.name, sheet] = target
            shifts[file.name] = shift
            for number, values in rows:
                left -= len(values)
                if left < 0:
                    return None
                _write(target, number + shift, values)
    found = Copied(book, own=False, whole=True, places=places, shifts=shifts)
    return found if all((n.file, n.sheet) in places for n in noted) else None


def _sheets(path: Path, name: str, reading: Reading) -> Iterator[tuple[str | None, Iterable[tuple[int, Values]], int]]:
    """The sheets of a file, the rows of each by their numbers in it, and how far the copy moves them down."""
    if reading.format == "csv":
        yield None, _csv_rows(path, name, reading), 0
    elif reading.format == "excel":
        with opened(path, name, reading.encoding) as book:
            for sheet in book.sheet_names:
                yield sheet, enumerate(book.rows(sheet), start=1), 0
    else:
        table = read(path, name, reading)
        rows = ((int(number), block.received(at)) for block in table.blocks for at, number in enumerate(block.numbers))
        yield table.sheet or None, itertools.chain([(0, table.header)], rows), 1


def _csv_rows(path: Path, name: str, reading: Reading) -> Iterator[tuple[int, Values]]:
    """Every line of a CSV file, titles above its header included."""
    file = CsvFile(path, name, reading.model_copy(update={"header_rows": (1,), "first_row": None}), arrow=False)
    yield from enumerate(file.head(), start=1)
    try:
        for block in file.blocks(0):
            yield from ((int(number), block.received(at)) for at, number in enumerate(block.numbers))
    except HanoiError:  # a file of one line; conform has told what is wrong with others
        return


def _some(sent: Sent, noted: Sequence[Note]) -> Copied:
    """The rows with notes, below the header of their file, each behind the number of its row."""
    book = blank().book
    places, rows = dict[tuple[str, str | None], "Worksheet"](), dict[tuple[str, str | None, int], int]()
    files = {file.name: file for file in sent.delivery.files}
    for note in sorted(noted, key=lambda n: (n.file, n.sheet or "", n.row)):
        if (note.file, note.sheet) not in places:
            target = book.create_sheet(_title(book, note.sheet or note.file))
            places[note.file, note.sheet] = target
            path, reading = sent.store.path(files[note.file]), sent.reading(note.file)
            _write(target, 1, [_ROW, *read(path, note.file, reading).header, *made_columns(reading)])
            target.freeze_panes = "B2"
        target = places[note.file, note.sheet]
        if (note.file, note.sheet, note.row) not in rows:
            at = target.max_row + 1
            rows[note.file, note.sheet, note.row] = at
            _write(target, at, [note.row, *note.received])
    return Copied(book, own=False, whole=False, places=places, rows=rows)


def _title(book: "Workbook", wanted: str) -> str:
    """A title for a sheet that no other bears, as near to ``wanted`` as titles may be."""
    plain = seen(wanted).translate(_NOT_IN_TITLES).strip() or "-"
    taken = {title.casefold() for title in book.sheetnames}
    for number in itertools.count(1):
        tail = f" ({number})" if number > 1 else ""
        title = plain[: _LONGEST_TITLE - len(tail)] + tail
        if title.casefold() not in taken:
            return title
    raise AssertionError  # count has no end


def _write(sheet: "Worksheet", row: int, values: Values) -> None:
    for column, value in enumerate(values, start=1):
        if value not in ("", None):
            put(sheet.cell(row, column), value)


def put(cell: "Cell | Any", value: Any) -> None:
    """Write ``value`` into ``cell``; a text stays a text, also where a spreadsheet would take it for a formula."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        value = str(value)
    if isinstance(value, bool | int | float | date | datetime | time):
        cell.value = value
        return
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", str(value))[:_LONGEST_TEXT]
    cell.value = text
    cell.data_type, cell.number_format, cell.quotePrefix = "s", "@", text[:1] in {"=", "+", "-", "@"}
