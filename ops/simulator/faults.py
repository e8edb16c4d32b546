"""The faults that agencies really make, as changes to the files of a good delivery."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from ops.simulator import damage

_PIECE = 1024 * 1024
_ERROR_PAGE = """<!DOCTYPE html>
<html lang="vi"><head><meta charset="utf-8"><title>502 Bad Gateway</title></head>
<body><h1>Hệ thống đang bảo trì</h1><p>Vui lòng quay lại sau.</p></body></html>
"""


@dataclass(frozen=True)
class Endless:
    """A file of ``size`` bytes whose first line never ends; its bytes are made while they are sent."""

    size: int = 10 * 1024**3

    def pieces(self) -> Iterator[bytes]:
        """The bytes, a megabyte at a time."""
        piece = b"ma_tram,thoi_diem,"
        piece *= _PIECE // len(piece)
        left = self.size
        while left > 0:
            yield piece[:left]
            left -= len(piece)


Delivery = dict[str, bytes | Endless]
"""Path -> content, for all files of one delivery."""


def late(files: Delivery) -> Delivery:
    """Nothing has come yet."""
    return {}


def duplicate(files: Delivery) -> Delivery:
    """Every row was exported twice."""
    return _each(files, damage.twice)


def truncated(files: Delivery) -> Delivery:
    """The transfer broke off in the middle of a row."""
    return _each(files, damage.cut)


def renamed_column(files: Delivery) -> Delivery:
    """Someone gave the columns new names."""
    return _each(files, damage.renamed)


def moved_header(files: Delivery) -> Delivery:
    """Someone put a letterhead above the table, so that the header stands lower."""
    return _each(files, damage.moved)


def shifted_units(files: Delivery) -> Delivery:
    """Metres for kilometres, đồng for thousands: every number with a fraction is a thousand times too large."""
    return _each(files, damage.thousandfold)


def wrong_era_codes(files: Delivery) -> Delivery:
    """Units are written as another era has them: old codes of wards, and the provinces of 2025 for those they absorbed."""
    return _each(files, damage.of_another_era)


def wrong_encoding(files: Delivery) -> Delivery:
    """Text saved in Windows-1258, as older Vietnamese systems write it; workbooks are damaged by a text transfer instead."""
    return _each(files, damage.in_windows_1258)


def empty_file(files: Delivery) -> Delivery:
    """The export made files without a byte."""
    return _each(files, lambda _: b"")


def html_error_page(files: Delivery) -> Delivery:
    """The agency's server answers with its error page, and says that all is well."""
    return _each(files, lambda _: _ERROR_PAGE.encode())


def zip_bomb(files: Delivery) -> Delivery:
    """A workbook of a few megabytes that unpacks to more than any machine should hold."""
    return _each(files, lambda _: _bomb())


def endless_header(files: Delivery) -> Delivery:
    """A file of 10 GB that is one line."""
    return dict.fromkeys(files, Endless())


FAULTS: dict[str, Callable[[Delivery], Delivery]] = {
    f.__name__.replace("_", "-"): f
    for f in (
        late,
        duplicate,
        truncated,
        renamed_column,
        moved_header,
        shifted_units,
        wrong_era_codes,
        wrong_encoding,
        empty_file,
        html_error_page,
        zip_bomb,
        endless_header,
    )
}


def _each(files: Delivery, change: Callable[[bytes], bytes]) -> Delivery:
    return {path: change(content) if isinstance(content, bytes) else content for path, content in files.items()}


@cache
def _bomb() -> bytes:
    return damage.bomb()
