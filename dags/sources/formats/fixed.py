"""Fixed-width text: columns by the characters at which they stand, in the encodings of CSV."""

import codecs
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from blueprint import Reading
from dags.errors import DeliveryUnreadable, HeaderChanged
from dags.sources.blocks import ROWS, Block, rows_of
from dags.sources.encodings import settled
from dags.sources.headers import fold
from dags.sources.tables import Table
from dags.sources.texts import empty, inspect, pieces

_LONGEST = 1024 * 1024
"""Characters of the longest line."""


def read_fixed(path: Path, name: str, reading: Reading) -> Table:
    """The table whose columns ``reading.fields`` places; the header line, if the file has one, must say the same.

    Text that stands between the fields of a line or behind the last is one cell too many. Lines may end earlier, for many systems
    cut off blanks.

    Raises:
        HeaderChanged: the header line has another text where a column should be headed.
        DeliveryUnreadable: a line without end.
        WrongEncoding, DeliveryEmpty: as their names say.
    """
    encoding, evidence = settled(path, name, reading.encoding)
    inspect(path, name, encoding)
    lines = _Lines(path, name, encoding)
    header = tuple(reading.fields)
    head = max(reading.header_rows, default=0)
    first = reading.first_row or head + 1
    if reading.header_rows:
        _check_header(lines, reading, name)
    if not any(number >= first and line.strip() for number, line in lines):
        raise empty(name)
    return Table(name, "", header, _blocks(lines, reading, first), evidence, header_row=head, first_row=first)


def _blocks(lines: "_Lines", reading: Reading, first: int) -> Iterator[Block]:
    places = [(start - 1, end) for start, end in reading.fields.values()]
    gaps = _gaps(places)
    batch: list[tuple[int, list[str]]] = []
    for number, line in lines:
        if number < first or not line.strip():
            continue
        cells = [line[start:end].strip() for start, end in places]
        strays = [text for start, end in gaps if (text := line[start:end].strip())]
        batch.append((number, cells + strays))
        if len(batch) == ROWS:
            yield rows_of(batch, len(places))
            batch = []
    if batch:
        yield rows_of(batch, len(places))


def _gaps(places: list[tuple[int, int]]) -> list[tuple[int, int | None]]:
    """The stretches of a line in which no field stands."""
    gaps: list[tuple[int, int | None]] = []
    at = 0
    for start, end in sorted(places):
        if start > at:
            gaps.append((at, start))
        at = max(at, end)
    return [*gaps, (at, None)]


def _check_header(lines: "_Lines", reading: Reading, name: str) -> None:
    head = dict(islice(lines, max(reading.header_rows)))
    for wanted, (start, end) in reading.fields.items():
        found = " ".join(" ".join(head.get(row, "")[start - 1 : end] for row in reading.header_rows).split())
        if fold(found) != fold(wanted):
            raise HeaderChanged(
                f"{name}: ký tự {start} đến {end} phải có tiêu đề {wanted!r}, nhưng là {found!r}. Bố cục tệp đã đổi; "
                "hãy khai báo lại `fields` trong hợp đồng dữ liệu.",
                f"{name}: characters {start} to {end} must be headed {wanted!r}, but are {found!r}. The layout moved; "
                "declare `fields` anew in the contract.",
            )


class _Lines:
    """The lines of a file with their numbers, from 1, anew each time they are gone through."""

    def __init__(self, path: Path, name: str, encoding: str) -> None:
        self.path, self.name, self.encoding = path, name, encoding

    def __iter__(self) -> Iterator[tuple[int, str]]:
        held, number = "", 0
        for text in codecs.iterdecode(pieces(self.path, self.encoding), "utf-8"):
            *whole, held = (held + text).replace("\r\n", "\n").split("\n")
            for line in whole:
                number += 1
                yield number, self._checked(line, number)
            self._checked(held, number + 1)
        if held:
            yield number + 1, held.removesuffix("\r")

    def _checked(self, line: str, number: int) -> str:
        if len(line) > _LONGEST:
            raise DeliveryUnreadable(
                f"{self.name}, dòng {number}: dài hơn {_LONGEST} ký tự. Hãy kiểm tra tệp có xuống dòng ở cuối mỗi bản ghi không.",
                f"{self.name}, line {number}: longer than {_LONGEST} characters. Check that each record ends its line.",
            )
        return line
