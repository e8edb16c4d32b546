"""What can go wrong with quarantined rows. After each of these, readers and kept files are as they were.

HanoiError
└── QuarantineError
    ├── NothingQuarantined      no row of the dataset is in quarantine
    ├── UnknownDelivery         no delivery of the dataset has this id, or several begin with it
    ├── NothingKept             the raw bytes of the delivery are not there
    ├── UnknownRule             no row of the delivery breaks this rule
    ├── UnknownContractVersion  the contract has no such version
    ├── RepairRefused           the repaired file mends nothing, or contradicts itself
    └── NewerData               newer data would be replaced by older
"""

from collections.abc import Sequence
from pathlib import Path

from blueprint.errors import HanoiError


class QuarantineError(HanoiError):
    """Quarantined rows cannot be shown or replayed as asked."""


class NothingQuarantined(QuarantineError):
    """No row of the dataset is in quarantine."""

    def __init__(self, dataset: str, delivery: str | None = None) -> None:
        vi, en = (f" ở bộ dữ liệu gửi {delivery[:16]}", f" of the delivery {delivery[:16]}") if delivery else ("", "")
        super().__init__(
            f"{dataset}: không có dòng nào đang bị cách ly{vi}. Xem các bộ dữ liệu khác: hanoi quarantine list.",
            f"{dataset}: no row{en} is in quarantine. See the other datasets: hanoi quarantine list.",
        )


class UnknownDelivery(QuarantineError):
    """No delivery of the dataset has this id, or several begin with it."""

    def __init__(self, dataset: str, came: str, known: Sequence[str]) -> None:
        listed = ", ".join(k[:16] for k in known[:8]) or "—"
        several = len([k for k in known if k.startswith(came)]) > 1
        vi, en = (
            ("nhiều bộ dữ liệu gửi bắt đầu bằng", "several deliveries begin with")
            if several
            else ("không có bộ dữ liệu gửi nào bắt đầu bằng", "no delivery begins with")
        )
        super().__init__(
            f"{dataset}: {vi} {came!r}. Các bộ dữ liệu gửi: {listed}. Hãy ghi ít nhất 6 ký tự đầu của mã.",
            f"{dataset}: {en} {came!r}. Deliveries: {listed}. Give at least the first 6 characters of the id.",
        )


class NothingKept(QuarantineError):
    """The raw bytes of the delivery are not there."""

    def __init__(self, dataset: str, delivery: str, path: Path) -> None:
        super().__init__(
            f"{dataset}: không còn tệp gốc {path.name[:16]} của bộ dữ liệu gửi {delivery[:16]}. Hãy nạp lại tệp của cơ quan.",
            f"{dataset}: the raw file {path.name[:16]} of the delivery {delivery[:16]} is gone. Ingest the agency's file again.",
        )


class UnknownRule(QuarantineError):
    """No row of the delivery breaks this rule."""

    def __init__(self, dataset: str, came: str, known: Sequence[str]) -> None:
        listed = ", ".join(known) or "—"
        super().__init__(
            f"{dataset}: không có dòng nào vi phạm quy tắc {came!r}. Các quy tắc có dòng vi phạm: {listed}.",
            f"{dataset}: no row breaks the rule {came!r}. Rules that rows break: {listed}.",
        )


class UnknownContractVersion(QuarantineError):
    """The contract has no such version."""

    def __init__(self, dataset: str, came: str, known: Sequence[str]) -> None:
        listed = ", ".join(known)
        super().__init__(
            f"{dataset}: hợp đồng không có phiên bản {came!r}. Các phiên bản: {listed}.",
            f"{dataset}: the contract has no version {came!r}. Its versions: {listed}.",
        )


class RepairRefused(QuarantineError):
    """The repaired file mends nothing, or contradicts itself."""


class NewerData(QuarantineError):
    """Newer data would be replaced by older."""

    def __init__(self, dataset: str, delivery: str, newer: str, since_vi: str, since_en: str) -> None:
        super().__init__(
            f"{dataset}: sau bộ dữ liệu gửi {delivery[:16]} đã có dữ liệu mới hơn ({newer}, {since_vi}); chạy lại sẽ đưa số cũ "
            "thay số mới. Hãy chạy lại bộ mới nhất, hoặc thêm --force nếu đúng là muốn dùng số cũ.",
            f"{dataset}: newer data came after the delivery {delivery[:16]} ({newer}, {since_en}); a replay would put older "
            "figures in its place. Replay the newest one, or add --force if the older figures are wanted.",
        )
