"""What is usual: medians, and limits that single odd versions cannot move."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

_RISK = 0.0005
"""Share of normal sets that would break one limit, were figures normally distributed; real ones have longer tails."""
_AS_DEVIATION = 1.4826
"""A median absolute deviation times this is the standard deviation of a normal distribution."""


@dataclass(frozen=True)
class Usual:
    """What a figure usually is, and by how much it may differ."""

    centre: float
    limit: float

    def allows(self, value: float) -> bool:
        return abs(value - self.centre) <= self.limit


def deviations(tests: int) -> float:
    """How many standard deviations are unusual where ``tests`` figures are judged at once.

    >>> round(deviations(1), 2), round(deviations(126), 2)
    (3.29, 4.47)
    """
    return NormalDist().inv_cdf(1 - _RISK / max(tests, 1))


def usual_of(values: Sequence[float], floor: float, tests: int, noise: float = 0.0) -> Usual:
    """The median of ``values`` and the largest of three limits: ``floor``, and the deviation of the values and of ``noise``.

    Few values tell little of their deviation, so the fewer they are the wider it is taken.

    >>> found = usual_of([10, 11, 9, 10, 500], floor=2, tests=1)
    >>> found.centre, round(found.limit, 1), found.allows(500)
    (10, 8.8, False)
    """
    centre = median(values)
    deviation = _deviation([abs(v - centre) for v in values])
    return Usual(centre, max(floor, deviations(tests) * max(deviation, noise)))


def _deviation(distances: Sequence[float]) -> float:
    return _AS_DEVIATION * median(distances) * (1 + 4 / len(distances))


def limit_of(distances: Sequence[float], floor: float, tests: int) -> float:
    """The largest usual one of ``distances`` that are measured from a centre and so are deviations already.

    >>> round(limit_of([0.1, 0.2, 0.1, 0.3, 0.1], floor=0.5, tests=1), 2)
    0.88
    """
    return max(floor, deviations(tests) * _deviation(distances))


def usual_rows(rows: Sequence[int], tolerance: float, tests: int) -> Usual:
    """How many rows are usual, as logarithms: ten times as many are as far away as a tenth. Few rows vary by chance alone."""
    noise = 1 / math.sqrt(max(median(rows), 1))
    return usual_of([log_rows(n) for n in rows], math.log1p(tolerance), tests, noise)


def log_rows(rows: int) -> float:
    """The natural logarithm of a number of rows, where none counts as half a row."""
    return math.log(max(rows, 0.5))


def stability_index(codes: Mapping[str, int], usual: Mapping[str, float]) -> float:
    """The population stability index of counts per code against usual shares: sum of (share - usual) * ln(share / usual).

    A code that is missing on one side counts as half a row there.

    >>> round(stability_index({"a": 50, "b": 50}, {"a": 0.5, "b": 0.5}), 6)
    0.0
    >>> round(stability_index({"a": 90, "b": 10}, {"a": 0.5, "b": 0.5}), 2)
    0.88
    """
    total = sum(codes.values())
    least = 0.5 / max(total, 1)
    index = 0.0
    for code in sorted({*codes, *usual}):
        share, before = max(codes.get(code, 0) / max(total, 1), least), max(usual.get(code, 0.0), least)
        index += (share - before) * math.log(share / before)
    return index
