"""The agency's own check before sending: conform and gate, and nothing changes."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from blueprint import Blueprint, Contract, blueprint
from dags.errors import DeliveryError
from dags.marked import Sent
from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import by_hand
from dags.steps.conform import Conformed, conform
from dags.steps.verdicts import judge
from ops import reports
from quality.report import QualityResult, judged, unreadable
from quality.verdict import Verdict

_SAMPLE = 20


@dataclass(frozen=True)
class Fault:
    """One refused cell or row: where it is, which rule refused it, and what the rule allows."""

    file: str
    sheet: str
    row: int
    column: str | None
    header: str | None
    rule: str
    vi: str
    en: str


@dataclass(frozen=True)
class CheckResult:
    """What the check of one delivery found; ``faults`` holds the first of them, ``report`` all that is told of them."""

    dataset: str
    contract: str
    conformed: Conformed
    verdict: Verdict
    faults: tuple[Fault, ...]
    report: QualityResult

    @property
    def passed(self) -> bool:
        return self.verdict.passed

    def to_json(self) -> dict[str, Any]:
        counts = {
            k: v for k, v in asdict(self.conformed).items() if k.startswith("rows_") or k in {"rules", "delivery"}
        }
        return {
            "dataset": self.dataset,
            "contract": self.contract,
            "passed": self.passed,
            **counts,
            "score": self.report.score.value,
            "faults": [asdict(f) for f in self.faults],
            "verdict": self.verdict.to_json(),
        }


def check(
    files: Path | Sequence[Path], dataset: str, report: Path | None = None, home: Path | None = None
) -> CheckResult:
    """Conform and judge ``files`` as if they were one delivery of ``dataset``, in a temporary folder.

    Args:
        files: a file, a folder of files, or several files that are one table.
        dataset: the dataset that they are for.
        report: where the quality report is written, also for files that cannot be read.
        home: the platform's state, that of the settings where absent. Where there is one, what the contract refers to and
            earlier versions are read from it, as the DAG reads them, and nothing in it changes; elsewhere these checks are
            left out.

    Raises:
        DeliveryError: the delivery as a whole cannot be read.
        UnknownForm: no report can be written to ``report``.
    """
    if report is not None:
        reports.require(report)
    plan, settings = blueprint(), PipelineSettings()
    contract = plan.contract(dataset)
    with tempfile.TemporaryDirectory(prefix="hanoi-check-") as temporary:
        folder = Path(temporary)
        store = DeliveryStore(folder, settings.max_delivery_bytes)
        place = by_hand(contract, [files] if isinstance(files, Path) else files)
        try:
            delivery = store.keep(contract, place, "check")
            conformed = conform(contract, plan, delivery, store, folder / "out", max_rows=settings.max_rows)
        except DeliveryError as error:
            kept = store.deliveries(dataset)  # also a file without a byte is kept
            if report is not None and kept:
                sent = Sent(contract, plan, kept[-1], store)
                reports.write(report, unreadable(contract, kept[-1], error), lambda: sent)
            raise
        known = settings.model_copy(update={"home": home or settings.home})
        verdict = _verdict(known, plan, contract, conformed)
        found = judged(contract, plan, delivery, conformed, verdict)
        if report is not None:
            rows = Path(conformed.quarantined), Path(conformed.warned)
            reports.write(report, found, lambda: Sent(contract, plan, delivery, store, *rows))
    return CheckResult(dataset, contract.ref, conformed, verdict, tuple(islice(_faults(found), _SAMPLE)), found)


def _verdict(settings: PipelineSettings, plan: Blueprint, contract: Contract, conformed: Conformed) -> Verdict:
    if (settings.home / "lake").is_dir():
        return judge(settings, plan, contract, conformed)
    from quality.gate import gate

    counts = {"rows_in": conformed.rows_in, "rows_quarantined": conformed.rows_quarantined}
    return gate(contract, plan, Path(conformed.accepted), **counts, refused=conformed.rules)


def _faults(found: QualityResult) -> Iterator[Fault]:
    """The first row of each value that came, for every rule in turn."""
    errors = [f for f in found.faults if f.severity == "error"]
    for turn in range(max((len(f.causes) for f in errors), default=0)):
        for fault in errors:
            for cause in fault.causes[turn : turn + 1]:
                about = fault.columns[0] if len(fault.columns) == 1 else None
                named = (about.name, about.header) if about else (None, None)
                place = cause.file, cause.sheet or "", cause.spans[0].first
                yield Fault(*place, *named, fault.rule, fault.vi, fault.en)
