"""Durations that are written as a clock shows them, and times of a day of service that goes on after midnight."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dags.sources.numbers import NumberReader

if TYPE_CHECKING:
    import pyarrow as pa

_CLOCK = re.compile(r"(?P<hours>[0-9]{1,3}):(?P<minutes>[0-5][0-9]):(?P<seconds>[0-5][0-9])")


@dataclass(frozen=True)
class ClockReader(NumberReader):
    """Reads numbers of seconds, and ``hours:minutes:seconds`` as as many seconds.

    >>> ClockReader(whole=False)("25:35:00"), ClockReader(whole=False)("90.5"), ClockReader(whole=False)("7:60:00")
    ('92100', '90.5', '7:60:00')
    """

    def __call__(self, text: str) -> str:
        if found := _CLOCK.fullmatch(text):
            hours, minutes, seconds = map(int, found.groups())
            return str((hours * 60 + minutes) * 60 + seconds)
        return super().__call__(text)

    def leaves(self, texts: "pa.Array") -> bool:
        import pyarrow.compute as pc

        return not pc.any(pc.match_substring(texts, ":")).as_py() and super().leaves(texts)
