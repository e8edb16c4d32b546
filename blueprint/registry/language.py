"""The two languages of the pages and of the messages: Vietnamese first, English always."""

from collections.abc import Callable
from datetime import date
from typing import Literal

from blueprint.text import Bilingual

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def preferred(accept_language: str | None) -> Language:
    """The language a reader asks for by ``Accept-Language``; Vietnamese where neither is asked for.

    >>> preferred("fr, en;q=0.8, vi;q=0.5")
    'en'
    """
    best: Language = "vi"
    weight = 0.0
    for part in (accept_language or "")[:500].split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        asked = _quality(parameters)
        for known in LANGUAGES:
            if language == known and asked > weight:
                best, weight = known, asked
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def chooser(language: Language) -> Callable[[str, str], str]:
    """A function that says the Vietnamese or the English of two texts."""
    place = LANGUAGES.index(language)
    return lambda vi, en: (vi, en)[place]


def said(text: Bilingual, language: Language) -> str:
    """The text in the language."""
    return text.vi if language == "vi" else text.en


def day(value: date, language: Language) -> str:
    """A date as people write it.

    >>> day(date(2025, 7, 1), "vi"), day(date(2025, 7, 1), "en")
    ('01/07/2025', '1 Jul 2025')
    """
    if language == "vi":
        return f"{value.day:02}/{value.month:02}/{value.year}"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def number(value: int, language: Language) -> str:
    """A whole number with its thousands apart.

    >>> number(1234567, "vi"), number(1234567, "en")
    ('1.234.567', '1,234,567')
    """
    text = f"{value:,}"
    return text.replace(",", ".") if language == "vi" else text


def decimal(value: object, language: Language) -> str:
    """A decimal fraction with the mark of the language; other values as they are."""
    return str(value).replace(".", ",") if language == "vi" else str(value)
