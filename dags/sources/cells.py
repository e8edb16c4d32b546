"""Cells: how the text of one column is taken out of the rows of one file."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Any

from blueprint import Column
from blueprint.concept import Concept
from blueprint.rules import bounds
from blueprint.types import DATED, NUMERIC
from dags.sources.clocks import ClockReader
from dags.sources.dates import NAMED, DateReader
from dags.sources.numbers import NumberReader, Sign, holds_whole
from dags.sources.shapes import UNCLEAR, Shape, shape_of
from dags.sources.syllables import one_spelling
from dags.sources.workbooks import ERRORS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_EXACT = Context(prec=60, traps=[InvalidOperation])
_FARTHEST = 60
"""Powers of ten beyond which no amount is meant."""
_INTEGER_TEXT = re.compile(r"^\d+(\.0+)?$")
_DAMAGED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffd]")
"""Characters that no cell means: control characters, byte order marks, and what stands for lost characters."""


def unclear(text: str) -> bool:
    """Whether nobody can say what a cell of text means: an error of a spreadsheet, or characters that were lost.

    >>> unclear("#REF!"), unclear("Hà N\ufffd\ufffdi"), unclear("Hà Nội #1")
    (True, True, False)
    """
    return text in ERRORS or _DAMAGED.search(text) is not None


@dataclass(frozen=True)
class Cell:
    """One column of the contract in one file: its ``position`` in the rows, or else its ``constant``."""

    column: Column
    position: int | None
    constant: str | None = None
    number: NumberReader | None = None
    date: DateReader | None = None

    def typed(
        self, concept: Concept | None, decimal: Sign | None, shown: Callable[[], Sign | None], *, workbook: bool
    ) -> "Cell":
        """The same cell, read as the type of ``concept`` is written: ``decimal`` and ``shown`` are the file's."""
        column = self.column
        if concept is None or self.position is None or column.values:
            return self
        if concept.type in NUMERIC:
            low, high = bounds(column, concept)
            suffixes = (*column.suffixes, "%") if concept.unit == "%" else column.suffixes
            reader_of = ClockReader if concept.unit == "s" else NumberReader
            number = reader_of(holds_whole(concept), low, high, column.decimal or decimal, suffixes, shown)
            return Cell(column, self.position, None, number)
        if concept.type in DATED and (workbook or any(form in NAMED for form in column.date_formats)):
            reader = DateReader(column.date_formats, time=concept.type != "date")
            return Cell(column, self.position, None, None, reader)
        return self

    @cached_property
    def _codes(self) -> Mapping[str, str]:
        return {_spelling(name): code for name, code in self.column.values.items()}

    def texts(self, came: "pa.Array", valued: "np.ndarray[Any, Any] | None", nulls: frozenset[str]) -> "pa.Array":
        """What the texts that ``came`` mean, null where there is none; ``valued`` of them are no text in the source."""
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = one_by_one(came, lambda text: self.text(text, nulls), pa.string())
        if valued is None or not valued.any() or not (self.number or self.date):
            return texts
        read = self.date.cell if self.date else str
        plain = one_by_one(came, lambda text: None if text in nulls else read(text), pa.string())
        return pc.if_else(pa.array(valued), plain, texts)

    def text(self, came: str, nulls: frozenset[str]) -> str | None:
        """What one text means."""
        text = unicodedata.normalize("NFC", came)
        text = " ".join(text.split()) if self.column.flatten else text.strip()
        if text in nulls:
            return None
        if self.number:
            return self.number(text)
        if self.date:
            return self.date(text)
        if self.column.pad_to and _INTEGER_TEXT.match(text):
            text = text.split(".")[0].zfill(self.column.pad_to)
        if self.column.values:
            return self.column.values.get(text) or self._codes.get(_spelling(text), text)
        return UNCLEAR if unclear(text) else text

    def shape(self, texts: "pa.Array", valued: "np.ndarray[Any, Any] | None") -> Shape | None:
        """The shape of texts that mean what they say; ``None`` where ``text`` has work to do."""
        column = self.column
        if column.flatten or column.pad_to or column.values or (self.date and (self.date.named or valued is not None)):
            return None
        found = shape_of(texts)
        if found is None or self.number is None or found.letters == "whole":
            return found
        if valued is not None and valued.all():
            return found
        return found if self.number.leaves(texts) else None


def _spelling(text: str) -> str:
    """``text`` as the spellings of a code are compared: no case, one place for each tone mark."""
    return one_spelling(unicodedata.normalize("NFC", text).casefold())


def multiplied(texts: "pa.Array", times: str) -> "pa.Array":
    """Plain decimal numbers times ``times``, without loss; other texts as they are."""
    import pyarrow as pa

    def change(text: str | None) -> str | None:
        try:
            number = _EXACT.multiply(Decimal(text), Decimal(times)) if text is not None else None
        except InvalidOperation:
            return text
        return text if number is None or abs(number.adjusted()) > _FARTHEST else f"{number:f}"

    return one_by_one(texts, change, pa.string())


def one_by_one(texts: "pa.Array", change: Callable[[str], Any], kind: "pa.DataType | None" = None) -> "pa.Array":
    """``change`` of every text, computed once for texts that repeat."""
    import pyarrow as pa

    encoded = texts.dictionary_encode()
    changed = [change(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(changed, kind or pa.bool_()).take(encoded.indices)
