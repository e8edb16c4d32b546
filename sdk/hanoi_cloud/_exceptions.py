"""Everything that this package raises or warns about.

HanoiCloudError
├── ConfigurationError (ValueError)    no address of the catalogue is known, or it is not one
├── InvalidFilter (ValueError)         a condition compares a column with a value of another type
├── InvalidQuery (ValueError)          a text is no SQL that can be answered
├── LockUnreadable                     a lock file is none, or is damaged
├── ModelMismatch (TypeError)          a model of rows is not that of the dataset's version
├── UnitsError (ValueError)            a table cannot be moved to other administrative units
│   ├── UnknownUnits                   codes that no unit bears on their day; ``problems`` names each
│   └── SharesUnknown                  nobody published in what shares these units are parted
├── MissingDependency (ImportError)    a library that the call needs is not installed
├── CatalogueUnavailable               the catalogue does not answer, also after retries
│   └── TooManyRequests                it asks for a longer pause than this package waits by itself
├── UnexpectedAnswer                   something answers, but not as a catalogue does
│   └── AccessDenied                   the dataset or file is not open
├── NotFound
│   ├── DatasetNotFound                ``near`` holds ids that look alike
│   ├── VersionNotFound                no published version is what was asked for
│   ├── FormatNotFound                 the dataset is not published in this format
│   └── ColumnNotFound                 the dataset has no such column
├── DownloadError
│   ├── PartsNotServed                 the server sends whole files only
│   ├── TruncatedDownload              fewer bytes came than were announced, also after retries
│   └── HashMismatch                   the bytes are not those that were published
└── StorageError                       a file cannot be written on this computer

UserWarning
├── SimulatedDataWarning               the data come from a simulation, nobody measured them
├── BreakingChangeWarning              a column that is read changes from an announced day on
└── OfflineWarning                     the catalogue does not answer; what it said last time is used
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanoi_cloud._translation import UnitProblem


class HanoiCloudError(Exception):
    """Base of all errors of this package. ``str(error)`` is English, ``error.vi`` says the same in Vietnamese."""

    def __init__(self, en: str, vi: str) -> None:
        super().__init__(en)
        self.vi = vi


class ConfigurationError(HanoiCloudError, ValueError):
    """No address of the catalogue is known, or it is not one."""


class InvalidFilter(HanoiCloudError, ValueError):
    """A condition compares a column with a value of another type."""

    def __init__(self, dataset: str, column: str, kind: str, value: object, wanted: tuple[str, str]) -> None:
        en, vi = wanted
        super().__init__(
            f"{dataset}: the column {column!r} is of type {kind} and cannot be compared with {value!r}. Give {en}.",
            f"{dataset}: cột {column!r} có kiểu {kind}, không so sánh được với {value!r}. Hãy dùng {vi}.",
        )


class InvalidQuery(HanoiCloudError, ValueError):
    """A text is no SQL that can be answered."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The query cannot be answered: {reason}. Name datasets with _ in place of -, as in: "
            "SELECT * FROM air_quality_hourly LIMIT 10",
            f"Không trả lời được câu truy vấn: {reason}. Hãy viết tên bộ dữ liệu với _ thay cho -, ví dụ: "
            "SELECT * FROM air_quality_hourly LIMIT 10",
        )


class LockUnreadable(HanoiCloudError):
    """A lock file is none, or is damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} is no lock file of this package: {reason}. Restore it, or delete it and run: hanoi lock add DATASET",
            f"{path} không phải tệp khóa phiên bản của gói này: {reason}. "
            "Hãy khôi phục tệp, hoặc xóa rồi chạy: hanoi lock add BỘ-DỮ-LIỆU",
        )


class ModelMismatch(HanoiCloudError, TypeError):
    """A model of rows is not that of the dataset's version."""

    def __init__(self, dataset: str, version: str, model: str, faults: Sequence[str]) -> None:
        listed = "; ".join(faults)
        super().__init__(
            f"{model} does not fit the rows of {dataset} {version}: {listed}. "
            f"Write it again with: hanoi codegen {dataset}",
            f"{model} không khớp với các dòng của {dataset} {version}: {listed}. Hãy sinh lại bằng: hanoi codegen {dataset}",
        )


class UnitsError(HanoiCloudError, ValueError):
    """A table cannot be moved to other administrative units as it is."""


class UnknownUnits(UnitsError):
    """Codes that no unit bears on their day; ``problems`` names each with its rows."""

    def __init__(self, problems: "Sequence[UnitProblem]") -> None:
        self.problems = tuple(problems)
        rows = sum(problem.count for problem in problems)
        vi = " ".join(f"Dòng {_places(p)}: {p.meaning}" for p in problems[:_NAMED])
        en = " ".join(f"Row {_places(p)}: {p.meaning_en}" for p in problems[:_NAMED])
        super().__init__(
            f"{rows} rows, counted from 0, have codes that cannot be used. {en} Correct the codes or the day, or give keep_unknown=True to keep "
            "these rows as they are.",
            f"{rows} dòng (đếm từ 0) có mã không dùng được. {vi} Hãy sửa mã hoặc ngày, hoặc dùng keep_unknown=True để giữ nguyên các "
            "dòng này.",
        )


class SharesUnknown(UnitsError):
    """Nobody published in what shares these units are parted; ``codes`` names them."""

    def __init__(self, codes: Sequence[str], weight: str) -> None:
        self.codes = tuple(codes)
        listed = ", ".join(codes[:_NAMED]) + ("…" if len(codes) > _NAMED else "")
        super().__init__(
            f"The shares by {weight} in which these units are parted are not published: {listed}. Give weight='equal', which "
            "gives every part as much, or translate into the units of a later day.",
            f"Chưa công bố tỷ lệ theo {weight} để chia các đơn vị: {listed}. Hãy dùng weight='equal' để chia đều, hoặc chuyển "
            "sang đơn vị của một ngày về sau.",
        )


_NAMED = 12


def _places(problem: "UnitProblem") -> str:
    return ", ".join(map(str, problem.rows)) + ("…" if problem.count > len(problem.rows) else "")


class MissingDependency(HanoiCloudError, ImportError):
    """A library that the call needs is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        line = f'pip install "hanoi-cloud[{extra}]"'
        super().__init__(
            f"{library} is not installed. Run: {line}",
            f"Chưa cài thư viện {library}. Hãy chạy: {line}",
        )


class CatalogueUnavailable(HanoiCloudError):
    """The catalogue does not answer, also after retries."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"The catalogue does not answer at {url} ({reason}). "
            "Check the address and the network, then try again in a few minutes.",
            f"Danh mục dữ liệu tại {url} không trả lời ({reason}). "
            "Hãy kiểm tra địa chỉ và kết nối mạng, rồi thử lại sau ít phút.",
        )


class TooManyRequests(CatalogueUnavailable):
    """The catalogue asks for a longer pause than this package waits by itself; ``wait`` is in seconds."""

    def __init__(self, url: str, wait: float) -> None:
        HanoiCloudError.__init__(
            self,
            f"The catalogue asks for a pause of {wait:.0f} seconds before the next request to {url}. "
            "Wait that long, then try again; fewer requests at once avoid this.",
            f"Danh mục dữ liệu yêu cầu chờ {wait:.0f} giây trước yêu cầu tiếp theo tới {url}. "
            "Hãy chờ rồi thử lại; gửi ít yêu cầu cùng lúc hơn sẽ tránh được việc này.",
        )
        self.wait = wait


class UnexpectedAnswer(HanoiCloudError):
    """Something answers, but not as a catalogue does."""

    def __init__(self, url: str, came: str, expected: str) -> None:
        super().__init__(
            f"{url} answered with {came}, expected {expected}. "
            "Check that the address is that of a Hà Nội Cloud catalogue and not of a proxy or sign-in page.",
            f"{url} trả lời {came}, trong khi cần {expected}. "
            "Hãy kiểm tra địa chỉ có đúng là danh mục Hà Nội Cloud, không phải máy chủ trung gian hay trang đăng nhập.",
        )


class AccessDenied(UnexpectedAnswer):
    """The dataset or file is not open."""

    def __init__(self, url: str) -> None:
        HanoiCloudError.__init__(
            self,
            f"{url} is not open to everybody. This package reads open data only; ask the publishing agency for the rest.",
            f"{url} không mở cho mọi người. Gói này chỉ đọc dữ liệu mở; hãy liên hệ cơ quan công bố để được cấp quyền.",
        )


class NotFound(HanoiCloudError):
    """What was asked for is not there."""

    def __init__(self, en: str, vi: str) -> None:
        super().__init__(en, vi)


class DatasetNotFound(NotFound):
    """No dataset bears this id; ``near`` holds ids that look alike."""

    def __init__(self, dataset: str, near: Sequence[str]) -> None:
        self.near = tuple(near)
        names = ", ".join(map(repr, near))
        super().__init__(
            f"There is no dataset {dataset!r}. "
            + (f"Did you mean {names}?" if near else "Find datasets with search('a few words')."),
            f"Không có bộ dữ liệu {dataset!r}. "
            + (f"Có phải ý bạn là {names}?" if near else "Hãy tìm bằng search('vài từ khóa')."),
        )


class VersionNotFound(NotFound):
    """No published version of the dataset is what was asked for."""

    def __init__(self, dataset: str, asked: str, known: Sequence[str]) -> None:
        listed = ", ".join(known)
        super().__init__(
            f"{dataset} has no version with {asked}. Published, newest first: {listed or 'none'}.",
            f"{dataset} không có phiên bản với {asked}. Đã công bố, mới nhất trước: {listed or 'chưa có'}.",
        )


class FormatNotFound(NotFound):
    """The dataset is not published in this format."""

    def __init__(self, dataset: str, asked: str, known: Sequence[str]) -> None:
        super().__init__(
            f"{dataset} is not published as {asked!r}. Available: {', '.join(known) or 'no files'}.",
            f"{dataset} không có ở định dạng {asked!r}. Hiện có: {', '.join(known) or 'chưa có tệp nào'}.",
        )


class ColumnNotFound(NotFound):
    """The dataset has no such column."""

    def __init__(self, dataset: str, asked: Sequence[str], known: Sequence[str]) -> None:
        names = ", ".join(map(repr, asked))
        super().__init__(
            f"{dataset} has no column {names}. Its columns: {', '.join(known)}.",
            f"{dataset} không có cột {names}. Các cột hiện có: {', '.join(known)}.",
        )


class DownloadError(HanoiCloudError):
    """A file did not arrive as it was published."""


class PartsNotServed(DownloadError):
    """The server sends whole files only. Calls that read parts of a file then fetch it whole."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"{url} is served as a whole only, or is not the file that was published. Call download() for the whole file.",
            f"{url} chỉ được gửi nguyên tệp, hoặc không phải tệp đã công bố. Hãy gọi download() để tải cả tệp.",
        )


class TruncatedDownload(DownloadError):
    """Fewer bytes came than were announced, also after retries."""

    def __init__(self, url: str, came: int, expected: int | None) -> None:
        whole = "?" if expected is None else str(expected)
        super().__init__(
            f"Only {came} of {whole} bytes of {url} arrived. They are kept: call again, and the rest is fetched.",
            f"Chỉ nhận được {came} trên {whole} byte của {url}. Phần này được giữ lại: hãy gọi lại để tải tiếp.",
        )


class HashMismatch(DownloadError):
    """The bytes are not those that were published."""

    def __init__(self, url: str, came: str, expected: str) -> None:
        super().__init__(
            f"The file at {url} has the SHA-256 {came}, the catalogue names {expected}. Nothing was kept; "
            "open the dataset again, and tell the publisher if it stays so.",
            f"Tệp tại {url} có mã SHA-256 {came}, còn danh mục ghi {expected}. Không có gì được lưu; "
            "hãy mở lại bộ dữ liệu, và báo cho đơn vị công bố nếu vẫn như vậy.",
        )


class StorageError(HanoiCloudError):
    """A file cannot be written on this computer."""

    def __init__(self, path: Path, cause: OSError) -> None:
        reason = cause.strerror or str(cause)
        super().__init__(
            f"Cannot write {path} ({reason}). Free some space or choose another folder; "
            "the environment variable HANOI_CLOUD_CACHE moves the cache.",
            f"Không ghi được {path} ({reason}). Hãy giải phóng dung lượng hoặc chọn thư mục khác; "
            "biến môi trường HANOI_CLOUD_CACHE đổi nơi lưu đệm.",
        )


class SimulatedDataWarning(UserWarning):
    """The data come from a simulation, nobody measured them."""


class BreakingChangeWarning(UserWarning):
    """A column that is read changes, or goes away, from an announced day on."""


class OfflineWarning(UserWarning):
    """The catalogue does not answer; what it said last time is used."""
