"""Releasing: a draft becomes a version that never changes, with an entry in the changelog.

A release is first proposed: what is released, how large the step is, what changed, who is told. Committing writes the
entry and then the lock, and the one rename of the lock makes it real: what breaks off before leaves nothing released.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint import changelog as log
from blueprint import lint as linting
from blueprint import released
from blueprint.announcing import notice
from blueprint.changelog import Bump, Change, Notice, Release, changelog, served
from blueprint.codelist import CodeList
from blueprint.concept import Concept
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk
from blueprint.errors import BlueprintError
from blueprint.indicator import Indicator
from blueprint.judging import JUDGED, checked, held, kinds
from blueprint.lint import LintReport
from blueprint.load import ROOT, Blueprint, read
from blueprint.problems import Problem
from blueprint.subjects import Declaration, Numbered, file_of, find, subject_of, subjects, version_of

if TYPE_CHECKING:
    from blueprint.compat import Replay, Report

_APPROVED = 31
"""The kind of change that one responsible for data protection has to approve: a higher classification."""
_ORDER = (CodeList, Crosswalk, Concept, Contract, Indicator)
_LISTS = ("organisations", "licences", "frequencies", "themes")


class ReleaseRefused(BlueprintError):
    """A draft is not released; ``problems`` says why, where a file is at fault."""

    def __init__(self, vi: str, en: str, problems: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        vi_lines = [f"{p.place}: {p.rule}: {p.vi}" for p in self.problems]
        en_lines = [f"{p.place}: {p.rule}: {p.en}" for p in self.problems]
        super().__init__("\n  ".join([vi, *vi_lines]), "\n  ".join([en, *en_lines]))


class NotYet(ReleaseRefused):
    """The draft rests on other drafts, which have to be released before it."""


@dataclass(frozen=True)
class Terms:
    """What the one who releases decides.

    ``effective`` and ``former_until`` are the days of a breaking version's notice: today, and 90 days after the
    effective day, where not given. ``approved_by`` names who approved a higher classification. ``replay`` holds the
    stored rows that tell what an edited rule does.
    """

    day: dt.date | None = None
    effective: dt.date | None = None
    former_until: dt.date | None = None
    approved_by: tuple[str, ...] = ()
    replay: "Replay | None" = None

    @property
    def today(self) -> dt.date:
        return self.day or log.today()


@dataclass(frozen=True)
class Proposal:
    """A release that passed every check and was not made yet; ``digests`` are those of its files when they were checked."""

    root: Path
    declaration: Declaration
    entry: Release
    digests: Mapping[str, str]
    report: "Report | None" = None


def propose(subject: str, root: Path = ROOT, terms: Terms | None = None) -> Proposal:
    """Check the draft of ``subject``, its newest version that is not released, and say what its release would be.

    Raises ReleaseRefused naming what stands against it: a finding of the lint, a version that is too small, a change that
    no version may make, or another draft that has to be released before.
    """
    report = linting.lint(root)
    newest = _newest(subject, report)
    if file_of(newest) in report.lock:
        if unread := _unread(newest, report):
            raise ReleaseRefused(f"{subject} có bản nháp sai:", f"{subject} has a draft that is wrong:", unread)
        raise ReleaseRefused(
            f"{subject} không có bản nháp: {version_of(newest)} đã phát hành. Hãy viết thay đổi vào tệp phiên bản tiếp theo, cạnh "
            f"{file_of(newest)}.",
            f"{subject} has no draft: {version_of(newest)} is released. Write the change into a file of the next version, beside "
            f"{file_of(newest)}.",
        )
    return _propose(newest, report, terms or Terms())


def release(subject: str, root: Path = ROOT, terms: Terms | None = None) -> Release:
    """Release the draft of ``subject`` and return its entry in the changelog. Raises as ``propose`` does."""
    return commit(propose(subject, root, terms))


def commit(proposal: Proposal) -> Release:
    """Make the release real. Raises ReleaseRefused where a file changed after it was checked, or someone was faster."""
    root, entry = proposal.root, proposal.entry
    with released.alone(root):
        lock = released.recorded(root)
        if taken := ", ".join(file for file in proposal.digests if file in lock):
            raise ReleaseRefused(f"{entry.ref} đã phát hành ({taken}).", f"{entry.ref} is released already ({taken}).")
        if moved := ", ".join(f for f, was in proposal.digests.items() if released.digest(root / f) != was):
            vi = f"Tệp đã đổi trong lúc phát hành: {moved}. Hãy chạy lại."
            raise ReleaseRefused(vi, f"Files changed during the release: {moved}. Run it again.")
        _write(root, [entry], proposal.digests)
    return entry


def release_all(root: Path = ROOT, terms: Terms | None = None) -> tuple[Release, ...]:
    """Release every draft under ``root``, what others rest on first, and complete the changelog.

    Raises ReleaseRefused for the first draft that is refused; those before it are released, those after it are not.
    """
    terms = terms or Terms()
    released.verify(root)
    done = list(complete(root, terms.today))
    report = linting.lint(root)
    drafts = [d for many in subjects(report.plan).values() for d in many if file_of(d) not in report.lock]
    waiting = sorted(drafts, key=lambda d: _ORDER.index(type(d)))
    while waiting:
        left: list[Declaration] = []
        refused: NotYet | None = None
        for draft in waiting:
            try:
                done.append(commit(_propose(draft, report, terms)))
                report = replace(report, lock=released.recorded(root))
            except NotYet as error:
                refused = error
                left.append(draft)
        if refused and len(left) == len(waiting):
            raise refused
        waiting = left
    return tuple(done)


def complete(root: Path, day: dt.date) -> tuple[Release, ...]:
    """Give each first version that was released before there was a changelog its entry, dated ``day``."""
    lock = released.recorded(root)
    entries: list[Release] = []
    for subject, versions in subjects(read(root, lambda _: None)).items():
        first = versions[0]
        if file_of(first) in lock and log.entry_file(subject, version_of(first)) not in lock:
            files = tuple(file for file in _files(first, root) if file in lock)
            entries.append(Release(subject=subject, version=version_of(first), date=day, bump="initial", files=files))
    if entries:
        with released.alone(root):
            _write(root, entries, {})
    return tuple(entries)


def _write(root: Path, entries: Iterable[Release], digests: Mapping[str, str]) -> None:
    new = dict(digests)
    for entry in entries:
        file = log.entry_file(entry.subject, entry.version)
        released.write_whole(root / file, log.as_yaml(entry))
        new[file] = released.digest(root / file)
    released.add(root, new)


def _newest(subject: str, report: LintReport) -> Declaration:
    """The newest version of the subject, after refusing one whose files could not even be read."""
    try:
        return find(subject.partition("@")[0], report.plan)
    except BlueprintError as error:
        name = subject.partition("@")[0].rpartition(":")[2]
        unread = [p for p in report.errors if f"/{name}/" in p.file or not report.plan.concepts]
        if not unread:
            raise
        raise ReleaseRefused(f"Không đọc được {subject}:", f"{subject} cannot be read:", unread) from error


def _unread(declaration: Declaration, report: LintReport) -> list[Problem]:
    """What is wrong in files of the subject that are not released."""
    folder = Path(file_of(declaration)).parent
    return [
        p for p in report.errors if Path(p.file).parent == folder and p.file not in report.lock and p.rule not in JUDGED
    ]


def _propose(draft: Declaration, report: LintReport, terms: Terms) -> Proposal:
    plan, lock, root = report.plan, report.lock, report.plan.root
    files = tuple(file for file in _files(draft, root) if file not in lock)
    ref = f"{subject_of(draft)}@{version_of(draft)}"
    kept = {*files, *lock, released.LOCK}
    # A further version of the subject that cannot be read may be the one that is meant.
    wrong = [p for p in report.errors if p.rule not in JUDGED and p.file in kept]
    if wrong := [*wrong, *(p for p in _unread(draft, report) if p not in wrong)]:
        raise ReleaseRefused(f"{ref} không phát hành được:", f"{ref} is not released:", wrong)
    _rests_on_released(draft, plan, lock, ref)
    bump, verdict = _step(draft, report, terms, ref)
    told = _notice(draft, report, terms, verdict) if bump == "major" else None
    entry = Release(
        subject=subject_of(draft),
        version=version_of(draft),
        date=terms.today,
        bump=bump,
        files=files,
        changes=tuple(_changes(verdict)) if verdict else (),
        notice=told,
        approved_by=terms.approved_by if verdict and _APPROVED in kinds(verdict.findings) else (),
    )
    return Proposal(root, draft, entry, {file: released.digest(root / file) for file in files}, verdict)


def _step(draft: Declaration, report: LintReport, terms: Terms, ref: str) -> "tuple[Bump, Report | None]":
    """How large a step the draft is, after refusing one that may not be made."""
    before = held(draft, report.plan, report.lock)
    if not before:
        if not isinstance(draft, Numbered) and draft.version != 1:
            vi = f"{ref}: phiên bản đầu tiên là 1; hãy ghi version: 1 và đặt tên tệp theo 1."
            raise ReleaseRefused(vi, f"{ref}: the first version is 1; write version: 1 and name the file 1.")
        return "initial", None
    last = before[-1]
    if not isinstance(draft, Numbered) and not isinstance(last, Numbered) and draft.version != last.version + 1:
        vi = f"{ref}: sau {version_of(last)} là {last.version + 1}; hãy đánh số lại."
        raise ReleaseRefused(vi, f"{ref}: what follows {version_of(last)} is {last.version + 1}; give it that number.")
    verdict = checked(draft, report.plan, report.lock, terms.replay)
    if not verdict.compatible:
        findings = [f for f in verdict.findings if f.verdict.value != "allowed"]
        vi = "\n".join([f"{ref} không phát hành được:", *(f"  [{f.rule}] {f.vi} → {f.hint_vi}." for f in findings)])
        en = "\n".join([f"{ref} is not released:", *(f"  [{f.rule}] {f.en} → {f.hint_en}." for f in findings)])
        raise ReleaseRefused(vi, en)
    if _APPROVED in kinds(verdict.findings) and not terms.approved_by:
        raise ReleaseRefused(
            f"{ref} nâng mức phân loại: cần ý kiến của bộ phận bảo vệ dữ liệu; hãy thêm --approved-by HỌ_TÊN.",
            f"{ref} raises a classification: data protection has to approve; add --approved-by NAME.",
        )
    major = isinstance(draft, Numbered) and isinstance(last, Numbered) and draft.number[0] > last.number[0]
    step = verdict.bump.value if verdict.bump else "patch"
    if major or step == "major":
        return "major", verdict
    return ("minor" if step == "minor" or _raised_minor(draft, last) else "patch"), verdict


def _raised_minor(draft: Declaration, last: Declaration) -> bool:
    return isinstance(draft, Numbered) and isinstance(last, Numbered) and draft.number[1] > last.number[1]


def _changes(verdict: "Report") -> Iterator[Change]:
    """The changes against the version before; older versions were told of when they were followed."""
    for finding in verdict.findings:
        if finding.number and finding.against == verdict.against[-1]:
            yield Change(
                rule=finding.rule, path=finding.path, verdict=finding.verdict.value, vi=finding.vi, en=finding.en
            )


def _notice(draft: Declaration, report: LintReport, terms: Terms, verdict: "Report | None") -> Notice:
    before = held(draft, report.plan, report.lock)[-1]
    findings = verdict.findings if verdict else ()
    return notice(draft, before, report.plan, findings, terms.today, terms.effective, terms.former_until)


def _files(declaration: Declaration, root: Path) -> tuple[str, ...]:
    """The file of the declaration and the tables that belong to it."""
    head = root / file_of(declaration)
    tables = sorted(head.parent.glob("*.csv")) if isinstance(declaration, Contract) else [head.with_suffix(".csv")]
    return tuple(p.relative_to(root).as_posix() for p in (head, *tables) if p.exists())


def _rests_on_released(draft: Declaration, plan: Blueprint, lock: Mapping[str, str], ref: str) -> None:
    """Refuse a draft that rests on drafts: they may change still, and with them what was released."""
    found = [d for d in _rests_on(draft, plan) if file_of(d) not in lock]
    if found:
        names = ", ".join(dict.fromkeys(f"{subject_of(d)}@{version_of(d)}" for d in found))
        commands = "; ".join(f"hanoi blueprint release {subject}" for subject in dict.fromkeys(map(subject_of, found)))
        raise NotYet(
            f"{ref} dựa vào bản nháp: {names}. Hãy phát hành trước: {commands}",
            f"{ref} rests on drafts: {names}. Release them first: {commands}",
        )


def _rests_on(draft: Declaration, plan: Blueprint) -> Iterator[Declaration]:
    match draft:
        case Concept():
            yield from _lists([draft.codelist], plan)
            yield from (plan.concepts[ref] for ref in draft.same_as if ref in plan.concepts and _older(ref, draft))
        case Crosswalk():
            yield from _lists([draft.codelist], plan)
        case Contract():
            for concept in map(plan.concept_of, draft.columns):
                yield concept
                yield from _lists([concept.codelist], plan)
            yield from _lists(_LISTS, plan)
            yield from (plan.contracts[r.dataset] for r in draft.references if r.dataset != draft.dataset)
        case Indicator():
            yield from map(plan.concept, draft.concepts)
            yield from map(plan.read_contract, draft.datasets)
        case CodeList():
            return


def _lists(names: Iterable[str | None], plan: Blueprint) -> Iterator[CodeList]:
    return (plan.codelists[name] for name in names if name is not None and name in plan.codelists)


def _older(ref: str, draft: Concept) -> bool:
    """Whether the concept of the same meaning comes first: of two that name each other, one has to."""
    return ref < draft.ref


__all__ = [
    "NotYet",
    "Proposal",
    "ReleaseRefused",
    "Terms",
    "changelog",
    "commit",
    "complete",
    "propose",
    "release",
    "release_all",
    "served",
]
