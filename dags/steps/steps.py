"""The five steps of a run, as plain functions of small JSON values. Airflow, the CLI and tests call the same ones.

``part`` names the delivery where a run takes several, or one of a date; see ``dags.steps.slices``.
"""

import shutil
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from blueprint import blueprint
from catalog.publisher import Catalogue, Publication, Withdrawals, publish_version
from dags.errors import DeliveryError, NotPublished
from dags.quarantine import Quarantine
from dags.quarantine.files import family
from dags.settings import PipelineSettings
from dags.sources.places import locate
from dags.steps import reports
from dags.steps.conform import Conformed
from dags.steps.conform import conform as conform_delivery
from dags.steps.records import RunRecord, clear_staging, staging
from dags.steps.refusal import gate_failed
from dags.steps.verdicts import judge, remember

Json = dict[str, Any]


def fetch(
    dataset: str, run_id: str, file: str | None = None, *, day: date | None = None, part: str | None = None
) -> Json:
    """Keep the raw bytes of the dataset's delivery, that of ``day`` where one is given; returns the delivery's record."""
    settings = PipelineSettings()
    record = RunRecord(settings.home, dataset, part)
    record.start(run_id, date=day.isoformat() if day else None)
    clear_staging(settings.home, dataset, run_id)
    contract = blueprint().contract(dataset)
    place = locate(contract, settings.sources, Path(file) if file else None, day)
    delivery = settings.store.keep(contract, place, run_id)
    record.note("fetch", delivery=delivery.id, origin=delivery.origin, simulated=delivery.simulated)
    return asdict(delivery)


def conform(dataset: str, run_id: str, delivery: Json, *, part: str | None = None) -> Json:
    """Turn the delivery into accepted and quarantined rows; returns their counts and files."""
    settings = PipelineSettings()
    store = settings.store
    plan = blueprint()
    folder = staging(settings.home, dataset, run_id, part)
    try:
        conformed = conform_delivery(
            plan.contract(dataset),
            plan,
            store.load(dataset, delivery["id"]),
            store,
            folder,
            max_rows=settings.max_rows,
        )
    except BaseException as error:
        if isinstance(error, DeliveryError):
            reports.keep_unreadable(settings.home, plan.contract(dataset), store.load(dataset, delivery["id"]), error)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    RunRecord(settings.home, dataset, part).note("conform", **conformed.counts)
    return asdict(conformed)


def gate(dataset: str, conformed: Json, *, part: str | None = None) -> Json:
    """Judge the accepted rows as a whole; returns the verdict. Quarantined rows are kept whatever the verdict.

    Raises:
        GateFailed: a check of severity ``error`` failed; nothing that readers see has changed.
    """
    settings = PipelineSettings()
    plan = blueprint()
    contract, result = plan.contract(dataset), Conformed(**conformed)
    Quarantine(settings.home).keep(result)
    verdict = judge(settings, plan, contract, result)
    delivery = settings.store.load(dataset, result.delivery)
    reports.keep_judged(settings.home, contract, plan, delivery, result, verdict)
    content = verdict.to_json()
    state = "passed" if verdict.passed else "failed"
    RunRecord(settings.home, dataset, part).note("gate", gate=state, verdict=content)
    if not verdict.passed:
        raise gate_failed(dataset, [file.name for file in delivery.files], verdict)
    return content


def commit(dataset: str, run_id: str, conformed: Json, verdict: Json, *, part: str | None = None) -> Json:
    """Commit the accepted rows as one version; returns the version's id and whether it is new.

    Where the contract is published the catalogue must answer first, so that a version is never committed that could not be
    published in the same run. Where it is not, the run ends here.
    """
    settings = PipelineSettings()
    plan = blueprint()
    contract, result = plan.contract(dataset), Conformed(**conformed)
    if contract.publish:
        _catalogue(settings).require()
    record = result.record(run_id, passed=verdict["passed"])
    version = settings.lake.commit(contract, plan.concept_of, Path(result.accepted), record)
    store = settings.store
    Quarantine(settings.home).settle(result, family(store, store.load(dataset, result.delivery)))
    told = remember(settings, plan, contract, result, version)
    run = RunRecord(settings.home, dataset, part)
    run.note("commit", last=not contract.publish, version=version.id, new_version=version.new, **told)
    if not contract.publish:
        shutil.rmtree(staging(settings.home, dataset, run_id, part), ignore_errors=True)
    return {"version": version.id, "new_version": version.new}


def publish(dataset: str, run_id: str, committed: Json, *, part: str | None = None) -> Json:
    """Publish the committed version; returns the address of its page.

    Of deliveries that are taken side by side the newest version counts, which holds the rows of all of them.

    Raises:
        NotPublished: the contract keeps its versions within the lake.
    """
    settings = PipelineSettings()
    lake = settings.lake
    newest = lake.current(dataset) if part and blueprint().contract(dataset).partition else None
    result = _published(settings, dataset, newest.id if newest else committed["version"])
    RunRecord(settings.home, dataset, part).note("publish", catalogue_url=result.url, published=result.changed)
    shutil.rmtree(staging(settings.home, dataset, run_id, part), ignore_errors=True)
    return {"catalogue_url": result.url, "published": result.changed}


def republish(dataset: str) -> Json:
    """Publish the newest version of ``dataset`` once more, as a catalogue that was made anew needs it.

    Withdrawn versions are passed over. Nothing happens where no version is left; ``version`` is then None.
    """
    settings = PipelineSettings()
    gone = Withdrawals(settings.home, dataset)
    newest = next((v for v in reversed(settings.lake.versions(dataset)) if not gone.of(v.id)), None)
    if newest is None:
        return {"dataset": dataset, "version": None, "catalogue_url": None, "published": False}
    result = _published(settings, dataset, newest.id)
    return {"dataset": dataset, "version": newest.id, "catalogue_url": result.url, "published": result.changed}


def _published(settings: PipelineSettings, dataset: str, version: str) -> Publication:
    plan = blueprint()
    contract, lake = plan.contract(dataset), settings.lake
    if not contract.publish:
        raise NotPublished(
            f"{dataset}: hợp đồng ghi publish: false, nên phiên bản chỉ ở trong kho dữ liệu và không được công bố.",
            f"{dataset}: the contract says publish: false, so versions stay in the lake and are not published.",
        )
    found = lake.version(dataset, version)
    return publish_version(settings.home, _catalogue(settings), contract, plan, lake, found)


def _catalogue(settings: PipelineSettings) -> Catalogue:
    return Catalogue(settings.catalogue_url, settings.token_file)
