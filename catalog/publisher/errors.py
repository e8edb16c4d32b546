"""What can go wrong between the platform and the catalogue.

HanoiError
└── CatalogueError        the last good version stays published
    ├── CatalogueDown     nothing answers at the catalogue's address
    ├── CatalogueRefused  the catalogue answers, but does not take the version
    ├── NeverPublished    what is to be withdrawn was never published
    └── NothingWithdrawn  what is to be restored is not withdrawn
"""

from collections.abc import Iterable

from blueprint.errors import HanoiError


class CatalogueError(HanoiError):
    """A version could not be published."""


class CatalogueDown(CatalogueError):
    """Nothing answers at the catalogue's address."""


class CatalogueRefused(CatalogueError):
    """The catalogue did not take what was sent."""


class NeverPublished(CatalogueError):
    """What is to be withdrawn was never published."""

    def __init__(self, dataset: str, version: str | None, known: Iterable[str]) -> None:
        listed = _listed(known)
        super().__init__(
            f"{dataset}: chưa từng công bố {f'phiên bản {version}' if version else 'phiên bản nào'}. Đã công bố: {listed or 'không có'}. "
            "Xem: hanoi publish list",
            f"{dataset}: {f'version {version}' if version else 'no version'} was ever published. Published: {listed or 'none'}. "
            "See: hanoi publish list",
        )


class NothingWithdrawn(CatalogueError):
    """What is to be restored is not withdrawn."""

    def __init__(self, dataset: str, version: str | None, gone: Iterable[str]) -> None:
        listed = _listed(gone)
        what_vi, what_en = (
            (f"phiên bản {version}", f"version {version}") if version else ("cả bộ dữ liệu", "the dataset")
        )
        super().__init__(
            f"{dataset}: {what_vi} không ở trạng thái đã thu hồi. Các phiên bản đã thu hồi: {listed or 'không có'}.",
            f"{dataset}: {what_en} is not withdrawn. Withdrawn versions: {listed or 'none'}.",
        )


def _listed(versions: Iterable[str]) -> str:
    return ", ".join(sorted(versions, key=lambda v: (int(v.partition("-")[0]), v)))
