"""Small things that pages show: a value of a difference, the line that binds a column, what follows a retired code."""

import json
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from blueprint.codelist import CodeEntry, CodeList
from blueprint.concept import Concept
from blueprint.crosswalk import Crosswalk
from blueprint.indicator import Period
from blueprint.registry.faults import shown
from blueprint.text import Bilingual

PERIODS: dict[Period, Bilingual] = {
    "day": Bilingual(vi="ngày", en="day"),
    "month": Bilingual(vi="tháng", en="month"),
    "quarter": Bilingual(vi="quý", en="quarter"),
    "half-year": Bilingual(vi="6 tháng", en="six months"),
    "year": Bilingual(vi="năm", en="year"),
}


def whole(text: str) -> int:
    """The number of a page as the address gives it; 1 for anything else."""
    return int(text) if text.isdecimal() and len(text) < 6 else 1


def plain(value: Any) -> str:
    """A value as a difference shows it: short, and nothing for what is absent."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return shown(text, 160)


def binding(one: Concept) -> str:
    """The line that binds a column to the concept."""
    name = one.concept.replace("-", "_")
    return f"- {{name: {name}, concept: {one.ref}, title: {{vi: {one.title.vi}, en: {one.title.en}}}}}"


def after(entry: CodeEntry) -> date:
    """The day after the entry's last, on which what follows it is looked up."""
    return entry.valid_to + timedelta(days=1) if entry.valid_to else entry.valid_from


def successors(codelist: CodeList, walks: Iterable[Crosswalk]) -> Callable[[CodeEntry], tuple[str, ...]]:
    """What follows a retired code: as its list says, else as a crosswalk at its end does."""
    followed: dict[tuple[str, date | None], list[str]] = {}
    for walk in walks:
        if walk.codelist == codelist.codelist:
            for pair in walk.pairs:
                followed.setdefault((pair.old_code, walk.former), []).append(pair.new_code)

    def of(entry: CodeEntry) -> tuple[str, ...]:
        return entry.successor or tuple(followed.get((entry.code, entry.valid_to), ()))

    return of
