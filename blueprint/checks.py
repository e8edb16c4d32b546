"""Checks across declarations: what points at nothing, what lies in the wrong place, what contradicts itself."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.codelist import CodeEntry, CodeList
from blueprint.concept import Concept
from blueprint.contract import Column, Contract
from blueprint.crosswalk import Crosswalk
from blueprint.identifiers import IDENTIFIERS
from blueprint.problems import Loc, Problem, near, position

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
                yield from self.reference(file, i, reference.dataset, reference.to)

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

    def reference(self, file: str, index: int, dataset: str, to: tuple[str, ...]) -> Iterator[Problem]:
        if dataset not in self.plan.contracts:
            yield self.unknown(file, ["references", index, "dataset"], dataset, self.plan.contracts)
        elif to != (key := self.plan.contracts[dataset].key):
            vi = f"phải là khóa của {dataset}: {', '.join(key)}."
            yield self.at(
                file, "reference", ["references", index, "to"], vi, f"must be the key of {dataset}: {', '.join(key)}."
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


def misplaced(path: Path, root: Path, expected: str) -> Problem | None:
    """A declaration whose place does not say what it holds, for references are resolved by place."""
    found = path.relative_to(root).as_posix()
    if found == expected:
        return None
    return Problem(found, "place", f"Tệp phải nằm ở {expected}.", f"The file belongs at {expected}.", came=found)
