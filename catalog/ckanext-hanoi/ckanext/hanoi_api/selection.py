"""Which columns of which rows, in which order, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .columns import refuse_other
from .problems import Problem, bad_value, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .columns import Column

ROWS, MOST_ROWS = 100, 50_000
MOST_SORTED = 8


@dataclass(frozen=True)
class Sort:
    """One column to sort by; missing values come last in both directions."""

    column: Column
    descending: bool


def select(text: str | None, columns: Mapping[str, Column]) -> list[Column]:
    """Read `select=a,b`: those columns in that order, all where nothing is said.

    :raises Problem: one is unknown or named twice
    """
    return (
        list(columns.values()) if text is None else [_known("select", name, columns) for name in _names("select", text)]
    )


def sort(text: str | None, columns: Mapping[str, Column]) -> list[Sort]:
    """Read `sort=a,b.desc`.

    :raises Problem: a column is unknown or named twice, or cannot be sorted by
    """
    found: list[Sort] = []
    for part in _names("sort", text) if text is not None else []:
        name, _, way = part.partition(".")
        column = _known("sort", name, columns)
        if way not in ("", "asc", "desc") or (not way and part.endswith(".")):
            raise bad_value(
                "sort", part, f"Nhận {name}, {name}.asc hoặc {name}.desc.", f"{name}, {name}.asc or {name}.desc is taken.",
                allowed=[name, f"{name}.asc", f"{name}.desc"],
            )  # fmt: skip
        refuse_other(column, "sort")
        if all(each.column.name != name for each in found):  # what is sorted already is in order
            found.append(Sort(column, way == "desc"))
    if len(found) > MOST_SORTED:
        raise bad_value(
            "sort",
            text or "",
            f"Sắp xếp theo tối đa {MOST_SORTED} cột.",
            f"At most {MOST_SORTED} columns are sorted by.",
        )
    return found


def _names(parameter: str, text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if names.count(name) > 1:
            raise _twice(parameter, name)
    return names


def _known(parameter: str, name: str, columns: Mapping[str, Column]) -> Column:
    if name not in columns:
        raise unknown("unknown-column", parameter, name, columns)
    return columns[name]


def _twice(parameter: str, name: str) -> Problem:
    return bad_value(parameter, name, "Mỗi cột chỉ ghi một lần.", "Each column is named once.")
