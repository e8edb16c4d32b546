"""JSON read value by value, in flat memory: digits stay as they are written, and nothing is taken that JSON does not allow."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from dags.errors import DeliveryTruncated, DeliveryUnreadable
from dags.sources.formats.records import LONGEST, Typed

_BLANK = re.compile(r"[ \t\r\n]*")
_LONGEST_TOKEN = 16
"""Characters of the longest word or escape that may be cut at the end of what was read so far."""
_BEGUN = ("true", "false", "null", "-")
_POWER = 30


class _Twice(ValueError):
    """An object has two members of one name."""


class _NoNumber(ValueError):
    """NaN or Infinity, which JSON does not have."""


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


def _refuse(word: str) -> NoReturn:
    raise _NoNumber(word)


def number(text: str) -> Typed:
    """A number of JSON as plain digits; powers of ten are written out where that stays short.

    >>> number("1.50"), number("1.5E3"), number("1e-7")
    ('1.50', '1500', '0.0000001')
    """
    if "e" in text or "E" in text:
        from decimal import Decimal

        mantissa, _, power = text.lower().partition("e")
        if len(power) < 4 and abs(int(power)) <= _POWER and len(mantissa) <= _POWER:
            return Typed(format(Decimal(text), "f"))
    return Typed(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=number, parse_int=Typed, parse_constant=_refuse, strict=True
)


def compact(value: Any) -> str:
    """``value`` as JSON text without blanks, its numbers as they were written."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Typed):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{','.join(map(compact, value))}]"
    return (
        "{" + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{compact(held)}" for name, held in value.items()) + "}"
    )


def _is_cut(error: json.JSONDecodeError, text: str) -> bool:
    """Whether ``text``, at whose end the document ends, would be right up to there."""
    rest = text[error.pos :].strip()
    if error.msg.startswith("Invalid \\"):
        return '"' not in rest
    return error.msg.startswith("Unterminated string") or any(w.startswith(rest) for w in _BEGUN)


class Document:
    """One JSON document, whose values are read from its start to its end.

    ``value`` reads the next whole; ``elements`` and ``members`` go into a list or an object, of which each value must then be
    read or skipped. Whoever reads calls ``end`` last.
    """

    def __init__(self, pieces: Iterable[bytes], name: str) -> None:
        self.name = name
        self._texts = codecs.iterdecode(pieces, "utf-8")
        self._held = ""
        self._at = 0
        self._lines = 1
        """The line at which ``_held`` begins."""

    def peek(self) -> str:
        """The character that comes next after blanks; empty at the end."""
        while True:
            blank = _BLANK.match(self._held, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def value(self) -> Any:
        """The next value whole: numbers as ``Typed`` text."""
        self.peek()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos > len(self._held) - _LONGEST_TOKEN
                if not cut:
                    raise self.broken(error.msg, error.pos) from error
                self._refuse_long(len(self._held) - self._at)
                if not self._more():
                    raise (
                        self._cut_off() if _is_cut(error, self._held) else self.broken(error.msg, error.pos)
                    ) from error
                continue
            except _Twice as error:
                raise self._unclear(
                    f"tên {str(error)!r} xuất hiện hai lần trong một đối tượng",
                    f"the name {str(error)!r} twice in one object",
                ) from error
            except _NoNumber as error:
                raise self._unclear(
                    f"{error} không phải là số trong JSON", f"{error}, which is no number in JSON"
                ) from error
            except RecursionError as error:
                raise self._unclear("lồng nhau quá sâu", "nesting that is too deep") from error
            if end == len(self._held) and self._more():
                self._refuse_long(end - self._at)
                continue  # a number may go on in the next piece
            self._refuse_long(end - self._at)
            self._at = end
            return found

    def elements(self) -> Iterator[None]:
        """Go through the list that comes next: one step before each value."""
        self._take("[")
        if self.peek() != "]":
            while True:
                yield
                if self._take(",]") == "]":
                    return
        self._take("]")

    def members(self) -> Iterator[str]:
        """Go through the object that comes next: the name before each value."""
        self._take("{")
        if self.peek() != "}":
            while True:
                if self.peek() not in ('"', ""):
                    raise self.broken("Expecting property name enclosed in double quotes", self._at)
                name = self.value()
                self._take(":")
                yield name
                if self._take(",}") == "}":
                    return
        self._take("}")

    def skip(self) -> None:
        """Pass over the next value; lists and objects of any length, but with no long value in them."""
        first = self.peek()
        if first in ("[", "{"):
            for _ in self.elements() if first == "[" else self.members():
                self.value()
        else:
            self.value()

    def end(self) -> None:
        """Make sure that nothing follows."""
        if self.peek():
            raise self.broken("Extra data", self._at)

    def broken(self, why: str, at: int | None = None) -> DeliveryUnreadable:
        """The error for a document that is no JSON at position ``at`` of what is held."""
        line = self._line(self._at if at is None else at)
        return DeliveryUnreadable(
            f"{self.name}, dòng {line}: không đúng cú pháp JSON ({why}). Hãy xuất lại tệp từ phần mềm, không sửa tay.",
            f"{self.name}, line {line}: not readable as JSON ({why}). Export the file again; do not edit it by hand.",
        )

    def _unclear(self, vi: str, en: str) -> DeliveryUnreadable:
        line = self._line(self._at)
        return DeliveryUnreadable(
            f"{self.name}, bản ghi bắt đầu ở dòng {line}: {vi}. Hãy xuất lại tệp.",
            f"{self.name}, in the value that begins at line {line}: {en}. Export the file again.",
        )

    def _line(self, at: int) -> int:
        return self._lines + self._held.count("\n", 0, at)

    def _take(self, signs: str) -> str:
        found = self.peek()
        if not found:
            raise self._cut_off()
        if found not in signs:
            raise self.broken(f"Expecting {' or '.join(map(repr, signs))}", self._at)
        self._at += 1
        return found

    def _more(self) -> bool:
        """Read on; what was passed is let go. Whether there was more."""
        piece = next(self._texts, "")
        if piece:
            self._lines += self._held.count("\n", 0, self._at)
            self._held = self._held[self._at :] + piece
            self._at = 0
        return bool(piece)

    def _refuse_long(self, length: int) -> None:
        if length > LONGEST:
            raise self._unclear(f"dài hơn {LONGEST} ký tự", f"longer than {LONGEST} characters")

    def _cut_off(self) -> DeliveryTruncated:
        line = self._line(len(self._held))
        return DeliveryTruncated(
            f"{self.name}: tệp bị cắt giữa chừng ở dòng {line}. Hãy gửi lại toàn bộ tệp.",
            f"{self.name}: the file is cut off in the middle, at line {line}. Send the whole file again.",
        )
