"""Lint: everything that is wrong or doubtful in a folder of declarations, each with its file, line and column.

Errors keep a declaration from being released; warnings do not. What a released file holds can only be put right in the
next version, so there a finding of style is a warning.
"""

import gc
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from blueprint import changelog, checks, parsing, released
from blueprint.lint_rules import of_declaration
from blueprint.load import ROOT, Blueprint, read
from blueprint.problems import Loc, Problem, position
from blueprint.subjects import Declaration, file_of, subjects, version_of


@dataclass(frozen=True)
class LintReport:
    """What the lint of one folder found, sorted by file and line."""

    plan: Blueprint
    lock: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity == "warning")

    @property
    def counts(self) -> dict[str, int]:
        """How many declarations were read, by kind; drafts are those that the lock does not name."""
        plan = self.plan
        versions = subjects(plan).values()
        return {
            "concepts": len(plan.concepts),
            "codelists": sum(map(len, plan.codelist_versions.values())),
            "crosswalks": sum(map(len, plan.crosswalk_versions.values())),
            "contracts": sum(map(len, plan.contract_versions.values())),
            "indicators": sum(map(len, plan.indicator_versions.values())),
            "drafts": sum(file_of(d) not in self.lock for many in versions for d in many),
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "root": str(self.plan.root),
            **self.counts,
            "errors": len(self.errors),
            "warnings": len(self.warnings),
            "problems": [p.to_json() for p in self.problems],
        }


def lint(root: Path = ROOT, *, sql: bool = True) -> LintReport:
    """Check every file under ``root``; nothing is raised for what the files hold.

    ``sql`` also asks DuckDB to prepare the SQL of rules and indicators, and the patterns.

    >>> lint().errors
    ()
    """
    with _without_collector(), parsing.keeping():
        found: list[Problem] = []
        lock = _lock(root, found)
        files = released.files(root)
        places = Places(root)
        if uncompiled := list(_uncompiled(files, places)):
            # No declaration can be read while a pattern in one of them is no pattern at all.
            return LintReport(Blueprint(root, {}, {}, {}), lock, (*found, *uncompiled))
        plan = read(root, found.append)
        found += checks.problems(plan)
        found += _tidy(root, lock, files)
        declared = subjects(plan)
        found += _history(declared, lock)
        read_wrong = {p.file for p in found}
        for file in files:
            if file not in lock and file not in read_wrong and file.endswith(".yaml"):
                found += places.unread(file)
        for versions in declared.values():
            found += _of_subject(versions, plan, lock, places)
        if sql:
            from blueprint.lint_indicators import of_indicators
            from blueprint.lint_sql import of_contracts

            newest = [v[-1] for v in plan.contract_versions.values()]
            found += (_demoted(p, lock) for p in of_contracts(newest, plan, places.at))
            found += (_demoted(p, lock) for p in of_indicators(plan.indicators.values(), plan, places.at))
    unique = dict.fromkeys(found)
    return LintReport(plan, lock, tuple(sorted(unique, key=lambda p: (p.file, p.line or 0, p.column or 0, p.rule))))


@dataclass(frozen=True)
class Places:
    """Where in the files things stand."""

    root: Path

    def at(self, file: str, loc: Loc) -> tuple[int | None, int | None]:
        """Line and column, from 1, of what ``loc`` leads to; of the nearest thing above it where it is missing."""
        return position(self.root / file, loc)

    def unread(self, file: str) -> Iterator[Problem]:
        """What keeps the file from being read as YAML, such as a field that stands there twice."""
        try:
            parsing.load(self.root / file)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            vi, en = f"Tệp không phải YAML: {error.problem}.", f"The file is not YAML: {error.problem}."
            place = (mark.line + 1, mark.column + 1) if mark else (None, None)
            yield Problem(file, "yaml", vi, en, *place)


def _uncompiled(files: Iterable[str], places: Places) -> Iterator[Problem]:
    """Patterns that do not compile."""
    for file in files:
        if not file.endswith(".yaml") or not file.startswith(("concepts/", "contracts/")):
            continue
        try:
            content = parsing.load(places.root / file).content
        except (OSError, UnicodeError, yaml.YAMLError):
            continue  # told when it is read
        for loc, pattern in _patterns(content):
            try:
                re.compile(pattern)
            except re.error as error:
                where = ".".join(map(str, loc))
                vi = f"{where} = {pattern!r}: không phải biểu thức chính quy: {error}; hãy sửa."
                en = f"{where} = {pattern!r}: is no regular expression: {error}; correct it."
                yield Problem(file, "pattern", vi, en, *places.at(file, loc), where, pattern)


def _patterns(content: Any) -> Iterator[tuple[Loc, str]]:
    """The patterns of a concept or a contract, with where they stand."""
    if not isinstance(content, dict):
        return
    columns = content.get("columns")
    parts: list[tuple[list[str | int], Any]] = [([], content)]
    parts += [(["columns", i], column) for i, column in enumerate(columns if isinstance(columns, list) else [])]
    for loc, part in parts:
        for name in ("pattern", "from_file_name") if isinstance(part, dict) else ():
            if isinstance(part.get(name), str):
                yield [*loc, name], part[name]


def _lock(root: Path, found: list[Problem]) -> Mapping[str, str]:
    """The lock, after telling what it does not agree with."""
    try:
        lock = released.recorded(root)
    except ValueError as error:
        vi, en = f"Tệp không đọc được: {error}.", f"The file cannot be read: {error}."
        found.append(Problem(released.LOCK, "lock", vi, en))
        return {}
    edited, removed = released.changed(root, lock)
    for file in edited:
        vi = "Tệp đã phát hành không được sửa; hãy khôi phục và viết thay đổi vào phiên bản mới (git restore)."
        en = "A released file must not change; restore it and write the change into a new version (git restore)."
        found.append(Problem(file, "released-changed", vi, en))
    for file in removed:
        vi, en = "Tệp đã phát hành bị xóa; hãy khôi phục.", "A released file is gone; restore it."
        found.append(Problem(file, "released-removed", vi, en))
    return lock


def _tidy(root: Path, lock: Mapping[str, str], files: Iterable[str]) -> Iterator[Problem]:
    """Files that no declaration reads."""
    known = set(files)
    for folder in ("concepts", "codelists", "crosswalks", "contracts", "indicators"):
        for file in _below(root, folder):
            if file in known:
                continue
            vi = "Không khai báo nào đọc tệp này; tên phải dạng <phiên bản>.yaml hoặc .csv, đúng thư mục."
            en = "No declaration reads this file; it takes the name <version>.yaml or .csv in the right folder."
            yield Problem(file, "stray-file", vi, en, came=file.rpartition("/")[2])
    for file in sorted(known - {*lock}):
        if file.startswith("codelists/") and file.endswith(".csv") and not (root / file).with_suffix(".yaml").exists():
            vi, en = "Bảng không có tệp YAML cùng tên.", "The table has no YAML file of the same name."
            yield Problem(file, "stray-file", vi, en, came=file)


def _below(root: Path, folder: str) -> Iterator[str]:
    """The files in a folder and below it, hidden ones left out."""
    for place, _, names in sorted(os.walk(root / folder)):
        at = Path(place).relative_to(root).as_posix()
        yield from (f"{at}/{name}" for name in sorted(names) if not name.startswith("."))


def _history(declared: Mapping[str, tuple[Declaration, ...]], lock: Mapping[str, str]) -> Iterator[Problem]:
    """Released versions without an entry in the changelog."""
    for subject, versions in declared.items():
        for declaration in versions:
            file, entry = file_of(declaration), changelog.entry_file(subject, version_of(declaration))
            if file in lock and entry not in lock:
                vi = f"Phiên bản đã phát hành chưa có mục {entry}; hãy chạy: python -m blueprint.released"
                en = f"The released version has no entry {entry}; run: python -m blueprint.released"
                yield Problem(file, "notice-missing", vi, en)


def _of_subject(
    versions: tuple[Declaration, ...], plan: Blueprint, lock: Mapping[str, str], places: Places
) -> Iterator[Problem]:
    newest = versions[-1]
    for problem in of_declaration(newest, plan, places.at):
        yield _demoted(problem, lock)
    drafts = [d for d in versions if file_of(d) not in lock]
    held = [d for d in versions if file_of(d) in lock]
    for draft in drafts:
        if draft is not newest and held:
            vi = f"Bản nháp cũ hơn {version_of(newest)}; hãy xóa hoặc đánh số lại."
            en = f"The draft is older than {version_of(newest)}; remove it or give it a higher number."
            yield Problem(file_of(draft), "stale-draft", vi, en, severity="warning")
    if drafts and held and drafts[-1] is newest:
        from blueprint.judging import judged

        yield from judged(newest, plan, lock, places.at)


def _demoted(problem: Problem, lock: Mapping[str, str]) -> Problem:
    """A finding in a released file as a warning, for its file may not be touched."""
    return replace(problem, severity="warning") if problem.file in lock else problem


@contextmanager
def _without_collector() -> Iterator[None]:
    """Thousands of small objects are made and kept, so looking for garbage among them is time lost."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
