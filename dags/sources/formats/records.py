"""Records of named fields as the blocks of one table: each has the fields that it has, and the table has them all."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from dags.errors import DeliveryUnreadable, WrongEncoding
from dags.sources.blocks import ROWS, Columns
from dags.sources.encodings import IN_UTF_8, LABELS, weighed
from dags.sources.texts import empty

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

LONGEST = 16 * 1024 * 1024
"""Characters of the longest record."""
_MOST_COLUMNS = 16_384
"""As many as a spreadsheet can have."""
_CELLS = 4_000_000
_LETTERS = 64 * 1024 * 1024
"""Cells and characters of a block."""
_FIELD = 16
"""How many characters a field counts for, however short its text."""
_LONE = re.compile("[\ud800-\udfff]")

Record = Mapping[str, str]
"""Header -> text. A text that is ``Typed`` is a number, a date or a truth value in its source, and no text."""


class Typed(str):
    """The text of a value that is no text in its source: a number, a date, true or false."""

    __slots__ = ()


class Records:
    """The table of records that ``opened`` reads anew at each call.

    The header takes the whole file to know, so a file of more than one block is read twice; errors of the file as a whole
    come before any row does. ``may_lack`` are headers that the table has even where no record does.
    """

    def __init__(self, name: str, opened: Callable[[], Iterator[Record]], may_lack: Sequence[str] = ()) -> None:
        self._name, self._opened = name, opened
        records = self._records()
        self._first = list(_some(records))
        if not self._first:
            raise empty(name)
        header = dict.fromkeys(field for record in self._first for field in record)
        self._is_whole = True
        for record in records:
            self._is_whole = False
            if not record.keys() <= header.keys():
                header.update(dict.fromkeys(record))
                self._refuse_width(len(header))
        self._refuse_width(len(header))
        self.header = (*header, *(field for field in may_lack if field not in header))

    def blocks(self) -> Iterator[Columns]:
        """The records in their order; the row number is the number of the record, from 1."""
        records = iter(self._first) if self._is_whole else self._records()
        number = 1
        while found := list(_some(records, len(self.header))):
            yield block(number, self.header, found)
            number += len(found)

    def texts(self) -> Iterator[str]:
        """The headers and texts of the first records."""
        yield from self.header
        for record in self._first:
            yield from record.values()

    def _records(self) -> Iterator[Record]:
        try:
            yield from self._opened()
        except RecursionError as error:
            raise DeliveryUnreadable(
                f"{self._name}: các bản ghi lồng nhau quá sâu. Hãy xuất lại dữ liệu ở dạng phẳng hơn.",
                f"{self._name}: the records are nested too deep. Export the data in a flatter form.",
            ) from error

    def _refuse_width(self, width: int) -> None:
        if width > _MOST_COLUMNS:
            raise DeliveryUnreadable(
                f"{self._name}: các bản ghi có hơn {_MOST_COLUMNS} tên trường khác nhau. Hãy kiểm tra đường dẫn `records`.",
                f"{self._name}: the records have over {_MOST_COLUMNS} different fields. Check the path `records`.",
            )


def refuse_font(texts: Iterable[str], name: str) -> None:
    """Refuse texts that only a legacy font shows rightly; letters that are written as their numbers hide this from bytes.

    Raises:
        WrongEncoding: with what speaks for the font.
    """
    accented = {text for text in texts if not text.isascii()}
    found = weighed("\n".join([*sorted(accented), ""]).encode("utf-8", "replace"))
    if accented and found.encoding in IN_UTF_8:
        raise WrongEncoding(
            f"{name}: chữ trong tệp được gõ bằng phông {LABELS[found.encoding]} ({found}), không phải Unicode. "
            "Hãy chuyển sang Unicode rồi gửi lại.",
            f"{name}: the text is typed in a font of {LABELS[found.encoding]} ({found}), not in Unicode. "
            "Convert it to Unicode and send it again.",
        )


def _some(records: Iterator[Record], width: int = 1) -> Iterator[Record]:
    """The next records, as many as a block of ``width`` columns holds."""
    letters = 0
    for record in islice(records, max(1, min(ROWS, _CELLS // width))):
        yield record
        letters += sum(map(len, record.values())) + _FIELD * len(record)
        if letters > _LETTERS:
            return


def block(first: int, header: Sequence[str], records: Sequence[Record]) -> Columns:
    """A block of ``records``, of which the first is row number ``first``."""
    import numpy as np

    columns = [[record.get(field, "") for record in records] for field in header]
    numbers = np.arange(first, first + len(records), dtype=np.int64)
    return Columns(numbers, [texts(column) for column in columns], cells=partial(_typed, columns))


def texts(column: Iterable[str]) -> "pa.Array":
    """The texts as a column; halves of a character, which no text means, become what stands for lost ones."""
    import pyarrow as pa

    held = list(column)
    try:
        return pa.array(held, pa.string())
    except UnicodeEncodeError:
        return pa.array([_LONE.sub("\ufffd", text) for text in held], pa.string())


def _typed(columns: Sequence[Sequence[str]], position: int) -> "np.ndarray[Any, Any] | None":
    """Which cells of a column are no texts in their source; ``None`` where all are."""
    import numpy as np

    kinds = list(map(type, columns[position]))
    count = kinds.count(Typed)
    if count == len(kinds):
        return np.ones(count, bool)
    return np.fromiter((kind is Typed for kind in kinds), bool, len(kinds)) if count else None
