"""What the cells of one column hold: their kind, how they are written, and which values there are."""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from blueprint.text import unaccented

Kind = Literal["integer", "double", "boolean", "date", "timestamp", "string", "empty"]
_NULLS = ("-", "--", "n/a", "na", "null", "none", "...", "…", "#n/a", "không có", "không")
_WHOLE = re.compile(r"[+-]?[0-9]+(\.0+)?")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})*,[0-9]+|[+-]?[0-9]{1,3}(\.[0-9]{3})+")
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%Y")
_CLOCKS = ("%H:%M:%S", "%H:%M")
_TIMES = (
    *(f"%Y-%m-%d{gap}{clock}" for gap in ("T", " ") for clock in _CLOCKS),
    *(f"{day} {clock}" for day in _DATES[1:] for clock in _CLOCKS),
    "%Y-%m-%dT%H:%M:%S%z",
)
SEEN = 1000
"""Different values by which a column is judged; more of them tell nothing new."""
_FITS = 0.98
"""Share of values that must be of a kind; a few wrong cells are for quarantine, not for another type."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
"""Where the names of programs begin a new word."""
_YES_NO = {"true", "false", "có", "không", "yes", "no"}


@dataclass(frozen=True)
class Profile:
    """One column: ``values`` counts the texts that are not null; ``nulls`` are the texts that stand for no value."""

    header: str
    name: str
    kind: Kind
    values: Counter[str]
    rows: int
    nulls: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    """strptime patterns, where they are not ISO 8601; more than one where the values leave it open."""
    decimal_comma: bool = False

    @property
    def filled(self) -> int:
        return self.values.total()

    @property
    def required(self) -> bool:
        return self.rows > 0 and self.filled == self.rows

    @property
    def unique(self) -> bool:
        return self.required and len(self.values) == self.rows

    def share(self, holds: Callable[[str], object]) -> float:
        """The share of cells with a value for which ``holds``, judged by at most ``SEEN`` different values."""
        seen = list(itertools.islice(self.values.items(), SEEN))
        return sum(n for value, n in seen if holds(value)) / sum(n for _, n in seen) if seen else 0.0

    def numbers(self) -> list[float]:
        """The values as numbers, those that are any."""
        return [float(v) for v in self.values if _DECIMAL.fullmatch(v)]


def profile(header: str, name: str, cells: Sequence[str]) -> Profile:
    """The profile of one column of texts."""
    texts = [unicodedata.normalize("NFC", cell).strip() for cell in cells]
    found = Counter(text for text in texts if text)
    kind, formats, comma = _kind(found)
    nulls: tuple[str, ...] = ()
    if kind == "string" and (said := tuple(sorted(t for t in found if t.casefold() in _NULLS))):
        rest = Counter({t: n for t, n in found.items() if t not in said})
        other, formats_of_rest, comma_of_rest = _kind(rest)
        if other != "string" or any(not t.isalpha() for t in said):
            found, kind, formats, comma, nulls = rest, other, formats_of_rest, comma_of_rest, said
    return Profile(header, name, kind, found, len(texts), nulls, formats, comma)


def _kind(values: Counter[str]) -> tuple[Kind, tuple[str, ...], bool]:
    if not values:
        return "empty", (), False
    if _most(values, _WHOLE.fullmatch):
        coded = any(len(v) > 1 and v.startswith("0") and "." not in v for v in values)
        return ("string" if coded else "integer"), (), False
    if _most(values, _DECIMAL.fullmatch):
        return "double", (), False
    if set(map(str.casefold, values)) <= _YES_NO:
        return "boolean", (), False
    if formats := _formats(values, _DATES):
        return "date", formats, False
    if formats := _formats(values, _TIMES):
        return "timestamp", formats, False
    if _most(values, lambda v: _GROUPED.fullmatch(v) or _WHOLE.fullmatch(v)) and any("," in v for v in values):
        return "double", (), True
    return "string", (), False


def _most(values: Counter[str], holds: Callable[[str], object]) -> bool:
    return sum(n for v, n in values.items() if holds(v)) >= _FITS * values.total()


def _formats(values: Counter[str], tried: Sequence[str]) -> tuple[str, ...]:
    """The patterns that read nearly every value."""
    few = Counter(dict(itertools.islice(values.items(), SEEN)))
    return tuple(form for form in tried if _most(few, lambda v, form=form: _reads(v, form)))


def _reads(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def column_names(headers: Sequence[str]) -> list[str]:
    """A column name per header: without accents, in lower case, joined by underscores, each once.

    >>> column_names(["Mã trạm", "Đơn vị", "Mã trạm", "2025", "areaKm2"])
    ['ma_tram', 'don_vi', 'ma_tram_2', 'c_2025', 'area_km2']
    """
    names: list[str] = []
    for header in headers:
        base = re.sub(r"[^a-z0-9]+", "_", unaccented(_HUMP.sub("_", header))).strip("_") or "column"
        base = (base if base[0].isalpha() else f"c_{base}")[:58]
        name, number = base, 1
        while name in names:
            number += 1
            name = f"{base}_{number}"
        names.append(name)
    return names
