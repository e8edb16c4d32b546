"""ZIP archives that agencies send: looked over before anything is unpacked.

Names inside an archive are compared and told, and never used as paths: what is unpacked goes where the reader says.
"""

import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dags.errors import DeliveryUnreadable
from dags.settings import PipelineSettings

_MOST_MEMBERS = 10_000
_DIRECTORY_BYTES = 16 * 1024 * 1024
_RATIO = 200
"""How much smaller than its content a member may be: deflate reaches 1000 on nothing but zeros, a table 30 or so."""
_RATIO_FROM = 16 * 1024 * 1024
"""Bytes of content from which the ratio is looked at."""
_TAIL = 65_557
_END = b"PK\x05\x06"
_PIECE = 1 << 20


class TooMany(Exception):
    """An archive lists more members than any delivery needs."""


def listed(path: Path) -> list[zipfile.ZipInfo]:
    """The members of the archive at ``path``.

    Raises:
        TooMany: more than ten thousand.
        zipfile.BadZipFile: no archive, or a damaged one.
    """
    _refuse_long_lists(path)
    with zipfile.ZipFile(path) as packed:
        found = packed.infolist()
    if len(found) > _MOST_MEMBERS:
        raise TooMany
    return found


def members(path: Path, name: str) -> list[zipfile.ZipInfo]:
    """The same of an archive that the agency called ``name``; folders are left out.

    Raises:
        DeliveryUnreadable: damaged, or more members than any delivery needs.
    """
    try:
        return [member for member in listed(path) if not member.is_dir()]
    except TooMany:
        raise DeliveryUnreadable(
            f"{name}: tệp nén có hơn {_MOST_MEMBERS} tệp bên trong. Hãy chỉ gửi các tệp mà hợp đồng dữ liệu cần.",
            f"{name}: the archive holds over {_MOST_MEMBERS} files. Send only those that the contract needs.",
        ) from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise _damaged(name, error) from error


@contextmanager
def unpacked(path: Path, name: str, wanted: Sequence[zipfile.ZipInfo]) -> Iterator[list[Path]]:
    """The ``wanted`` members as files in a private folder that goes away, in their order.

    Raises:
        DeliveryUnreadable: damaged, locked by a password, or larger unpacked than the settings allow.
    """
    most = PipelineSettings().max_workbook_bytes
    size = sum(member.file_size for member in wanted)
    dense = next((m for m in wanted if m.file_size > max(_RATIO_FROM, _RATIO * m.compress_size)), None)
    if size > most or dense:
        raise DeliveryUnreadable(
            f"{name}: tệp nén bung ra tới {size} byte, quá mức {most} (HANOI_MAX_WORKBOOK_BYTES) hoặc nén quá mức bình thường. "
            "Hãy chia tệp, hoặc nén lại từ tệp gốc.",
            f"{name}: the archive unfolds to {size} bytes, over {most} (HANOI_MAX_WORKBOOK_BYTES) or packed beyond what is usual. "
            "Split it, or pack it again from the original files.",
        )
    with TemporaryDirectory(prefix="hanoi-unpacked-") as folder:
        places = [Path(folder, str(number)) for number in range(len(wanted))]
        try:
            with zipfile.ZipFile(path) as packed:
                for member, place in zip(wanted, places, strict=True):
                    _unpack(packed, member, place)
        except (
            zipfile.BadZipFile,
            zipfile.zlib.error,
            RuntimeError,
            ValueError,
            NotImplementedError,
            EOFError,
        ) as error:
            raise _damaged(name, error) from error
        yield places


def _unpack(packed: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path) -> None:
    """Write one member, no more of it than the size that it states."""
    with packed.open(member) as content, place.open("wb") as file:
        while piece := content.read(_PIECE):
            file.write(piece)
            if file.tell() > member.file_size:
                raise zipfile.BadZipFile("a member is larger than it states")


def _refuse_long_lists(path: Path) -> None:
    """A list of members is read whole, so its length is looked at first."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    if (at := tail.rfind(_END)) >= 0 and len(tail) >= at + 16:
        count, length = struct.unpack_from("<HI", tail, at + 10)
        if count > _MOST_MEMBERS or length > _DIRECTORY_BYTES:
            raise TooMany


def _damaged(name: str, error: Exception) -> DeliveryUnreadable:
    return DeliveryUnreadable(
        f"{name}: không mở được tệp nén ({error}). Tệp có thể bị cắt, hỏng hoặc đặt mật khẩu; hãy nén lại và gửi lại.",
        f"{name}: the archive does not open ({error}). It may be cut off, damaged or locked; pack it and send it again.",
    )
