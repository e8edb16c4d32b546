"""Open data of the city, typed and versioned, in three lines.

Examples:
    >>> import hanoi_cloud as hc
    >>> city = hc.connect("http://127.0.0.1:5000")
    >>> city
    <City http://127.0.0.1:5000>

``city.search("khong khi")`` finds datasets, ``city.dataset(id)`` opens one, and ``.to_pandas()``, ``.to_arrow()``,
``.to_polars()``, ``.to_duckdb()`` or ``.download()`` bring its rows.
"""

from hanoi_cloud._async import AsyncCity, AsyncDataset, connect_async
from hanoi_cloud._city import (
    City,
    Organisation,
    SearchResults,
    connect,
    dataset,
    organisations,
    search,
    sql,
    translate_units,
)
from hanoi_cloud._dataset import Column, Dataset
from hanoi_cloud._duckdb import Difference
from hanoi_cloud._exceptions import (
    AccessDenied,
    BreakingChangeWarning,
    CatalogueUnavailable,
    ColumnNotFound,
    ConfigurationError,
    DatasetNotFound,
    DownloadError,
    FormatNotFound,
    HanoiCloudError,
    HashMismatch,
    InvalidFilter,
    InvalidQuery,
    LockUnreadable,
    MissingDependency,
    ModelMismatch,
    NotFound,
    OfflineWarning,
    PartsNotServed,
    SharesUnknown,
    SimulatedDataWarning,
    StorageError,
    TooManyRequests,
    TruncatedDownload,
    UnexpectedAnswer,
    UnitsError,
    UnknownUnits,
    VersionNotFound,
)
from hanoi_cloud._files import Distribution
from hanoi_cloud._translation import Translation, UnitProblem
from hanoi_cloud._version import __version__
from hanoi_cloud._versions import Fault, Freshness, Notice, Provenance, Quality, Version
from hanoi_cloud._where import Col, Where, col

__all__ = [
    "AccessDenied",
    "AsyncCity",
    "AsyncDataset",
    "BreakingChangeWarning",
    "CatalogueUnavailable",
    "City",
    "Col",
    "Column",
    "ColumnNotFound",
    "ConfigurationError",
    "Dataset",
    "DatasetNotFound",
    "Difference",
    "Distribution",
    "DownloadError",
    "Fault",
    "FormatNotFound",
    "Freshness",
    "HanoiCloudError",
    "HashMismatch",
    "InvalidFilter",
    "InvalidQuery",
    "LockUnreadable",
    "MissingDependency",
    "ModelMismatch",
    "NotFound",
    "Notice",
    "OfflineWarning",
    "Organisation",
    "PartsNotServed",
    "Provenance",
    "Quality",
    "SearchResults",
    "SharesUnknown",
    "SimulatedDataWarning",
    "StorageError",
    "TooManyRequests",
    "Translation",
    "TruncatedDownload",
    "UnexpectedAnswer",
    "UnitProblem",
    "UnitsError",
    "UnknownUnits",
    "Version",
    "VersionNotFound",
    "Where",
    "__version__",
    "col",
    "connect",
    "connect_async",
    "dataset",
    "organisations",
    "search",
    "sql",
    "translate_units",
]

# What users see in messages and help is the door, not the room behind it.
for _name in __all__:
    if not _name.startswith("__"):
        globals()[_name].__module__ = __name__
