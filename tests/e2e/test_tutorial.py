"""The tutorial from an Excel file to a published dataset, walked on a running platform as the page stands."""

import re
from pathlib import Path

import openpyxl
import pytest

from tests.e2e.conftest import Platform
from tests.ops.guides import GUIDES, folder, walk

__all__ = ["folder"]
pytestmark = [pytest.mark.platform]
GUIDE = GUIDES / "excel-to-dataset.md"
SHEET = re.compile(r"<!-- workbook: (\S+) -->\n((?:\|.*\n)+)")


def cell(text: str) -> str | float | None:
    """A cell of the page's table as Excel holds it: measured numbers as numbers, codes as texts."""
    text = text.strip()
    return float(text) if re.fullmatch(r"[0-9]+[.][0-9]+", text) else text or None


def write_workbook(path: Path, table: str) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in table.splitlines():
        if not re.fullmatch(r"[|-]+", line):
            book.active.append([cell(text) for text in line.strip("|").split("|")])
    book.save(path)


def test_from_an_excel_file_to_a_published_dataset(platform: Platform, folder: Path) -> None:
    page = GUIDE.read_text(encoding="utf-8")
    (sheet,) = SHEET.finditer(page)
    write_workbook(folder / sheet[1], sheet[2])
    assert walk(page, folder, HANOI_HOME=str(platform.home), HANOI_CLOUD_URL=platform.url)
    rows = (folder / "nha-cho.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 1 + 5
    assert "Long Biên" not in "".join(rows), "a quarantined row is not published"
    assert "99999" in openpyxl.load_workbook(folder / "ket-qua.xlsx").worksheets[1]["C7"].comment.text
