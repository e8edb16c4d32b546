"""Files that somebody gave by hand."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from blueprint import Contract
from dags.errors import DeliveryMissing
from dags.sources.places.place import Place, RemoteFile


def by_hand(contract: Contract, files: Sequence[Path]) -> Place:
    """One delivery of ``files`` that somebody gave; a folder stands for the files in it, hidden ones left out.

    Raises:
        DeliveryMissing: one of them is not there, a folder is empty, or two files bear one name.
    """
    given: list[Path] = []
    for file in files:
        inside = (
            sorted(p for p in file.iterdir() if p.is_file() and not p.name.startswith(".")) if file.is_dir() else []
        )
        if not inside and not file.is_file():
            what = ("tệp nào trong thư mục", "file in the folder") if file.is_dir() else ("tệp", "file")
            raise DeliveryMissing(
                f"Không có {what[0]} {file}. Hãy kiểm tra đường dẫn.", f"There is no {what[1]} {file}. Check the path."
            )
        given += inside or [file]
    require_own_names(path.name for path in given)
    origin = str(files[0]) if len(files) == 1 else str(files[0].parent)
    return Place(contract.sources[0], origin, tuple(RemoteFile(path.name, str(path)) for path in given))


def require_own_names(files: Iterable[str]) -> None:
    """Raise DeliveryMissing where two files of one delivery bear one name."""
    names = list(files)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        listed = ", ".join(twice)
        raise DeliveryMissing(
            f"Nhiều tệp cùng tên {listed} trong một lần gửi. Hãy đổi tên để mỗi tệp một tên.",
            f"Several files of one delivery are called {listed}. Give each a name of its own.",
        )
