"""Tables of web pages, which some systems save under the name of a workbook."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from dags.errors import DeliveryUnreadable
from dags.settings import PipelineSettings
from dags.sources.encodings import settled
from dags.sources.texts import inspect, pieces

_SPAN = 1000
"""The widest and longest that one cell may reach."""


def looks_like_html(start: bytes) -> bool:
    """Whether a file that begins with ``start`` is a web page."""
    found = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return found.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<body", b"<style")) or (
        found.startswith((b"<!--", b"<?xml")) and b"<html" in found
    )


def html_tables(path: Path, name: str, encoding: str) -> list[list[list[str]]]:
    """The outer tables of the page at ``path`` as rows of text; merged cells hold their text at the top left.

    Raises:
        DeliveryUnreadable: no table, or more cells than the settings allow.
        WrongEncoding: as its name says.
    """
    bare, _ = settled(path, name, encoding)
    inspect(path, name, bare)
    found = _Tables(PipelineSettings().max_workbook_cells)
    found.feed(b"".join(pieces(path, bare)).decode())
    found.close()
    if not found.tables:
        raise DeliveryUnreadable(
            f"{name}: nội dung là một trang web không có bảng, có thể là trang báo lỗi. Hãy tải lại tệp từ nguồn.",
            f"{name}: the content is a web page without a table, perhaps an error page. Fetch the file from its source again.",
        )
    width = max(len(row) for table in found.tables for row in table)
    return [[row + [""] * (width - len(row)) for row in table] for table in found.tables]


class _Tables(HTMLParser):
    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.cells = 0
        self.tables: list[list[list[str]]] = []
        self.depth = 0
        self.below: dict[int, int] = {}
        """Column -> how many further rows a cell above reaches into."""
        self.texts: list[str] | None = None
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append([])
                self.below = {}
        elif tag in ("script", "style"):
            self.hidden += 1
        elif self.depth == 1 and tag == "tr":
            self._end_cell()
            self.tables[-1].append([])
            self.below = {at: rows - 1 for at, rows in self.below.items() if rows > 1}
        elif self.depth == 1 and tag in ("td", "th"):
            self._end_cell()
            self._begin_cell(dict(attrs))
        elif tag == "br" and self.texts is not None:
            self.texts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self.depth:
            if self.depth == 1:
                self._end_cell()
            self.depth -= 1
        elif tag in ("script", "style"):
            self.hidden = max(self.hidden - 1, 0)
        elif self.depth == 1 and tag in ("td", "th", "tr"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self.texts is not None and not self.hidden:
            self.texts.append(data)

    def _begin_cell(self, attributes: dict[str, str | None]) -> None:
        if not self.tables[-1]:
            self.tables[-1].append([])
        row = self.tables[-1][-1]
        while len(row) in self.below:
            row.append("")
        wide, high = (_span(attributes.get(name)) for name in ("colspan", "rowspan"))
        at = len(row)
        row += [""] * wide
        self.at = at
        if high > 1:
            self.below |= dict.fromkeys(range(at, at + wide), high)
        self.cells += wide
        if self.cells > self.most:
            raise DeliveryUnreadable(
                f"Bảng trong trang web có hơn {self.most} ô (HANOI_MAX_WORKBOOK_CELLS). Hãy chia tệp.",
                f"The web page's table has over {self.most} cells (HANOI_MAX_WORKBOOK_CELLS). Split the file.",
            )
        self.texts = []

    def _end_cell(self) -> None:
        if self.texts is not None:
            self.tables[-1][-1][self.at] = "".join(self.texts).strip()
            self.texts = None


def _span(text: Any) -> int:
    return min(max(int(text), 1), _SPAN) if text and str(text).isdecimal() else 1
