"""Every public dataset that has a published version, with its marks: what the pages count, list and compare."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ckan.common import config

from . import published

if TYPE_CHECKING:
    from collections.abc import Iterable

STATES = ("fresh", "due", "late", "unknown")


@dataclass(frozen=True)
class PublicDataset:
    """One dataset and the marks of its current version.

    `quality` is what the index of versions says of the current one, `freshness` the newest mark that was written.
    """

    name: str
    title_vi: str
    extras: dict[str, str]
    organization: str
    agency: dict[str, str]
    quality: dict[str, Any]
    freshness: dict[str, Any]

    @property
    def version(self) -> str:
        return self.extras.get("hanoi_version", "")

    @property
    def committed_at(self) -> datetime | None:
        return moment(self.extras.get("hanoi_committed_at"))

    @property
    def simulated(self) -> bool:
        return self.extras.get("hanoi_simulated") == "true"

    @property
    def passed(self) -> bool:
        return self.extras.get("hanoi_gate") == "passed"

    @property
    def warned(self) -> bool:
        return self.quality.get("validity") == "passed-with-warnings"

    @property
    def score(self) -> Any:
        return self.quality.get("score")

    @property
    def expected_by(self) -> datetime | None:
        return moment(self.freshness.get("expected_by"))

    def state(self, now: datetime | None = None) -> str:
        """Return one of `STATES` as of `now`, an aware moment: what was on time is due once the promised moment is over."""
        told = str(self.freshness.get("state") or "unknown")
        if told not in ("fresh", "paused"):
            return told if told in STATES else "unknown"
        over = self.expected_by is not None and (now or datetime.now(timezone.utc)) > self.expected_by
        return "due" if over and told == "fresh" else "fresh"

    def title(self, language: str) -> str:
        """Return the title in a language, vi or en."""
        return (self.extras.get("title_en") if language == "en" else "") or self.title_vi or self.name

    def agency_title(self, language: str) -> str:
        """Return the title of the agency in a language, vi or en."""
        return self.agency.get(language) or self.agency.get("vi") or self.organization

    def columns(self) -> list[dict[str, Any]]:
        """Return the columns of the current version's data dictionary."""
        return (published.schema(self.name, self.version) or {}).get("columns", [])


_held: tuple[Any, dict[str, PublicDataset]] = (None, {})
_reading = threading.Lock()


def every() -> dict[str, PublicDataset]:
    """Return all public datasets that have a published version, by name.

    What was read is kept until a dataset changes.
    """
    import ckan.model as model
    from sqlalchemy import func

    global _held
    package = model.Package
    public = (package.state == "active", package.private.is_(False), package.type == "dataset")
    watch = _watch()
    stamp = model.Session.query(func.max(package.metadata_modified), func.count()).filter(*public).one()
    stamp = (*stamp, watch.stat().st_mtime_ns if watch else 0)
    with _reading:
        # Quality and notices stand in the indexes, which are written before the catalogue hears of a version.
        if _held[0] != stamp:
            rows = model.Session.query(package.name, package.title, package.owner_org, package.extras).filter(*public)
            agencies = _agencies()
            found = (_dataset(*row, agencies) for row in rows)
            _held = (stamp, {each.name: each for each in found if each.version})
        return _held[1]


def of_organization(name: str) -> list[PublicDataset]:
    """Return the datasets of one organisation."""
    return [dataset for dataset in every().values() if dataset.organization == name]


def glance(datasets: Iterable[PublicDataset]) -> dict[str, int]:
    """Count how many there are, how many pass their quality gate, with and without warnings, and how recent they are."""
    listed = list(datasets)
    states = [dataset.state() for dataset in listed]
    return {
        "all": len(listed),
        "passed": sum(dataset.passed for dataset in listed),
        "warned": sum(dataset.warned for dataset in listed),
        **{state: states.count(state) for state in STATES},
    }


def index_of(name: str) -> dict[str, Any]:
    """Return the index of a dataset's published versions; an empty one where it cannot be read."""
    path = published.index(name)
    if path is None:
        return {"versions": [], "notices": []}
    try:
        return _index(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return {"versions": [], "notices": []}


def moment(text: str | None) -> datetime | None:
    """Return an ISO moment as an aware one, UTC where it has no zone, or None where it is none."""
    try:
        value = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)


def _agencies() -> dict[str, tuple[str, dict[str, str]]]:
    """Return name and titles of every organisation by its id."""
    import ckan.model as model

    group = model.Group
    rows = model.Session.query(group.id, group.name, group.title, group.extras).filter(group.is_organization)
    return {
        key: (name, {"vi": title or name, "en": (extras or {}).get("title_en", "")})
        for key, name, title, extras in rows
    }


def _dataset(
    name: str, title: str, owner: str, extras: dict[str, str], agencies: dict[str, tuple[str, dict[str, str]]]
) -> PublicDataset:
    said = dict(extras or {})
    versions = index_of(name).get("versions", []) if said.get("hanoi_version") else []
    current = next((each for each in versions if each.get("id") == said["hanoi_version"]), {})
    quality = current.get("quality") or {}
    published_mark = quality.get("freshness")
    # Where the publication tells nothing of freshness, it rests on columns that are not open.
    mark = _watched().get(name) or published_mark if isinstance(published_mark, dict) else {}
    return PublicDataset(name, title or "", said, *agencies.get(owner, ("", {})), quality, mark)


def _watch() -> Path | None:
    path = config.get("hanoi.freshness_path")
    return Path(path) if path and Path(path).is_file() else None


def _watched() -> dict[str, dict[str, Any]]:
    """Return the marks of the platform's watch, which looks at every dataset at fixed hours, by the dataset's name."""
    path = _watch()
    try:
        listed = _index(path, path.stat().st_mtime_ns).get("datasets") if path else None
    except (OSError, ValueError):
        return {}
    return {str(mark.get("dataset")): mark for mark in listed or [] if isinstance(mark, dict)}


@lru_cache(maxsize=4096)
def _index(path: Path, _written: int) -> dict[str, Any]:
    content = json.loads(path.read_text("utf-8"))
    return content if isinstance(content, dict) else {"versions": [], "notices": []}
