"""The five steps of a run, as plain functions of small JSON values. Airflow, the CLI and tests call the same ones."""

import shutil
from dataclasses import asdict
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from blueprint import blueprint
from catalog.publisher import Catalogue, published
from dags.errors import DeliveryError, GateFailed
from dags.quarantine import Quarantine
from dags.quarantine.files import family
from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps import reports
from dags.steps.conform import Conformed
from dags.steps.conform import conform as conform_delivery
from dags.steps.records import RunRecord, clear_staging, staging
from dags.steps.verdicts import judge, remember
from lake import CommitRecord

Json = dict[str, Any]


def fetch(dataset: str, run_id: str, file: str | None = None) -> Json:
    """Keep the raw bytes of the dataset's delivery; returns the delivery's record."""
    settings = PipelineSettings()
    record = RunRecord(settings.home, dataset)
    record.start(run_id)
    clear_staging(settings.home, dataset)
    contract = blueprint().contract(dataset)
    place = locate(contract, settings.sources, Path(file) if file else None)
    delivery = _store(settings).keep(contract, place, run_id)
    record.note("fetch", delivery=delivery.id, origin=delivery.origin, simulated=delivery.simulated)
    return asdict(delivery)


def conform(dataset: str, run_id: str, delivery: Json) -> Json:
    """Turn the delivery into accepted and quarantined rows; returns their counts and files."""
    settings = PipelineSettings()
    store = _store(settings)
    plan = blueprint()
    folder = staging(settings.home, dataset, run_id)
    try:
        conformed = conform_delivery(
            plan.contract(dataset),
            plan,
            store.load(dataset, delivery["id"]),
            store,
            folder,
            max_rows=settings.max_rows,
        )
    except DeliveryError as error:
        reports.keep_unreadable(settings.home, plan.contract(dataset), store.load(dataset, delivery["id"]), error)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    said = ("rules", "warnings", "encodings")
    counts = {k: v for k, v in asdict(conformed).items() if k.startswith("rows_") or k in said}
    RunRecord(settings.home, dataset).note("conform", **counts)
    return asdict(conformed)


def gate(dataset: str, conformed: Json) -> Json:
    """Judge the accepted rows as a whole; returns the verdict. Quarantined rows are kept whatever the verdict.

    Raises:
        GateFailed: a check of severity ``error`` failed; nothing that readers see has changed.
    """
    settings = PipelineSettings()
    plan = blueprint()
    contract, result = plan.contract(dataset), Conformed(**conformed)
    Quarantine(settings.home).keep(result)
    verdict = judge(settings, plan, contract, result)
    delivery = _store(settings).load(dataset, result.delivery)
    reports.keep_judged(settings.home, contract, plan, delivery, result, verdict)
    content = verdict.to_json()
    RunRecord(settings.home, dataset).note("gate", gate="passed" if verdict.passed else "failed", verdict=content)
    if not verdict.passed:
        raise GateFailed(
            f"{dataset}: cổng chất lượng từ chối bộ dữ liệu gửi. {verdict.summary('vi')} Bản đang công bố không đổi; "
            f"các dòng bị cách ly nằm ở thư mục quarantine/{dataset}.",
            f"{dataset}: the quality gate refused the delivery. {verdict.summary('en')} The published version is unchanged; "
            f"quarantined rows are in the folder quarantine/{dataset}.",
        )
    return content


def commit(dataset: str, run_id: str, conformed: Json, verdict: Json) -> Json:
    """Commit the accepted rows as one version; returns the version's id and whether it is new.

    The catalogue must answer first, so that a version is never committed that could not be published in the same run.
    """
    settings = PipelineSettings()
    plan = blueprint()
    result = Conformed(**conformed)
    _catalogue(settings).require()
    version = settings.lake.commit(
        plan.contract(dataset),
        plan.concept_of,
        Path(result.accepted),
        CommitRecord(
            delivery=result.delivery,
            run_id=run_id,
            gate="passed" if verdict["passed"] else "failed",
            rows_in=result.rows_in,
            rows_quarantined=result.rows_quarantined,
            simulated=result.simulated,
            code_version=installed_version("hanoi-cloud"),
        ),
    )
    store = _store(settings)
    Quarantine(settings.home).settle(result, family(store, store.load(dataset, result.delivery)))
    told = remember(settings, plan, plan.contract(dataset), result, version)
    RunRecord(settings.home, dataset).note("commit", version=version.id, new_version=version.new, **told)
    return {"version": version.id, "new_version": version.new}


def publish(dataset: str, run_id: str, committed: Json) -> Json:
    """Publish the committed version; returns the address of its page."""
    settings = PipelineSettings()
    plan = blueprint()
    contract = plan.contract(dataset)
    lake = settings.lake
    version = lake.version(dataset, committed["version"])
    result = _catalogue(settings).publish(contract, version, published(settings.home, contract, plan, lake, version))
    RunRecord(settings.home, dataset).note("publish", catalogue_url=result.url, published=result.changed)
    shutil.rmtree(staging(settings.home, dataset, run_id), ignore_errors=True)
    return {"catalogue_url": result.url, "published": result.changed}


def _store(settings: PipelineSettings) -> DeliveryStore:
    return DeliveryStore(settings.home, settings.max_delivery_bytes)


def _catalogue(settings: PipelineSettings) -> Catalogue:
    return Catalogue(settings.catalogue_url, settings.token_file)
