"""What can go wrong in the lake. Every error leaves the version that readers see as it was.

HanoiError
└── LakeError
    ├── WrongAcceptedFile    the accepted Parquet file is not what the contract promises
    ├── SchemaRefused        the contract changes the table in a way that its version does not allow
    ├── UnknownVersion       no such version of the dataset
    ├── UnknownColumn        no such column in that version
    ├── UnreadableVersion    the version carries delete files, which raw Parquet reading would ignore
    ├── LakeBusy             another commit holds the table for too long
    └── LakeWriteFailed      the commit could not be written
        └── LakeFull         the disk is full
"""

import errno
from collections.abc import Iterable, Sequence
from pathlib import Path

from blueprint.errors import HanoiError


class LakeError(HanoiError):
    """Anything the lake refuses or fails to do."""


class WrongAcceptedFile(LakeError):
    """The accepted Parquet file is not what the contract promises."""

    def __init__(self, contract: str, path: Path, came: Sequence[str], allowed: Sequence[str]) -> None:
        super().__init__(
            f"{contract}: tệp {path.name} có các cột {', '.join(came)}; hợp đồng yêu cầu {', '.join(allowed)}. "
            "Hãy chuẩn hóa lại bộ dữ liệu gửi theo đúng phiên bản hợp đồng này.",
            f"{contract}: the file {path.name} has the columns {', '.join(came)}; the contract asks for "
            f"{', '.join(allowed)}. Conform the delivery again with this version of the contract.",
        )


class SchemaRefused(LakeError):
    """The contract changes the table in a way that its version does not allow."""

    def __init__(self, contract: str, changes: Iterable[tuple[str, str]]) -> None:
        listed = list(changes)
        super().__init__(
            f"{contract}: {'; '.join(vi for vi, _ in listed)}. Chỉ được thêm cột, đổi tên cột (khai báo field) hoặc mở rộng kiểu. "
            "Hãy giữ các cột cũ, hoặc phát hành hợp đồng với số phiên bản chính mới.",
            f"{contract}: {'; '.join(en for _, en in listed)}. Columns may be added, renamed (declare field) or widened. "
            "Keep the old columns, or release the contract under a new major version.",
        )


class UnknownVersion(LakeError):
    """No such version of the dataset."""

    def __init__(self, dataset: str, version: str, known: Sequence[str]) -> None:
        vi_known = ", ".join(known) or "chưa có phiên bản nào"
        en_known = ", ".join(known) or "none yet"
        super().__init__(
            f"Bộ dữ liệu {dataset!r} không có phiên bản {version!r}. Các phiên bản hiện có: {vi_known}.",
            f"The dataset {dataset!r} has no version {version!r}. Known versions: {en_known}.",
        )


class UnknownColumn(LakeError):
    """No such column in that version."""

    def __init__(self, dataset: str, version: str, came: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(
            f"{dataset} {version} không có cột {', '.join(came)}. Các cột hiện có: {', '.join(known)}.",
            f"{dataset} {version} has no column {', '.join(came)}. Its columns: {', '.join(known)}.",
        )


class UnreadableVersion(LakeError):
    """The version carries delete files, which raw Parquet reading would ignore."""

    def __init__(self, dataset: str, version: str) -> None:
        super().__init__(
            f"{dataset} {version}: bảng có tệp xóa (merge-on-read) do công cụ khác ghi; "
            "đọc trực tiếp sẽ hiện cả dòng đã xóa. Hãy ghi lại bảng theo chế độ copy-on-write.",
            f"{dataset} {version}: the table has delete files (merge-on-read) written by another tool; "
            "reading the Parquet files would show deleted rows. Rewrite the table as copy-on-write.",
        )


class LakeBusy(LakeError):
    """Another commit holds the table for too long."""

    def __init__(self, dataset: str, seconds: float) -> None:
        super().__init__(
            f"Bảng {dataset!r} đang được một tiến trình khác ghi suốt {seconds:.0f} giây. "
            "Hãy chờ tiến trình đó xong rồi chạy lại.",
            f"The table {dataset!r} has been held by another commit for {seconds:.0f} seconds. "
            "Wait for it to end, then run again.",
        )


class LakeWriteFailed(LakeError):
    """The commit could not be written."""

    def __init__(self, dataset: str, cause: Exception) -> None:
        super().__init__(
            f"Không ghi được phiên bản mới của {dataset!r}: {cause}. Phiên bản cũ vẫn nguyên vẹn; "
            "hãy sửa nguyên nhân rồi chạy lại.",
            f"The new version of {dataset!r} could not be written: {cause}. The old version is untouched; "
            "remove the cause and run again.",
        )


class LakeFull(LakeWriteFailed):
    """The disk is full."""

    def __init__(self, dataset: str, folder: Path) -> None:
        LakeError.__init__(
            self,
            f"Đĩa chứa {folder} đã đầy nên không ghi được phiên bản mới của {dataset!r}. Phiên bản cũ vẫn nguyên vẹn; "
            "hãy giải phóng dung lượng rồi chạy lại.",
            f"The disk of {folder} is full, so the new version of {dataset!r} was not written. The old version is "
            "untouched; free some space and run again.",
        )


def write_error(dataset: str, folder: Path, cause: Exception) -> LakeWriteFailed:
    """The typed error for what a writer raised: DuckDB, pyarrow and SQLite each word a full disk in their own way."""
    text = str(cause).lower()
    if getattr(cause, "errno", None) == errno.ENOSPC or any(
        sign in text for sign in ("no space left", "disk is full", "disk full", "out of space")
    ):
        return LakeFull(dataset, folder)
    return LakeWriteFailed(dataset, cause)
