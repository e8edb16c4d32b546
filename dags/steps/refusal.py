"""What an agency is told of a delivery that the gate refused."""

from collections.abc import Sequence

from dags.errors import GateFailed
from quality.verdict import Verdict

_CHECKS = 3
"""Failed checks that are told; the report tells them all."""


def gate_failed(dataset: str, files: Sequence[str], verdict: Verdict) -> GateFailed:
    """The error for a delivery of ``files`` that failed ``verdict``: why in words, and what to do next."""
    failed = verdict.failed
    more = len(failed) - _CHECKS
    vi, en = (
        " ".join(_sentence(text) for text in texts)
        for texts in ([c.vi for c in failed[:_CHECKS]], [c.en for c in failed[:_CHECKS]])
    )
    if more > 0:
        vi, en = f"{vi} Còn {more} kiểm tra khác không đạt.", f"{en} {more} more checks failed."
    named = ", ".join(files[:3]) + (f" (+{len(files) - 3})" if len(files) > 3 else "")
    rows = verdict.rows_quarantined, verdict.rows_in
    return GateFailed(
        f"{dataset}: cổng chất lượng từ chối bộ dữ liệu gửi ({named}). {vi} Cách ly {rows[0]} trên {rows[1]} dòng. Bản đang công bố "
        f"không đổi. Xem từng ô sai: hanoi report {dataset} --out bao-cao.xlsx; sửa rồi gửi lại cả tệp. Các dòng bị cách ly nằm ở "
        f"thư mục quarantine/{dataset}.",
        f"{dataset}: the quality gate refused the delivery ({named}). {en} {rows[0]} of {rows[1]} rows are quarantined. The "
        f"published version is unchanged. See each wrong cell: hanoi report {dataset} --out report.xlsx; mend them and send the "
        f"whole file again. Quarantined rows are in the folder quarantine/{dataset}.",
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
