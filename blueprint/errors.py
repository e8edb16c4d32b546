"""What can go wrong before any data is read.

HanoiError            everything the platform raises on purpose: ``vi`` and ``en`` say what came, what was allowed, what next
└── BlueprintError    a declaration is wrong
    └── UnknownDataset
"""

import difflib
from collections.abc import Iterable


class HanoiError(Exception):
    """An error that its reader can act on, in Vietnamese and English."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(f"{vi}\n{en}")
        self.vi, self.en = vi, en


class BlueprintError(HanoiError):
    """A declaration under ``blueprint/`` is wrong."""


class UnknownDataset(BlueprintError):
    """No contract bears this name."""

    def __init__(self, dataset: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(dataset, names, n=1)
        vi_hint = f" Có phải ý bạn là {near[0]!r}?" if near else ""
        en_hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(
            f"Không có bộ dữ liệu {dataset!r}. Các bộ dữ liệu hiện có: {', '.join(names)}.{vi_hint}",
            f"There is no dataset {dataset!r}. Known datasets: {', '.join(names)}.{en_hint}",
        )
