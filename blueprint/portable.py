"""Patterns that mean the same in Python, in RE2 (DuckDB) and in ECMA-262 (JSON Schema, browsers).

The three agree on literals, ``.``, ``|``, groups, ``(?:...)``, classes, anchors and bounded repetition; what is outside
that is told. A ``.`` meets every character but line breaks, of which ECMA-262 knows four and the others one.
Sources: the syntax pages of RE2 and of Python's ``re``, and ECMA-262, section 22.2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_CONTROL = frozenset("tnrfv")
_CLASSES = {"d": "[0-9]", "D": "[^0-9]", "w": "[A-Za-z0-9_]", "W": "[^A-Za-z0-9_]", "s": "[ \\t]", "S": "[^ \\t]"}
_BOUND = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_MOST = 1000
"""The largest repetition that RE2 takes."""
_GROUPS = (
    ("(?=", "(?!", "(?<=", "(?<!"),
    ("RE2 không có nhìn trước, nhìn sau", "RE2 has no look-around"),
)


@dataclass(frozen=True)
class Trouble:
    """One part of a pattern that the three dialects read differently; ``at`` counts characters from 0."""

    at: int
    part: str
    vi: str
    en: str
    understood: bool
    """True where all three take the part and only its meaning differs."""


def troubles(pattern: str) -> tuple[Trouble, ...]:
    """What in ``pattern`` is not portable; nothing where it is. The pattern must compile in Python.

    >>> [t.part for t in troubles(r"^[0-9]{5}$")]
    []
    >>> [(t.part, t.en) for t in troubles(r"\\d{5}")]
    [('\\\\d', 'Python also takes digits of other scripts; write [0-9]')]
    """
    return tuple(_Scan(pattern).found())


class _Scan:
    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0

    def found(self) -> Iterator[Trouble]:
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            if char == "\\":
                yield from self.escape(in_class=False)
            elif char == "[":
                yield from self.charset()
            elif self.pattern.startswith("(?", self.at):
                yield from self.group()
            elif char in "*+?{":
                yield from self.repeat()
            else:
                if char in "]}":
                    yield self.trouble(1, f"hãy viết \\{char}", f"write \\{char}")
                self.at += 1

    def trouble(self, length: int, vi: str, en: str, *, understood: bool = False) -> Trouble:
        return Trouble(self.at, self.pattern[self.at : self.at + length], vi, en, understood)

    def escape(self, *, in_class: bool) -> Iterator[Trouble]:
        char = self.pattern[self.at + 1 : self.at + 2]
        if char == "x" and re.match(r"[0-9A-Fa-f]{2}", self.pattern[self.at + 2 :]):
            self.at += 4
            return
        if char in _CLASSES:
            instead = _CLASSES[char]
            kind = {"d": ("chữ số", "digits"), "w": ("chữ cái", "letters")}.get(char.lower(), ("dấu cách", "blanks"))
            vi, en = (
                f"Python nhận cả {kind[0]} của hệ chữ khác; hãy viết {instead}",
                f"Python also takes {kind[1]} of other scripts; write {instead}",
            )
            yield self.trouble(2, vi, en, understood=True)
        elif char in "bB":
            vi, en = (
                "ranh giới từ khác nhau ở chữ có dấu; hãy bỏ đi",
                "word boundaries differ at accented letters; leave it out",
            )
            yield self.trouble(2, vi, en, understood=True)
        elif char.isdigit():
            yield self.trouble(
                2, "RE2 không có tham chiếu ngược; hãy viết rõ ra", "RE2 has no back-references; write it out"
            )
        elif char in "AZz":
            yield self.trouble(2, "ECMA-262 không có; hãy viết ^ hoặc $", "ECMA-262 has none; write ^ or $")
        elif char.isalpha() and char not in _CONTROL:
            yield self.trouble(
                2, "không có chung cho ba ngôn ngữ; hãy viết rõ ra", "not in all three dialects; write it out"
            )
        elif not (char in _SYNTAX or char in _CONTROL or (in_class and char == "-")):
            yield self.trouble(2, f"hãy viết {char} không có \\", f"write {char} without \\")
        self.at += 2

    def group(self) -> Iterator[Trouble]:
        if self.pattern.startswith("(?:", self.at):
            self.at += 3
            return
        opening = next((o for o in _GROUPS[0] if self.pattern.startswith(o, self.at)), None)
        if opening:
            yield self.trouble(len(opening), f"{_GROUPS[1][0]}; hãy viết lại", f"{_GROUPS[1][1]}; write it another way")
        else:
            opening = self.pattern[self.at : self.at + 3]
            vi, en = "không có chung cho ba ngôn ngữ; hãy dùng ( hoặc (?:", "not in all three dialects; use ( or (?:"
            yield self.trouble(len(opening), vi, en)
        close = re.compile(r"[:>)=!]").search(self.pattern, self.at)
        self.at = max(self.at + len(opening), close.end() if close and opening not in _GROUPS[0] else 0)

    def repeat(self) -> Iterator[Trouble]:
        bound = _BOUND.match(self.pattern, self.at)
        length = len(bound[0]) if bound else 1
        if bound and max(int(n) for n in bound.groups() if n) > _MOST:
            yield self.trouble(
                length,
                f"RE2 lặp nhiều nhất {_MOST} lần; hãy dùng max_length",
                f"RE2 repeats {_MOST} times at most; use max_length",
            )
        elif not bound and self.pattern[self.at] == "{":
            vi, en = "hãy viết \\{ hoặc {0,n}", "write \\{ or {0,n}"
            yield self.trouble(length, vi, en)
        self.at += length
        if self.pattern[self.at : self.at + 1] == "?":
            self.at += 1
        elif self.pattern[self.at : self.at + 1] == "+":
            yield self.trouble(1, "RE2 không có lặp giữ chặt; hãy bỏ +", "RE2 has no possessive repetition; drop the +")
            self.at += 1

    def charset(self) -> Iterator[Trouble]:
        self.at += 2 if self.pattern.startswith("[^", self.at) else 1
        first = True
        while self.at < len(self.pattern) and (first or self.pattern[self.at] != "]"):
            char = self.pattern[self.at]
            if char == "\\":
                yield from self.escape(in_class=True)
            elif char in "[]" or self.pattern[self.at : self.at + 2] in ("&&", "--", "||", "~~"):
                yield self.trouble(1, f"hãy viết \\{char} trong [ ]", f"write \\{char} inside [ ]")
                self.at += 1
            else:
                self.at += 1
            first = False
        self.at += 1
