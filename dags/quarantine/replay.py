"""Judging a kept delivery anew: under the contract in force or another version, and with rows that the agency mended.

The rows are read from the raw bytes again, with the mended rows in their places, and take the whole way of a delivery:
conform, gate, commit. So rows in = accepted + quarantined holds for the same number of rows, keys are judged over mended
and other rows alike, and a repeated replay says the same and adds no version. The version that was newest before stays
readable under its id.
"""

import hashlib
import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Blueprint, Contract
from blueprint.sql import parquet
from catalog.publisher import Catalogue, publish_version
from dags.quarantine.errors import NothingKept, NothingQuarantined, RepairRefused, UnknownContractVersion
from dags.quarantine.files import Quarantine, deliveries_like, family
from dags.quarantine.repair import Repair, Repairs
from dags.quarantine.standing import Standing, require_untouched, standing
from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveredFile, Delivery, DeliveryStore, mended_delivery
from dags.sources.mends import Mends
from dags.steps.conform import Conformed, conform
from dags.steps.records import RunRecord
from dags.steps.reports import keep_judged
from dags.steps.verdicts import judge, remember
from lake import Version
from lake.folders import private_folder

if TYPE_CHECKING:
    from quality.verdict import Verdict

_UNMATCHED = 100


@dataclass(frozen=True)
class Replayed:
    """What a replay found and did. Places and counts, and never a value from the data.

    ``came_out`` rows left quarantine, ``still_in`` are in it as before, ``went_in`` were accepted before. ``mended`` rows
    took the place of quarantined ones and ``superseded`` ones gave way to them; ``unmatched`` lists rows of the repaired
    file that mend nothing, each with its row number there and why. ``base`` is the delivery whose rows were mended.
    """

    dataset: str
    delivery: str
    base: str | None
    contract: str
    former_contract: str | None
    passed: bool
    dry_run: bool
    rows_in: int
    rows_accepted: int
    rows_quarantined: int
    rows_out_of_scope: int
    rules: dict[str, int]
    former_rules: dict[str, int]
    came_out: int
    still_in: int
    went_in: int
    mended: int
    unchanged: int
    superseded: int
    unmatched: tuple[dict[str, Any], ...]
    verdict: dict[str, Any]
    version: str | None
    new_version: bool
    former_version: str | None
    published: bool
    undo: str | None
    """The command that makes the former rows the newest version again, where there is a new one."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Taken:
    """What is replayed: the delivery, the rows that are mended in it, and what the repaired file was found to do."""

    delivery: Delivery
    mends: Mends
    repair: Repair | None


def replay(
    settings: PipelineSettings,
    plan: Blueprint,
    dataset: str,
    delivery: str | None = None,
    *,
    repaired: Path | None = None,
    version: str | None = None,
    dry_run: bool = False,
    force: bool = False,
    catalogue: Catalogue | None = None,
) -> Replayed:
    """Judge a kept delivery of ``dataset`` anew and commit what it gives.

    Args:
        settings: the home and the limits.
        plan: the declarations; the contract in force judges unless ``version`` names another of its versions.
        dataset: its id.
        delivery: the first characters of the delivery's id; the newest one with quarantined rows where absent.
        repaired: a file with mended rows, see ``dags.quarantine.repair``. It adds to what was mended before.
        version: version of the contract.
        dry_run: find out everything and change nothing.
        force: replay even though newer data would be replaced.
        catalogue: where the version is published; it is only committed where absent.

    Raises:
        QuarantineError: see ``dags.quarantine.errors``. LakeError, DeliveryError, CatalogueError: as in a run. Readers see
        what they saw before; so they do where the gate refuses the rows, and ``passed`` is then false.
    """
    contract = _contract(plan, dataset, version)
    store, lake, quarantine = settings.store, settings.lake, Quarantine(settings.home)
    former = _delivery(settings, store, quarantine, dataset, delivery)
    _require_raw(store, former)
    where = standing(lake, store, former)
    if repaired is not None and where.current is not None and where.current.delivery in family(store, former):
        former = store.load(dataset, where.current.delivery)
    if contract.partition is None and not force:
        where.require_newest()
    with tempfile.TemporaryDirectory(dir=private_folder(settings.home / "staging"), prefix="replay-") as folder:
        work = _Work(settings, plan, contract, store, Path(folder))
        taken = work.taken(former, repaired, dry_run=dry_run)
        found = work.conformed(taken, "after")
        verdict = work.judged(found)
        if contract.partition is not None and not force:
            require_untouched(lake, where, contract, plan, Path(found.accepted))
        known = [k for k in quarantine.files(dataset) if k.delivery in family(store, former)]
        told = _told(taken, found, verdict, known[-1] if known else None, where)
        told = replace(told, dry_run=dry_run)
        if dry_run or not verdict.passed:
            return told
        run_id = f"replay-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S')}"
        onto = where.current.id if where.current else ""
        committed = lake.commit(contract, plan.concept_of, Path(found.accepted), found.record(run_id), onto=onto)
        quarantine.settle(found, family(store, taken.delivery))
        keep_judged(settings.home, contract, plan, taken.delivery, found, verdict)
        remember(settings, plan, contract, found, committed)
        _note(settings, taken.delivery, found, verdict, committed, run_id)
    shown = _publish(settings, plan, contract, committed, catalogue) if catalogue and contract.publish else False
    undo = _undo(told, where, family(store, former)) if committed.new and contract.partition is None else None
    return replace(told, version=committed.id, new_version=committed.new, published=shown, undo=undo)


@dataclass(frozen=True)
class _Work:
    """The steps of one replay, in a folder of its own."""

    settings: PipelineSettings
    plan: Blueprint
    contract: Contract
    store: DeliveryStore
    folder: Path

    def taken(self, former: Delivery, repaired: Path | None, *, dry_run: bool) -> _Taken:
        """The delivery with what ``repaired`` mends; the same file again takes what it gave before."""
        mends = self.store.mends(former)
        if repaired is None:
            return _Taken(former, mends, None)
        sent = _sent(repaired)
        if any(r.sha256 == sent.sha256 for r in former.repairs):
            return _Taken(former, mends, None)
        before = self.conformed(_Taken(former, mends, None), "before")
        if not before.rows_quarantined:
            raise NothingQuarantined(former.dataset, former.id)
        repair = Repairs(self.contract, self.plan, former, self.store, Path(before.quarantined)).read(
            repaired, sent.sha256
        )
        joined = mends.joined(repair.mends)
        if dry_run:
            rows = joined.to_bytes()
            mended = DeliveredFile("mends.jsonl", hashlib.sha256(rows).hexdigest(), len(rows))
            return _Taken(mended_delivery(former, sent, mended, "dry-run"), joined, repair)
        return _Taken(self.store.keep_mended(self.contract, former, repaired, joined, "replay"), joined, repair)

    def conformed(self, taken: _Taken, name: str) -> Conformed:
        return conform(
            self.contract,
            self.plan,
            taken.delivery,
            self.store,
            self.folder / name,
            max_rows=self.settings.max_rows,
            mends=taken.mends,
        )

    def judged(self, found: Conformed) -> "Verdict":
        return judge(self.settings, self.plan, self.contract, found)


def _contract(plan: Blueprint, dataset: str, version: str | None) -> Contract:
    current = plan.contract(dataset)
    if version is None:
        return current
    versions = plan.contract_versions.get(dataset, (current,))
    for contract in versions:
        if version in (contract.version, contract.ref):
            return contract
    raise UnknownContractVersion(dataset, version, [c.version for c in versions])


def _delivery(
    settings: PipelineSettings, store: DeliveryStore, quarantine: Quarantine, dataset: str, wanted: str | None
) -> Delivery:
    if wanted is not None:
        return deliveries_like(dataset, store, wanted)
    files = quarantine.files(dataset)
    current = settings.lake.current(dataset)
    newest = files[-1].delivery if files else current.delivery if current else None
    if newest is None:
        raise NothingQuarantined(dataset)
    try:
        return store.load(dataset, newest)
    except FileNotFoundError as error:
        raise NothingKept(dataset, newest, store.root / dataset / f"{newest}.json") from error


def _require_raw(store: DeliveryStore, delivery: Delivery) -> None:
    for file in delivery.kept:
        if not (path := store.path(file)).is_file():
            raise NothingKept(delivery.dataset, delivery.id, path)


def _sent(path: Path) -> DeliveredFile:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return DeliveredFile(path.name, digest, path.stat().st_size)
    except OSError as error:
        raise RepairRefused(
            f"Không đọc được tệp {path}: {error.strerror}. Hãy kiểm tra đường dẫn.",
            f"The file {path} cannot be read: {error.strerror}. Check the path.",
        ) from error


def _told(taken: _Taken, found: Conformed, verdict: "Verdict", kept: Any, where: Standing) -> Replayed:
    came_out, still_in, went_in = _moved(kept.path if kept else None, Path(found.quarantined))
    repair = taken.repair
    return Replayed(
        dataset=found.dataset,
        delivery=found.delivery,
        base=taken.delivery.base,
        contract=found.contract,
        former_contract=kept.contract if kept else where.baseline.contract if where.baseline else None,
        passed=verdict.passed,
        dry_run=False,
        rows_in=found.rows_in,
        rows_accepted=found.rows_accepted,
        rows_quarantined=found.rows_quarantined,
        rows_out_of_scope=found.rows_out_of_scope,
        rules=found.rules,
        former_rules=kept.rules if kept else {},
        came_out=came_out,
        still_in=still_in,
        went_in=went_in,
        mended=len(repair.mends.rows) if repair else 0,
        unchanged=repair.unchanged if repair else 0,
        superseded=len(repair.mends.superseded) if repair else 0,
        unmatched=tuple(asdict(u) for u in (repair.unmatched[:_UNMATCHED] if repair else ())),
        verdict=verdict.to_json(),
        version=None,
        new_version=False,
        former_version=where.current.id if where.current else None,
        published=False,
        undo=None,
    )


def _moved(before: Path | None, after: Path) -> tuple[int, int, int]:
    """Rows that only ``before`` holds, that both hold, and that only ``after`` holds, told apart by their places."""
    import duckdb

    place = "file, sheet, row"
    with duckdb.connect() as db:
        held = f"SELECT {place}, 1 AS was, 0 AS is_now FROM {parquet(before)} UNION ALL " if before else ""
        rows = f"{held}SELECT {place}, 0 AS was, 1 AS is_now FROM {parquet(after)}"
        found = db.execute(
            "SELECT count(*) FILTER (was = 1 AND is_now = 0), count(*) FILTER (was = 1 AND is_now = 1), "
            "count(*) FILTER (was = 0 AND is_now = 1) "
            f"FROM (SELECT max(was) AS was, max(is_now) AS is_now FROM ({rows}) GROUP BY {place})"
        ).fetchone()
    out, still, went = found or (0, 0, 0)
    return int(out), int(still), int(went)


def _note(
    settings: PipelineSettings,
    delivery: Delivery,
    found: Conformed,
    verdict: "Verdict",
    committed: Version,
    run_id: str,
) -> None:
    """Write the record of the dataset's last run, as a run does."""
    record = RunRecord(settings.home, found.dataset)
    record.start(run_id)
    record.note("fetch", delivery=delivery.id, origin=delivery.origin, simulated=delivery.simulated)
    record.note("conform", **found.counts)
    record.note("gate", gate="passed", verdict=verdict.to_json())
    record.note("commit", version=committed.id, new_version=committed.new)
    record.note("publish", published=False)


def _publish(
    settings: PipelineSettings, plan: Blueprint, contract: Contract, committed: Version, catalogue: Catalogue
) -> bool:
    result = publish_version(settings.home, catalogue, contract, plan, settings.lake, committed)
    RunRecord(settings.home, contract.dataset).note("publish", catalogue_url=result.url, published=result.changed)
    return True


def _undo(told: Replayed, where: Standing, related: frozenset[str]) -> str | None:
    """The command that gives the former rows again: the delivery that they came from, under the contract of that version."""
    if where.current is None:
        return None
    came, contract = where.current.delivery, where.current.contract.partition("@")[2]
    over = "" if came in related else " --force"
    return f"hanoi quarantine replay {told.dataset} {came[:16]} --contract {contract}{over}"
