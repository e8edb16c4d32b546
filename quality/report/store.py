"""Where quality results stay: one private file for each delivery and contract version, under ``home/reports``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.errors import HanoiError
from lake.folders import private_folder, write_private
from quality.report.building import fresh
from quality.report.model import QualityResult

if TYPE_CHECKING:
    from quality.freshness import FreshnessMark

_SHORT = 16
"""Digits of a delivery's SHA-256 in the name of its file."""
_LEAST = 6
"""Digits by which a delivery may be asked for."""


class NoReport(HanoiError):
    """No quality result is kept for what was asked."""


class ReportStore:
    """The quality results of a home, at ``reports/DATASET/DELIVERY16-CONTRACTVERSION.json``."""

    def __init__(self, home: Path) -> None:
        self.root = home / "reports"

    def path(self, dataset: str, delivery: str, contract: str) -> Path:
        """Where the result of ``delivery`` by ``contract`` (``DATASET@VERSION``) is kept."""
        return self.root / dataset / f"{delivery[:_SHORT]}-{contract.rpartition('@')[2]}.json"

    def keep(self, result: QualityResult) -> Path:
        """Keep ``result``. One that says what the kept one says changes nothing, so that a repeated run adds nothing."""
        path = self.path(result.dataset, result.delivery.id, result.contract)
        kept = _read(path) if path.exists() else None
        if kept is None or not kept.same_finding(result):
            self._write(path, result)
        return path

    def committed(
        self, dataset: str, delivery: str, contract: str, version: str, mark: "FreshnessMark | None" = None
    ) -> None:
        """Say that the accepted rows of ``delivery`` became ``version``, and how fresh it was then. Nothing happens where no
        result is kept."""
        path = self.path(dataset, delivery, contract)
        kept = _read(path) if path.exists() else None
        if kept is None:
            return
        marks = kept.marks.model_copy(update={"freshness": fresh(mark)}) if mark else kept.marks
        told = kept.model_copy(update={"version": version, "marks": marks})
        if told != kept:
            self._write(path, told)

    def results(self, dataset: str) -> list[QualityResult]:
        """Every kept result of ``dataset``, newest first."""
        found = [_read(path) for path in sorted((self.root / dataset).glob("*.json"))]
        return sorted(found, key=lambda r: (r.judged_at, r.contract, r.delivery.id), reverse=True)

    def find(self, dataset: str, wanted: str | None = None) -> QualityResult:
        """The newest result of ``dataset``, or of the version or the delivery (at least 6 digits) that ``wanted`` names.

        Raises:
            NoReport: no result is kept, or none of what was asked.
        """
        results = self.results(dataset)
        for result in results:
            if wanted is None or result.version == wanted:
                return result
            if len(wanted) >= _LEAST and result.delivery.id.startswith(wanted):
                return result
        raise _none(dataset, wanted, results)

    def _write(self, path: Path, result: QualityResult) -> None:
        private_folder(path.parent)
        write_private(path, json.dumps(result.to_json(), ensure_ascii=False, indent=1))


def _read(path: Path) -> QualityResult:
    try:
        return QualityResult.from_json(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise NoReport(
            f"{path.name}: không đọc được kết quả chất lượng; tệp hỏng hoặc thuộc bản khác. Hãy xóa tệp rồi chạy lại bộ dữ liệu.",
            f"{path.name}: the quality result cannot be read; it is damaged or of another release. Delete it and ingest again.",
        ) from error


def _none(dataset: str, wanted: str | None, results: list[QualityResult]) -> NoReport:
    if not results:
        return NoReport(
            f"{dataset}: chưa có kết quả chất lượng nào. Hãy nạp bộ dữ liệu (hanoi ingest {dataset}), hoặc kiểm tra một tệp: "
            f"hanoi check TỆP --dataset {dataset} --report báo-cáo.html",
            f"{dataset}: there is no quality result yet. Ingest the dataset (hanoi ingest {dataset}), or check a file: "
            f"hanoi check FILE --dataset {dataset} --report report.html",
        )
    listed = ", ".join(f"{r.delivery.id[:12]}{f' ({r.version})' if r.version else ''}" for r in results[:8])
    return NoReport(
        f"{dataset}: không có kết quả chất lượng nào cho {wanted!r}. Các bộ dữ liệu gửi đã được đánh giá: {listed}.",
        f"{dataset}: there is no quality result for {wanted!r}. Deliveries that were judged: {listed}.",
    )
