"""Findings: changes as a mode judges them, with stored data where only data can tell."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from blueprint.compat.change import Change, Context
from blueprint.compat.compare import changes
from blueprint.compat.replay import Direction, Outcome, Replay
from blueprint.compat.verdicts import Bump, Verdict, base
from blueprint.concept import Concept, Mode
from blueprint.contract import Contract
from blueprint.load import Blueprint
from blueprint.subjects import Declaration, version_of

_SHOWN = 60
_EXAMPLES = 10


@dataclass(frozen=True)
class Finding:
    """One change as ``mode`` judges it against the version ``against``.

    ``rule`` is the kind's id and ``number`` its number, 1 to 33, or 0 for ``version-too-small``. ``path`` names columns
    and codes: ``columns.ward.required``. ``bump`` is the least part of the version to raise. ``settled`` says who told
    an undetermined change: ``replay`` over stored rows, or ``default`` where there were none. ``causes`` are the
    findings that this one inherits.
    """

    rule: str
    number: int
    path: str
    old: Any
    new: Any
    mode: Mode
    against: str
    verdict: Verdict
    bump: Bump
    vi: str
    en: str
    hint_vi: str
    hint_en: str
    settled: Literal["", "replay", "default"] = ""
    outcomes: tuple[Outcome, ...] = ()
    causes: tuple["Finding", ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON holds it."""
        return {
            "rule": self.rule,
            "number": self.number,
            "path": self.path,
            "old": self.old,
            "new": self.new,
            "mode": self.mode.value,
            "against": self.against,
            "verdict": self.verdict.value,
            "bump": self.bump.value,
            "vi": self.vi,
            "en": self.en,
            "hint_vi": self.hint_vi,
            "hint_en": self.hint_en,
            "settled": self.settled,
            "outcomes": [o.to_json() for o in self.outcomes],
            "causes": [c.to_json() for c in self.causes],
        }


def judged(
    change: Change, old: Declaration, new: Declaration, context: Context, mode: Mode, replay: Replay | None
) -> Finding:
    """``change`` as ``mode`` judges it. What only data can tell is replayed, and refused where there are no data."""
    settled: Literal["", "replay", "default"] = ""
    outcomes: tuple[Outcome, ...] = ()
    if change.verdict(mode) is Verdict.UNDETERMINED:
        outcomes = tuple(_replayed(change, old, new, context, mode, replay)) if replay else ()
        settled = "replay" if outcomes and all(o.note is None for o in outcomes) else "default"
        change = _told(change, holds=bool(outcomes) and all(o.holds for o in outcomes))
    return _finding(change, version_of(old), mode, settled, outcomes)


def _told(change: Change, *, holds: bool) -> Change:
    """``change`` with every condition that was left open closed as ``holds``."""
    causes = tuple(_told(c, holds=holds) for c in change.causes)
    open_ = change.holds is None and "C" in change.kind.cells
    return replace(change, causes=causes, holds=holds if open_ else change.holds)


def _finding(
    change: Change,
    against: str,
    mode: Mode,
    settled: Literal["", "replay", "default"] = "",
    outcomes: tuple[Outcome, ...] = (),
) -> Finding:
    kind, verdict = change.kind, change.verdict(mode)
    step = f"{_short(change.old)} → {_short(change.new)}"
    vi = f"{change.path}: {kind.title.vi} ({step}). {mode}, so với {against}: {_VERDICT_VI[verdict]}."
    en = f"{change.path}: {kind.title.en} ({step}). {mode}, against {against}: {verdict}."
    for outcome in outcomes:
        told = _outcome(outcome)
        vi, en = f"{vi} {told[0]}", f"{en} {told[1]}"
    return Finding(
        kind.id,
        kind.number,
        change.path,
        change.old,
        change.new,
        mode,
        against,
        verdict,
        change.least(verdict),
        vi,
        en,
        kind.hint.vi,
        kind.hint.en,
        settled,
        outcomes,
        tuple(_finding(c, against, mode, settled) for c in change.causes),
    )


_VERDICT_VI = {Verdict.ALLOWED: "được phép", Verdict.REFUSED: "bị từ chối", Verdict.UNDETERMINED: "chưa xác định"}


def _short(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, dict):  # a column, a code or a rule is told by its name
        parts = cast(dict[str, Any], value)
        value = next((parts[k] for k in ("name", "code", "id", "dataset") if k in parts), parts)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _outcome(outcome: Outcome) -> tuple[str, str]:
    if outcome.note:
        return outcome.note.vi, outcome.note.en
    return (
        f"Chạy lại trên {outcome.rows} dòng đã lưu: {outcome.failing} dòng không phù hợp.",
        f"Replayed over {outcome.rows} stored rows: {outcome.failing} speak against it.",
    )


def _replayed(
    change: Change, old: Declaration, new: Declaration, context: Context, mode: Mode, replay: Replay
) -> Iterator[Outcome]:
    """One outcome per direction that ``mode`` asks for; none where no rows are stored."""
    which = base(mode)
    directions: tuple[Direction, ...] = ("BACKWARD", "FORWARD") if which == "FULL" else (which,) if which else ()
    tries = [t for t in _tries(change, old, new, context) if replay.rows(t[1].ref)]
    if not tries or not all(rules for rules, *_ in tries):
        return
    for direction in directions:
        outcomes = [replay.replay(rules, was, now, plan, direction) for rules, was, now, plan in tries]
        yield Outcome(
            sum(o.rows for o in outcomes),
            sum(o.failing for o in outcomes),
            tuple(e for o in outcomes for e in o.examples)[:_EXAMPLES],
            next((o.note for o in outcomes if o.note), None),
        )


def _tries(
    change: Change, old: Declaration, new: Declaration, context: Context
) -> Iterator[tuple[tuple[str, ...], Contract, Contract, Blueprint]]:
    """The row rules to try, and the contracts before and after.

    A concept is tried in every contract that binds to it, as if its columns were bound to the new version already.
    """
    if isinstance(old, Contract) and isinstance(new, Contract):
        yield _open(change), old, new, context.plan
    if isinstance(old, Concept) and isinstance(new, Concept):
        plan = replace(context.plan, concepts={**context.plan.concepts, old.ref: old, new.ref: new})
        for was in plan.contracts.values():
            if not any(c.concept == old.ref for c in was.columns):
                continue
            columns = tuple(
                c.model_copy(update={"concept": new.ref}) if c.concept == old.ref else c for c in was.columns
            )
            now = was.model_copy(update={"columns": columns})
            found = changes(was, now, replace(context, plan=plan))
            rules = tuple(dict.fromkeys(r for c in found for r in _open(c)))
            if rules:
                yield rules, was, now, plan


def _open(change: Change) -> tuple[str, ...]:
    """The row rules of the conditions that only data can tell."""
    own = change.rules if change.holds is None and "C" in change.kind.cells else ()
    return (*own, *(r for c in change.causes for r in _open(c)))


def too_small(old: Declaration, new: Declaration, needed: str, bump: Bump, mode: Mode, *, allowed: bool) -> Finding:
    """The finding that the version of ``new`` is smaller than its changes ask for."""
    came, against = version_of(new), version_of(old)
    verdict = Verdict.ALLOWED if allowed else Verdict.REFUSED
    return Finding(
        "version-too-small",
        0,
        "version",
        against,
        came,
        mode,
        against,
        verdict,
        bump,
        f"version: {came} là quá nhỏ so với các thay đổi từ {against}; cần {needed} trở lên.",
        f"version: {came} is too small for what changed since {against}; it takes {needed} or more.",
        f"hãy đặt version: {needed} và lưu thành tệp {needed}.yaml",
        f"set version: {needed} and save the file as {needed}.yaml",
    )
