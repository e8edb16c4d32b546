"""No page that the public walks shows a text in the wrong language.

Every page is read in Vietnamese and in English, and the texts that a reader sees or hears (text, titles, placeholders,
labels) are compared. A text that is the same in both was translated into neither, unless it is a name, a code or a figure.
"""

import re
from html.parser import HTMLParser

import pytest

from .walk import AIR, PAGES
from .ward_samples import wards  # noqa: F401

# What is rightly the same in both languages; anything else that is must be translated.
SAME = {
    "Hà Nội Cloud", "English", "Tiếng Việt", "CSV", "Parquet", "JSON", "Python", "curl", "API", "DuckDB",
    # values of the data and their technical names
    "Hàng Đậu", "Kim Liên", "Mỹ Đình", "air", "không khí", "bus", "xe buýt", "µg/m³", "°",
    "timestamp", "string", "double", "integer", "boolean", "date",
    "station", "sensor", "checked", "day", "method", "name", "lat", "lon", "pm25",
}  # fmt: skip
# Names have no translation.
NAMES = re.compile(
    "Hà Nội|Hàng Đậu|Kim Liên|Mỹ Đình|Ba Đình|Ngọc Hà|Trúc Bạch|Vĩnh Phúc|(Huyện |Thị trấn )?Đông Anh|Quận |Số 2 phố |Điều 1, khoản"
)
# Figures, dates, versions, column names, contracts, concepts, stops and sizes.
SAME_LOOK = re.compile(
    r"[\W\d_]*|[a-z0-9]+_[a-z0-9_]+|[a-z0-9_]+ · \S+|[\w-]+@[\d.]+|(\d+-)?[0-9a-f]{8}|S\d+|Điểm dừng \d+|(CSV|Parquet|JSON) · .*"
    r"|SHA-256: [0-9a-f]{64}"
)
VIETNAMESE = re.compile(r"[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE)
SPOKEN = ("title", "placeholder", "aria-label", "alt")
MORE = [
    "/dataset/?q=khong+khi", f"/dataset/{AIR}?page=2&sort=-pm25", "/organization/?q=zzzz", "/data/bus-stops/9-00000000.csv",
    "/dataset/?sort=nonsense", "/phuong-xa/00004?ngay=2025-06-30", "/phuong-xa/00006?ngay=2025-07-01",
]  # fmt: skip


class Texts(HTMLParser):
    """Gathers what a reader sees or hears, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "pre")
        self.found += [value.strip() for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "pre")

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.found.append(" ".join(data.split()))


def texts(html: str) -> list[str]:
    """Return the visible texts of a page."""
    reader = Texts()
    reader.feed(html)
    return reader.found


def untranslated(vietnamese: list[str], english: list[str]) -> set[str]:
    """Return the texts that stand in both pages and are no name or figure."""
    both = set(vietnamese) & set(english)
    return {text for text in both if text not in SAME and not SAME_LOOK.fullmatch(NAMES.sub("", text))}


def test_the_check_finds_a_text_that_was_left_out():
    assert untranslated(["Tải về", "Order by"], ["Download", "Order by"]) == {"Order by"}
    assert (
        untranslated(
            ["21/11/2026 00:05", "1-571ebdd6", "pm25 · µg/m³"], ["21/11/2026 00:05", "1-571ebdd6", "pm25 · µg/m³"]
        )
        == set()
    )


@pytest.mark.platform
@pytest.mark.parametrize("path", [*PAGES, *MORE])
def test_every_text_is_in_the_language_of_the_page(wards, path):  # noqa: F811
    vietnamese, english = wards.page(path), wards.page(f"/en{path}")
    assert vietnamese.status_code == english.status_code < 500
    assert '<html lang="vi"' in vietnamese.text
    assert '<html lang="en"' in english.text
    seen, heard = texts(vietnamese.text), texts(english.text)
    assert len(seen) > 15, "the page is all but empty"
    assert untranslated(seen, heard) == set()
    foreign = {
        text
        for text in heard
        if VIETNAMESE.search(NAMES.sub("", text)) and text not in SAME and not SAME_LOOK.fullmatch(text)
    }
    assert foreign == set()
