"""Which versions may go: never the newest, never one that was or may have been published, never one that is named."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from lake.version import Version

Reason = Literal["newest", "recent", "published", "not known", "named"]
"""Why a version stays: among the newest; young; published; not known to be unpublished; named by a record."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """A version may go once it is older than ``days`` days and at least ``versions`` newer ones are there."""

    versions: int = 30
    days: int = 90


def judged(
    versions: Sequence[Version],
    rule: Retention,
    published: Collection[str] | None,
    named: Collection[str],
    now: datetime,
) -> dict[str, Reason | None]:
    """Why each of ``versions``, which are given oldest first, stays; None for those that may go.

    ``published`` holds the ids of all versions that may ever have been published. None says that nobody knows, and then
    every version stays.
    """
    newest = {v.id for v in versions[-max(1, rule.versions) :]}

    def reason(version: Version) -> Reason | None:
        if version.id in newest:
            return "newest"
        if version.committed_at > now - timedelta(days=rule.days):
            return "recent"
        if published is None:
            return "not known"
        if version.id in published:
            return "published"
        return "named" if version.id in named else None

    return {version.id: reason(version) for version in versions}
