"""Fixed-width text: columns by characters, in every encoding that CSV may have."""

import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from blueprint import Reading
from dags.sources import texts
from dags.sources.legacy import encode
from tests.dags.formats.opened import LETTERS, opened, refusal, rows_or_reason

few = settings(max_examples=int(os.environ.get("HANOI_TEST_EXAMPLES", "20")), deadline=None)
FIELDS = {"Mã": (1, 4), "Phường": (6, 17), "Số": (18, 23)}
LINES = "Mã   Phường      Số    \nA-01 Đống Đa      1.234\n\nA-02 Nghĩa Đô\nA-03 Cầu Giấy    12 345\n"


def test_columns_by_their_characters() -> None:
    rows = [["A-01", "Đống Đa", "1.234"], ["A-02", "Nghĩa Đô", ""], ["A-03", "Cầu Giấy", "12 345"]]
    for encoding in ("utf-8-sig", "utf-16", "tcvn3"):
        content = LINES.encode(encoding) if encoding != "tcvn3" else encode(LINES, encoding)
        assert opened(content, format="fixed", fields=FIELDS, encoding=encoding) == (tuple(FIELDS), rows)
    assert opened(LINES.replace("\n", "\r\n").encode(), format="fixed", fields=FIELDS)[1] == rows


def test_files_without_a_header_line() -> None:
    content = "TỔNG HỢP\nA-01 Đống Đa     1.234\n".encode()
    assert opened(content, format="fixed", fields=FIELDS, header_rows=[], first_row=2)[1] == [
        ["A-01", "Đống Đa", "1.234"]
    ]


def test_text_where_no_column_stands_is_a_cell_too_many() -> None:
    lines = "Mã   Phường      Số    \nA-01xĐống Đa     1.234\nA-02 Đống Đa     1.234 và thêm\n"
    assert opened(lines.encode(), format="fixed", fields=FIELDS)[1] == [
        ["A-01", "Đống Đa", "1.234", "x"],
        ["A-02", "Đống Đa", "1.234", "và thêm"],
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Id   Ph" + LINES[7:].encode(), "characters 1 to 4 must be headed 'Mã', but are 'Id'"),
        (LINES.encode()[:30], "DeliveryEmpty"),
        (b"", "DeliveryEmpty"),
        (b"Ma \xff\n", "WrongEncoding"),
        (b"<!DOCTYPE html><table>", "a web page (HTML)"),
        (b"%PDF-1.7", "the content is a PDF document"),
        (b"x" * (1 << 20) + b"xx", "line 1: longer than 1048576 characters"),
    ],
)
def test_what_is_refused_and_why(content: bytes, told: str) -> None:
    assert told in refusal(content, format="fixed", fields=FIELDS)


@pytest.mark.parametrize(
    "reading",
    [
        {"format": "fixed"},
        {"format": "fixed", "fields": {"a": [0, 3]}},
        {"format": "fixed", "fields": {"a": [5, 3]}},
        {"format": "csv", "fields": {"a": [1, 3]}},
        {"format": "csv", "header_rows": []},
        {"format": "gtfs"},
        {"format": "xml"},
        {"format": "json", "crs": "EPSG:5897"},
        {"format": "geojson", "crs": "EPSG:3405"},
    ],
)
def test_a_reading_has_the_options_of_its_format(reading: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Reading.model_validate(reading)


WORDS = st.text(LETTERS, min_size=1, max_size=5)


@few
@given(rows=st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=9), size=st.sampled_from([3, 8192]))
@example(rows=[("a", "b", "é")], size=3)
def test_cells_come_as_they_were_written(rows: list[tuple[str, str, str]], size: int) -> None:
    content = "\n".join("".join(cell.ljust(6) for cell in row).rstrip() for row in rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "PIECE", size)
        fields = {"a": (1, 6), "b": (7, 12), "c": (13, 18)}
        found = opened(content.encode("utf-16"), format="fixed", fields=fields, header_rows=[], encoding="utf-16")[1]
    assert found == [list(row) for row in rows]


@few
@given(content=st.one_of(st.binary(max_size=80), st.text(max_size=60).map(str.encode)))
def test_any_bytes_give_rows_or_a_reason(content: bytes) -> None:
    found = rows_or_reason(content, format="fixed", fields={"a": (1, 300)}, header_rows=[])
    assert found
