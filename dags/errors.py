"""What can go wrong with a delivery. Each error says what came, what was allowed and what to do next.

HanoiError
├── DiskFull                  the disk of the home is full; nothing half-written stays
├── AccessDenied              the system does not let a file or folder be opened or written
├── StepFailed                something that nobody foresaw; the log of the step has it
├── NotPublished              the contract keeps its versions within the lake
└── DeliveryError             the delivery is kept, and nothing else changes
    ├── DeliveryMissing       no file where the contract looks for one
    ├── DeliveryUnreadable    not the declared format, damaged or too large
    │   ├── DeliveryEmpty     no bytes, or a header without rows
    │   ├── DeliveryTruncated the file ends in the middle of a row
    │   └── WrongEncoding     bytes that the declared encoding does not have
    ├── HeaderChanged         a column of the contract has no header in the file
    ├── UnitChanged           the file says its amounts in another unit than the contract
    ├── TotalsDiffer          a sum that the file prints is not that of its rows
    └── GateFailed            the rows as a whole miss what the contract promises
"""

from collections.abc import Iterator
from contextlib import contextmanager

from blueprint.errors import HanoiError
from lake.errors import disk_is_full, is_read_only


class DiskFull(HanoiError):
    """The disk of the home is full."""

    @classmethod
    @contextmanager
    def told(cls) -> Iterator[None]:
        """Turn what the system and the libraries say of a full disk into this error, of a closed door into AccessDenied."""
        try:
            yield
        except HanoiError:
            raise
        except Exception as error:
            if disk_is_full(error):
                raise cls(
                    "Đĩa đầy. Không có gì dở dang được ghi lại. Hãy giải phóng chỗ rồi chạy lại.",
                    "The disk is full. Nothing half-done was kept. Free some space and run again.",
                ) from error
            if is_read_only(error):
                raise AccessDenied(
                    f"Hệ điều hành không cho mở hoặc ghi: {error}. Hãy cấp quyền cho thư mục này (hoặc gắn lại đĩa để ghi "
                    "được) rồi chạy lại.",
                    f"The system does not let this be opened or written: {error}. Give the right to the folder (or mount its "
                    "disk for writing) and run again.",
                ) from error
            raise


class AccessDenied(HanoiError):
    """The system does not let a file or folder be opened or written."""


class StepFailed(HanoiError):
    """A step of a run ended by an error that the platform did not raise itself."""

    def __init__(self, step: str, kind: str) -> None:
        super().__init__(
            f"Bước {step} gặp lỗi ngoài dự kiến ({kind}). Bản đang công bố không đổi. Đơn vị vận hành hãy xem nhật ký của "
            "bước này rồi chạy lại.",
            f"The step {step} met an error that was not foreseen ({kind}). What is published is unchanged. The operator finds "
            "it in the log of this step, and runs it again.",
        )


class NotPublished(HanoiError):
    """A version was to be published whose contract keeps it within the lake."""


def as_told(error: BaseException, step: str) -> HanoiError:
    """What may be said of ``error`` to anybody: an error of a library can quote values of the data, so only its kind is named.

    >>> as_told(ValueError("0123456789"), "conform").en.partition(".")[0]
    'The step conform met an error that was not foreseen (ValueError)'
    """
    return error if isinstance(error, HanoiError) else StepFailed(step, type(error).__name__)


class DeliveryError(HanoiError):
    """A delivery was refused."""


class DeliveryMissing(DeliveryError):
    """No file lies where the contract looks for one."""


class DeliveryUnreadable(DeliveryError):
    """A delivered file cannot be read as the contract declares."""


class DeliveryEmpty(DeliveryUnreadable):
    """A delivered file holds no rows."""


class DeliveryTruncated(DeliveryUnreadable):
    """A delivered file ends in the middle of a row."""


class WrongEncoding(DeliveryUnreadable):
    """A delivered file holds bytes that the declared encoding does not have."""


class HeaderChanged(DeliveryError):
    """A column of the contract has no header in the delivered file."""


class UnitChanged(DeliveryError):
    """A delivered file says its amounts in another unit than the contract does."""


class TotalsDiffer(DeliveryError):
    """A sum that a delivered file prints is not that of its rows."""


class GateFailed(DeliveryError):
    """The rows as a whole miss what the contract promises."""
