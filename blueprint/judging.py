"""A draft against the released versions of its subject: what changed, and where in its file that stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.codelist import CodeList
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk
from blueprint.errors import BlueprintError
from blueprint.indicator import Indicator
from blueprint.lint_rules import At
from blueprint.load import Blueprint
from blueprint.problems import Problem
from blueprint.subjects import Declaration, Numbered, file_of, find, from_file, subject_of, subjects, version_of

if TYPE_CHECKING:
    from blueprint.compat import Finding, Replay, Report

JUDGED = frozenset({"version", "never", "breaking", "incompatible", "undetermined"})
"""The rules of the problems that ``judged`` tells."""


def named(text: str, plan: Blueprint) -> Declaration:
    """The declaration that ``text`` names: a file, or ``SUBJECT@VERSION`` of ``plan``.

    The rules of a contract in a file name the code lists of ``plan``. Raises DeclarationError for a file that is wrong
    and BlueprintError for a name that is not known.
    """
    path = Path(text)
    if path.suffix not in (".yaml", ".yml") and not path.is_file():
        return find(text, plan)
    return from_file(path, plan)


def held(draft: Declaration, plan: Blueprint, lock: Mapping[str, str]) -> tuple[Declaration, ...]:
    """The released versions of the draft's subject, oldest first."""
    if isinstance(draft, Contract):
        versions: Sequence[Declaration] = plan.contract_versions.get(draft.dataset, ())
    else:
        versions = subjects(plan).get(subject_of(draft), ())
    return tuple(d for d in versions if file_of(d) in lock)


def checked(draft: Declaration, plan: Blueprint, lock: Mapping[str, str], replay: "Replay | None" = None) -> "Report":
    """The compatibility report of ``draft`` against the released versions of its subject, whatever drafts lie beside it."""
    from blueprint import compat

    return compat.check(draft, _view(draft, plan, held(draft, plan, lock)), replay=replay)


def judged(draft: Declaration, plan: Blueprint, lock: Mapping[str, str], at: At) -> Iterator[Problem]:
    """What the compatibility rules say to a draft, as problems of its file; nothing to the first of its subject.

    A break that the version of a contract or indicator announces as a new major is a warning, and so is what only data can
    tell; a change that no version may make and a number that is too small are errors.
    """
    before = held(draft, plan, lock)
    if not before:
        return
    try:
        report = checked(draft, plan, lock)
    except BlueprintError as error:  # it points at nothing, so there is nothing to compare with
        yield Problem(file_of(draft), "not-compared", error.vi, error.en, severity="warning")
        return
    former = before[-1]
    announced = isinstance(draft, Numbered) and isinstance(former, Numbered) and draft.number[0] > former.number[0]
    refused = [f for f in report.findings if f.number and f.verdict.value != "allowed"]
    # Only stored rows tell what an edited rule does; the release has them at hand, so here it is no error.
    untold = bool(refused) and all(f.settled == "default" for f in refused)
    for finding in report.findings:
        if finding.verdict.value == "allowed":
            continue
        file, line, column = _place(draft, finding.path, at)
        never = finding.bump.value == "never"
        if not finding.number:
            rule, warning, came = "version", untold, version_of(draft)
        elif never:
            rule, warning, came = "never", False, _shown(finding.old)
        elif finding.settled == "default":
            rule, warning, came = "undetermined", True, _shown(finding.old)
        else:
            # One whose number is too small is told so once, as an error; what it breaks is then the reason.
            rule, warning = "breaking" if announced else "incompatible", isinstance(draft, Numbered)
            came = _shown(finding.old)
        vi, en = told(finding)
        yield Problem(file, rule, vi, en, line, column, finding.path, came, "warning" if warning else "error")


def told(finding: "Finding") -> tuple[str, str]:
    """The finding and what to do, in Vietnamese and English."""
    return f"[{finding.rule}] {finding.vi} → {finding.hint_vi}.", f"[{finding.rule}] {finding.en} → {finding.hint_en}."


def kinds(findings: Sequence["Finding"]) -> Iterator[int]:
    """The numbers of the findings and of what they inherit from."""
    for finding in findings:
        yield finding.number
        yield from kinds(finding.causes)


def _shown(value: object) -> str:
    return "" if value is None else str(value)[:200]


def _view(draft: Declaration, plan: Blueprint, before: Sequence[Declaration]) -> Blueprint:
    """The Blueprint with no other versions of the draft's subject than ``before`` and itself.

    Versions of a concept all stay, for columns are bound to them.
    """
    versions = (*before, draft)
    match draft:
        case Contract():
            kept = tuple(d for d in versions if isinstance(d, Contract))
            return replace(
                plan,
                contracts={**plan.contracts, draft.dataset: draft},
                contract_versions={**plan.contract_versions, draft.dataset: kept},
            )
        case CodeList():
            lists = tuple(d for d in versions if isinstance(d, CodeList))
            return replace(
                plan,
                codelists={**plan.codelists, draft.codelist: draft},
                codelist_versions={**plan.codelist_versions, draft.codelist: lists},
            )
        case Crosswalk():
            walks = tuple(d for d in versions if isinstance(d, Crosswalk))
            return replace(
                plan,
                crosswalks={**plan.crosswalks, draft.crosswalk: draft},
                crosswalk_versions={**plan.crosswalk_versions, draft.crosswalk: walks},
            )
        case Indicator():
            told = tuple(d for d in versions if isinstance(d, Indicator))
            return replace(
                plan,
                indicators={**plan.indicators, draft.indicator: draft},
                indicator_versions={**plan.indicator_versions, draft.indicator: told},
            )
        case _:
            return plan


def _place(draft: Declaration, path: str, at: At) -> tuple[str, int | None, int | None]:
    """File, line and column of a finding's path, in which columns and rules stand by name and codes by code."""
    head = file_of(draft)
    group, _, rest = path.partition(".")
    name, _, rest = rest.partition(".")
    if isinstance(draft, CodeList) and group == "entries":
        line = next((n for n, e in enumerate(draft.entries, start=2) if e.code == name), None)
        return (head.removesuffix("yaml") + "csv", line, None) if line else (head, 1, 1)
    named: list[str] = []
    if isinstance(draft, Contract):
        named = (
            [c.name for c in draft.columns] if group == "columns" else [r.id for r in draft.rules] * (group == "rules")
        )
    if isinstance(draft, Indicator):
        named = [r.dataset for r in draft.datasets] * (group == "datasets") or [g.name for g in draft.groups]
    index = named.index(name) if name in named else name
    line, column = at(head, [group, index, *filter(None, [rest])])
    return head, line, column
