"""The ten hours with the worst air, as typed rows.

    python examples/worst_hours.py

Rows come as instances of a class whose fields are checked against the dataset before the first of them; ``hanoi codegen
air-quality-hourly`` writes such a class with every column. Needs ``pip install "hanoi-cloud[arrow]"`` and the address of the
catalogue in ``HANOI_CLOUD_URL``.
"""

import heapq
from dataclasses import dataclass
from datetime import datetime

import hanoi_cloud as hc


@dataclass(frozen=True)
class Hour:
    """One hour at one station."""

    station_name: str
    observed_at: datetime
    aqi: int | None


def worst(number: int = 10) -> list[Hour]:
    """The hours with the highest index, the worst first; the file is read in steady memory."""
    hours = hc.dataset("air-quality-hourly").iter_rows(Hour, where=hc.col("aqi") > 100)
    return heapq.nlargest(number, hours, key=lambda hour: hour.aqi or 0)


if __name__ == "__main__":
    for hour in worst():
        print(f"{hour.observed_at:%Y-%m-%d %H:%M} {hour.station_name} {hour.aqi}")
