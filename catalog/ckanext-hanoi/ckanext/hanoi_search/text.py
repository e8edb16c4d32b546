"""Text as the index sees it: folded words, and a key that sorts as the Vietnamese alphabet does.

Folding is done here and not in the database, so that the same rule makes the index and reads the query, and no
PostgreSQL extension or ICU build is needed.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_STROKE = str.maketrans("đĐ", "dD")
# A tsvector lexeme may hold 2 KB; a word longer than this is not a word that anybody searches.
_WORD_MAX = 120

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_PLACE = {letter: chr(ord("A") + i) for i, letter in enumerate(_LETTERS)}
# Tone marks in the order of Vietnamese dictionaries: none, huyền, hỏi, ngã, sắc, nặng.
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}


def fold(text: str) -> str:
    """Return `text` in lower case without diacritics, with đ as d.

    >>> fold("Không khí Hà Nội, quận Đống Đa")
    'khong khi ha noi, quan dong da'
    """
    # Twice, because letters such as a mathematical A have no small form until they are decomposed.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", kept.translate(_STROKE))


def exact(text: str) -> str:
    """Return `text` with each accented letter as one character, so that equal words are equal strings."""
    return unicodedata.normalize("NFC", text)


def accented(word: str) -> str:
    """Return one word in lower case with its accents, the tone at its end, so that hoà and hòa are equal.

    >>> accented("Hoà") == accented("hòa"), accented("Đa") == accented("Da")
    (True, False)
    """
    letters, tones = [], []
    for part in unicodedata.normalize("NFD", word.lower()):
        (tones if part in _TONES else letters).append(part)
    return unicodedata.normalize("NFC", "".join(letters)) + "".join(tones)


def written(text: str) -> list[str]:
    """Return the words of `text` in lower case as they were written, in order.

    >>> written("Trạm đo-mưa")
    ['trạm', 'đo', 'mưa']
    """
    return [word[:_WORD_MAX] for word in _WORD.findall(exact(text).lower())]


def words(text: str) -> list[str]:
    """Return the folded words of `text` in order; underscores and punctuation part words.

    >>> words("QCVN-05:2023/BTNMT")
    ['qcvn', '05', '2023', 'btnmt']
    """
    return [word[:_WORD_MAX] for word in _WORD.findall(fold(text))]


def sort_key(text: str) -> str:
    """Return an ASCII key under which byte order is the order of the Vietnamese alphabet.

    Letters count first (a, ă, â are three letters), tones only between words that are otherwise equal; case and
    punctuation do not count. Digits come before letters.

    >>> sorted(["Đống Đa", "Ấp", "Dân", "Ăn", "An", "Án"], key=sort_key)
    ['An', 'Án', 'Ăn', 'Ấp', 'Dân', 'Đống Đa']
    """
    letters: list[str] = []
    tones: list[str] = []
    for char in unicodedata.normalize("NFC", text).lower():
        parts = unicodedata.normalize("NFD", char)
        tones.append(next((_TONES[part] for part in parts if part in _TONES), "0"))
        letter = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        letter = letter if letter in _PLACE else fold(letter)[:1]
        letters.append(_PLACE.get(letter) or (letter if letter.isalnum() else " "))
    return f"{' '.join(''.join(letters).split())}\x01{''.join(tones)}"
