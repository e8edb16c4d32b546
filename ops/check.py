"""The agency's own check before sending: conform and gate, and nothing changes."""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from blueprint import Blueprint, Contract, blueprint
from dags.errors import DeliveryError
from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import Conformed, conform
from ops import reports
from quality.gate import Verdict, gate
from quality.meanings import explain
from quality.report import QualityResult, judged, unreadable

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
    """What the check of one file found; ``faults`` holds the first of them, ``report`` all that is told of them."""

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


def check(file: Path, dataset: str, report: Path | None = None) -> CheckResult:
    """Conform and judge ``file`` as if it were delivered for ``dataset``, in a temporary folder.

    The quality report is written to ``report``, where one is given, also for a file that cannot be read.

    Raises:
        DeliveryError: the file as a whole cannot be read.
        UnknownForm: no report can be written to ``report``.
    """
    if report is not None:
        reports.require(report)
    plan = blueprint()
    contract = plan.contract(dataset)
    settings = PipelineSettings()
    with tempfile.TemporaryDirectory(prefix="hanoi-check-") as folder:
        store = DeliveryStore(Path(folder), settings.max_delivery_bytes)
        delivery = store.keep(contract, locate(contract, None, file), "check")
        try:
            conformed = conform(contract, plan, delivery, store, Path(folder) / "out", max_rows=settings.max_rows)
        except DeliveryError as error:
            if report is not None:
                reports.write(report, unreadable(contract, delivery, error))
            raise
        faults = _faults(contract, plan, Path(conformed.quarantined))
        verdict = gate(
            contract,
            plan,
            Path(conformed.accepted),
            rows_in=conformed.rows_in,
            rows_quarantined=conformed.rows_quarantined,
            refused=conformed.rules,
        )
        found = judged(contract, plan, delivery, conformed, verdict)
    if report is not None:
        reports.write(report, found)
    return CheckResult(dataset, contract.ref, conformed, verdict, faults, found)


def _faults(contract: Contract, plan: Blueprint, quarantined: Path) -> tuple[Fault, ...]:
    import duckdb

    with duckdb.connect() as db:
        rows = db.execute(
            "SELECT file, sheet, row, unnest(rules) AS rule, headers FROM read_parquet(?) ORDER BY file, sheet, row LIMIT ?",
            [str(quarantined), _SAMPLE],
        ).fetchall()
    found: list[Fault] = []
    for file, sheet, row, rule, headers in rows:
        meaning = explain(rule, contract, plan)
        found.append(
            Fault(
                file=file,
                sheet=sheet,
                row=row,
                column=meaning.column,
                header=headers.get(meaning.column) if meaning.column else None,
                rule=rule,
                vi=meaning.vi,
                en=meaning.en,
            )
        )
    return tuple(found)
