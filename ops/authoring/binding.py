"""Binding a column to a concept of the Blueprint: by what its header says and by what its cells hold."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from blueprint import Blueprint, Concept
from blueprint.concept import Classification
from blueprint.identifiers import identify
from blueprint.text import Bilingual, unaccented
from blueprint.types import DATED, NUMERIC, WHOLE
from ops.authoring.doubts import Doubt
from ops.authoring.profile import Kind, Profile

_NAMED = 0.5
"""How much of two names must be shared words for one to count as the other."""
_HELD = 0.75
"""Share of cells that must fit a concept for it to be proposed."""
_FEW = 3
"""Values below which a code list or a pattern proves nothing."""
_NAME_WEIGHT = 0.7
_FALLBACK: dict[Kind, str] = {
    "integer": "count@1",
    "double": "indicator-value@1",
    "boolean": "yes-no@1",
    "date": "date@1",
    "timestamp": "instant@1",
    "string": "free-text@1",
    "empty": "free-text@1",
}
_FIRST_WORDS = {"ten": "name@1", "name": "name@1", "ma": "identifier@1", "id": "identifier@1", "code": "identifier@1"}
"""First words of headers that say a little; alone they say no more, whatever some contract calls so."""
_PERSONAL = ("personal-id@1", "phone-number@1", "email-address@1", "health-insurance-card@1")
_OF_READERS = {
    "geometry.lon": "longitude@1",
    "geometry.lat": "latitude@1",
    "geometry.easting": "vn2000-easting@1",
    "geometry.northing": "vn2000-northing@1",
    "stop_lon": "longitude@1",
    "stop_lat": "latitude@1",
    "shape_pt_lon": "longitude@1",
    "shape_pt_lat": "latitude@1",
}
"""Headers that readers and standards give, and what they mean wherever they stand."""
_VAGUE = {"free-text", "sentence", "name", "identifier", "document-reference", "school-id", "industry-code"}
"""Concepts whose values prove nothing by themselves: nearly every text has their shape."""


@dataclass(frozen=True)
class Bound:
    """The concept that a column is bound to, its title, and what is doubtful about it."""

    profile: Profile
    concept: Concept
    title: Bilingual
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Binder:
    """Binds columns by the concepts, code lists and contracts of one Blueprint."""

    plan: Blueprint

    @cached_property
    def _names(self) -> dict[str, list[tuple[frozenset[str], Bilingual]]]:
        """Concept -> what it is called: its own titles, and the columns of contracts that are bound to it."""
        found: dict[str, list[tuple[frozenset[str], Bilingual]]] = {}
        for ref, concept in self.plan.concepts.items():
            for text in (concept.title.vi, concept.title.en, concept.concept):
                found.setdefault(ref, []).append((_words(text), concept.title))
        for contract in self.plan.contracts.values():
            for column in contract.columns:
                for text in (column.title.vi, column.title.en, column.name, column.header or "", *column.synonyms):
                    found[column.concept].append((_words(text), column.title))
        return found

    def bind(self, column: Profile) -> Bound:
        """The concept that fits best; where none does, one that says only the type, with a doubt."""
        if (own := self.plan.concepts.get(_OF_READERS.get(column.header, ""))) and column.filled:
            return Bound(column, own, own.title)
        if personal := self._personal(column):
            return Bound(column, personal, _titled(column, personal.title), (_is_personal(column, personal),))
        best = max(self._candidates(column), key=lambda c: c[0], default=None)
        if best is None:
            concept = self._by_first_word(column) or self.plan.concept(_FALLBACK[column.kind])
            if concept.minimum is not None and any(n < concept.minimum for n in column.numbers()):
                concept = self.plan.concept(_FALLBACK["double"])
            return Bound(column, concept, _titled(column, None), (_is_unknown(column, concept),))
        _, named, concept, title = best
        doubts = [] if named >= 1 else [_is_guessed(column, concept)]
        if concept.classification is not Classification.OPEN:
            doubts.append(_is_personal(column, concept))
        if (fitting := column.share(_holds(concept, self.plan))) < 1 and column.filled:
            doubts.append(_misses(column, concept, 1 - fitting))
        return Bound(column, concept, _titled(column, title if named >= _NAMED else None), tuple(doubts))

    def _personal(self, column: Profile) -> Concept | None:
        """The concept of personal data whose shape the cells have; of several the one that the header speaks for."""
        fitting = [
            self.plan.concepts[ref]
            for ref in _PERSONAL
            if len(column.values) >= _FEW and column.share(_holds(self.plan.concepts[ref], self.plan)) >= _HELD
        ]
        words = _words(column.header)
        return max(fitting, key=lambda c: max(_shared(words, known) for known, _ in self._names[c.ref]), default=None)

    def _by_first_word(self, column: Profile) -> Concept | None:
        """What a header such as "Tên ..." or "Mã ..." says at least, where the cells agree."""
        if column.kind != "string" or not (words := unaccented(column.header).split()):
            return None
        found = self.plan.concepts.get(_FIRST_WORDS.get(words[0], ""))
        return found if found and column.share(_holds(found, self.plan)) >= _HELD else None

    def _candidates(self, column: Profile) -> Iterator[tuple[float, float, Concept, Bilingual]]:
        """Score, share of the name, concept and title of each concept that the cells fit and something speaks for."""
        words = _words(column.header)
        bare = _FIRST_WORDS.get(*words, "") if len(words) == 1 else ""
        for ref, names in self._names.items():
            concept = self.plan.concepts[ref]
            if not _typed(concept, column):
                continue
            named, title = max(((_shared(words, known), title) for known, title in names), key=lambda found: found[0])
            if bare and ref != bare:
                named = 0.0
            proof = self._proof(concept, column)
            if named < _NAMED and proof < 1:
                continue
            if column.filled and column.share(_holds(concept, self.plan)) < _HELD:
                continue
            yield _NAME_WEIGHT * named + (1 - _NAME_WEIGHT) * proof, named, concept, title

    def _proof(self, concept: Concept, column: Profile) -> float:
        """1 where the values themselves can only be of this concept, such as codes of its list; else 0."""
        if len(column.values) < _FEW or concept.concept in _VAGUE or concept.type != "string":
            return 0.0
        if not (concept.codelist or concept.identifier):
            return 0.0
        if concept.codelist and max(map(len, column.values)) < _FEW:
            return 0.0  # short codes such as 1, 2, 3 are of any list
        return 1.0 if column.share(_holds(concept, self.plan)) >= _HELD else 0.0


def _typed(concept: Concept, column: Profile) -> bool:
    match column.kind:
        case "empty":
            return True
        case "integer":
            return concept.type in NUMERIC or concept.type == "string"
        case "double":
            return concept.type in NUMERIC - WHOLE
        case "date" | "timestamp":
            return concept.type in DATED and (concept.type == "date") == (column.kind == "date")
        case kind:
            return concept.type == kind


def _holds(concept: Concept, plan: Blueprint) -> Callable[[str], object]:
    """Whether a text can be a value of ``concept``; codes of any era count, for the row's date decides later."""
    if concept.identifier:
        kind = concept.identifier
        return lambda value: identify(kind, value).ok
    if concept.codelist:
        known = {entry.code for entry in plan.codelist(concept.codelist).entries}
        return known.__contains__
    if concept.type in NUMERIC:
        low, high = concept.minimum, concept.maximum
        return lambda value: _within(value, low, high)
    if concept.pattern:
        return re.compile(concept.pattern).fullmatch
    return bool


def _within(value: str, low: float | None, high: float | None) -> bool:
    try:
        number = float(value)
    except ValueError:
        return True  # written in a way that the profile knows; its size is judged when it is read
    return (low is None or number >= low) and (high is None or number <= high)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", unaccented(text)))


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _titled(column: Profile, known: Bilingual | None) -> Bilingual:
    """The header as the Vietnamese title, the known English one beside it."""
    header = column.header or column.name
    is_vietnamese = unaccented(header) != header.casefold()
    if known is None:
        return Bilingual(vi=header, en=header)
    return Bilingual(vi=header, en=known.en) if is_vietnamese else known


def _is_personal(column: Profile, concept: Concept) -> Doubt:
    return Doubt(
        column.name,
        f"Cột này trông như {concept.title.vi} ({concept.classification.value}): sẽ không bao giờ được công bố. Có cần thu thập không?",
        f"This column looks like {concept.title.en} ({concept.classification.value}): it will never be published. Is it needed?",
    )


def _is_unknown(column: Profile, concept: Concept) -> Doubt:
    return Doubt(
        column.name,
        f"Chưa rõ cột nghĩa là gì; tạm gắn {concept.ref} ({concept.classification.value}). Hãy tìm khái niệm đúng: hanoi blueprint list concepts.",
        f"What the column means is not known; bound to {concept.ref} ({concept.classification.value}) for now. "
        "Find the right concept: hanoi blueprint list concepts.",
    )


def _is_guessed(column: Profile, concept: Concept) -> Doubt:
    return Doubt(
        column.name,
        f"Đoán là {concept.ref} ({concept.title.vi}). Hãy xác nhận.",
        f"Taken to be {concept.ref} ({concept.title.en}). Confirm it.",
    )


def _misses(column: Profile, concept: Concept, missed: float) -> Doubt:
    return Doubt(
        column.name,
        f"Khoảng {missed:.1%} số ô không hợp với {concept.ref}; các dòng đó sẽ bị cách ly.",
        f"About {missed:.1%} of the cells do not fit {concept.ref}; their rows will be quarantined.",
    )
