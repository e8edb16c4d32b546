"""What an identifier is made of, and what a verdict on one says."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from blueprint.text import Bilingual

BLANK = "[ \u00a0]"
"""A space, or the no-break space that web pages and spreadsheets put in its place."""
MARKS = " \u00a0.-"
"""What may stand between the digits of a number that people write in groups."""
GAP = rf"{BLANK}*(?:[.\-]{BLANK}*)?"
NUMBER = "0-9 \u00a0.\\-"
GROUPED_DIGITS = rf"{BLANK}*[0-9](?:{GAP}[0-9])*{BLANK}*"
"""ASCII digits with single dots or hyphens and any blanks between them. Unambiguous, so matching time stays linear."""


class Level(StrEnum):
    """How far a value was checked, from least to most."""

    SHAPE = "shape"
    """Length, characters and fixed parts; any made-up value of that shape passes."""
    CHECKSUM = "checksum"
    """Shape, and the check digit agrees; that finds typing errors, not invented values."""
    REGISTER = "register"
    """Found in the register that issues it. Nothing in this package reaches it: that takes a look-up."""


@dataclass(frozen=True)
class Checksum:
    """A check digit behind as many digits as there are ``weights``: ten minus the weighted sum's remainder.

    Remainder 0 would need the check digit 10, so such a sequence number is left out when codes are issued and no code
    with it is right. python-stdnum comes to the same verdict by comparing the text "10" with one digit; here it is a case
    of its own, so that the reason can be told.

    >>> Checksum((31, 29, 23, 19, 17, 13, 7, 5, 3), 11).digit("010004751")
    6
    """

    weights: tuple[int, ...]
    modulus: int

    def digit(self, digits: str) -> int | None:
        """The check digit that belongs behind ``digits``, or ``None`` where there is none."""
        total = sum(weight * int(digit) for weight, digit in zip(self.weights, digits, strict=True))
        remainder = total % self.modulus
        return 10 - remainder if remainder else None

    def holds(self, digits: str) -> bool:
        return self.digit(digits[: len(self.weights)]) == int(digits[len(self.weights)])


@dataclass(frozen=True)
class Form:
    """One of the forms that an identifier may have.

    ``pattern`` is matched in full against the value without its marks and uses only what Python and RE2 read alike.
    ``normal`` builds the one way of writing it from the groups of ``pattern``; without it that is the value without
    marks. ``upper`` sets the Latin letters of the normal form in capitals. ``joins_as`` and ``joins_on`` name the number
    that two data sets are joined by, where that is not the normal form of this identifier.
    """

    name: str
    pattern: str
    level: Level = Level.SHAPE
    normal: str | None = None
    upper: bool = False
    longest: int | None = None
    checksum: Checksum | None = None
    serial: tuple[int, int] | None = None
    """Start and end of digits that may not all be zero."""
    joins_as: str | None = None
    joins_on: str | None = None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def match(self, compact: str) -> re.Match[str] | None:
        """The match of ``compact`` where it is of this form and its check digit agrees."""
        found = self._compiled.fullmatch(compact)
        if found is None or (self.longest is not None and len(compact) > self.longest):
            return None
        if self.checksum is not None and not self.checksum.holds(compact):
            return None
        if self.serial is not None and not compact[slice(*self.serial)].strip("0"):
            return None
        return found

    def written(self, found: re.Match[str], template: str | None) -> str:
        text = found.group() if template is None else found.expand(template)
        return text.upper() if self.upper else text


@dataclass(frozen=True)
class Identifier:
    """A kind of identifier: how it is written, how far it can be checked, and what passing means.

    ``alphabet`` is the characters that may occur at all, as the inside of a regular expression's class; ``written`` is how
    they may stand together, and ``marks`` are those that carry no meaning. ``bare`` is a part of what is ``written`` that
    the ``forms`` read as it is, a short cut past the marks. ``says`` and ``silent`` state what a good verdict says and what
    it does not; ``register`` names who could settle it. ``expected`` completes the sentence "must be"; ``example`` is made
    up and belongs to nobody. ``why`` explains, for a value without marks that is of none of the ``forms``, what is wrong
    with it, and never repeats the value.
    """

    name: str
    title: Bilingual
    level: Level
    personal: bool
    alphabet: str
    bare: str
    written: str
    marks: str
    forms: tuple[Form, ...]
    expected: Bilingual
    example: str
    says: Bilingual
    silent: Bilingual
    register: Bilingual
    source: str
    why: Callable[[str], tuple[str, str]] = field(repr=False)

    @cached_property
    def _written(self) -> re.Pattern[str]:
        return re.compile(self.written)

    @cached_property
    def _drop(self) -> dict[int, None]:
        return dict.fromkeys(map(ord, self.marks))

    def compact(self, text: str) -> str | None:
        """``text`` without its marks; ``None`` where it holds something else or a mark in a wrong place."""
        return text.translate(self._drop) if self._written.fullmatch(text) else None

    def find(self, text: str) -> tuple[Form, re.Match[str]] | None:
        """The form that ``text`` has, with its match."""
        compact = self.compact(text)
        if compact is None:
            return None
        return next(((form, found) for form in self.forms if (found := form.match(compact))), None)


@dataclass(frozen=True)
class Verdict:
    """What can be said of one value without asking a register.

    ``level`` is how far the check went for this value: a tax code of 12 digits reaches ``shape`` only. ``form`` names
    which form of the identifier it is. ``normal`` is the one way of writing it; it holds the value itself, so it stays
    out of ``repr``. ``reason`` never repeats the value.
    """

    identifier: str
    ok: bool
    level: Level | None
    form: str | None
    reason: Bilingual
    normal: str | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.reason.vi
