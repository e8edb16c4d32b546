"""Opening the table of bytes as a reading declares it."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from blueprint import Reading
from dags.errors import DeliveryError
from dags.sources.tables import read

LETTERS = st.characters(
    codec="utf-8",
    exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn"],
    exclude_characters={*map(chr, range(0x80, 0x100)), *bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")},
)
"""Letters that stay as they are in every format, and of which no three words look typed in a legacy Vietnamese font."""
Found = tuple[tuple[str, ...], list[list[str]]]


def opened(content: bytes, name: str = "a.data", **reading: Any) -> Found:
    """The header and the rows, as texts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        table = read(path, name, Reading(**reading))
        rows = []
        number = 0
        for block in table.blocks:
            for at, place in enumerate(block.numbers.tolist()):
                rows.append(block.received(at))
                assert place > number, "row numbers go up"
                number = place
            for position in range(len(table.header)):
                assert block.column(position).to_pylist() == [row[position] for row in rows[-len(block.numbers) :]]
                valued = block.valued(position)
                assert valued is None or len(valued) == len(block.numbers)
        return table.header, rows


def refusal(content: bytes, name: str = "a.data", **reading: Any) -> str:
    """What the agency is told in English; the Vietnamese differs and names the file as well."""
    with pytest.raises(DeliveryError) as refused:
        opened(content, name, **reading)
    assert refused.value.vi != refused.value.en
    assert name in refused.value.vi
    return f"{type(refused.value).__name__}: {refused.value.en}"


def rows_or_reason(content: bytes, **reading: Any) -> Found | str:
    """What is promised for any bytes: rows as wide as the header, or a reason in both languages."""
    try:
        header, rows = opened(content, **reading)
    except DeliveryError as error:
        return "" if error.vi == error.en else error.en
    assert rows
    assert all(len(row) == len(header) for row in rows)
    return header, rows
