"""What can go wrong with a delivery. Each error says what came, what was allowed and what to do next.

HanoiError
├── DiskFull                  the disk of the home is full; nothing half-written stays
├── AccessDenied              the system does not let a file or folder be opened or written
└── DeliveryError             the delivery is kept, and nothing else changes
    ├── DeliveryMissing       no file where the contract looks for one
    ├── DeliveryUnreadable    not the declared format, damaged or too large
    │   ├── DeliveryEmpty     no bytes, or a header without rows
    │   ├── DeliveryTruncated the file ends in the middle of a row
    │   └── WrongEncoding     bytes that the declared encoding does not have
    ├── HeaderChanged         a column of the contract has no header in the file
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


class GateFailed(DeliveryError):
    """The rows as a whole miss what the contract promises."""
