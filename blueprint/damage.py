"""Damaged letters: Vietnamese text whose UTF-8 bytes were read in another encoding, and characters that were lost.

``Đống Đa`` saved as UTF-8 and read as Windows-1252 becomes ``Äá»‘ng Äa``. Each letter with an accent turns into two or three
characters that no text puts side by side, and by these the damage is told: nothing needs to be known of the word. The same
holds of Latin-1, of Windows-1258, and of readers that leave out the bytes which the encoding does not have. U+FFFD and the
control characters U+0080 to U+009F are damage by themselves.

Some pairs may be real: in ``“THỊ XÃ”`` the closing mark stands behind a letter, in ``CÃ”NG`` both are a damaged ``Ô``. Such a
pair is damage where a letter follows, or where the whole text is nothing but ASCII and damaged letters.

Where nothing else in the text is damaged, two things cannot be told: a byte that was left out, or a blank that was cut off
the end, and left a real letter, as in ``Äa`` for ``Đa`` and ``HÃ`` for ``Hà``; and decomposed letters read as Windows-1258.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

from blueprint.sql import literal

_VOWELS = "aăâeêioôơuưy"
_MARKS = "\u0300\u0301\u0303\u0309\u0323\u0302\u0306\u031b"
_TONES = ("", *_MARKS[:5])
_OTHERS = "äçëïîôûüœæ"
_SIGNS = "".join(map(chr, range(0xA0, 0xC0)))
"""The signs of Latin-1, such as ``°``, ``²`` and ``«``."""
_ENCODINGS = ("latin-1", "cp1252", "cp1258")
_NBSP = "\xa0"
_CLOSING = "’”»›…•·"
"""Marks that stand right behind a letter in real text as well."""
_BETWEEN = f"{_NBSP}–—"
"""The same, and a letter may follow them."""
_LETTER = "[A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\u024f\u1e00-\u1eff]"
_SMALL = "[a-z\xdf-\xf6\xf8-\xff]"


def _letters() -> Iterator[str]:
    """The letters of Vietnamese and of its neighbours in documents, the combining marks, and signs."""
    for vowel in _VOWELS:
        for tone in _TONES:
            letter = unicodedata.normalize("NFC", vowel + tone)
            yield from (letter, letter.upper())
    for letter in f"đ{_OTHERS}":
        yield from (letter, letter.upper())
    yield from _MARKS + _SIGNS


def _misread(letter: str, encoding: str) -> str:
    """``letter`` in UTF-8, read as ``encoding``; bytes that it does not have become control characters, as browsers do it."""
    return "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in letter.encode())


def _pairs() -> dict[str, set[str]]:
    """What a letter may turn into: the characters it begins with, and those that may come last."""
    found: dict[str, set[str]] = defaultdict(set)
    for letter in _letters():
        for encoding in _ENCODINGS:
            read = _misread(letter, encoding)
            if not letter.isascii() and not unicodedata.combining(read[0]):
                found[read[:-1]].add(read[-1])
    return found


def _one_of(letters: Iterable[str]) -> str:
    return f"[{''.join(map(re.escape, sorted(letters)))}]"


def _pattern() -> str:
    """The regular expression of damage, in what Python and RE2 understand alike."""
    pairs = _pairs()
    # Ấ to Ỹ begin with á and a sign. Behind á the ordinal º is never real; » is, where a « came before.
    pairs.pop("áº")
    after = pairs.pop("á»")
    marks = {*_CLOSING, *_BETWEEN}
    unreal = [f"{first}{_one_of(last - marks)}" for first, last in pairs.items()]
    doubtful = [f"{first}{_one_of(last & {*_CLOSING})}{_LETTER}" for first, last in pairs.items() if last & {*_CLOSING}]
    blank = _one_of(first for first, last in pairs.items() if _NBSP in last)
    whole = [
        r"[\x00-\x7f]",
        *(f"{first}{_one_of(last - {_NBSP})}" for first, last in pairs.items()),
        f"á»{_one_of(after)}",
        # The blank of XÃ KIM LAN may be one that does not break; behind the damaged à of HÃ  Nam comes no such word.
        f"{blank}{_NBSP}(?:$|[a-z!),.:;?]| +[A-Z]?[a-z])",
    ]
    return "|".join(
        [
            "[\x80-\x9f\ufffd]",
            "â[€‚„†ˆ‰]|áº|Ä[ÃĂ]",
            f"{_SMALL}[ÃÌ]",
            *unreal,
            *doubtful,
            f"(?:{_SMALL}{blank}|Æ){_NBSP}",
            f"á»(?:{_one_of(after - marks)}|{_one_of(_CLOSING)}?{_LETTER})",
            "^[^«»]*á»",
            f"^(?:{'|'.join(whole)})*$",
        ]
    )


_PATTERN = _pattern()
_DAMAGED = re.compile(_PATTERN)


def damaged(text: str) -> bool:
    """Whether ``text`` holds letters that were read in a wrong encoding, or that were lost.

    >>> [damaged(text) for text in ("Äá»‘ng Äa", "Hà N\ufffdi", "30 Â°C", "Đống Đa, “THỊ XÃ”", "Dong Da")]
    [True, True, True, False, False]
    """
    return not text.isascii() and _DAMAGED.search(text) is not None


def damaged_sql(expression: str) -> str:
    """``damaged`` as a DuckDB predicate over the text ``expression``; false for null, and cheap for ASCII.

    >>> import duckdb
    >>> duckdb.sql(f"SELECT {damaged_sql('name')} FROM (VALUES ('Phá»‘ Huáº¿'), ('Phố Huế'), (NULL)) AS t(name)").fetchall()
    [(True,), (False,), (False,)]
    """
    # Of ASCII text there are as many bytes as letters; CASE, unlike AND, does not evaluate what it does not need.
    return (
        f"CASE WHEN strlen({expression}) > length({expression}) "
        f"THEN regexp_matches({expression}, {literal(_PATTERN)}) ELSE false END"
    )
