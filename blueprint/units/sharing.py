"""Sharing quantities out in DuckDB so that totals stay: whole numbers by largest remainder, decimals at their own scale.

A share is ``num / den`` with one ``den`` for all parts of a unit, so that whole numbers are reckoned without rounding.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm

from blueprint.sql import ident
from blueprint.units.measures import Number

MOST = 10**18
"""The largest denominator; with 64-bit numerators and measures the products stay within 128 bits."""


def ratios(shares: Sequence[Fraction]) -> tuple[tuple[int, ...], int]:
    """Numerators and the common denominator of shares that sum to 1; the numerators sum to the denominator.

    Where the exact denominator is above ``MOST`` the shares are rounded to ``1 / MOST`` by largest remainder.

    >>> ratios([Fraction(1, 3), Fraction(2, 3)])
    ((1, 2), 3)
    """
    den = lcm(*(share.denominator for share in shares))
    if den <= MOST:
        return tuple(int(share * den) for share in shares), den
    return largest_remainder(MOST, shares), MOST


def largest_remainder(total: int, shares: Sequence[Fraction]) -> tuple[int, ...]:
    """``total`` in whole parts by ``shares``; what rounding down leaves goes to the largest remainders, the first of equals.

    >>> largest_remainder(10, [Fraction(1, 3)] * 3)
    (4, 3, 3)
    """
    exact = [total * share for share in shares]
    parts = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def units_of(number: Number) -> str:
    """The measure as a whole number of its smallest steps, in SQL: 12.50 at scale 2 is 1250."""
    if number.form == "whole" or number.scale == 0:
        return f"CAST({number.typed} AS HUGEINT)"
    return f"CAST(replace(CAST({number.typed} AS VARCHAR), '.', '') AS HUGEINT)"


def split(source: str, measures: Sequence[Number], integers: Mapping[str, str]) -> str:
    """SQL that shares out ``measures`` of the rows of ``source``, one row for each part.

    ``integers`` is the type that the products of each measure fit: BIGINT, which is many times faster, or HUGEINT.

    ``source`` has ``__hanoi_row``, ``__hanoi_part`` (0, 1, … within a row), ``__hanoi_num``, ``__hanoi_den`` and the
    measures under their own names. Gives ``__hanoi_row``, ``__hanoi_part`` and the shared measures.
    """
    amounts: list[str] = []
    first: list[str] = []
    second: list[str] = []
    third: list[str] = []
    for i, number in enumerate(measures):
        name = ident(number.name)
        if number.form == "double":
            amounts.append(f"{number.typed} AS __hanoi_v{i}")
            _double(i, first, second)
            third.append(f"__hanoi_t{i} AS {name}")
            continue
        u, q, r, kind = f"__hanoi_u{i}", f"__hanoi_q{i}", f"__hanoi_r{i}", integers[number.name]
        amounts.append(f"CAST({units_of(number)} AS {kind}) AS {u}")
        product = f"abs({u}) * __hanoi_num::{kind}"
        first += [u, f"({product}) // __hanoi_den AS {q}", f"({product}) % __hanoi_den AS {r}"]
        second += [
            f"sign({u}) * ({q} + CASE WHEN row_number() OVER (PARTITION BY __hanoi_row ORDER BY {r} DESC, __hanoi_part) "
            f"<= abs({u}) - sum({q}) OVER (PARTITION BY __hanoi_row) THEN 1 ELSE 0 END)::{kind} AS {u}"
        ]
        third += [f"{_written(u, number)} AS {name}"]
    return f"""
        SELECT __hanoi_row, __hanoi_part{"".join(", " + c for c in third)}
        FROM (SELECT __hanoi_row, __hanoi_part{"".join(", " + c for c in second)}
              FROM (SELECT __hanoi_row, __hanoi_part, __hanoi_num, __hanoi_den{"".join(", " + c for c in first)}
                    FROM (SELECT __hanoi_row, __hanoi_part, __hanoi_num, __hanoi_den{"".join(", " + c for c in amounts)}
                          FROM {source})))"""


def _double(i: int, first: list[str], second: list[str]) -> None:
    v, p, total = f"__hanoi_v{i}", f"__hanoi_p{i}", f"__hanoi_t{i}"
    first += [v, f"{v} * (__hanoi_num / __hanoi_den::DOUBLE) AS {p}"]
    # What rounding of the products leaves goes to the largest part; infinities and NaN are no amounts and stay.
    largest = "row_number() OVER (PARTITION BY __hanoi_row ORDER BY __hanoi_num DESC, __hanoi_part) = 1"
    second += [
        f"CASE WHEN NOT isfinite({v}) THEN {v} WHEN {largest} "
        f"THEN {v} - (sum({p}) OVER (PARTITION BY __hanoi_row) - {p}) ELSE {p} END AS {total}"
    ]


def _written(u: str, number: Number) -> str:
    """The whole number of smallest steps ``u`` as the measure's own type."""
    if number.scale == 0:
        return f"CAST({u} AS {number.type})"
    ten = f"{10**number.scale}::HUGEINT"
    return (
        f"CAST((CASE WHEN {u} < 0 THEN '-' ELSE '' END) || CAST(abs({u}) // {ten} AS VARCHAR) || '.' || "
        f"lpad(CAST(abs({u}) % {ten} AS VARCHAR), {number.scale}, '0') AS {number.type})"
    )
