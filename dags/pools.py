"""The pools in which tables are written. Nothing here imports Airflow."""

import zlib

POOLS = tuple(f"table-{number:02d}" for number in range(64))
"""Pools of one slot each. A table always has the same one, so that nobody else writes it at the same time."""


def pool_of(dataset: str) -> str:
    """The pool in which the table of ``dataset`` is written and published.

    >>> pool_of("bus-stops") in POOLS
    True
    """
    return POOLS[zlib.crc32(dataset.encode()) % len(POOLS)]
