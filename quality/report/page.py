"""The quality result as one HTML page in both languages: no script, nothing from elsewhere, every value escaped."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from quality.report.model import QualityResult, said
from quality.report.next_steps import next_steps
from quality.report.parts import Language
from quality.report.words import DIMENSION, FRESHNESS, OUTCOME, VALIDITY

if TYPE_CHECKING:
    import jinja2

HERE = Path(__file__).parent / "templates"
HISTORY = 10
"""Earlier results that a page lists."""
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LANGUAGES: tuple[Language, ...] = ("vi", "en")
# Characters that no reader sees or that turn the text around them: shown as what they are.
_HIDDEN = (
    *range(0x20),
    *range(0x7F, 0xA0),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
    *(0xFEFF, 0xFFFE, 0xFFFF),
)
_SHOWN = {**dict.fromkeys(_HIDDEN, "\ufffd"), ord("\n"): "⏎", ord("\r"): "⏎", ord("\t"): "⇥"}


def html(
    result: QualityResult,
    lang: Language = "vi",
    *,
    history: Sequence[QualityResult] = (),
    link: str | None = None,
) -> str:
    """The page of a result. It holds both languages and opens in ``lang``; a switch that needs no script changes it.

    Args:
        result: the result.
        lang: the language that is shown first.
        history: other results of the dataset, newest first.
        link: address of the dataset's page in the catalogue, where the page should lead there.
    """
    css = (HERE / "report.css").read_text(encoding="utf-8")
    earlier = [r for r in history if r.delivery.id != result.delivery.id or r.contract != result.contract]
    return (
        _environment()
        .get_template("report.html")
        .render(
            result=result,
            opens=lang,
            sides=[_side(result, side) for side in _LANGUAGES],
            history=earlier[:HISTORY],
            link=link if link and link.startswith(("https://", "http://")) else None,
            css=css,
            css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        )
    )


def _side(result: QualityResult, lang: Language) -> dict[str, Any]:
    """What the template needs to speak one language."""
    at = _LANGUAGES.index(lang)
    return {
        "lang": lang,
        "t": partial(_chosen, at),
        "b": partial(said, lang=lang),
        "number": partial(number, lang=lang),
        "percent": partial(percent, lang=lang),
        "when": partial(when, lang=lang),
        "size": partial(size, lang=lang),
        "decimal": partial(_decimal, lang=lang),
        "outcome": OUTCOME[result.marks.validity][at],
        "validity": {k: words[at] for k, words in VALIDITY.items()},
        "freshness": {k: words[at] for k, words in FRESHNESS.items()},
        "dimensions": {k: words[at] for k, words in DIMENSION.items()},
        "steps": [(step.vi if lang == "vi" else step.en, step.command) for step in next_steps(result)],
    }


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["seen"] = seen
    return environment


def _chosen(at: int, vi: str, en: str) -> str:
    return (vi, en)[at]


def seen(text: str) -> str:
    """The text with every character that cannot be seen made visible.

    >>> seen("a\\u202eb\\n")
    'a\ufffdb⏎'
    """
    return text.translate(_SHOWN)


def number(value: int, lang: Language) -> str:
    """A whole number with its thousands apart.

    >>> number(1234567, "vi"), number(1234567, "en")
    ('1.234.567', '1,234,567')
    """
    return f"{value:,}".replace(",", ".") if lang == "vi" else f"{value:,}"


def percent(share: float, lang: Language) -> str:
    """A share in percent, rounded down, so that 100 % means all.

    >>> percent(0.99999, "vi"), percent(1, "en")
    ('99,99 %', '100%')
    """
    text = "100" if share >= 1 else f"{int(share * 10_000 + 1e-9) / 100:.2f}"
    return f"{_decimal(text, lang)} %" if lang == "vi" else f"{text}%"


def when(moment: datetime, lang: Language) -> str:
    """A moment as people in Hà Nội write it.

    >>> from datetime import UTC
    >>> when(datetime(2026, 1, 31, 1, tzinfo=UTC), "vi"), when(datetime(2026, 1, 31, 1, tzinfo=UTC), "en")
    ('08:00 ngày 31/01/2026', '31 Jan 2026, 08:00')
    """
    local = moment.astimezone(_ZONE)
    if lang == "vi":
        return f"{local:%H:%M} ngày {local:%d/%m/%Y}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def size(count: int, lang: Language) -> str:
    """A size in the largest unit that leaves a whole number before the point.

    >>> size(1536, "vi"), size(12, "en")
    ('1,5 KB', '12 B')
    """
    value = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1024 or unit == "GB":
            break
        value /= 1024
    return f"{_decimal(f'{value:.1f}'.removesuffix('.0'), lang)} {unit}"


def _decimal(value: object, lang: Language) -> str:
    return str(value).replace(".", ",") if lang == "vi" else str(value)
