"""The lake: every accepted delivery is one version of an Iceberg table of Parquet files, kept for ever.

>>> from pathlib import Path
>>> from tempfile import mkdtemp
>>> from lake import Lake
>>> Lake(Path(mkdtemp())).current("air-quality-hourly") is None
True
"""

from lake.errors import (
    LakeBusy,
    LakeError,
    LakeFull,
    LakeWriteFailed,
    SchemaRefused,
    UnknownColumn,
    UnknownVersion,
    UnreadableVersion,
    WrongAcceptedFile,
)
from lake.store import Lake
from lake.version import CommitRecord, Version

__all__ = [
    "CommitRecord",
    "Lake",
    "LakeBusy",
    "LakeError",
    "LakeFull",
    "LakeWriteFailed",
    "SchemaRefused",
    "UnknownColumn",
    "UnknownVersion",
    "UnreadableVersion",
    "Version",
    "WrongAcceptedFile",
]
