"""Maintaining the lake of a whole home: what may go is decided here, since only here is known what was published."""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from blueprint import Blueprint, blueprint
from blueprint.errors import HanoiError
from catalog.publisher import Catalogue, CatalogueError, Publications
from dags.settings import PipelineSettings
from dags.steps.records import RunRecord
from lake.retention import Retention
from lake.tidy import Maintained, Orphan, Rules, measured, remove

_HALF_WRITTEN = re.compile(r"\..+\.[0-9]+")
"""How ``lake.folders.replacing`` names a file that is not whole yet."""
_STATE = ("cache", "freshness", "notices", "publications", "published", "quarantine", "reports", "runs", "lake/upkeep")


class UpkeepUnfinished(HanoiError):
    """Tables of the lake could not be maintained, or cannot be read back; the others were maintained."""


@dataclass(frozen=True)
class Published:
    """The versions of a dataset that may have been published; None, and why, where that is not known."""

    versions: frozenset[str] | None
    why_vi: str = ""
    why_en: str = ""


@dataclass
class Maintenance:
    """What was done to each table, or, in a dry run, what there is to do; ``failed`` holds the tables left as they were."""

    dry_run: bool
    tables: list[Maintained] = field(default_factory=list)
    unknown: dict[str, Published] = field(default_factory=dict)
    failed: dict[str, HanoiError] = field(default_factory=dict)
    left: list[Orphan] = field(default_factory=list)
    """What killed runs left beside the lake."""

    @property
    def ok(self) -> bool:
        return not self.failed and not any(table.damaged for table in self.tables)

    @property
    def removed(self) -> int:
        """Bytes that are gone, or, in a dry run, would go."""
        return sum(t.removed for t in self.tables) + sum(o.bytes for o in self.left if not o.resting)

    def to_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "dry_run": self.dry_run,
            "bytes_removed": self.removed,
            "tables": [{**asdict(t), "bytes_removed": t.removed} for t in self.tables],
            "publications_unknown": {name: {"vi": p.why_vi, "en": p.why_en} for name, p in self.unknown.items()},
            "failed": {name: {"vi": error.vi, "en": error.en} for name, error in self.failed.items()},
            "left_by_runs": [asdict(orphan) for orphan in self.left],
        }


def rules(
    settings: PipelineSettings, keep: int | None, keep_days: int | None, *, compact: bool, retain: bool, clean: bool
) -> Rules:
    """The settings, with the command line's choices on top."""
    retention = Retention(
        versions=settings.lake_keep_versions if keep is None else keep,
        days=settings.lake_keep_days if keep_days is None else keep_days,
    )
    return Rules(
        retention=retention if retain else None,
        compact=compact,
        clean=clean,
        grace=timedelta(hours=settings.lake_grace_hours),
        target=settings.lake_file_mb * 1024**2,
    )


def maintain(
    settings: PipelineSettings,
    dataset: str | None,
    rules: Rules,
    *,
    dry_run: bool = False,
    told: Callable[[str], None] = lambda _: None,
) -> Maintenance:
    """Maintain the table of ``dataset``, or all tables and what runs left; ``told`` hears each name before its turn.

    A table that is busy or damaged is told of in the result, and the others are maintained nevertheless.
    """
    lake, plan = settings.lake, blueprint()
    done = Maintenance(dry_run)
    for name in [dataset] if dataset else _names(settings.home, lake.tables()):
        told(name)
        try:
            facts = published(settings, plan, name) if rules.retention else Published(None)
            if facts.versions is None and facts.why_en:
                done.unknown[name] = facts
            done.tables.append(
                lake.maintain(name, rules, published=facts.versions, named=_named(settings.home, name), dry_run=dry_run)
            )
        except HanoiError as error:
            done.failed[name] = error
    if rules.clean and not dataset:
        done.left.extend(_left(settings.home, rules.grace, dry_run=dry_run))
    return done


def nightly(settings: PipelineSettings) -> dict[str, Any]:
    """Maintain the whole home as the settings say; returns the counts.

    Raises:
        UpkeepUnfinished: after all that could be done was done.
    """
    done = maintain(settings, None, rules(settings, None, None, compact=True, retain=True, clean=True))
    if not done.ok:
        names = ", ".join(sorted({*done.failed, *(t.dataset for t in done.tables if t.damaged)}))
        raise UpkeepUnfinished(
            f"Chưa bảo trì được: {names}. Hãy chạy `hanoi lake maintain` và `hanoi lake verify` để biết vì sao.",
            f"Not maintained: {names}. Run `hanoi lake maintain` and `hanoi lake verify` to see why.",
        )
    return {"tables": len(done.tables), "bytes_removed": done.removed}


def published(settings: PipelineSettings, plan: Blueprint, dataset: str) -> Published:
    """What was noted when versions were published, what lies published, and what the catalogue shows now.

    A dataset none of whose contracts has an open column and lets its versions be published is not published, so its notes,
    if any, are enough. Of every other one both the notes and the catalogue must speak; where one of them is silent, nobody
    knows.
    """
    contracts = plan.contract_versions.get(dataset, ())
    noted = Publications(settings.home, dataset).known()
    if contracts and not any(contract.publish and plan.open_columns(contract) for contract in contracts):
        return Published(noted or frozenset())
    if noted is None:
        return Published(None, "Chưa ghi nhận lần công bố nào.", "No publication was noted yet.")
    try:
        shown = Catalogue(settings.catalogue_url, settings.token_file).shown(dataset)
    except CatalogueError as error:
        return Published(None, error.vi, error.en)
    return Published(noted | shown)


def _names(home: Path, tables: list[str]) -> list[str]:
    """The tables of the catalog, and the folders of the warehouse that no table has."""
    warehouse = home / "lake" / "warehouse"
    folders = [path.name for path in warehouse.glob("*") if path.is_dir()]
    return sorted({*tables, *folders})


def _named(home: Path, dataset: str) -> frozenset[str]:
    """The version that the running or last run of the dataset names: it may be about to be published."""
    version = RunRecord(home, dataset).read().get("version")
    return frozenset([str(version)] if version else [])


def _left(home: Path, grace: timedelta, *, dry_run: bool) -> Iterator[Orphan]:
    """Staging folders of runs that ended long ago, and files that were never written to their end.

    Of what agencies sent, only a fetch that broke off is among them; a delivery that was kept stays for good.
    """
    staged = [*(home / "staging").glob("*"), *(home / "deliveries").glob(".part-*")]
    halves = [p for each in _STATE for p in (home / each).rglob(".*") if _HALF_WRITTEN.fullmatch(p.name)]
    for path in sorted([*staged, *halves]):
        size, newest = measured(path)
        resting = datetime.now(UTC) - newest < grace
        if not resting and not dry_run:
            remove(path)
        yield Orphan(path.relative_to(home).as_posix(), size, resting)
