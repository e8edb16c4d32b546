"""Quality results for tests: of a workbook with errors in known cells, without running the gate."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import openpyxl

from blueprint import Bilingual, Blueprint, Contract, blueprint
from blueprint.contract import Reading, Source
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import conform
from quality.report import QualityResult, judged
from quality.verdict import Check, Verdict
from tests.quality import defects
from tests.quality.defects import AT, HEADERS

NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)
SHEET = "Báo cáo"
WORKBOOK = defects.CONTRACT.model_copy(
    update={
        "title": Bilingual(vi="Báo cáo ngày của cơ sở khám chữa bệnh", en="Daily reports of clinics"),
        "sources": (Source(files=("clinics.xlsx",), reading=Reading(format="excel", sheet=SHEET, header_rows=(2,))),),
    }
)
"""The register of clinics, delivered as a workbook with a title above its header."""
ATTACK = "<script>alert(1)</script>"


@dataclass(frozen=True)
class File:
    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Delivered:
    """A delivery of one file."""

    id: str = "a" * 64
    files: tuple[File, ...] = (File("clinics.csv", "a" * 64, 12),)
    simulated: bool = False


@dataclass(frozen=True)
class Conformed:
    """What conform tells: counts, and the paths of the rows that it refused or warned of."""

    quarantined: str = ""
    rows_in: int = 10
    rows_accepted: int = 10
    rows_quarantined: int = 0
    rows_out_of_scope: int = 0
    warned: str = ""
    warnings: dict[str, int] = field(default_factory=dict)


def verdict(*checks: Check, rows_in: int = 10, quarantined: int = 0) -> Verdict:
    """A verdict of the register that holds ``checks``."""
    passed = all(c.passed or c.severity == "warning" for c in checks)
    ref = defects.CONTRACT.ref
    return Verdict(passed, defects.DATASET, ref, rows_in - quarantined, rows_in, quarantined, checks)


def check(rule: str, severity: str = "error", unexpected: int | None = 0, *, passed: bool = False) -> Check:
    return Check(rule, None, severity, passed, unexpected, f"Kiểm tra {rule}.", f"Check {rule}.")


def plan_for(contract: Contract) -> Blueprint:
    plan = defects.plan_with(blueprint())
    return Blueprint(**{**plan.__dict__, "contracts": {**plan.contracts, contract.dataset: contract}})


def workbook_result(folder: Path) -> QualityResult:
    """The result of a workbook: 48 wrong codes in C15 to C62, an attack in G6, G10 and G93, an empty J103, a bad D104."""
    rows = [list(row) for row in defects.clean(1, blueprint()).rows]
    for index in range(12, 60):
        rows[index][AT["level"]] = "Tuyến tỉnh"
    for index in (3, 7, 90):
        rows[index][AT["latitude"]] = ATTACK
    rows[100][AT["beds"]] = ""
    rows[101][AT["reported_on"]] = "31/13/2026"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SHEET
    for row in (["Báo cáo quý I"], list(HEADERS.values()), *rows):
        sheet.append(row)
    file = folder / "clinics.xlsx"
    book.save(file)
    plan, store = plan_for(WORKBOOK), DeliveryStore(folder, 10_000_000)
    kept = store.keep(WORKBOOK, locate(WORKBOOK, None, file), "test")
    conformed = conform(WORKBOOK, plan, kept, store, folder / "out")
    share = check("quarantine-share", unexpected=None)
    found = verdict(share, rows_in=conformed.rows_in, quarantined=conformed.rows_quarantined)
    return judged(WORKBOOK, plan, kept, conformed, found, now=NOW)
