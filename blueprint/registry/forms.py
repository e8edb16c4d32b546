"""The machine-readable forms of declarations: JSON, CSV and SKOS in JSON-LD."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from blueprint.codelist import CodeEntry, CodeList
from blueprint.concept import Concept
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk, Pair
from blueprint.indicator import Indicator
from blueprint.load import Blueprint

JSON, CSV, JSON_LD, YAML = "application/json", "text/csv", "application/ld+json", "application/yaml"
SKOS_CONTEXT = {
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dct": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "valid_from": {"@id": "schema:validFrom", "@type": "xsd:date"},
    "valid_to": {"@id": "schema:validThrough", "@type": "xsd:date"},
}
_ENTRY = ("code", "vi", "en", "valid_from", "valid_to", "legal_basis", "successor")
_PAIR = ("old_code", "new_code", "relation", "area_weight", "population_weight", "weight_basis", "legal_basis")


def dumped(content: object) -> bytes:
    """``content`` as readable JSON, the same bytes for the same content."""
    return (json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n").encode()


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file in UTF-8 with one header line; nothing for a value that is absent."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if v is None else v for v in row] for row in rows])
    return text.getvalue().encode()


def contract(one: Contract, plan: Blueprint) -> dict[str, Any]:
    """The promise of a contract with what its columns take from their concepts; how files are read is left out."""
    found = one.model_dump(mode="json", exclude={"sources", "columns"}, exclude_defaults=True)
    columns: list[dict[str, Any]] = []
    for column in one.columns:
        of = plan.concept_of(column)
        meaning = {"type": of.type, "unit": of.unit, "codelist": of.codelist, "classification": of.classification.value}
        columns.append(
            {
                **column.model_dump(mode="json", exclude_defaults=True),
                "required": column.required,
                **{k: v for k, v in meaning.items() if v is not None},
            }
        )
    return {**found, "classification": plan.classification(one).value, "columns": columns}


def indicator(one: Indicator, plan: Blueprint) -> dict[str, Any]:
    """The declaration with what its figures take from their concept and from the columns that they rest on."""
    value = plan.concept(one.value)
    contracts = {reads.dataset: plan.read_contract(reads).version for reads in one.datasets}
    return {
        **one.model_dump(mode="json"),
        "type": value.type,
        "unit": value.unit,
        "classification": plan.classification(one).value,
        "published": plan.leaves(one),
        "contracts": contracts,
    }


def concept(one: Concept) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude_none=True)


_CONCEPT = ("concept", "version", "title_vi", "title_en", "definition_vi", "definition_en", "type", "unit")
_CONCEPT_MORE = ("classification", "codelist", "pattern", "minimum", "maximum", "source")


def _head(c: Concept) -> tuple[object, ...]:
    return c.concept, c.version, c.title.vi, c.title.en, c.definition.vi, c.definition.en, c.type, c.unit


def concepts_csv(listed: Iterable[Concept]) -> bytes:
    rows = ((*_head(c), *(getattr(c, name) for name in _CONCEPT_MORE)) for c in listed)
    return table((*_CONCEPT, *_CONCEPT_MORE), rows)


def entry(one: CodeEntry) -> dict[str, Any]:
    return {**one.model_dump(mode="json", exclude={"successor"}), "successor": list(one.successor)}


def codelist(one: CodeList, entries: Sequence[CodeEntry], as_of: date | None) -> dict[str, Any]:
    """The list with ``entries``, those that hold on ``as_of`` where a day was asked for."""
    head = one.model_dump(mode="json", exclude={"entries"})
    return {**head, "as_of": as_of and as_of.isoformat(), "count": len(entries), "entries": [entry(e) for e in entries]}


def attributes(rows: Iterable[CodeEntry | Pair]) -> tuple[str, ...]:
    """The further columns of the table, in the order in which they first appear."""
    return tuple(dict.fromkeys(name for row in rows for name in row.attributes))


def codelist_csv(entries: Sequence[CodeEntry]) -> bytes:
    more = attributes(entries)
    rows = (
        (*(getattr(e, name) for name in _ENTRY[:-1]), " ".join(e.successor), *(e.attributes.get(name) for name in more))
        for e in entries
    )
    return table((*_ENTRY, *more), rows)


def crosswalk(one: Crosswalk) -> dict[str, Any]:
    return {
        **one.model_dump(mode="json", exclude={"pairs"}),
        "count": len(one.pairs),
        "pairs": [pair(p) for p in one.pairs],
    }


def pair(one: Pair) -> dict[str, Any]:
    """Weights are text, so that no digit is lost."""
    return one.model_dump(mode="json")


def crosswalk_csv(one: Crosswalk) -> bytes:
    more = attributes(one.pairs)
    rows = (
        tuple(getattr(p, name) for name in _PAIR) + tuple(p.attributes.get(name) for name in more) for p in one.pairs
    )
    return table((*_PAIR, *more), rows)


def _labels(vi: str, en: str) -> list[Mapping[str, str]]:
    return [{"@language": "vi", "@value": vi}, {"@language": "en", "@value": en}]


def concept_skos(one: Concept, base: str) -> dict[str, Any]:
    """The concept as a SKOS concept; ``base`` is the address of the Registry."""
    found: dict[str, Any] = {
        "@context": SKOS_CONTEXT,
        "@id": f"{base}/concepts/{one.concept}/{one.version}",
        "@type": "skos:Concept",
        "skos:notation": one.ref,
        "skos:prefLabel": _labels(one.title.vi, one.title.en),
        "skos:definition": _labels(one.definition.vi, one.definition.en),
        "dct:source": one.source,
        "skos:inScheme": {"@id": f"{base}/concepts"},
    }
    if one.same_as:
        found["skos:exactMatch"] = [{"@id": f"{base}/concepts/{ref.replace('@', '/')}"} for ref in one.same_as]
    return found


def codelist_skos(one: CodeList, entries: Sequence[CodeEntry], base: str) -> dict[str, Any]:
    """The list as a SKOS concept scheme; an entry is named by its code and its first day, for codes are used again."""
    scheme = f"{base}/codelists/{one.codelist}"
    starts: dict[str, list[date]] = {}
    for e in one.entries:
        starts.setdefault(e.code, []).append(e.valid_from)

    def named(code: str, day: date) -> str:
        return f"{scheme}#{code}@{day}"

    def member(e: CodeEntry) -> dict[str, Any]:
        found: dict[str, Any] = {
            "@id": named(e.code, e.valid_from),
            "@type": "skos:Concept",
            "skos:notation": e.code,
            "skos:prefLabel": _labels(e.vi, e.en),
            "skos:inScheme": {"@id": scheme},
            "valid_from": e.valid_from.isoformat(),
        }
        if e.valid_to:
            found["valid_to"] = e.valid_to.isoformat()
            after = [(c, min((d for d in starts.get(c, ()) if d > e.valid_to), default=None)) for c in e.successor]
            if next_ones := [{"@id": named(c, d)} for c, d in after if d]:
                found["dct:isReplacedBy"] = next_ones
        if e.legal_basis:
            found["dct:source"] = e.legal_basis
        return found

    return {
        "@context": SKOS_CONTEXT,
        "@id": scheme,
        "@type": "skos:ConceptScheme",
        "dct:title": _labels(one.title.vi, one.title.en),
        "dct:description": _labels(one.definition.vi, one.definition.en),
        "dct:source": one.source,
        "dct:hasVersion": str(one.version),
        "@included": [member(e) for e in entries],
    }
