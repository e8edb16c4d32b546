"""What the operator asks of the quarantine: which files there are, what is in one, and a replay."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from blueprint import Blueprint, blueprint
from blueprint.errors import HanoiError
from dags.quarantine import Kept, Quarantine, Replayed, ShownRow, replay, shown_rows, write_rows
from dags.quarantine.standing import standing
from ops.settings import Settings


class OutFormat(HanoiError):
    """A file is asked for that is neither CSV nor an Excel workbook."""


@dataclass(frozen=True)
class Listed:
    """A kept file of refused rows. ``replaced_by`` is the delivery whose data came after it, if any did."""

    kept: Kept
    fetched_at: str | None
    base: str | None
    replaced_by: str | None

    def to_json(self) -> dict[str, Any]:
        return {
            "dataset": self.kept.dataset,
            "delivery": self.kept.delivery,
            "base": self.base,
            "contract": self.kept.contract,
            "rows": self.kept.rows,
            "rules": self.kept.rules,
            "fetched_at": self.fetched_at,
            "quarantined_at": self.kept.kept_at.isoformat(timespec="seconds"),
            "replaced_by": self.replaced_by,
        }


@dataclass(frozen=True)
class Shown:
    """Rows of one delivery, masked; ``file`` is where they were written instead of being listed."""

    kept: Kept
    rows: tuple[ShownRow, ...]
    number: int
    file: Path | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "dataset": self.kept.dataset,
            "delivery": self.kept.delivery,
            "contract": self.kept.contract,
            "accepted": self.kept.warned,
            "rows_kept": self.kept.rows,
            "rules": self.kept.rules,
            "shown": self.number,
            "file": str(self.file) if self.file else None,
            "rows": [asdict(row) for row in self.rows],
        }


def listed(settings: Settings, dataset: str | None = None) -> list[Listed]:
    """The kept files of ``dataset``, or of all datasets; raises UnknownDataset."""
    quarantine, store, lake = Quarantine(settings.home), settings.store, settings.lake
    plan = blueprint()
    names = [plan.contract(dataset).dataset] if dataset else quarantine.datasets()
    found: list[Listed] = []
    for name in names:
        parted = name in plan.contracts and plan.contracts[name].partition is not None
        for kept in quarantine.files(name):
            try:
                delivery = store.load(name, kept.delivery)
            except FileNotFoundError:
                found.append(Listed(kept, None, None, None))
                continue
            newer = None if parted else standing(lake, store, delivery).newer
            found.append(Listed(kept, delivery.fetched_at, delivery.base, newer))
    return found


def shown(
    settings: Settings,
    dataset: str,
    delivery: str | None = None,
    *,
    rule: str | None = None,
    limit: int | None = None,
    warnings: bool = False,
) -> Shown:
    """Refused rows of a delivery, the newest that has any where none is named; with ``warnings`` accepted ones that warn."""
    kept, plan = _found(settings, dataset, delivery, warnings=warnings)
    rows = tuple(shown_rows(kept, plan, rule, limit))
    return Shown(kept, rows, len(rows))


def written(
    settings: Settings,
    dataset: str,
    delivery: str | None,
    out: Path,
    *,
    rule: str | None = None,
    limit: int | None = None,
    warnings: bool = False,
) -> Shown:
    """Write the rows to the CSV file or Excel workbook ``out``, for the agency to mend."""
    if out.suffix.lower() not in (".csv", ".xlsx"):
        raise OutFormat(
            f"--out nhận tệp .csv hoặc .xlsx, không phải {out.name!r}.",
            f"--out takes a .csv or .xlsx file, not {out.name!r}.",
        )
    kept, plan = _found(settings, dataset, delivery, warnings=warnings)
    number = write_rows(shown_rows(kept, plan, rule, limit), kept, plan, out)
    return Shown(kept, (), number, out)


def replayed(
    settings: Settings,
    dataset: str,
    delivery: str | None = None,
    *,
    repaired: Path | None = None,
    version: str | None = None,
    dry_run: bool = False,
    force: bool = False,
) -> Replayed:
    """Replay a delivery, and publish its version where the catalogue runs."""
    from catalog.publisher import Catalogue
    from ops.catalogue import running

    server = None if dry_run else running(settings.home)
    catalogue = Catalogue(str(server["url"]), settings.token_file) if server else None
    return replay(
        settings,
        blueprint(),
        dataset,
        delivery,
        repaired=repaired,
        version=version,
        dry_run=dry_run,
        force=force,
        catalogue=catalogue,
    )


def _found(settings: Settings, dataset: str, delivery: str | None, *, warnings: bool) -> tuple[Kept, Blueprint]:
    plan = blueprint()
    name = plan.contract(dataset).dataset
    return Quarantine(settings.home).find(name, settings.store, delivery, warned=warnings), plan
