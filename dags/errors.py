"""What can go wrong with a delivery. Each error says what came, what was allowed and what to do next.

HanoiError
├── DiskFull                  the disk of the home is full; nothing half-written stays
└── DeliveryError             the delivery is kept, and nothing else changes
    ├── DeliveryMissing       no file where the contract looks for one
    ├── DeliveryUnreadable    not the declared format, damaged or too large
    │   ├── DeliveryEmpty     no bytes, or a header without rows
    │   ├── DeliveryTruncated the file ends in the middle of a row
    │   └── WrongEncoding     bytes that the declared encoding does not have
    ├── HeaderChanged         a column of the contract has no header in the file
    └── GateFailed            the rows as a whole miss what the contract promises
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from blueprint.errors import HanoiError


class DiskFull(HanoiError):
    """The disk of the home is full."""

    @classmethod
    @contextmanager
    def told(cls) -> Iterator[None]:
        """Turn the operating system's word for a full disk into this error."""
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise cls(
                "Đĩa đầy. Không có gì dở dang được ghi lại. Hãy giải phóng chỗ rồi chạy lại.",
                "The disk is full. Nothing half-done was kept. Free some space and run again.",
            ) from error


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
