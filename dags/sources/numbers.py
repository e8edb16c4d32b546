"""Numbers as people write them, turned into plain decimal text; what can be read in two ways stays unread.

Where a contract declares the decimal sign, the other sign groups thousands. Where it declares none, a number is taken when
only one sign gives a number that the column allows: ``1.234,56`` and ``12,5`` and ``0.123`` can be read in one way,
``1.234`` and ``1,234`` in two. These are settled by the rest of the file where its numbers show which sign it uses.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from blueprint.concept import Concept
from blueprint.types import WHOLE
from dags.sources.shapes import UNCLEAR

if TYPE_CHECKING:
    import pyarrow as pa

Sign = Literal[".", ","]

_PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BLANKS = "[\u00a0\u2009\u202f ]"
_GROUPS: dict[Sign, Sign] = {".": ",", ",": "."}
"""The decimal sign, and the one that then groups thousands."""
_FORMS: dict[Sign, re.Pattern[str]] = {
    sign: re.compile(
        rf"(?P<whole>[0-9]+|[1-9][0-9]{{0,2}}(?:(?:{re.escape(group)}|{_BLANKS})[0-9]{{3}})+)"
        rf"(?:{re.escape(sign)}(?P<part>[0-9]+))?(?P<power>[eE][+-]?[0-9]{{1,3}})?"
    )
    for sign, group in _GROUPS.items()
}
_NEGATIVE = re.compile(r"\((?P<inside>[^()]+)\)|[-\u2212] ?(?P<after>.+)")
_EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_SHORTEST, _LONGEST, _POINT = 5, 8, 4
"""Lengths of texts that may match ``_EITHER``, and how far from the end their sign stands."""


def readings(text: str, suffixes: tuple[str, ...] = ()) -> dict[Sign, str]:
    """The numbers that ``text`` can be, as plain decimal text: by the decimal sign that makes it this number.

    >>> readings("1.234,56"), readings("1.234"), readings("(1 015)")
    ({',': '1234.56'}, {'.': '1.234', ',': '1234'}, {'.': '-1015', ',': '-1015'})
    >>> readings("12,5 %", suffixes=("%",)), readings("#REF!")
    ({',': '12.5'}, {})
    """
    minus, rest = "", text.strip()
    for suffix in suffixes:
        if rest.endswith(suffix):
            rest = rest[: -len(suffix)].rstrip()
            break
    if found := _NEGATIVE.fullmatch(rest):
        minus, rest = "-", (found["inside"] or found["after"]).strip()
    else:
        rest = rest.removeprefix("+")
    numbers: dict[Sign, str] = {}
    for sign, form in _FORMS.items():
        if match := form.fullmatch(rest):
            whole = re.sub(r"[^0-9]", "", match["whole"])
            part = f".{match['part']}" if match["part"] else ""
            numbers[sign] = f"{minus}{whole}{part}{match['power'] or ''}"
    return numbers


def holds_whole(concept: Concept) -> bool:
    """Whether columns of ``concept`` hold whole numbers only, as amounts of money in đồng do."""
    return concept.type in WHOLE or (concept.type == "decimal" and concept.precision is not None and not concept.scale)


@dataclass(frozen=True)
class NumberReader:
    """How the numbers of one column are written.

    ``sign`` is the decimal sign that the contract declares; ``shown`` tells which the rest of the file shows, and is
    asked only for numbers that it alone can settle.
    """

    whole: bool
    """Whether the column holds whole numbers only."""
    low: float | None = None
    high: float | None = None
    sign: Sign | None = None
    suffixes: tuple[str, ...] = ()
    shown: Callable[[], Sign | None] = field(default=lambda: None)

    def __call__(self, text: str) -> str:
        """Plain decimal text; ``text`` itself where it is no number, ``UNCLEAR`` where it can be two."""
        if self.sign != "," and _PLAIN.fullmatch(text) and (self.sign or not _EITHER.fullmatch(text)):
            return text
        found = readings(text, self.suffixes)
        if self.sign:
            return found.get(self.sign, UNCLEAR if self.sign == "," else text)  # cast knows the point alone
        allowed = {sign: number for sign, number in found.items() if self._allows(number)} or found
        values = list(allowed.values())
        if not found:
            return text
        if len({Decimal(value) for value in values}) == 1:
            return next(iter(values))
        sign = self.shown()
        return allowed.get(sign, UNCLEAR) if sign else UNCLEAR

    def leaves(self, texts: "pa.Array") -> bool:
        """Whether ASCII ``texts`` without white space at their ends would all stay as they are."""
        import numpy as np

        if self.sign == ",":
            return False
        _, offsets, held = texts.buffers()
        ends = np.frombuffer(offsets, np.int32, len(texts) + 1)
        data = held.slice(0, int(ends[-1])).to_pybytes() if held is not None else b""
        if any(letter in data for letter in b",( %") or any(suffix.encode() in data for suffix in self.suffixes):
            return False
        return self.sign == "." or self._one_allowed() or not _may_be_two(data, ends)

    def _one_allowed(self) -> bool:
        """Whether no number of a thousand or more is allowed, so that a point before three digits is the decimal sign."""
        return (
            not self.whole and self.high is not None and self.low is not None and -1000 < self.low <= self.high < 1000
        )

    def _allows(self, number: str) -> bool:
        value = Decimal(number)
        return (
            not (self.whole and value != value.to_integral_value())
            and (self.low is None or value >= Decimal(self.low))
            and (self.high is None or value <= Decimal(self.high))
        )


def _may_be_two(data: bytes, ends: Any) -> bool:
    import numpy as np

    lengths = np.diff(ends)
    at = ends[1:][(lengths >= _SHORTEST) & (lengths <= _LONGEST)] - _POINT
    return bool((np.frombuffer(data, np.uint8)[at] == ord(".")).any()) if len(at) else False


def sign_shown(texts: "pa.Array") -> set[Sign]:
    """The decimal signs that some of ``texts`` prove: those of numbers that no other sign explains."""
    found: set[Sign] = set()
    for text in texts.unique().to_pylist():
        numbers = readings(text or "")
        if len(numbers) == 1 and not numbers.keys() <= found and any(sign in text for sign in ".,"):
            found |= numbers.keys()
            if len(found) == 2:
                break
    return found
