"""Checks across declarations: what points at nothing, what lies in the wrong place, what contradicts itself."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.codelist import CodeEntry, CodeList
from blueprint.concept import Classification, Concept
from blueprint.contract import Column, Contract, Reference
from blueprint.crosswalk import Crosswalk
from blueprint.errors import BlueprintError
from blueprint.freshness import RHYTHMS
from blueprint.identifiers import IDENTIFIERS
from blueprint.indicator import Reads
from blueprint.problems import Loc, Problem, near, position
from blueprint.types import DATED

if TYPE_CHECKING:
    from blueprint.load import Blueprint

_REFERENCES = {"agency": "organisations", "licence": "licences", "frequency": "frequencies", "theme": "themes"}
_LEVELS = ("shape", "checksum", "register")
_IN_SQL = re.compile(r"\{(?:codelist|crosswalk):([a-z0-9-]+)\}")


def contract_file(contract: Contract) -> str:
    return f"contracts/{contract.agency}/{contract.dataset}/{contract.version}.yaml"


class _Checks:
    def __init__(self, plan: "Blueprint") -> None:
        self.plan = plan

    def at(self, file: str, rule: str, loc: Loc, vi: str, en: str, came: str = "") -> Problem:
        line, column = position(self.plan.root / file, loc)
        where = ".".join(map(str, loc))
        return Problem(file, rule, f"{where}: {vi}", f"{where}: {en}", line, column, where, came)

    def unknown(self, file: str, loc: Loc, value: str, known: Iterable[str]) -> Problem:
        vi_near, en_near = near(value, known)
        return self.at(
            file,
            "unknown",
            loc,
            f"{value!r} chưa được khai báo.{vi_near}",
            f"{value!r} is not declared.{en_near}",
            value,
        )

    def concepts(self) -> Iterator[Problem]:
        for concept in self.plan.concepts.values():
            file = f"concepts/{concept.concept}/{concept.version}.yaml"
            if concept.codelist and concept.codelist not in self.plan.codelists:
                yield self.unknown(file, ["codelist"], concept.codelist, self.plan.codelists)
            yield from self.identifier(file, concept)
            for i, ref in enumerate(concept.same_as):
                if ref not in self.plan.concepts:
                    yield self.unknown(file, ["same_as", i], ref, self.plan.concepts)

    def identifier(self, file: str, concept: Concept) -> Iterator[Problem]:
        """A value is never said to be checked further than its identifier can be."""
        if concept.identifier is None:
            if concept.validation not in (None, "shape"):
                vi = f"mức {concept.validation} cần một identifier."
                yield self.at(
                    file, "validation", ["validation"], vi, f"the level {concept.validation} needs an identifier."
                )
        elif concept.identifier not in IDENTIFIERS:
            yield self.unknown(file, ["identifier"], concept.identifier, IDENTIFIERS)
        else:
            reached = IDENTIFIERS[concept.identifier].level.value
            if concept.validation is None or _LEVELS.index(concept.validation) > _LEVELS.index(reached):
                vi, en = (
                    f"phải nêu mức kiểm tra, không quá {reached}.",
                    f"must state the level, which is {reached} at most.",
                )
                yield self.at(file, "validation", ["validation"], vi, en, concept.validation or "")

    def contracts(self) -> Iterator[Problem]:
        for contract in self.plan.every_contract():
            file = contract_file(contract)
            for i, column in enumerate(contract.columns):
                yield from self.column(file, i, column)
            for field, name in _REFERENCES.items():
                known = self.plan.codelists[name].codes() if name in self.plan.codelists else frozenset()
                if getattr(contract, field) not in known:
                    yield self.unknown(file, [field], getattr(contract, field), known)
            for i, rule in enumerate(contract.rules):
                for left in _IN_SQL.finditer(rule.sql):
                    yield self.in_sql(file, i, left[0], left[1])
            for i, reference in enumerate(contract.references):
                yield from self.reference(file, i, reference)
            if contract.gate.mostly:
                yield from self.mostly(file, contract)
            yield from self.freshness(file, contract)
            yield from self.partition(file, contract)
            yield from self.after(file, contract)

    def column(self, file: str, index: int, column: Column) -> Iterator[Problem]:
        if column.concept not in self.plan.concepts:
            yield self.unknown(file, ["columns", index, "concept"], column.concept, self.plan.concepts)
            return
        concept = self.plan.concepts[column.concept]
        codelist = self.plan.codelists.get(concept.codelist or "")
        if codelist and codelist.dated and column.as_of is None:
            yield self.at(
                file,
                "as-of",
                ["columns", index, "name"],
                f"cột {column.name}: danh mục {concept.codelist} chỉ đọc theo ngày; hãy khai báo as_of.",
                f"column {column.name}: code list {concept.codelist} is only read as of a date; declare as_of.",
                column.name,
            )

    def reference(self, file: str, index: int, reference: Reference) -> Iterator[Problem]:
        dataset, to = reference.dataset, reference.to
        if len(reference.columns) != len(to):
            vi, en = "columns và to phải có cùng số cột.", "columns and to must be as many."
            yield self.at(file, "reference", ["references", index, "columns"], vi, en, ", ".join(reference.columns))
        if dataset not in self.plan.contracts:
            yield self.unknown(file, ["references", index, "dataset"], dataset, self.plan.contracts)
        elif to != (key := self.plan.contracts[dataset].key):
            vi = f"phải là khóa của {dataset}: {', '.join(key)}."
            yield self.at(
                file, "reference", ["references", index, "to"], vi, f"must be the key of {dataset}: {', '.join(key)}."
            )

    def after(self, file: str, contract: Contract) -> Iterator[Problem]:
        """What a dataset is run after is declared, and none of it is run after this dataset in turn."""
        for i, dataset in enumerate(contract.after):
            if dataset not in self.plan.contracts:
                yield self.unknown(file, ["after", i], dataset, self.plan.contracts)
            elif contract.dataset in self.before(dataset):
                vi = f"{dataset} lại chạy sau {contract.dataset}, nên vòng chạy không dứt; hãy bỏ một trong hai chiều."
                en = f"{dataset} is run after {contract.dataset} in turn, so they never come to rest; leave one of them out."
                yield self.at(file, "after", ["after", i], vi, en, dataset)

    def before(self, dataset: str) -> list[str]:
        """``dataset`` and everything that it is run after, directly or not, each named once."""
        found = [dataset]
        for name in found:  # it grows while it is walked
            known = self.plan.contracts[name].after if name in self.plan.contracts else ()
            found += [other for other in known if other not in found]
        return found

    def freshness(self, file: str, contract: Contract) -> Iterator[Problem]:
        """Dates come from a column of dates, groups bear open names, and no fact is written twice."""
        promise = contract.freshness
        if promise is None:
            return
        concepts = {c.name: self.plan.concepts.get(c.concept) for c in contract.columns}
        if promise.column and (found := concepts[promise.column]) and found.type not in DATED:
            allowed = ", ".join(sorted(DATED))
            vi, en = f"phải là cột có kiểu {allowed}.", f"must be a column of type {allowed}."
            yield self.at(file, "freshness", ["freshness", "column"], vi, en, promise.column)
        for i, name in enumerate(promise.by):
            if (found := concepts[name]) and found.classification is not Classification.OPEN:
                vi, en = "cột chia nhóm phải là dữ liệu mở.", "a column that tells groups apart must be open."
                yield self.at(file, "freshness", ["freshness", "by", i], vi, en, name)
        usual = RHYTHMS.get(contract.frequency)
        if promise.rhythm and usual and promise.rhythm != usual:
            vi = f"khác với tần suất của hợp đồng ({usual}); hãy bỏ rhythm hoặc sửa frequency."
            en = f"is not what the contract's frequency says ({usual}); leave rhythm out or change the frequency."
            yield self.at(file, "freshness", ["freshness", "rhythm"], vi, en, promise.rhythm)
        if contract.gate.max_age_days is not None:
            vi, en = "đã có freshness: hãy dùng freshness.grace.", "there is a freshness: say it as freshness.grace."
            yield self.at(file, "freshness", ["gate", "max_age_days"], vi, en, str(contract.gate.max_age_days))

    def partition(self, file: str, contract: Contract) -> Iterator[Problem]:
        """Every row belongs to a partition; days and months are those of dates and times."""
        if contract.partition is None:
            if contract.partition_by != "value":
                vi, en = "cần một cột ở partition.", "needs a column in partition."
                yield self.at(file, "partition", ["partition_by"], vi, en, contract.partition_by)
            return
        index, column = next((i, c) for i, c in enumerate(contract.columns) if c.name == contract.partition)
        if not column.required:
            vi = f"cột phân vùng {column.name} phải bắt buộc (required: true): dòng thiếu giá trị không thuộc phân vùng nào."
            en = f"the partition column {column.name} must be required: a row without a value belongs to no partition."
            yield self.at(file, "partition", ["columns", index, "name"], vi, en, column.name)
        concept = self.plan.concepts.get(column.concept)
        if concept and contract.partition_by != "value" and concept.type not in DATED:
            allowed = ", ".join(sorted(DATED))
            vi = f"{contract.partition_by} cần cột phân vùng có kiểu {allowed}; {column.name} có kiểu {concept.type}."
            en = f"{contract.partition_by} needs a partition column of type {allowed}; {column.name} is {concept.type}."
            yield self.at(file, "partition", ["partition_by"], vi, en, contract.partition_by)

    def mostly(self, file: str, contract: Contract) -> Iterator[Problem]:
        """A share is stated for rules over one row, and for no others."""
        from blueprint.rules import reference_rule, severities  # it loads the Blueprint, which these checks are part of

        try:
            known = [*severities(contract, self.plan), *map(reference_rule, contract.references)]
        except BlueprintError:  # told where the contract contradicts itself
            return
        for rule in contract.gate.mostly:
            if rule not in known:
                vi_near, en_near = near(rule, known)
                listed = ", ".join(known)
                yield self.at(
                    file,
                    "unknown",
                    ["gate", "mostly", rule],
                    f"{rule!r} không phải quy tắc trên từng dòng của hợp đồng; các quy tắc: {listed}.{vi_near}",
                    f"{rule!r} is no rule over one row of the contract; its rules are {listed}.{en_near}",
                    rule,
                )

    def in_sql(self, file: str, index: int, written: str, name: str) -> Problem:
        """What ``{codelist:name}`` could not be written out as."""
        loc = ["rules", index, "sql"]
        codelist = self.plan.codelists.get(name)
        if written.startswith("{codelist:") and codelist is not None:
            return self.at(
                file,
                "as-of",
                loc,
                f"danh mục {name} chỉ đọc theo ngày, không dùng được trong quy tắc.",
                f"code list {name} is only read as of a date and cannot stand in a rule.",
                name,
            )
        kind = written[1:].partition(":")[0]
        known = self.plan.codelists if kind == "codelist" else self.plan.crosswalks
        vi_near, en_near = near(name, known)
        return self.at(
            file,
            "unknown",
            loc,
            f"{kind} {name!r} chưa được khai báo.{vi_near}",
            f"{kind} {name!r} is not declared.{en_near}",
            name,
        )

    def indicators(self) -> Iterator[Problem]:
        """What the newest version of each indicator reads and returns is declared."""
        for indicator in self.plan.indicators.values():
            file = f"indicators/{indicator.indicator}/{indicator.version}.yaml"
            if indicator.value not in self.plan.concepts:
                yield self.unknown(file, ["value"], indicator.value, self.plan.concepts)
            for i, group in enumerate(indicator.groups):
                if group.concept not in self.plan.concepts:
                    yield self.unknown(file, ["groups", i, "concept"], group.concept, self.plan.concepts)
            for i, reads in enumerate(indicator.datasets):
                yield from self.reads(file, i, reads)

    def reads(self, file: str, index: int, reads: Reads) -> Iterator[Problem]:
        here = ["datasets", index]
        if reads.dataset not in self.plan.contracts:
            yield self.unknown(file, [*here, "dataset"], reads.dataset, self.plan.contracts)
            return
        try:
            contract = self.plan.read_contract(reads)
        except BlueprintError as error:
            yield self.at(file, "unknown", [*here, "major"], error.vi, error.en, str(reads.major))
            return
        names = [c.name for c in contract.columns]
        for i, name in enumerate(reads.columns):
            if name not in names:
                yield self.unknown(file, [*here, "columns", i], name, names)

    def crosswalks(self) -> Iterator[Problem]:
        for walk in self.plan.crosswalks.values():
            head, rows = (
                f"crosswalks/{walk.crosswalk}/{walk.version}.yaml",
                f"crosswalks/{walk.crosswalk}/{walk.version}.csv",
            )
            codelist = self.plan.codelists.get(walk.codelist)
            if codelist is None:
                yield self.unknown(head, ["codelist"], walk.codelist, self.plan.codelists)
            else:
                yield from _of_crosswalk(rows, walk, codelist)

    def codelists(self) -> Iterator[Problem]:
        for codelist in self.plan.codelists.values():
            file = f"codelists/{codelist.codelist}/{codelist.version}.csv"
            yield from _of_codelist(file, codelist)


def _row(file: str, line: int, vi: str, en: str, came: str) -> Problem:
    return Problem(file, "row", f"Dòng {line}: {vi}", f"Line {line}: {en}", line, None, "", came)


def _of_codelist(file: str, codelist: CodeList) -> Iterator[Problem]:
    known = {e.code for e in codelist.entries} | {"none"}
    held: dict[str, list[tuple[CodeEntry, int]]] = {}
    for line, entry in enumerate(codelist.entries, start=2):
        code = entry.code
        if entry.valid_to is not None and entry.valid_to < entry.valid_from:
            yield _row(
                file, line, f"{code}: valid_to trước valid_from.", f"{code}: valid_to is before valid_from.", code
            )
        for next_code in sorted(set(entry.successor) - known):
            vi, en = (
                f"mã kế tiếp {next_code!r} không có trong danh mục.",
                f"the successor {next_code!r} is not in the list.",
            )
            yield _row(file, line, vi, en, next_code)
        for other, at in held.get(code, []):
            if _overlap(entry, other):
                vi, en = (
                    f"{code}: trùng thời gian hiệu lực với dòng {at}.",
                    f"{code}: in force at the same time as line {at}.",
                )
                yield _row(file, line, vi, en, code)
        held.setdefault(code, []).append((entry, line))


def _overlap(one: CodeEntry, other: CodeEntry) -> bool:
    return one.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.valid_to or date.max)


def _of_crosswalk(file: str, walk: Crosswalk, codelist: CodeList) -> Iterator[Problem]:
    old, new = codelist.codes(walk.former), codelist.codes(walk.present)
    for line, pair in enumerate(walk.pairs, start=2):
        for code, codes, day in ((pair.old_code, old, walk.former), (pair.new_code, new, walk.present)):
            if code not in codes:
                vi = f"{code!r} không có hiệu lực ngày {day} trong {codelist.codelist}."
                yield _row(file, line, vi, f"{code!r} does not hold on {day} in {codelist.codelist}.", code)
    gaps = {"old_code": old - {p.old_code for p in walk.pairs}, "new_code": new - {p.new_code for p in walk.pairs}}
    for side, left in gaps.items():
        if left:
            listed = ", ".join(sorted(left))
            vi, en = f"{side}: thiếu {listed}.", f"{side}: {listed} is missing."
            yield Problem(file, "crosswalk-gap", vi, en, path=side, came=listed)


def problems(plan: "Blueprint") -> Iterator[Problem]:
    """Everything that is wrong across the declarations of ``plan``, file by file."""
    checks = _Checks(plan)
    yield from checks.concepts()
    yield from checks.codelists()
    yield from checks.crosswalks()
    yield from checks.contracts()
    yield from checks.indicators()


def misplaced(path: Path, root: Path, expected: str) -> Problem | None:
    """A declaration whose place does not say what it holds, for references are resolved by place."""
    found = path.relative_to(root).as_posix()
    if found == expected:
        return None
    return Problem(found, "place", f"Tệp phải nằm ở {expected}.", f"The file belongs at {expected}.", came=found)
