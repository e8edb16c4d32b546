"""The query of an address: which parameters it has, and that none of them is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from .problems import Problem, bad_value, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .columns import Column

MOST_PARAMETERS = 64
_MAY_BE_EMPTY = ("q",)
LONGEST_QUERY = 8000
PREFIX = "column."
"""What a column's name is written with where a parameter of the API has the same name."""
VERSIONS = ("version", "as_of", "major")
"""The parameters that choose a version."""


@dataclass(frozen=True)
class Parameters:
    """The parameters of a call: those of the API by their names, and the filters in the order in which they came."""

    named: Mapping[str, str]
    filters: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """Return the value of a parameter, None where it did not come or is empty."""
        return self.named.get(name) or None

    def number(self, name: str, default: int, most: int) -> int:
        """Return a whole number from 1 to `most`.

        :raises Problem: it is none
        """
        text = self.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
            raise bad_value(
                name, text, f"Nhận một số nguyên từ 1 đến {most}.", f"A whole number from 1 to {most} is taken.",
                allowed=[f"1..{most}"],
            )  # fmt: skip
        return int(text)

    def one_of(self, name: str, values: Iterable[str], default: str) -> str:
        """Return one of the values.

        :raises Problem: it is none of them
        """
        text, known = self.get(name), sorted(values)
        if text is None:
            return default
        if text not in known:
            listed = ", ".join(known)
            raise bad_value(
                name, text, f"Nhận một trong: {listed}.", f"One of these is taken: {listed}.", allowed=known
            )
        return text


def read(query: str, allowed: Iterable[str], columns: Mapping[str, Column] | None = None) -> Parameters:
    """Read the query of an address.

    :param allowed: the names of the parameters
    :param columns: those that can be filtered by, where rows are asked for
    :raises Problem: a name is unknown, a parameter came twice, or there is too much of it

    >>> read("limit=5&limit=6", ["limit"])
    Traceback (most recent call last):
    ...
    ckanext.hanoi_api.problems.Problem: The parameter limit came more than once. Give it once.
    """
    names, filterable = set(allowed), columns or {}
    named: dict[str, str] = {}
    filters: list[tuple[str, str]] = []
    for name, value in pairs_of(query):
        column = name.removeprefix(PREFIX)
        if name in names:
            if name in named:
                raise Problem(
                    "repeated-parameter",
                    f"Tham số {name} xuất hiện nhiều lần. Chỉ ghi một lần.",
                    f"The parameter {name} came more than once. Give it once.",
                    parameter=name,
                )
            if not value and name not in _MAY_BE_EMPTY:
                raise bad_value(
                    name, value, "Tham số này cần một giá trị; nếu không cần thì bỏ hẳn nó đi.",
                    "It needs a value; leave the parameter out if it is not meant.",
                )  # fmt: skip
            named[name] = value
        elif column in filterable:
            filters.append((column, value))
        else:
            clash = {f"{PREFIX}{name}" for name in filterable.keys() & names}
            raise unknown("unknown-parameter", name, name, names | (filterable.keys() - names) | clash)
    return Parameters(named, tuple(filters))


def pairs_of(query: str) -> list[tuple[str, str]]:
    """Return the names and values of the query of an address, in their order.

    :raises Problem: there is too much of it, or it is no UTF-8
    """
    if len(query) > LONGEST_QUERY:
        raise Problem(
            "address-too-long",
            f"Phần truy vấn của địa chỉ dài {len(query)} ký tự; tối đa {LONGEST_QUERY}. Hãy lọc ít giá trị hơn mỗi lần.",
            f"The query of the address has {len(query)} characters; at most {LONGEST_QUERY} are read. Filter by fewer values "
            "at a time.",
        )
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except UnicodeDecodeError:
        raise bad_value(
            "?", query, "Địa chỉ phải mã hóa theo UTF-8.", "The address has to be encoded as UTF-8."
        ) from None
    except ValueError:
        raise Problem(
            "too-many-conditions",
            f"Địa chỉ có quá {MOST_PARAMETERS} tham số. Hãy dùng in.(…) thay cho nhiều điều kiện.",
            f"The address has more than {MOST_PARAMETERS} parameters. Use in.(…) in place of many conditions.",
            allowed=[f"1..{MOST_PARAMETERS}"],
        ) from None
