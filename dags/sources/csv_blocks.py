"""CSV as blocks of rows, in flat memory: stretches without anything unusual by Arrow, all others by Python's reader.

Both readers give the same rows. Arrow gets a stretch of whole lines only where every line is a record whatever dialect
one reads it in: no lone carriage return, no NUL, quotes only around whole cells of one line. Python's ``csv`` in its
strict mode reads the stretch otherwise, and goes on into the next where a quoted cell does.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from blueprint import Reading
from dags.errors import DeliveryTruncated, DeliveryUnreadable
from dags.sources.blocks import ROWS, Block, Columns, Rows, rows_of
from dags.sources.encodings import settled
from dags.sources.texts import empty, inspect, pieces

_LONGEST_CELL = 16 * 1024 * 1024
_LONGEST_LINE = 4 * _LONGEST_CELL
_MOST_COLUMNS = 16_384
"""As many as a spreadsheet can have."""
_DELIMITERS = frozenset(",;|\t:^~")
csv.field_size_limit(_LONGEST_CELL)


class _LineTooLong(Exception):
    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi = vi


class CsvFile:
    """One CSV file: ``head()`` first, then ``blocks()``.

    ``arrow=False`` leaves every stretch to Python's reader.
    """

    def __init__(self, path: Path, name: str, reading: Reading, *, arrow: bool = True) -> None:
        self.name = name
        self.reading = reading
        self.arrow = arrow and reading.delimiter in _DELIMITERS
        self.encoding, self.evidence = settled(path, name, reading.encoding)
        self.ends_well = inspect(path, name, self.encoding)
        self.stretches = _stretches(pieces(path, self.encoding))
        self.line = 1
        """The line at which the next stretch begins."""
        self.last: tuple[int, int] | None = None
        """Line and width of the last row so far."""

    def head(self) -> list[list[str]]:
        """The header rows, as the reading counts them. What follows them is kept for ``blocks``."""
        lines = _Lines(self)
        found: list[list[str]] = []
        for number, (_, cells) in enumerate(self._records(lines), start=1):
            if number in self.reading.header_rows:
                found.append(cells)
            if number == max(self.reading.header_rows):
                break
        if found and max(map(len, found)) > _MOST_COLUMNS:
            raise self._unreadable(
                self.line, _LineTooLong(f"nhiều hơn {_MOST_COLUMNS} cột", f"more than {_MOST_COLUMNS} columns")
            )
        self.line += lines.taken
        rest = lines.rest()
        self.stretches = _first(rest, self.stretches) if rest else self.stretches
        return found if len(found) == len(self.reading.header_rows) else []

    def blocks(self, width: int) -> Iterator[Block]:
        """Every row below the header that is not blank.

        Raises:
            DeliveryTruncated: the file ends inside quotes, or its last row is short and has no end of line.
            DeliveryUnreadable: quotes that contradict themselves, cells or lines without end.
            DeliveryEmpty: there is no row.
        """
        first = self.reading.first_row or 0
        while (stretch := self._next()) is not None:
            quick = self._by_arrow(stretch, width) if self.line >= first else None
            if quick is not None:
                yield from quick
            else:
                yield from self._by_python(stretch, width, first)
        if self.last is None:
            raise empty(self.name)
        if self.last[1] < width and not self.ends_well:
            raise _truncated(self.name, self.last[0])

    def _next(self) -> bytes | None:
        try:
            return next(self.stretches, None)
        except _LineTooLong as error:
            raise self._unreadable(self.line, error) from error

    def _by_arrow(self, stretch: bytes, width: int) -> "list[Block] | None":
        if not self.arrow or not _plain(stretch, self.reading.delimiter):
            return None
        import numpy as np
        import pyarrow as pa
        import pyarrow.csv as arrow_csv

        misfits: list[tuple[int, str]] = []

        def set_apart(row: Any) -> str:
            misfits.append((row.number - 1, row.text))
            return "skip"

        names = [f"c{position}" for position in range(width)]
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(stretch),
                read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(stretch) + 1, column_names=names),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.reading.delimiter,
                    quote_char='"' if b'"' in stretch else False,
                    invalid_row_handler=set_apart,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    check_utf8=False, strings_can_be_null=False, column_types=dict.fromkeys(names, pa.string())
                ),
            )
        except pa.ArrowInvalid:
            return None
        lines = stretch.count(b"\n") + (not stretch.endswith(b"\n"))
        if table.num_rows + len(misfits) != lines:  # Arrow passes over blank lines without counting them
            return None
        numbers = np.arange(self.line, self.line + lines, dtype=np.int64)
        rows = csv.reader((text for _, text in misfits), delimiter=self.reading.delimiter, strict=True)
        apart = [(self.line + at, cells) for (at, _), cells in zip(misfits, rows, strict=True)]
        kept = np.delete(numbers, [at for at, _ in misfits])
        blocks: list[Block] = [Columns(kept, [c.combine_chunks() for c in table.columns])] if len(kept) else []
        if apart:
            blocks.append(rows_of(apart, width))
        ends = [(int(kept[-1]), width)] if len(kept) else []
        ends += [(apart[-1][0], len(apart[-1][1]))] if apart else []
        self.last = max(ends) if ends else self.last
        self.line += lines
        return blocks

    def _by_python(self, stretch: bytes, width: int, first: int) -> Iterator[Rows]:
        lines = _Lines(self, stretch)
        batch: list[tuple[int, Sequence[str]]] = []
        for line, cells in self._records(lines):
            if cells and line >= first:
                self.last = (line, len(cells))
                batch.append((line, cells))
            if len(batch) == ROWS:
                yield rows_of(batch, width)
                batch = []
            if lines.at_end:
                break
        self.line += lines.taken
        if batch:
            yield rows_of(batch, width)

    def _records(self, lines: "_Lines") -> Iterator[tuple[int, list[str]]]:
        """Records with the line they begin at."""
        reader = csv.reader(lines, delimiter=self.reading.delimiter, strict=True)
        while True:
            start = self.line + reader.line_num
            lines.held = 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _LineTooLong) as error:
                if "unexpected end of data" in str(error):
                    raise _truncated(self.name, start) from error
                raise self._unreadable(start, error) from error
            yield start, cells

    def _unreadable(self, line: int, error: Exception) -> DeliveryUnreadable:
        vi, en = _in_words(error)
        return DeliveryUnreadable(
            f"{self.name}, dòng {line}: không đọc được CSV ({vi}). Hãy kiểm tra dấu ngoặc kép và dấu phân cách rồi gửi lại tệp.",
            f"{self.name}, line {line}: not readable as CSV ({en}). Check the quotes and the delimiter, and send the file again.",
        )


class _Lines:
    """The lines of a stretch, and of those after it for as long as a reader asks for more in the middle of a record."""

    def __init__(self, file: CsvFile, stretch: bytes = b"") -> None:
        self.file = file
        self.text = io.StringIO(stretch.decode(), newline="")
        self.size = len(self.text.getvalue())
        self.taken = 0
        self.held = 0
        """Letters of the record that is being read."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not (line := self.text.readline()):
            stretch = next(self.file.stretches, None)
            if stretch is None:
                raise StopIteration
            self.text = io.StringIO(stretch.decode(), newline="")
            self.size = len(self.text.getvalue())
        self.taken += 1
        self.held += len(line)
        if self.held > _LONGEST_LINE:
            raise _LineTooLong(
                f"một dòng dài hơn {_LONGEST_LINE} ký tự", f"record longer than {_LONGEST_LINE} characters"
            )
        return line

    @property
    def at_end(self) -> bool:
        return self.text.tell() == self.size

    def rest(self) -> bytes:
        return self.text.read().encode()


def _in_words(error: Exception) -> tuple[str, str]:
    """What stopped the reader, as a person says it."""
    if isinstance(error, _LineTooLong):
        return error.vi, str(error)
    said = str(error)
    if "field limit" in said:
        return f"một ô dài hơn {_LONGEST_CELL} ký tự", f"a cell is longer than {_LONGEST_CELL} characters"
    if "expected after" in said:
        return "sau dấu ngoặc kép đóng phải là dấu phân cách", "a delimiter must follow the closing quote"
    if "new-line" in said:
        return "có dấu xuống dòng lạc giữa dòng", "a stray line break inside a line"
    return "cấu trúc sai", "its structure is wrong"


def _first(stretch: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield stretch
    yield from others


def _stretches(found: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time."""
    held = b""
    for piece in found:
        held += piece
        end = held.rfind(b"\n") + 1
        if not end:
            end = held.rfind(b"\r", 0, len(held) - 1) + 1
        if end:
            yield held[:end]
            held = held[end:]
        elif len(held) > _LONGEST_LINE:
            raise _LineTooLong(f"một dòng dài hơn {_LONGEST_LINE} byte", f"line longer than {_LONGEST_LINE} bytes")
    if held:
        yield held


def _plain(stretch: bytes, delimiter: str) -> bool:
    """Whether each line is one record and no byte in it could mean anything but itself or the end of a cell."""
    return not (
        b"\0" in stretch
        or len(stretch) > _LONGEST_CELL
        or stretch.startswith(b"\xef\xbb\xbf")
        or (b"\r" in stretch and stretch.count(b"\r") != stretch.count(b"\r\n"))
        or (b'"' in stretch and not _quotes_whole_cells(stretch, delimiter))
    )


def _quotes_whole_cells(stretch: bytes, delimiter: str) -> bool:
    """Whether quotes stand only at both ends of cells that hold neither quotes nor ends of lines."""
    import numpy as np

    letters = np.frombuffer(b"\n" + stretch + b"\n", np.uint8)
    quotes = np.flatnonzero(letters == ord('"'))
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    around = np.array([ord(delimiter), ord("\n")], np.uint8)
    line_ends = np.flatnonzero(letters == ord("\n"))
    return bool(
        np.isin(letters[opening - 1], around).all()
        and np.isin(letters[closing + 1], np.append(around, np.uint8(ord("\r")))).all()
        and (np.searchsorted(line_ends, opening) == np.searchsorted(line_ends, closing)).all()
    )


def _truncated(name: str, line: int) -> DeliveryTruncated:
    return DeliveryTruncated(
        f"{name}: tệp bị cắt giữa chừng ở dòng {line}. Hãy gửi lại toàn bộ tệp.",
        f"{name}: the file is cut off in the middle of line {line}. Send the whole file again.",
    )
