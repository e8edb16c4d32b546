"""Made-up eras of units, small enough to reckon by hand."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from hypothesis import strategies as st

from blueprint import Bilingual, Blueprint, CodeEntry, CodeList, Crosswalk, Pair

LIST = "made-up-units"
STARTS = (date(2000, 1, 1), date(2010, 1, 1), date(2020, 1, 1))
TEXT = Bilingual(vi="thử", en="test")
POOL = tuple(f"{n:03}" for n in range(1, 8))


def entry(
    code: str, first: date, last: date | None = None, *, vi: str = "", successor: str = "", **sizes: str
) -> CodeEntry:
    return CodeEntry(
        code=code,
        vi=vi or f"Xã {code} {first.year}",
        en=f"{code} of {first.year}",
        valid_from=first,
        valid_to=last,
        successor=tuple(successor.split()),
        attributes=sizes,
    )


def codelist(*entries: CodeEntry, name: str = LIST) -> CodeList:
    return CodeList(codelist=name, version=1, title=TEXT, definition=TEXT, source="test", dated=True, entries=entries)


def crosswalk(present: date, pairs: Sequence[Pair], name: str = LIST) -> Crosswalk:
    return Crosswalk(
        crosswalk=f"{name}-{present.year}",
        version=1,
        title=TEXT,
        definition=TEXT,
        source="test",
        codelist=name,
        former=present - timedelta(days=1),
        present=present,
        pairs=tuple(pairs),
    )


def pair(old: str, new: str, area: str | None = "1", population: str | None = "1", *, part: bool = False) -> Pair:
    return Pair(
        old_code=old,
        new_code=new,
        relation="partial" if part else "full",
        area_weight=None if area is None else Decimal(area),
        population_weight=None if population is None else Decimal(population),
    )


def plan(units: CodeList, *walks: Crosswalk) -> Blueprint:
    return Blueprint(
        root=Path("/nowhere"),
        concepts={},
        codelists={units.codelist: units},
        contracts={},
        crosswalks={walk.crosswalk: walk for walk in walks},
    )


def one_split() -> Blueprint:
    """001 goes whole into 002, 002 in parts into 002 (0.7 of its people) and 003, 004 in parts nobody measured."""
    first, present = STARTS[0], STARTS[1]
    last = present - timedelta(days=1)
    return plan(
        codelist(
            entry("001", first, last, population="1000"),
            entry("002", first, last, population="500"),
            entry("004", first, last),
            entry("002", present),
            entry("003", present),
        ),
        crosswalk(
            present,
            [
                pair("001", "002"),
                pair("002", "002", "0.25", "0.7", part=True),
                pair("002", "003", "0.75", "0.3", part=True),
                pair("004", "002", "0.5", None, part=True),
                pair("004", "003", "0.5", None, part=True),
            ],
        ),
    )


@st.composite
def weights(draw: st.DrawFn, count: int) -> list[Decimal]:
    """``count`` decimals of six places that sum to 1, some of them 0."""
    cuts = sorted(draw(st.lists(st.integers(0, 10**6), min_size=count - 1, max_size=count - 1)))
    ends = [0, *cuts, 10**6]
    return [Decimal(b - a) / 10**6 for a, b in pairwise(ends)]


@st.composite
def plans(draw: st.DrawFn) -> Blueprint:
    """Three eras of the same few codes; every unit goes somewhere and every new unit comes from somewhere."""
    held = [draw(st.lists(st.sampled_from(POOL), min_size=1, max_size=5, unique=True)) for _ in STARTS]
    entries = []
    for i, (start, codes) in enumerate(zip(STARTS, held, strict=True)):
        last = STARTS[i + 1] - timedelta(days=1) if i + 1 < len(STARTS) else None
        for code in codes:
            area, people = draw(st.integers(1, 5000)), draw(st.integers(1, 10**6))
            entries.append(entry(code, start, last, area_km2=str(Decimal(area) / 100), population=str(people)))
    walks = []
    for present, olds, news in zip(STARTS[1:], held, held[1:], strict=False):
        into = {old: set(draw(st.lists(st.sampled_from(news), min_size=1, max_size=3))) for old in olds}
        for new in news:
            if not any(new in targets for targets in into.values()):
                into[draw(st.sampled_from(olds))].add(new)
        pairs = []
        for old, targets in into.items():
            several = len(targets) > 1
            areas, people = draw(weights(len(targets))), draw(weights(len(targets)))
            for new, area, population in zip(sorted(targets), areas, people, strict=True):
                pairs.append(pair(old, new, str(area), str(population), part=several))
        walks.append(crosswalk(present, pairs))
    return plan(codelist(*entries), *walks)


def forward_shares(of: Blueprint, by: str) -> Mapping[str, Mapping[str, Fraction]]:
    """The shares from the first era to the last, by multiplying the two crosswalks out, pair by pair."""
    first, second = sorted(of.crosswalks.values(), key=lambda w: w.present)
    found: dict[str, dict[str, Fraction]] = {}
    for a in first.pairs:
        for b in second.pairs:
            if a.new_code == b.old_code:
                x, y = a.weight(by), b.weight(by)  # type: ignore[arg-type]
                assert x is not None
                assert y is not None
                to = found.setdefault(a.old_code, {})
                to[b.new_code] = to.get(b.new_code, Fraction(0)) + Fraction(x) * Fraction(y)
    return found
