"""Whether a unit's name is the one that its code bears on a day: the same verdict in DuckDB and in Python.

A code that is right and a name of another era is the mistake that a look at the code alone cannot find.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import product

from blueprint.codelist import CodeEntry, CodeList
from blueprint.sql import literal, member

# Both places for the tone mark of oa, oe and uy are in use: (newer, older).
TONES = tuple(
    (first + newer[i], older[i] + last)
    for first, last, older, newer in (
        ("o", "a", "òóỏõọ", "àáảãạ"),
        ("o", "e", "òóỏõọ", "èéẻẽẹ"),
        ("u", "y", "ùúủũụ", "ỳýỷỹỵ"),
    )
    for i in range(5)
)
KINDS = (("phường", "p"), ("xã", "x"), ("thị trấn", "tt"), ("tỉnh", "t"), ("thành phố", "tp"))
_TONED = re.compile("|".join(spelling for both in TONES for spelling in both))
# RE2 and Python disagree on what \s is, so both are given the same letters.
_BLANK = "[\t\n\v\f\r \u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]+"
_SEPARATOR = "\x1f"


def fold(name: str) -> str:
    """``name`` as it is compared: NFC, lower case, single spaces and none at the ends.

    >>> fold(" YÊN  HÒA")
    'yên hòa'
    """
    # DuckDB lowers İ to i; Python adds a dot above.
    return re.sub(_BLANK, " ", unicodedata.normalize("NFC", name.replace("İ", "i").lower())).strip(" ")


def fold_sql(expression: str) -> str:
    """:func:`fold` as a DuckDB expression over the text ``expression``."""
    return f"trim(regexp_replace(nfc_normalize(lower({expression})), {literal(_BLANK)}, ' ', 'g'), ' ')"


@lru_cache(maxsize=8192)
def spellings(name: str) -> frozenset[str]:
    """The ways to write a folded name: each tone mark in its older and its newer place.

    >>> sorted(spellings("yên hòa"))
    ['yên hoà', 'yên hòa']
    """
    parts: list[tuple[str, ...]] = []
    at = 0
    for found in _TONED.finditer(name):
        parts += [(name[at : found.start()],), next(both for both in TONES if found[0] in both)]
        at = found.end()
    return frozenset("".join(chosen) for chosen in product(*parts, (name[at:],)))


def names_of(entry: CodeEntry) -> frozenset[str]:
    """The folded names of a unit in all spellings: in full, with the kind cut short (P. Ba Đình), and without it.

    A name with the kind of another unit is not one of them: a commune that became a ward changed its name.
    """
    full = fold(entry.vi)
    found = {full, *(fold(alias) for alias in (entry.attributes.get("name"),) if alias)}
    for kind, letter in KINDS:
        if full.startswith(kind + " "):
            short = full.removeprefix(kind + " ")
            found |= {short, f"{letter}. {short}", f"{letter}.{short}"}
    return frozenset(spelling for name in found for spelling in spellings(name))


def name_holds(codelist: CodeList, code: str | None, name: str | None, day: date | None) -> bool | None:
    """Whether ``name`` is a name that ``code`` bears on ``day``.

    ``None`` where code or name is missing; false without a day, and where the code does not hold on it.

    >>> from datetime import date
    >>> from blueprint import blueprint
    >>> name_holds(blueprint().codelist("ha-noi-wards"), "00004", "Phường Ba Đình", date(2025, 6, 30))
    False
    """
    if code is None or name is None:
        return None
    entry = codelist.find(code, day) if day else None
    return entry is not None and fold(name) in names_of(entry)


def name_holds_sql(codelist: CodeList, code: str, name: str, day: str | date) -> str:
    """:func:`name_holds` as a DuckDB predicate.

    ``code``, ``name`` and ``day`` are SQL expressions of text, text and DATE; ``day`` may be a date instead.
    """
    on = literal(day) if isinstance(day, date) else f"({day})"
    spans: dict[tuple[date, date | None], list[CodeEntry]] = {}
    for entry in codelist.entries:
        if not isinstance(day, date) or entry.holds_on(day):
            spans.setdefault((entry.valid_from, entry.valid_to), []).append(entry)

    def holding(name_sql: str, named: Callable[[CodeEntry], Iterable[str]]) -> str:
        pair = f"({code}) || {literal(_SEPARATOR)} || {name_sql}"
        return " OR ".join(
            f"({on} >= {literal(start)}"
            + (f" AND {on} <= {literal(end)}" if end else "")
            + f" AND {member(pair, (e.code + _SEPARATOR + n for e in entries for n in named(e)))})"
            for (start, end), entries in sorted(spans.items(), key=lambda item: (item[0][0], item[0][1] or date.max))
        )

    if not spans:
        return f"CASE WHEN ({code}) IS NULL OR ({name}) IS NULL THEN NULL ELSE false END"
    # Most rows bear the name just as the list writes it; only the others are worth folding.
    return (
        f"CASE WHEN ({code}) IS NULL OR ({name}) IS NULL THEN NULL "
        f"WHEN {holding(f'({name})', lambda e: (e.vi,))} THEN true "
        f"ELSE coalesce({holding(fold_sql(name), names_of)}, false) END"
    )


def explain(codelist: CodeList, code: str, name: str, day: date) -> tuple[str, str]:
    """Why ``name`` is not a name of ``code`` on ``day``, and where it belongs, in Vietnamese and English.

    >>> from datetime import date
    >>> from blueprint import blueprint
    >>> print(explain(blueprint().codelist("ha-noi-wards"), "00004", "Phường Ba Đình", date(2024, 5, 1))[1])
    00004 on 2024-05-01 is Phường Trúc Bạch; Phường Ba Đình is its name since 2025-07-01.
    """
    here = codelist.find(code, day)
    if here:
        vi, en = f"{code} ngày {day} là {here.vi}", f"{code} on {day} is {here.vi}"
        if fold(name) in names_of(here):
            return f"{vi}.", f"{en}."
    else:
        vi, en = f"{code} không có hiệu lực ngày {day}", f"{code} does not hold on {day}"
    more = next(
        _elsewhere(codelist, code, name, day), (f"{name!r} không có trong danh mục", f"{name!r} is not in the list")
    )
    return f"{vi}; {more[0]}.", f"{en}; {more[1]}."


def _elsewhere(codelist: CodeList, code: str, name: str, day: date) -> Iterator[tuple[str, str]]:
    wanted = fold(name)
    bearing = [e for e in codelist.entries if wanted in names_of(e)]
    for e in bearing:
        if e.code == code and not e.holds_on(day):
            yield f"{e.vi} là tên của mã này {_span(e)[0]}", f"{e.vi} is its name {_span(e)[1]}"
    today = [e for e in bearing if e.holds_on(day)]
    if today:
        codes = ", ".join(e.code for e in today)
        yield f"{today[0].vi} mang mã {codes} ngày đó", f"{today[0].vi} has the code {codes} on that day"
    for e in bearing:
        yield f"{e.vi} mang mã {e.code} {_span(e)[0]}", f"{e.vi} has the code {e.code} {_span(e)[1]}"


def _span(entry: CodeEntry) -> tuple[str, str]:
    if entry.valid_to is None:
        return f"từ {entry.valid_from}", f"since {entry.valid_from}"
    return f"từ {entry.valid_from} đến {entry.valid_to}", f"from {entry.valid_from} to {entry.valid_to}"
