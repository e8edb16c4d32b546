"""Judging the changes between versions: findings, the verdict as a whole, and the next version number."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from blueprint.compat.change import Context
from blueprint.compat.compare import changes, written_out
from blueprint.compat.findings import Finding, judged, too_small
from blueprint.compat.replay import Replay
from blueprint.compat.verdicts import Bump, Verdict, worst_bump
from blueprint.compat.versions import next_version, number, numbers
from blueprint.concept import Mode
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk
from blueprint.load import Blueprint
from blueprint.subjects import Declaration, Numbered, subject_of, subjects, version_of


@dataclass(frozen=True)
class Report:
    """What a mode says to a new version of ``subject``.

    ``against`` are the versions it was judged against, oldest first. ``breaking`` is true where a change was refused;
    a contract or an indicator may still do so in a new major version, and ``compatible`` is then true. ``next_version``
    is the least version that the changes allow, ``None`` where no version of this subject may do them.
    """

    subject: str
    version: str
    mode: Mode
    against: tuple[str, ...]
    findings: tuple[Finding, ...]
    compatible: bool
    breaking: bool
    bump: Bump | None
    next_version: str | None

    @property
    def refused(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.verdict is not Verdict.ALLOWED)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON holds it."""
        return {
            "subject": self.subject,
            "version": self.version,
            "mode": self.mode.value,
            "against": list(self.against),
            "compatible": self.compatible,
            "breaking": self.breaking,
            "bump": self.bump.value if self.bump else None,
            "next_version": self.next_version,
            "findings": [f.to_json() for f in self.findings],
        }


def mode_of(declaration: Declaration) -> Mode:
    """The mode that ``declaration`` states for itself; a crosswalk states none and may grow."""
    return Mode.BACKWARD if isinstance(declaration, Crosswalk) else declaration.compatibility


def diff(
    old: Declaration,
    new: Declaration,
    plan: Blueprint,
    mode: Mode | None = None,
    replay: Replay | None = None,
    today: date | None = None,
) -> Report:
    """What ``mode`` says to the step from ``old`` to ``new``, whatever lies between them.

    ``mode`` is that of ``new`` where none is given; ``plan`` resolves concepts and code lists; ``today`` decides whether
    a deprecated column has been so for long enough.

    >>> from blueprint import blueprint
    >>> old = blueprint().contract("bus-stops")
    >>> diff(old, old.model_copy(update={"version": "1.0.1"}), blueprint()).compatible
    True
    """
    return _report(new, (old,), Context.of(plan, today), mode or mode_of(new), replay)


def check(
    new: Declaration,
    plan: Blueprint,
    mode: Mode | None = None,
    replay: Replay | None = None,
    today: date | None = None,
) -> Report:
    """What ``mode`` says to ``new`` as the next version of its subject in ``plan``.

    A transitive mode judges it against every earlier version, of a contract or an indicator those of the same major; the
    other modes against the latest. A first version has nothing to be judged against and is compatible.
    """
    mode, new = mode or mode_of(new), written_out(new, plan)
    earlier = [v for v in subjects_of(new, plan) if number(v) < number(new) or (number(v) == number(new) and v != new)]
    against = earlier[-1:]
    if mode.value.endswith("_TRANSITIVE"):
        against = [v for v in earlier if _one_line(v, new)] or against
    return _report(new, against, Context.of(plan, today), mode, replay)


def subjects_of(new: Declaration, plan: Blueprint) -> tuple[Declaration, ...]:
    """Every version of the subject of ``new`` in ``plan``, oldest first."""
    if isinstance(new, Contract):
        newest = plan.contracts.get(new.dataset)
        return plan.contract_versions.get(new.dataset, (newest,) if newest else ())
    return subjects(plan).get(subject_of(new), ())


def _one_line(earlier: Declaration, new: Declaration) -> bool:
    numbered = isinstance(new, Numbered) and isinstance(earlier, Numbered)
    return not numbered or number(earlier)[0] == number(new)[0]


def _report(
    new: Declaration, against: Iterable[Declaration], context: Context, mode: Mode, replay: Replay | None
) -> Report:
    versions = tuple(against)
    findings: list[Finding] = []
    bumps: list[Bump] = []
    for i, old in enumerate(versions):
        found = tuple(judged(c, old, new, context, mode, replay) for c in changes(old, new, context))
        findings += found
        # an earlier version weighs only where it is broken: what else came since then was numbered when it came
        counted = found if i == len(versions) - 1 else [f for f in found if f.verdict is not Verdict.ALLOWED]
        bumps += [f.bump for f in counted]
    latest = versions[-1] if versions else None
    bump = worst_bump(bumps) if bumps else None
    following = next_version(version_of(latest), bump) if latest is not None and bump is not None else None
    refused = [f for f in findings if f.verdict is not Verdict.ALLOWED]
    major = isinstance(new, Numbered) and isinstance(latest, Numbered) and new.number[0] > latest.number[0]
    compatible = not refused or (major and not any(f.bump is Bump.NEVER for f in refused))
    if latest is not None and bump is not None and following is not None and number(new) < numbers(following):
        free = mode is Mode.NONE and number(new) > number(latest)
        findings.append(too_small(latest, new, following, bump, mode, allowed=free))
        compatible = compatible and free
    return Report(
        subject_of(new),
        version_of(new),
        mode,
        tuple(map(version_of, versions)),
        tuple(findings),
        compatible,
        bool(refused),
        bump,
        following,
    )
