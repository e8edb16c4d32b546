"""The tables of one file: one, or several sheets that are one table of the dataset."""

import re
from collections.abc import Iterator
from pathlib import Path

from blueprint import Reading
from dags.sources.headers import sheet_missing
from dags.sources.titles import plain
from dags.sources.workbooks import Books, opened


def each_table(path: Path, name: str, reading: Reading, books: Books | None = None) -> Iterator[Reading]:
    """A reading for each table of the file at ``path`` that is part of the dataset, in their order.

    Raises:
        DeliveryUnreadable: the file is no workbook, or none of its sheets has a name as ``sheets_like`` wants.
    """
    for table in reading.tables():
        if table.sheets_like is None:
            yield table
            continue
        with opened(path, name, table.encoding, merged=table.merged != "first", books=books) as book:
            names = book.sheet_names
        found = [n for n in names if re.search(table.sheets_like, plain(n), re.IGNORECASE)]
        if not found:
            raise sheet_missing(names, table.sheets_like, name)
        for sheet in found:
            yield table.model_copy(update={"sheet": sheet, "sheets_like": None})
