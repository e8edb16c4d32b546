"""What the Registry holds: the declarations of one Blueprint and what is looked up about them again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from blueprint.changelog import Release
from blueprint.codelist import CodeList
from blueprint.concept import Concept
from blueprint.contract import Column, Contract
from blueprint.crosswalk import Crosswalk
from blueprint.indicator import Indicator
from blueprint.load import Blueprint
from blueprint.registry.search import Index
from blueprint.released import recorded
from blueprint.subjects import Declaration, file_of, subject_of, subjects
from blueprint.text import Bilingual


@dataclass(frozen=True)
class Use:
    """One column of a contract that stands for its dataset."""

    contract: Contract
    column: Column


class Holdings:
    """A Blueprint with its releases, given newest first, and its indexes, each computed once."""

    def __init__(self, plan: Blueprint, releases: Sequence[Release]) -> None:
        self.plan = plan
        self.releases = tuple(releases)

    @cached_property
    def subjects(self) -> Mapping[str, tuple[Declaration, ...]]:
        """Every subject -> its versions, oldest first."""
        return subjects(self.plan)

    def newest(self, subject: str) -> Declaration:
        """The version that stands for a subject: the newest released one; a draft only where nothing is released yet."""
        versions = self.subjects[subject]
        return next((d for d in reversed(versions) if self.released(d)), versions[-1])

    @cached_property
    def contracts(self) -> Mapping[str, Contract]:
        """Dataset -> the contract that stands for it."""
        return {c.dataset: c for c in map(self.newest, self.plan.contracts) if isinstance(c, Contract)}

    @cached_property
    def codelists(self) -> Mapping[str, CodeList]:
        found = (self.newest(f"codelist:{name}") for name in self.plan.codelists)
        return {c.codelist: c for c in found if isinstance(c, CodeList)}

    @cached_property
    def crosswalks(self) -> Mapping[str, Crosswalk]:
        found = (self.newest(f"crosswalk:{name}") for name in self.plan.crosswalks)
        return {w.crosswalk: w for w in found if isinstance(w, Crosswalk)}

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        """Indicator -> the version that stands for it."""
        found = (self.newest(f"indicator:{name}") for name in self.plan.indicators)
        return {i.indicator: i for i in found if isinstance(i, Indicator)}

    def indicators_by(self, concept: Concept) -> tuple[Indicator, ...]:
        """The indicators whose figures or groups are values of this version of the concept."""
        return tuple(i for i in self.indicators.values() if concept.ref in i.concepts)

    def indicators_from(self, dataset: str) -> tuple[Indicator, ...]:
        """The indicators that are computed from the dataset."""
        return tuple(i for i in self.indicators.values() if dataset in {r.dataset for r in i.datasets})

    @cached_property
    def titles(self) -> Mapping[str, Bilingual]:
        """Subject -> the title that stands for it."""
        return {subject: self.newest(subject).title for subject in self.subjects}

    @cached_property
    def index(self) -> Index:
        return Index(self)

    @cached_property
    def lock(self) -> Mapping[str, str]:
        """The released files and their digests."""
        return recorded(self.plan.root)

    def released(self, declaration: Declaration) -> bool:
        """Whether this version is released, so that it never changes again."""
        return file_of(declaration) in self.lock

    @cached_property
    def concepts(self) -> Mapping[str, tuple[Concept, ...]]:
        """Concept -> its versions, oldest first."""
        found: dict[str, list[Concept]] = {}
        for concept in self.plan.concepts.values():
            found.setdefault(concept.concept, []).append(concept)
        return {name: tuple(versions) for name, versions in found.items()}

    @cached_property
    def current(self) -> tuple[Concept, ...]:
        """Every concept in the version that stands for it."""
        return tuple(c for c in (self.newest(f"concept:{name}") for name in self.concepts) if isinstance(c, Concept))

    @cached_property
    def _uses(self) -> Mapping[str, tuple[Use, ...]]:
        found: dict[str, list[Use]] = {}
        for contract in self.contracts.values():
            for column in contract.columns:
                found.setdefault(column.concept, []).append(Use(contract, column))
        return {ref: tuple(uses) for ref, uses in found.items()}

    def uses(self, concept: Concept) -> tuple[Use, ...]:
        """The columns that are bound to this version of the concept."""
        return self._uses.get(concept.ref, ())

    def concepts_of(self, codelist: str) -> tuple[Concept, ...]:
        """The concepts whose values are codes of the list."""
        return tuple(c for c in self.current if c.codelist == codelist)

    def releases_of(self, subject: str) -> tuple[Release, ...]:
        return tuple(r for r in self.releases if r.subject == subject)

    def versions(self, declaration: Declaration) -> tuple[Declaration, ...]:
        """Every version of the subject, oldest first."""
        return self.subjects[subject_of(declaration)]

    @property
    def dated(self) -> tuple[CodeList, ...]:
        """The lists whose codes are only read as of a date."""
        return tuple(c for c in self.codelists.values() if c.dated)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How much there is of each, for the front page."""
        return {
            "concepts": len(self.concepts),
            "codelists": len(self.codelists),
            "codes": sum(len(c.entries) for c in self.codelists.values()),
            "crosswalks": len(self.crosswalks),
            "contracts": len(self.contracts),
            "columns": sum(len(c.columns) for c in self.contracts.values()),
            "indicators": len(self.indicators),
        }
