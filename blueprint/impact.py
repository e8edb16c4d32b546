"""Impact: what rests on a declaration, and so whom a change of it concerns."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from blueprint.changelog import live
from blueprint.codelist import CodeList
from blueprint.concept import Concept
from blueprint.contract import Column, Contract
from blueprint.crosswalk import Crosswalk
from blueprint.indicator import Indicator
from blueprint.load import Blueprint
from blueprint.subjects import Declaration, find, subjects

Via = Literal["bound", "same_as"]


@dataclass(frozen=True)
class Use:
    """One column of one contract version that rests on the declaration.

    ``via`` tells a binding from a concept of the same meaning; ``classification`` is that of the column's concept, and
    ``published`` says whether the column leaves with the open data.
    """

    dataset: str
    contract: str
    column: str
    concept: str
    via: Via
    agency: str
    classification: str
    published: bool
    vi: str
    en: str


@dataclass(frozen=True)
class Impact:
    """Everything that rests on one declaration: columns, and what they are part of."""

    target: str
    concepts: tuple[str, ...]
    same_as: tuple[str, ...]
    columns: tuple[Use, ...]
    datasets: tuple[str, ...]
    contracts: tuple[str, ...]
    referring: tuple[str, ...]
    """Datasets whose values must be there in the key of one of ``datasets``."""
    codelists: tuple[str, ...]
    crosswalks: tuple[str, ...]
    indicators: tuple[str, ...]
    """Indicators that tell their figures by it, or read a column or a dataset that rests on it."""
    organisations: tuple[tuple[str, str, str], ...]
    """Code and names in Vietnamese and English of the agencies of all these datasets."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def impact(target: str, plan: Blueprint, day: date | None = None) -> Impact:
    """What rests on ``target`` among the contract versions served on ``day`` and the drafts.

    ``target`` is a concept, ``instant`` or ``instant@1`` (all versions where none is given), or any other subject, such
    as ``codelist:licences`` or a dataset. Raises BlueprintError for a target that is not declared.

    >>> from blueprint import blueprint
    >>> impact("route-id@1", blueprint()).datasets
    ('bus-routes', 'bus-trips')
    """
    found = _targets(target, plan)
    return of(found, plan, target, day)


def of(declarations: Iterable[Declaration], plan: Blueprint, target: str = "", day: date | None = None) -> Impact:
    """The impact of several declarations together."""
    chosen = tuple(declarations)
    concepts = _concepts(chosen, plan)
    twins = tuple(r for r in _same(concepts, plan) if r not in concepts)
    named = {c.dataset for c in chosen if isinstance(c, Contract)}
    uses = tuple(_uses(plan, {*concepts}, {*twins}, named, day))
    datasets = tuple(dict.fromkeys([*sorted(named), *(u.dataset for u in uses)]))
    lists = {plan.concepts[r].codelist for r in (*concepts, *twins)} | {_list_of(d) for d in chosen}
    referring = tuple(
        name
        for name, c in plan.contracts.items()
        if name not in datasets and {r.dataset for r in c.references} & {*datasets}
    )
    return Impact(
        target,
        concepts,
        twins,
        uses,
        datasets,
        tuple(dict.fromkeys(u.contract for u in uses)),
        referring,
        tuple(sorted(filter(None, lists))),
        tuple(name for name, walk in plan.crosswalks.items() if walk.codelist in lists),
        tuple(_indicators(plan, {*concepts, *twins}, named, {d.ref for d in chosen if isinstance(d, Indicator)})),
        _organisations((*datasets, *referring), plan),
    )


def _targets(target: str, plan: Blueprint) -> tuple[Declaration, ...]:
    name, _, version = target.partition("@")
    known = subjects(plan)
    subject = name if name in known else f"concept:{name}"
    if subject not in known:
        find(target, plan)  # tells what is close to it
    if version or not subject.startswith("concept:"):
        return (find(f"{subject}@{version}" if version else subject, plan),)
    return known[subject]


def _list_of(declaration: Declaration) -> str | None:
    return declaration.codelist if isinstance(declaration, CodeList | Crosswalk) else None


def _concepts(chosen: Iterable[Declaration], plan: Blueprint) -> tuple[str, ...]:
    """The concepts that are meant, or whose values come from a code list or crosswalk that is meant."""
    refs: dict[str, None] = {}
    for declaration in chosen:
        if isinstance(declaration, Concept):
            refs[declaration.ref] = None
        elif (name := _list_of(declaration)) is not None:
            refs.update((ref, None) for ref, concept in plan.concepts.items() if concept.codelist == name)
    return tuple(refs)


def _same(concepts: Iterable[str], plan: Blueprint) -> tuple[str, ...]:
    """All concepts of the same meaning, whichever of them says so."""
    reached, waiting = dict.fromkeys(concepts), list(concepts)
    while waiting:
        ref = waiting.pop()
        told = plan.concepts[ref].same_as if ref in plan.concepts else ()
        for other in (*told, *(r for r, c in plan.concepts.items() if ref in c.same_as)):
            if other not in reached and other in plan.concepts:
                reached[other] = None
                waiting.append(other)
    return tuple(reached)


def _uses(plan: Blueprint, bound: set[str], twins: set[str], named: set[str], day: date | None) -> Iterator[Use]:
    for contract in live(plan, day):
        for column in contract.columns:
            if column.concept in bound or contract.dataset in named:
                yield _use(contract, column, "bound", plan)
            elif column.concept in twins:
                yield _use(contract, column, "same_as", plan)


def _use(contract: Contract, column: Column, via: Via, plan: Blueprint) -> Use:
    concept = plan.concept_of(column)
    published = column in plan.open_columns(contract)
    title = column.title
    return Use(
        contract.dataset,
        contract.ref,
        column.name,
        column.concept,
        via,
        contract.agency,
        concept.classification.value,
        published,
        title.vi,
        title.en,
    )


def _indicators(plan: Blueprint, bound: set[str], named: set[str], meant: set[str]) -> Iterator[str]:
    for indicator in plan.indicators.values():
        read = plan.read_columns(indicator)
        concepts = {*indicator.concepts, *(column.concept for _, column in read)}
        if indicator.ref in meant or concepts & bound or {contract.dataset for contract, _ in read} & named:
            yield indicator.ref


def _organisations(datasets: Iterable[str], plan: Blueprint) -> tuple[tuple[str, str, str], ...]:
    codes = sorted({plan.contracts[d].agency for d in datasets if d in plan.contracts})
    listed = plan.codelists.get("organisations")
    entries = {e.code: e for e in listed.entries} if listed else {}
    return tuple(
        (code, entries[code].vi, entries[code].en) if code in entries else (code, code, code) for code in codes
    )
