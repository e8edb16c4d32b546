"""From one era to the next: which unit goes into which, read forward and backward."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Literal

from blueprint.codelist import CodeEntry, CodeList
from blueprint.crosswalk import Crosswalk, Pair

By = Literal["area", "population", "equal"]
SIZES: Mapping[str, str] = {"area": "area_km2", "population": "population"}
"""The attribute of a unit that holds its size, by weight."""


@dataclass(frozen=True)
class Link:
    """One former unit going into one present unit at the beginning of ``present``."""

    old: CodeEntry
    new: CodeEntry
    relation: Literal["full", "partial"]
    area_weight: Decimal | None
    population_weight: Decimal | None
    legal_basis: str

    def share(self, by: By, among: int) -> Fraction | None:
        """The share of the former unit that goes along; ``among`` is the number of units it goes into."""
        if self.relation == "full":
            return Fraction(1)
        if by == "equal":
            return Fraction(1, among)
        weight = self.area_weight if by == "area" else self.population_weight
        return None if weight is None else Fraction(weight)


@dataclass(frozen=True)
class Passage:
    """All links at one change of eras; ``former`` is the last day before it and ``present`` the first day after."""

    ref: str
    former: date
    present: date
    forward: Mapping[str, tuple[Link, ...]]
    backward: Mapping[str, tuple[Link, ...]]

    def ways(self, code: str, by: By, *, back: bool) -> tuple[tuple[str, Fraction | None], ...]:
        """The codes on the other side with the share of ``code`` that goes to each; ``None`` where nobody knows it."""
        if not back:
            links = self.forward.get(code, ())
            return tuple((link.new.code, link.share(by, len(links))) for link in links)
        links = self.backward.get(code, ())
        if len(links) == 1:
            return ((links[0].old.code, Fraction(1)),)
        if by == "equal":
            return tuple((link.old.code, Fraction(1, len(links))) for link in links)
        parts = [self._part(link, by) for link in links]
        known = [part for part in parts if part is not None]
        whole = sum(known, Fraction(0))
        if len(known) < len(parts) or not whole:
            return tuple((link.old.code, None) for link in links)
        return tuple((link.old.code, part / whole) for link, part in zip(links, known, strict=True))

    def _part(self, link: Link, by: By) -> Fraction | None:
        """How much of the former unit went along, in its own measure."""
        share = link.share(by, len(self.forward[link.old.code]))
        if share == 0:
            return share
        amount = size(link.old, by)
        return None if share is None or amount is None else share * amount


def size(entry: CodeEntry, by: By) -> Fraction | None:
    """The area in km² or the population of a unit, where its list has it."""
    try:
        amount = Decimal(entry.attributes[SIZES[by]])
    except (KeyError, InvalidOperation):
        return None
    return Fraction(amount) if amount.is_finite() and amount >= 0 else None


def passages(codelist: CodeList, crosswalks: Iterable[Crosswalk]) -> tuple[Passage, ...]:
    """Every change of eras of ``codelist``, oldest first.

    A crosswalk gives one. So does a day on which entries end whose successors the list names, where no crosswalk is
    about that day: a unit with one successor goes into it whole, one with several in parts that nobody knows.
    """
    walks = {walk.former: walk for walk in crosswalks if walk.codelist == codelist.codelist}
    ends = {e.valid_to for e in codelist.entries if e.valid_to and any(s != "none" for s in e.successor)}
    found = []
    for former in sorted({*walks, *ends}):
        present = former + timedelta(days=1)
        before = {e.code: e for e in codelist.entries if e.holds_on(former)}
        after = {e.code: e for e in codelist.entries if e.holds_on(present)}
        if walk := walks.get(former):
            ref, pairs = walk.ref, list(walk.pairs)
        else:
            ref, pairs = codelist.ref, list(_succeeded(before.values(), former))
        named = {pair.old_code for pair in pairs}
        # A unit that stays as it was need not be listed, but whoever looks back must find it beside those it took in.
        pairs += [
            Pair(old_code=code, new_code=code, relation="full", area_weight=Decimal(1), population_weight=Decimal(1))
            for code, entry in before.items()
            if code not in named and after.get(code) == entry
        ]
        found.append(_passage(ref, former, present, before, after, pairs))
    return tuple(found)


def _succeeded(before: Iterable[CodeEntry], former: date) -> Iterable[Pair]:
    for entry in before:
        codes = [s for s in entry.successor if s != "none"] if entry.valid_to == former else []
        relation = "full" if len(codes) == 1 else "partial"
        for code in codes:
            yield Pair(old_code=entry.code, new_code=code, relation=relation, legal_basis=entry.legal_basis)


def _passage(
    ref: str,
    former: date,
    present: date,
    before: Mapping[str, CodeEntry],
    after: Mapping[str, CodeEntry],
    pairs: Iterable[Pair],
) -> Passage:
    forward: dict[str, list[Link]] = {}
    backward: dict[str, list[Link]] = {}
    for pair in pairs:
        if pair.old_code not in before or pair.new_code not in after:
            continue  # the checks of declarations tell of it; a unit without its entry cannot be read here
        link = Link(
            before[pair.old_code],
            after[pair.new_code],
            pair.relation,
            pair.area_weight,
            pair.population_weight,
            pair.legal_basis,
        )
        forward.setdefault(pair.old_code, []).append(link)
        backward.setdefault(pair.new_code, []).append(link)
    return Passage(
        ref,
        former,
        present,
        {code: tuple(links) for code, links in forward.items()},
        {code: tuple(links) for code, links in backward.items()},
    )
