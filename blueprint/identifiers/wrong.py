"""Saying what is wrong with a value without repeating it: positions, counts and kinds of character only."""

import re
import unicodedata

from blueprint.identifiers.model import BLANK, Identifier

EMPTY = ("Ô này trống.", "The cell is empty.")
_KINDS: dict[str, tuple[str, str]] = {
    "digit": ("một chữ số không phải 0-9 của ASCII", "a digit that is none of the ASCII digits 0-9"),
    "line": ("dấu xuống dòng hoặc dấu tab", "a line break or a tab"),
    "letter": ("một chữ cái", "a letter"),
    "invisible": ("một ký tự không nhìn thấy", "an invisible character"),
    "other": ("một ký tự không dùng ở đây", "a character that has no place here"),
}


def character(identifier: Identifier, text: str) -> tuple[str, str]:
    """Why ``text`` is not even written as this identifier is: the first character that does not fit, by its kind."""
    if re.fullmatch(f"{BLANK}*", text):
        return EMPTY
    odd = re.search(f"[^{identifier.alphabet}]", text)
    if odd is not None:
        vi, en = _KINDS[_kind(odd.group())]
        return f"Ký tự thứ {odd.start() + 1} là {vi}.", f"Character {odd.start() + 1} is {en}."
    return (
        "Dấu cách, dấu chấm, gạch nối hoặc ngoặc đặt sai chỗ.",
        "A blank, dot, hyphen or bracket stands in a wrong place.",
    )


def _kind(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Nd":
        return "digit"
    if letter in "\t\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        return "line"
    if category.startswith("L"):
        return "letter"
    return "invisible" if category[0] in "CZ" else "other"


def count(found: str, wanted: str, wanted_en: str | None = None) -> tuple[str, str]:
    """That ``found`` has the wrong number of digits."""
    held = sum(letter.isdigit() for letter in found)
    return (
        f"Có {held} chữ số, cần {wanted}.",
        f"It has {held} digit{'' if held == 1 else 's'}, {wanted_en or wanted} are needed.",
    )
