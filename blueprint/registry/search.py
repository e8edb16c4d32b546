"""Finding declarations and codes by words, with or without Vietnamese accents."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from blueprint.text import Bilingual, unaccented

if TYPE_CHECKING:
    from blueprint.registry.holdings import Holdings

Kind = Literal["contract", "indicator", "concept", "codelist", "crosswalk", "column", "code"]
_ORDER: tuple[Kind, ...] = ("contract", "indicator", "concept", "codelist", "crosswalk", "column", "code")


@dataclass(frozen=True)
class Hit:
    """Something that was found: its kind, the path of its page without the language, its names and where it belongs."""

    kind: Kind
    path: str
    name: str
    title: Bilingual
    detail: Bilingual | None = None


class Index:
    """Every declaration, column and code that the Registry holds, ready to be searched."""

    def __init__(self, holdings: "Holdings") -> None:
        self._rows = [
            (hit, unaccented(f"{hit.name} {hit.title.vi} {hit.title.en}"), unaccented(more))
            for hit, more in _hits(holdings)
        ]

    def find(self, question: str) -> list[Hit]:
        """What holds every word of ``question``: exact names first, then titles, then texts; nothing for no words."""
        words = unaccented(question).split()
        if not words:
            return []
        found: list[tuple[int, int, int, Hit]] = []
        for place, (hit, title, more) in enumerate(self._rows):
            if all(w in title for w in words):
                rank = 0 if unaccented(hit.name) == unaccented(question).strip() else 1
            elif all(w in title or w in more for w in words):
                rank = 2
            else:
                continue
            found.append((_ORDER.index(hit.kind), rank, place, hit))
        return [hit for *_, hit in sorted(found, key=lambda f: f[:3])]


def _hits(holdings: "Holdings") -> Iterator[tuple[Hit, str]]:
    for contract in holdings.contracts.values():
        path = f"/contracts/{contract.dataset}"
        words = " ".join(w for listed in contract.keywords.values() for w in listed)
        more = f"{contract.description.vi} {contract.description.en} {words} {contract.agency}"
        yield Hit("contract", path, contract.dataset, contract.title, contract.description), more
        for column in contract.columns:
            yield (
                Hit("column", f"{path}#column-{column.name}", column.name, column.title, contract.title),
                column.concept,
            )
    for indicator in holdings.indicators.values():
        path = f"/indicators/{indicator.indicator}"
        more = f"{indicator.definition.vi} {indicator.definition.en} {indicator.source.document}"
        yield Hit("indicator", path, indicator.indicator, indicator.title, indicator.definition), more
    for concept in holdings.current:
        more = f"{concept.definition.vi} {concept.definition.en} {concept.source}"
        yield Hit("concept", f"/concepts/{concept.concept}", concept.concept, concept.title, concept.definition), more
    for codelist in holdings.codelists.values():
        path = f"/codelists/{codelist.codelist}"
        more = f"{codelist.definition.vi} {codelist.definition.en} {codelist.source}"
        yield Hit("codelist", path, codelist.codelist, codelist.title, codelist.definition), more
    for walk in holdings.crosswalks.values():
        path = f"/crosswalks/{walk.crosswalk}"
        more = f"{walk.definition.vi} {walk.definition.en} {walk.source}"
        yield Hit("crosswalk", path, walk.crosswalk, walk.title, walk.definition), more
    for codelist in holdings.codelists.values():
        for entry in codelist.entries:
            path = f"/codelists/{codelist.codelist}?as_of={entry.valid_from}&q={entry.code}"
            title = Bilingual(vi=entry.vi, en=entry.en)
            yield Hit("code", path, entry.code, title, codelist.title), ""
