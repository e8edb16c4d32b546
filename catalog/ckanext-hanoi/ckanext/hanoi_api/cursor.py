"""The cursor of a page: an opaque text that names the version, the question and the last row that was given out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass

from .problems import bad_cursor

_LONGEST = 300
_VERSION = re.compile(r"[0-9]{1,18}-[0-9a-f]{8}")
_QUESTION = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Cursor:
    """Where a page ended.

    `version` is the one that was read, so that all pages come from it; `question` tells the filters and the order;
    `place` is the last row's place in the file, or the number of groups that were given out.
    """

    version: str
    question: str
    place: int

    def __str__(self) -> str:
        content = json.dumps([self.version, self.question, self.place], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(content).decode().rstrip("=")


def read(text: str) -> Cursor:
    """Read a cursor.

    :raises Problem: it is none of ours

    >>> str(read(str(Cursor("3-0a1b2c3d", "0123456789abcdef", 99)))) == str(Cursor("3-0a1b2c3d", "0123456789abcdef", 99))
    True
    """
    try:
        if len(text) > _LONGEST or not text.isascii():
            raise ValueError
        version, question, place = json.loads(
            base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        )
        if not (_VERSION.fullmatch(version) and _QUESTION.fullmatch(question) and type(place) is int):
            raise ValueError
        if not 0 <= place < 2**62:
            raise ValueError
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise bad_cursor(
            "Con trỏ trang không phải do API này cấp.", "The cursor was not given out by this API."
        ) from None
    return Cursor(version, question, place)


def question(*parts: object) -> str:
    """Return sixteen digits that stand for a question."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def follow(cursor: Cursor, asked: str) -> int:
    """Return where to go on, when the question is still the same.

    :raises Problem: it is another one
    """
    if cursor.question != asked:
        raise bad_cursor(
            "Con trỏ trang thuộc về một câu hỏi khác: bộ dữ liệu, điều kiện lọc hoặc thứ tự đã đổi.",
            "The cursor belongs to another question: the dataset, the filters or the order have changed.",
        )
    return cursor.place
