"""The words of a judgement: verdicts, the parts of a version, and the modes without their reach."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from blueprint.concept import Mode

Base = Literal["BACKWARD", "FORWARD", "FULL"]


class Verdict(StrEnum):
    """What a mode says to a change, from best to worst. ``UNDETERMINED`` needs stored data to be settled."""

    ALLOWED = "allowed"
    UNDETERMINED = "undetermined"
    REFUSED = "refused"


class Bump(StrEnum):
    """The part of the version that a change raises, from least to most; ``NEVER`` means that no version may do it."""

    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"
    NEVER = "never"


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    return max(verdicts, key=list(Verdict).index, default=Verdict.ALLOWED)


def worst_bump(bumps: Iterable[Bump]) -> Bump:
    return max(bumps, key=list(Bump).index, default=Bump.PATCH)


def base(mode: Mode) -> Base | None:
    """The mode without its reach over versions; ``None`` for ``NONE``.

    >>> base(Mode.FULL_TRANSITIVE)
    'FULL'
    """
    if mode is Mode.NONE:
        return None
    name = mode.value.removesuffix("_TRANSITIVE")
    return "BACKWARD" if name == "BACKWARD" else "FORWARD" if name == "FORWARD" else "FULL"
