"""What changed between two versions, before any mode judges it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from pydantic import BaseModel

from blueprint import days
from blueprint.compat.kinds import KINDS, Kind
from blueprint.compat.verdicts import Bump, Verdict, base, worst_bump, worst_verdict
from blueprint.concept import Mode
from blueprint.load import Blueprint


@dataclass(frozen=True)
class Context:
    """What a comparison may look up: the other declarations, and the day on which it is made."""

    plan: Blueprint
    today: date

    @classmethod
    def of(cls, plan: Blueprint, today: date | None = None) -> "Context":
        return cls(plan, today or days.today())


@dataclass(frozen=True)
class Change:
    """One difference between two versions.

    ``path`` is where, with columns by name and codes by code: ``columns.ward.required``. ``holds`` is the state of the
    condition where the kind has one; ``None`` where only data can tell. ``causes`` are the changes that this one
    inherits from, such as those between two versions of a concept. ``rules`` are the ids of the row rules that replay
    looks at.
    """

    kind: Kind
    path: str
    old: Any = None
    new: Any = None
    holds: bool | None = None
    causes: tuple["Change", ...] = ()
    rules: tuple[str, ...] = ()
    bump: Bump | None = None

    def verdict(self, mode: Mode) -> Verdict:
        """What ``mode`` says to this change between two versions, before any replay."""
        which = base(mode)
        if which is None:
            return Verdict.ALLOWED
        cell = self.kind.cell(which)
        if cell != "C":
            return Verdict.ALLOWED if cell == "Y" else Verdict.REFUSED
        if self.holds is None:
            return Verdict.UNDETERMINED
        return worst_verdict([c.verdict(mode) for c in self.causes]) if self.holds else Verdict.REFUSED

    def least(self, verdict: Verdict) -> Bump:
        """The least part of a contract's version to raise where ``verdict`` was given."""
        if verdict is not Verdict.ALLOWED:
            return Bump.NEVER if self.never else Bump.MAJOR
        if self.causes:
            return worst_bump([c.least(verdict) for c in self.causes])
        return self.bump or self.kind.bump

    @property
    def never(self) -> bool:
        """True where no version of the same subject may do this."""
        return self.kind.never or any(c.never for c in self.causes)


def change(number: int, path: str, old: object = None, new: object = None, **more: Any) -> Change:
    """A change of kind ``number``; models and dates become what JSON can hold."""
    return Change(KINDS[number], path, plain(old), plain(new), **more)


def plain(value: Any) -> Any:
    """``value`` as JSON holds it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in cast(dict[Any, Any], value).items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in cast(Sequence[Any], value)]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def texts(old: BaseModel, new: BaseModel, fields: "tuple[str, ...]", path: str = "") -> Iterator[Change]:
    """The changes of kind 23: fields that neither widen nor narrow the data permitted."""
    for field in fields:
        was, now = getattr(old, field), getattr(new, field)
        if was != now:
            yield change(23, f"{path}{field}", was, now)
