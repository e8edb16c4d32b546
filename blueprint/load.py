"""Loading the declarations under ``blueprint/`` into typed, checked objects. Nothing here touches a network."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from blueprint import checks, reading
from blueprint.codelist import CodeList
from blueprint.concept import Classification, Concept
from blueprint.contract import Column, Contract
from blueprint.crosswalk import Crosswalk
from blueprint.errors import BlueprintError, UnknownDataset
from blueprint.indicator import Indicator, Reads
from blueprint.problems import Problem, near
from blueprint.reading import Report

ROOT = Path(__file__).parent
_ORDER = list(Classification)
_IN_SQL = re.compile(r"\{(codelist|crosswalk):([a-z0-9-]+)\}")


class DeclarationError(BlueprintError):
    """One or more declarations are wrong; ``problems`` holds each with its file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "\n".join(f"{p.place}: {p.vi}" for p in self.problems),
            "\n".join(f"{p.place}: {p.en}" for p in self.problems),
        )


@dataclass(frozen=True)
class Blueprint:
    """All declarations of one folder.

    ``contracts``, ``codelists``, ``crosswalks`` and ``indicators`` hold the newest version by name; the ``_versions`` hold
    all of them, oldest first. ``concepts`` holds every version by reference, such as ``instant@1``.
    """

    root: Path
    concepts: Mapping[str, Concept]
    codelists: Mapping[str, CodeList]
    contracts: Mapping[str, Contract]
    crosswalks: Mapping[str, Crosswalk] = field(default_factory=dict)
    codelist_versions: Mapping[str, tuple[CodeList, ...]] = field(default_factory=dict)
    contract_versions: Mapping[str, tuple[Contract, ...]] = field(default_factory=dict)
    crosswalk_versions: Mapping[str, tuple[Crosswalk, ...]] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    indicator_versions: Mapping[str, tuple[Indicator, ...]] = field(default_factory=dict)

    def concept(self, ref: str) -> Concept:
        try:
            return self.concepts[ref]
        except KeyError:
            raise _missing("khái niệm", "concept", ref, self.concepts) from None

    def codelist(self, name: str) -> CodeList:
        try:
            return self.codelists[name]
        except KeyError:
            raise _missing("danh mục", "code list", name, self.codelists) from None

    def crosswalk(self, name: str) -> Crosswalk:
        try:
            return self.crosswalks[name]
        except KeyError:
            raise _missing("bảng chuyển đổi", "crosswalk", name, self.crosswalks) from None

    def contract(self, dataset: str) -> Contract:
        try:
            return self.contracts[dataset]
        except KeyError:
            raise UnknownDataset(dataset, self.contracts) from None

    def indicator(self, name: str) -> Indicator:
        try:
            return self.indicators[name]
        except KeyError:
            raise _missing("chỉ số", "indicator", name, self.indicators) from None

    def every_contract(self) -> Iterator[Contract]:
        """Every version of every contract; the newest ones alone where no versions are kept."""
        for dataset, newest in self.contracts.items():
            yield from self.contract_versions.get(dataset, (newest,))

    def concept_of(self, column: Column) -> Concept:
        return self.concept(column.concept)

    def datasets_of(self, agency: str) -> tuple[str, ...]:
        """The datasets that ``agency`` delivers, in the order of their names; none where there is no such agency."""
        return tuple(sorted(c.dataset for c in self.contracts.values() if c.agency == agency))

    def read_contract(self, reads: Reads) -> Contract:
        """The contract under which an indicator reads a dataset: the newest version of the major it names."""
        newest = self.contract(reads.dataset)
        versions = self.contract_versions.get(reads.dataset, (newest,))
        for contract in (newest, *reversed(versions)):
            if contract.number[0] == reads.major:
                return contract
        raise _missing(
            "phiên bản chính của hợp đồng",
            "major version of a contract",
            f"{reads.dataset}@{reads.major}",
            [f"{reads.dataset}@{c.number[0]}" for c in versions],
        )

    def read_columns(self, indicator: Indicator) -> tuple[tuple[Contract, Column], ...]:
        """The columns from which an indicator is computed, each with the contract that holds it."""
        read = [(self.read_contract(reads), name) for reads in indicator.datasets for name in reads.columns]
        return tuple((contract, contract.column(name)) for contract, name in read)

    def leaves(self, indicator: Indicator) -> bool:
        """Whether the figures may be published: every concept is open, and every dataset is itself published."""
        published = all(self.read_contract(reads).publish for reads in indicator.datasets)
        return published and self.classification(indicator) is Classification.OPEN

    def open_columns(self, contract: Contract) -> tuple[Column, ...]:
        """The columns that may leave: those bound to an open concept, and no others."""
        return tuple(c for c in contract.columns if self.concept_of(c).classification is Classification.OPEN)

    def classification(self, declaration: Contract | Indicator) -> Classification:
        """The narrowest classification among the columns; of an indicator, among those that it reads and that it returns."""
        if isinstance(declaration, Contract):
            concepts = [self.concept_of(c) for c in declaration.columns]
        else:
            concepts = [self.concept_of(column) for _, column in self.read_columns(declaration)]
            concepts += [self.concept(ref) for ref in declaration.concepts]
        return max((c.classification for c in concepts), key=_ORDER.index)

    def check(self) -> None:
        """Refuse declarations that point at nothing, naming the file and line of each."""
        if found := [p for p in checks.problems(self) if p.severity == "error"]:
            raise DeclarationError(found)


def _missing(vi: str, en: str, name: str, known: Iterable[str]) -> BlueprintError:
    vi_near, en_near = near(name, known)
    return BlueprintError(f"Không có {vi} {name!r}.{vi_near}", f"There is no {en} {name!r}.{en_near}")


def with_codes(contract: Contract, codelists: Mapping[str, CodeList], crosswalks: Mapping[str, Crosswalk]) -> Contract:
    """Write out ``{codelist:name}`` and ``{crosswalk:name}`` in rules as codes, so that a rule can hold columns against them.

    A crosswalk stands as its pairs ``old-new``. What is unknown or only read as of a date is left for the checks to tell.
    """

    def codes(found: re.Match[str]) -> str:
        if found[1] == "crosswalk" and found[2] in crosswalks:
            values = {f"{p.old_code}-{p.new_code}" for p in crosswalks[found[2]].pairs}
        elif found[1] == "codelist" and found[2] in codelists and not codelists[found[2]].dated:
            values = set(codelists[found[2]].codes())
        else:
            return found[0]
        return "(" + ", ".join("'" + code.replace("'", "''") + "'" for code in sorted(values)) + ")"

    if not any(_IN_SQL.search(r.sql) for r in contract.rules):
        return contract
    rules = tuple(r.model_copy(update={"sql": _IN_SQL.sub(codes, r.sql)}) for r in contract.rules)
    return contract.model_copy(update={"rules": rules})


@dataclass
class _Reader:
    """Reads the files of one folder; a file that is wrong is told to ``report`` and left out."""

    root: Path
    report: Report

    def paths(self, pattern: str) -> Iterator[tuple[Path, str]]:
        for path in sorted(self.root.glob(pattern)):
            yield path, path.relative_to(self.root).as_posix()

    def placed(self, path: Path, expected: str) -> bool:
        wrong = checks.misplaced(path, self.root, expected)
        if wrong:
            self.report(wrong)
        return wrong is None

    def concepts(self) -> dict[str, Concept]:
        found: dict[str, Concept] = {}
        for path, file in self.paths("concepts/*/*.yaml"):
            concept = reading.declaration(path, file, Concept, self.report)
            if concept and self.placed(path, f"concepts/{concept.concept}/{concept.version}.yaml"):
                found[concept.ref] = concept
        return dict(sorted(found.items(), key=lambda item: (item[1].concept, item[1].version)))

    def codelists(self) -> dict[str, tuple[CodeList, ...]]:
        found: dict[str, list[CodeList]] = {}
        for path, file in self.paths("codelists/*/*.yaml"):
            rows = reading.table(
                path.with_suffix(".csv"), file.removesuffix("yaml") + "csv", reading.entry, self.report
            )
            codelist = reading.declaration(path, file, CodeList, self.report, {"entries": rows})
            if codelist and self.placed(path, f"codelists/{codelist.codelist}/{codelist.version}.yaml"):
                found.setdefault(codelist.codelist, []).append(codelist)
        return {name: tuple(sorted(versions, key=lambda c: c.version)) for name, versions in found.items()}

    def crosswalks(self) -> dict[str, tuple[Crosswalk, ...]]:
        found: dict[str, list[Crosswalk]] = {}
        for path, file in self.paths("crosswalks/*/*.yaml"):
            rows = reading.table(path.with_suffix(".csv"), file.removesuffix("yaml") + "csv", reading.pair, self.report)
            walk = reading.declaration(path, file, Crosswalk, self.report, {"pairs": rows})
            if walk and self.placed(path, f"crosswalks/{walk.crosswalk}/{walk.version}.yaml"):
                found.setdefault(walk.crosswalk, []).append(walk)
        return {name: tuple(sorted(versions, key=lambda w: w.version)) for name, versions in found.items()}

    def contracts(self) -> dict[str, tuple[Contract, ...]]:
        found: dict[str, list[Contract]] = {}
        for path, file in self.paths("contracts/*/*/*.yaml"):
            contract = reading.declaration(path, file, Contract, self.report)
            if contract and self.placed(path, checks.contract_file(contract)):
                found.setdefault(contract.dataset, []).append(contract)
        return {name: tuple(sorted(versions, key=lambda c: c.number)) for name, versions in sorted(found.items())}

    def indicators(self) -> dict[str, tuple[Indicator, ...]]:
        found: dict[str, list[Indicator]] = {}
        for path, file in self.paths("indicators/*/*.yaml"):
            indicator = reading.declaration(path, file, Indicator, self.report)
            if indicator and self.placed(path, f"indicators/{indicator.indicator}/{indicator.version}.yaml"):
                found.setdefault(indicator.indicator, []).append(indicator)
        return {name: tuple(sorted(versions, key=lambda i: i.number)) for name, versions in found.items()}


def read(root: Path, report: Report) -> Blueprint:
    """Read every declaration under ``root`` that can be read, telling ``report`` of the others. Nothing is checked across files."""
    reader = _Reader(root, report)
    concepts, lists, walks = reader.concepts(), reader.codelists(), reader.crosswalks()
    codelists = {name: versions[-1] for name, versions in lists.items()}  # it holds every entry of the older ones
    crosswalks = {name: versions[-1] for name, versions in walks.items()}
    contracts = {
        dataset: tuple(with_codes(c, codelists, crosswalks) for c in versions)
        for dataset, versions in reader.contracts().items()
    }
    newest = {dataset: versions[-1] for dataset, versions in contracts.items()}
    told = reader.indicators()
    indicators = {name: versions[-1] for name, versions in told.items()}
    return Blueprint(root, concepts, codelists, newest, crosswalks, lists, contracts, walks, indicators, told)


def load(root: Path = ROOT) -> Blueprint:
    """Read every declaration under ``root``. Raises DeclarationError naming each file and line that is wrong."""
    wrong: list[Problem] = []
    loaded = read(root, wrong.append)
    if wrong:
        raise DeclarationError(wrong)
    loaded.check()
    return loaded


@cache
def blueprint() -> Blueprint:
    """The Blueprint of this repository as it holds today, read once: drafts and majors not yet effective stand aside."""
    from blueprint.changelog import in_force

    return in_force(load())


def canonical(value: Any) -> str:
    """``value`` as JSON that is the same for the same content."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
