"""The lake: every accepted delivery is one version of an Iceberg table of Parquet files; a published one stays for ever.

>>> from pathlib import Path
>>> from tempfile import mkdtemp
>>> from lake import Lake
>>> Lake(Path(mkdtemp())).current("air-quality-hourly") is None
True
"""

from lake.errors import (
    CatalogElsewhere,
    CatalogUnreachable,
    FigureRefused,
    LakeBusy,
    LakeError,
    LakeFull,
    LakeReadOnly,
    LakeWriteFailed,
    MaintenanceFailed,
    NothingToCompute,
    PartitionRefused,
    SchemaRefused,
    UnknownColumn,
    UnknownVersion,
    UnreadableVersion,
    UpkeepUnreadable,
    VersionMoved,
    WrongAcceptedFile,
    WrongCatalogUrl,
    WrongCondition,
)
from lake.store import Lake
from lake.version import CommitRecord, Version

__all__ = [
    "CatalogElsewhere",
    "CatalogUnreachable",
    "CommitRecord",
    "FigureRefused",
    "Lake",
    "LakeBusy",
    "LakeError",
    "LakeFull",
    "LakeReadOnly",
    "LakeWriteFailed",
    "MaintenanceFailed",
    "NothingToCompute",
    "PartitionRefused",
    "SchemaRefused",
    "UnknownColumn",
    "UnknownVersion",
    "UnreadableVersion",
    "UpkeepUnreadable",
    "Version",
    "VersionMoved",
    "WrongAcceptedFile",
    "WrongCatalogUrl",
    "WrongCondition",
]
