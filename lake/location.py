"""Where Iceberg's paths are on this disk.

Iceberg writes absolute paths into its metadata. This file IO reads only the part below ``lake/warehouse/`` and takes
the rest from the lake that is open, so a home can be moved or copied to another folder and a copy never writes into
the original. Other engines (Spark, Daft) read the paths as they stand: give them ``Lake.files``, or re-register the
table after a move.
"""

import os
from pathlib import Path
from types import TracebackType

from pyiceberg.io import InputFile, OutputFile, OutputStream
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

_WAREHOUSE = "/lake/warehouse/"
PROPERTY = "hanoi.warehouse"


def local_path(location: str, warehouse: Path) -> Path:
    """The file of ``warehouse`` that an Iceberg location names."""
    _, found, below = location.rpartition(_WAREHOUSE)
    return warehouse / below if found else Path(location.removeprefix("file://"))


class _SyncedStream(OutputStream):
    """A stream that is on disk once it is closed: the catalog must never name a file that a power cut can lose."""

    def __init__(self, stream: OutputStream, path: str) -> None:
        self._stream, self._path = stream, path

    def write(self, b: bytes) -> int:
        return self._stream.write(b)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()
        sync(Path(self._path))

    def __enter__(self) -> "_SyncedStream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _SyncedFile(PyArrowFile):
    def create(self, overwrite: bool = False) -> OutputStream:
        return _SyncedStream(super().create(overwrite), self._path)


def sync(file: Path) -> None:
    """Force a file to disk."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class WarehouseFileIO(PyArrowFileIO):
    """pyiceberg's file IO, held to the warehouse of the lake that is open."""

    def _here(self, location: str) -> str:
        return str(local_path(location, Path(self.properties[PROPERTY])))

    def new_input(self, location: str) -> PyArrowFile:
        return super().new_input(self._here(location))

    def new_output(self, location: str) -> PyArrowFile:
        plain = super().new_output(self._here(location))
        return _SyncedFile(fs=plain._filesystem, location=plain.location, path=plain._path)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        super().delete(self._here(location if isinstance(location, str) else location.location))
