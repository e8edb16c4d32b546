"""What can go wrong in the lake. Every error leaves the version that readers see as it was.

HanoiError
└── LakeError
    ├── WrongAcceptedFile    the accepted Parquet file is not what the contract promises
    ├── SchemaRefused        the contract changes the table in a way that its version does not allow
    ├── PartitionRefused     rows belong to no partition of the table
    ├── UnknownVersion       no such version of the dataset
    ├── UnknownColumn        no such column in that version
    ├── WrongCondition       rows are asked for by a value that is none of the column's type
    ├── UnreadableVersion    the version carries delete files, which raw Parquet reading would ignore
    ├── VersionMoved         another version is the newest than the one that rows were judged by
    ├── LakeBusy             another commit holds the table for too long
    ├── CatalogUnreachable   the PostgreSQL that names the tables does not answer
    ├── CatalogElsewhere     the tables' files are here, and another catalog names them
    ├── WrongCatalogUrl      the setting of the catalog names no PostgreSQL
    ├── MaintenanceFailed    compaction, retention or removal stopped half-way; every version is as it was
    ├── NothingToCompute     an indicator reads a dataset that has no version here
    ├── FigureRefused        a figure breaks what its indicator promises
    ├── UpkeepUnreadable     the file with what maintenance remembers of a table is damaged
    └── LakeWriteFailed      the commit could not be written
        ├── LakeFull         the disk is full
        └── LakeReadOnly     the lake's folder may not be written
"""

import errno
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

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


class PartitionRefused(LakeError):
    """Rows belong to no partition of the table, or the contract asks for partitions that its column cannot make."""

    @classmethod
    def by_type(cls, contract: str, column: str, kind: str, by: str) -> Self:
        """The column ``column`` of type ``kind`` cannot be parted by ``by``."""
        return cls(
            f"{contract}: cột phân vùng {column!r} có kiểu {kind}, không chia theo {by} được. Chia theo value: chữ ngắn, số "
            "nguyên 64 bit, đúng/sai, ngày; theo day hoặc month: ngày hoặc thời điểm. Hãy sửa partition_by hoặc chọn cột khác.",
            f"{contract}: the partition column {column!r} is of type {kind}, which is not parted by {by}. By value: short text, "
            "64-bit integers, booleans, dates; by day or month: dates or times. Change partition_by or take another column.",
        )

    @classmethod
    def by_rows(cls, contract: str, column: str, file: str, rows: int, first: int, nulls: int, most: int) -> Self:
        """``rows`` rows of ``file`` have no value, or a text of more than ``most`` bytes; ``first`` is the first row."""
        long = rows - nulls
        return cls(
            f"{contract}: {rows} dòng của {file} không thuộc phân vùng nào: cột {column!r} trống ở {nulls} dòng, dài quá "
            f"{most} byte ở {long} dòng; dòng đầu tiên là dòng {first}. Hãy khai báo cột bắt buộc (required) và giới hạn độ "
            "dài trong hợp đồng để các dòng này được cách ly, rồi chuẩn hóa lại.",
            f"{contract}: {rows} rows of {file} belong to no partition: the column {column!r} is empty in {nulls} rows and longer "
            f"than {most} bytes in {long}; the first is row {first}. Make the column required and limit its length in the "
            "contract, so that such rows are quarantined, and conform the delivery again.",
        )


class UnknownVersion(LakeError):
    """No such version of the dataset."""

    def __init__(self, dataset: str, version: str, known: Sequence[str], dropped: str | None = None) -> None:
        vi_known = ", ".join(known) or "chưa có phiên bản nào"
        en_known = ", ".join(known) or "none yet"
        vi_why = f" nữa: theo quy định lưu giữ, nó đã được bỏ ngày {dropped}" if dropped else ""
        en_why = f" any more: retention removed it on {dropped}" if dropped else ""
        super().__init__(
            f"Bộ dữ liệu {dataset!r} không có phiên bản {version!r}{vi_why}. Các phiên bản hiện có: {vi_known}.",
            f"The dataset {dataset!r} has no version {version!r}{en_why}. Known versions: {en_known}.",
        )


class UnknownColumn(LakeError):
    """No such column in that version."""

    def __init__(self, dataset: str, version: str, came: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(
            f"{dataset} {version} không có cột {', '.join(came)}. Các cột hiện có: {', '.join(known)}.",
            f"{dataset} {version} has no column {', '.join(came)}. Its columns: {', '.join(known)}.",
        )


class WrongCondition(LakeError):
    """Rows are asked for by a value that is none of the column's type."""

    def __init__(self, column: str, kind: str, came: object) -> None:
        super().__init__(
            f"Điều kiện trên cột {column!r} là {came!r}; cột có kiểu {kind}. Thời điểm cần có múi giờ; ngày được hiểu là nửa "
            "đêm UTC. Hãy đưa giá trị cùng kiểu, hoặc một khoảng (từ, đến trước).",
            f"The condition on the column {column!r} is {came!r}; the column is {kind}. Instants need a time zone; a date is "
            "midnight UTC. Give a value of that type, or a range (from, before).",
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


class VersionMoved(LakeError):
    """Another version is the newest than the one that the rows were judged by."""

    def __init__(self, dataset: str, wanted: str, came: str) -> None:
        super().__init__(
            f"{dataset}: phiên bản mới nhất bây giờ là {came or '—'}, không còn là {wanted or '—'}; có bộ dữ liệu khác vừa được "
            "ghi. Chưa có gì thay đổi; hãy xem lại rồi chạy lại.",
            f"{dataset}: the newest version is {came or '—'} now and no longer {wanted or '—'}; another delivery has just been "
            "committed. Nothing has changed; look again, then run again.",
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


class CatalogUnreachable(LakeError):
    """The PostgreSQL that names the tables does not answer, or broke off."""

    def __init__(self, place: str, said: str) -> None:
        super().__init__(
            f"Danh mục bảng của kho dữ liệu ở {place} không trả lời: {said}. Người đọc vẫn thấy trọn vẹn phiên bản "
            "cũ hoặc phiên bản mới; hãy khởi động lại PostgreSQL rồi chạy lại, chạy lại không tạo thêm phiên bản.",
            f"The lake's catalog in {place} does not answer: {said}. Readers see the old version or the new one, "
            "whole; start PostgreSQL and run again: a repeated run adds no version.",
        )


class CatalogElsewhere(LakeError):
    """The tables' files are here, and another catalog names them: writing without it would take them for leftovers."""

    def __init__(self, folder: Path, place: str) -> None:
        super().__init__(
            f"Kho dữ liệu ở {folder} có dữ liệu mà danh mục bảng đang dùng ({place}) không biết. Hãy đặt HANOI_LAKE_CATALOG "
            "đúng như khi dữ liệu được ghi, hoặc khôi phục danh mục từ bản sao lưu.",
            f"The lake in {folder} holds data that the catalog in use ({place}) does not know. Set HANOI_LAKE_CATALOG as it was "
            "when the data was written, or restore the catalog from a backup.",
        )


class WrongCatalogUrl(LakeError):
    """The setting of the catalog names no PostgreSQL."""

    def __init__(self, came: str | None = None) -> None:
        super().__init__(
            f"HANOI_LAKE_CATALOG {f'có loại {came!r}, không dùng được ở đây' if came else 'không phải là một địa chỉ'}; cần dạng "
            "postgresql://người-dùng:mật-khẩu@máy:5432/cơ-sở-dữ-liệu. Hãy bỏ trống để dùng SQLite.",
            f"HANOI_LAKE_CATALOG {f'is of the kind {came!r}, of no use here' if came else 'is no URL'}; it takes the form "
            "postgresql://user:password@host:5432/database. Leave it out to use SQLite.",
        )


class NothingToCompute(LakeError):
    """An indicator reads a dataset that has no version here under the major of its contract."""

    def __init__(self, dataset: str, major: int) -> None:
        super().__init__(
            f"{dataset}: chưa có phiên bản dữ liệu nào theo hợp đồng {major}.x để tính. Hãy nạp trước: hanoi ingest {dataset}",
            f"{dataset}: no version of the data under contract {major}.x to compute from. Ingest it first: hanoi ingest {dataset}",
        )


class FigureRefused(LakeError):
    """A figure breaks what its indicator promises; none of its figures is handed out."""

    @classmethod
    def by_rule(cls, indicator: str, why: str, figure: str) -> Self:
        """``figure`` is the row that breaks the promise ``why``."""
        vi, en = {
            "period": ("kỳ không bắt đầu vào ngày đầu của một kỳ", "its period does not begin when such a period does"),
            "group": ("một cột chia nhóm trống", "a column that tells groups apart is empty"),
            "twice": ("một kỳ và nhóm có hai số liệu", "one period and group has two figures"),
            "range": ("giá trị nằm ngoài khoảng của khái niệm", "its value is outside the range of the concept"),
        }[why]
        return cls(
            f"{indicator}: {figure}: {vi}. Hãy kiểm tra dữ liệu nguồn và câu lệnh SQL của chỉ số.",
            f"{indicator}: {figure}: {en}. Check the source data and the SQL of the indicator.",
        )

    @classmethod
    def by_engine(cls, indicator: str, told: str) -> Self:
        """DuckDB gave up on the SQL."""
        short = told.partition("\n\nLINE")[0].replace("\n", " ")
        return cls(
            f"{indicator}: không tính được: {short}. Hãy chạy hanoi blueprint lint và kiểm tra dữ liệu nguồn.",
            f"{indicator}: it cannot be computed: {short}. Run hanoi blueprint lint and check the source data.",
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


class UpkeepUnreadable(LakeError):
    """The file with what maintenance remembers of a table is damaged; no version is."""

    def __init__(self, path: Path, cause: Exception) -> None:
        super().__init__(
            f"Không đọc được {path}: {cause}. Không phiên bản nào bị ảnh hưởng, nhưng bảng này chưa bảo trì được. Hãy khôi phục "
            "tệp từ bản sao lưu, hoặc xóa nó: khi đó mất danh sách các phiên bản đã bỏ.",
            f"{path} cannot be read: {cause}. No version is affected, but this table cannot be maintained. Restore the file "
            "from a backup, or delete it: then the list of dropped versions is lost.",
        )


class MaintenanceFailed(LakeError):
    """Compaction, retention or removal stopped half-way; every version that is listed is whole."""

    def __init__(self, dataset: str, cause: Exception) -> None:
        super().__init__(
            f"Không bảo trì được bảng {dataset!r}: {cause}. Mọi phiên bản đang có vẫn nguyên vẹn; "
            f"hãy sửa nguyên nhân rồi chạy lại hanoi lake maintain {dataset}.",
            f"The table {dataset!r} could not be maintained: {cause}. Every version that is listed is whole; "
            f"remove the cause and run hanoi lake maintain {dataset} again.",
        )


class LakeReadOnly(LakeWriteFailed):
    """The lake's folder may not be written."""

    def __init__(self, dataset: str, folder: Path) -> None:
        LakeError.__init__(
            self,
            f"Hệ điều hành không cho ghi vào {folder} nên không ghi được phiên bản mới của {dataset!r}. Phiên bản cũ vẫn "
            "nguyên vẹn; hãy cấp quyền ghi cho thư mục (hoặc gắn lại đĩa để ghi được) rồi chạy lại.",
            f"The system does not let {folder} be written, so the new version of {dataset!r} was not. The old version is "
            "untouched; give the right to write to the folder (or mount its disk for writing) and run again.",
        )


def disk_is_full(cause: BaseException) -> bool:
    """Whether an error means a full disk: DuckDB, pyarrow and SQLite each word it in their own way."""
    signs = ("no space left", "disk is full", "disk full", "out of space", "quota exceeded")
    return _means(cause, {errno.ENOSPC, errno.EDQUOT}, signs)


def is_read_only(cause: BaseException) -> bool:
    """Whether an error means that the system does not let a file or folder be written."""
    signs = ("read-only file system", "readonly database", "permission denied", "operation not permitted")
    return _means(cause, {errno.EROFS, errno.EACCES, errno.EPERM}, signs)


def _means(cause: BaseException, numbers: set[int], signs: Sequence[str]) -> bool:
    text = str(cause).lower()
    return getattr(cause, "errno", None) in numbers or any(sign in text for sign in signs)


def write_error(dataset: str, folder: Path, cause: Exception) -> LakeWriteFailed:
    """The typed error for what a writer raised."""
    if disk_is_full(cause):
        return LakeFull(dataset, folder)
    if is_read_only(cause):
        return LakeReadOnly(dataset, folder)
    return LakeWriteFailed(dataset, cause)
