"""A line chart as SVG shapes: where ticks, lines and points stand; the template writes them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .values import decimal, moment

if TYPE_CHECKING:
    from .series import Series

WIDTH, HEIGHT = 720, 340
RIGHT, TOP, BOTTOM = 12, 14, 34
_LETTER = 7.2
_TICKS = 5
_LABELS = 6
_ALONE = 40
"""Up to so many times, each value also gets a dot."""


@dataclass(frozen=True)
class Plot:
    """A chart: where its field begins, ticks as (place, text), and per line its label, its path and its dots."""

    left: float
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    lines: list[dict[str, Any]]
    table: list[tuple[str, list[str]]]
    summary: list[dict[str, str]]


def draw(series: Series, lang: str) -> Plot:
    """Draw the series; the way up begins at zero where the values are near it, and never below what there is."""
    moments = [datetime.fromisoformat(time) for time in series.times]
    low, high, step = _scale([value for _, values in series.lines for value in values if value is not None])
    ticks = [low + n * step for n in range(round((high - low) / step) + 1)]
    said = [decimal(round(tick, 10), lang) for tick in ticks]
    left = round(16 + _LETTER * max(map(len, said)), 1)
    first, span = moments[0], max((moments[-1] - moments[0]).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return round(left + (WIDTH - left - RIGHT) * (at - first).total_seconds() / span, 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low), 1)

    gap = _usual(moments) * 2.5
    lines = []
    for label, values in series.lines:
        there = [(at, value) for at, value in zip(moments, values, strict=True) if value is not None]
        path, former = [], None
        for at, value in there:
            joined = former is not None and at - former <= gap
            path.append(f"{'L' if joined else 'M'}{x(at)} {y(value)}{'' if joined else 'h.1'}")
            former = at
        dots = [(x(at), y(value)) for at, value in there] if len(moments) <= _ALONE else []
        lines.append({"label": label, "path": "".join(path), "dots": dots})
    up = [(y(tick), text) for tick, text in zip(ticks, said, strict=True)]
    written = [_written(at, series) for at in moments]
    digits = 2 if series.averaged else 4
    table = [
        (when, ["" if value is None else decimal(round(value, digits), lang) for value in row])
        for when, row in zip(written, zip(*(values for _, values in series.lines), strict=True), strict=True)
    ]
    return Plot(
        left,
        _across(moments, x, series),
        up,
        lines,
        table,
        [_summary(line, written, lang, digits) for line in series.lines],
    )


def _scale(values: list[float]) -> tuple[float, float, float]:
    """Return the lowest and highest tick and the step between them."""
    low, high = min(values), max(values)
    if low >= 0 and low <= (high - low):
        low = 0.0
    rough = (high - low or abs(high) or 1.0) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    bottom, top = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return bottom, top if top > bottom else bottom + step, step


def _usual(moments: list[datetime]) -> timedelta:
    """Return how far apart moments usually are, so that a gap in them is not drawn over."""
    gaps = sorted(later - sooner for sooner, later in pairwise(moments))
    return max(gaps[len(gaps) // 2], timedelta(seconds=1))


def _across(moments: list[datetime], x: Any, series: Series) -> list[tuple[float, str]]:
    count = min(_LABELS, len(moments))
    span = (moments[-1] - moments[0]) / max(1, count - 1)
    if series.time.form == "plain":
        years = sorted({at.year for at in moments})
        every = max(1, -(-len(years) // 10))
        return [(x(datetime(year, 1, 1)), str(year)) for year in years[::every]]
    form = "%d/%m %H:%M" if span < timedelta(hours=20) else "%d/%m/%Y" if span < timedelta(days=700) else "%Y"
    return [(x(moments[0] + span * n), f"{moments[0] + span * n:{form}}") for n in range(count)]


def _written(at: datetime, series: Series) -> str:
    if series.time.form == "plain" or series.averaged == "year":
        return str(at.year)
    if series.averaged in ("month", "quarter"):
        return f"{at:%m/%Y}"
    return moment(
        at.date().isoformat() if series.averaged in ("day", "week") or series.time.form == "date" else at.isoformat()
    )


def _summary(line: tuple[str, list[float | None]], written: list[str], lang: str, digits: int) -> dict[str, str]:
    """Return the least and the greatest value of a line and when they were: what a reader without the picture needs."""
    label, values = line
    there = [(value, when) for value, when in zip(values, written, strict=True) if value is not None]
    low, high = min(there), max(there)
    return {
        "label": label,
        "low": decimal(round(low[0], digits), lang), "low_at": low[1],
        "high": decimal(round(high[0], digits), lang), "high_at": high[1],
    }  # fmt: skip
