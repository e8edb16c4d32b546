"""A delivery that was judged: its raw files, and the rows that were refused or warned of."""

from dataclasses import dataclass
from pathlib import Path

from blueprint import Blueprint, Contract, Reading
from blueprint.errors import HanoiError
from dags.quarantine import Quarantine
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.rows import reading_of
from quality.report import QualityResult


class NothingToMark(HanoiError):
    """The raw files of a judged delivery are not there any more."""


@dataclass(frozen=True)
class Sent:
    """Where a judged delivery is; ``refused`` and ``warned`` are the files of its rows, ``None`` where there are none."""

    contract: Contract
    plan: Blueprint
    delivery: Delivery
    store: DeliveryStore
    refused: Path | None = None
    warned: Path | None = None

    def reading(self, name: str) -> Reading:
        """How the file ``name`` of the delivery is read."""
        return reading_of(self.contract.sources[self.delivery.source], name)


def kept_of(home: Path, plan: Blueprint, result: QualityResult) -> Sent:
    """The delivery that ``result`` is about, as it is kept under ``home``.

    Raises:
        NothingToMark: its record or one of its raw files is gone.
    """
    versions = plan.contract_versions.get(result.dataset, ())
    contract = next((c for c in versions if c.ref == result.contract), plan.contract(result.dataset))
    store, rows = DeliveryStore(home, 0), Quarantine(home)
    try:
        delivery = store.load(result.dataset, result.delivery.id)
    except FileNotFoundError:
        delivery = None
    if delivery is None or not all(store.path(file).exists() for file in delivery.files):
        short = result.delivery.id[:16]
        raise NothingToMark(
            f"{result.dataset}: không còn tệp gốc của bộ dữ liệu gửi {short}, nên không đánh dấu được ô sai. Hãy ghi báo cáo "
            "dạng .html, hoặc nạp lại tệp của cơ quan.",
            f"{result.dataset}: the raw files of the delivery {short} are gone, so no cell can be marked. Write the report as "
            ".html, or ingest the agency's file again.",
        )
    named = result.dataset, result.delivery.id, result.contract
    return Sent(contract, plan, delivery, store, rows.path(*named), rows.warnings(*named))
