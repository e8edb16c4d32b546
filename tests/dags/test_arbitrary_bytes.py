"""Whatever an agency sends: every row ends up accepted or quarantined, or the delivery is refused in both languages.

Each promise is tried on few inputs; ``HANOI_TEST_EXAMPLES=2000`` tries it on as many.
"""

import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from blueprint import Contract
from dags.errors import DeliveryEmpty, DeliveryError, DeliveryUnreadable
from dags.sources import cells, csv_blocks, tables, texts
from dags.sources.csv_blocks import CsvFile
from dags.steps.conform import Conformed
from tests.dags.builders import Bench, accepted_of, column, contract, refused_of

few = settings(max_examples=int(os.environ.get("HANOI_TEST_EXAMPLES", "30")), deadline=None)
COLUMNS = (
    column("name", "station", required=True, header="Tên"),
    column("count", "count", header="Số"),
    column("value", "measure"),
    column("day", "day", date_formats=["%Y-%m-%d", "%d/%m/%Y"]),
)
HEAD = "Tên,Số,value,day\n"
ROWS = "Hoàn Kiếm,1,2.5,2025-01-31\nBa Đình,1.234,(0,5),31/01/2025\n"

Found = tuple[list[tuple[Any, ...]], dict[int, list[str]]]


def declared(**reading: Any) -> Contract:
    return contract(columns=COLUMNS, key=("name", "count", "value", "day"), reading=reading)


def outcome(content: bytes, form: Contract, name: str = "a.csv") -> Found | str:
    """The accepted rows and the quarantined ones, or the error; checks what holds for each delivery."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = Bench(Path(folder)).conform(form, content, name)
        except DeliveryError as error:
            refusal = error
        else:
            return accepted_of(result), _checked(result)
    assert refusal.vi
    assert refusal.en
    assert refusal.vi != refusal.en
    return f"{type(refusal).__name__}: {refusal.en}"


def _checked(result: Conformed) -> dict[int, list[str]]:
    good, bad = accepted_of(result), refused_of(result)
    assert result.rows_in == len(good) + len(bad) == result.rows_accepted + result.rows_quarantined > 0
    assert all(bad.values()), "each quarantined row says why"
    for row in good:
        assert not re.search("[\0-\x08\x0e-\x1f\ufffd\ufeff]", row[0] or ""), "lost characters are not accepted as text"
    return bad


@contextmanager
def slowly() -> Iterator[None]:
    """Python's reader for every line, and a look at each cell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "CsvFile", partial(CsvFile, arrow=False))
        patch.setattr(cells.Cell, "shape", lambda *_: None)
        yield


PIECES = st.sampled_from(
    [
        b"a", b"7", b"-1.5", b"1,234", b"2025-01-31", b"31/01/2025", b",", b",", b",", b"\n", b"\n", b"\r\n", b"\r", b'"', b'""',
        b'","', b'"x,\ny"', b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff", b"\xc4", b"\x00\xd8", b"\xed\xa0\x80", b"\x1a",
        b"#REF!", b"N/A", b" ", b"\t", "Hoàn Kiếm".encode(), b"Ho\xb5n Ki\xd5m", "Ba Đình".encode("utf-16-le"), "\ufffd".encode(),
        b"\xc2\xa0", b"a,1,2,2025-01-31\n" * 3, b"x" * 300, b"'", b";", b"=1+1", b"1e999", b"nan", b"0x1f",
    ]
)  # fmt: skip
CONTENTS = st.one_of(
    st.binary(max_size=200),
    st.lists(PIECES, max_size=30).map(b"".join),
    st.lists(PIECES, max_size=30).map(lambda pieces: (HEAD + ROWS).encode() + b"".join(pieces)),
    st.builds(
        lambda rows, encoding, cut: (HEAD + ROWS * rows).encode(encoding)[:-cut],
        st.integers(1, 4),
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"]),
        st.integers(1, 90),
    ),
    st.builds(
        lambda at, junk: (HEAD + ROWS * 3).encode()[:at] + junk + (HEAD + ROWS * 3).encode()[at:],
        st.integers(0, 150),
        st.binary(min_size=1, max_size=6),
    ),
)
ENCODINGS = st.sampled_from(["utf-8-sig", "auto", "utf-16", "tcvn3", "vni", "windows-1258", "utf-8/tcvn3", "latin-1"])


@few
@given(content=CONTENTS, encoding=ENCODINGS, size=st.sampled_from([7, 64, 8192]))
@example(content=(HEAD + ROWS).encode(), encoding="utf-8-sig", size=64)
@example(content=(HEAD + 'a,1,2,"2025-01-31').encode(), encoding="utf-8-sig", size=7)
@example(content=(HEAD + "a,1,2,2025-01-31\n\ufeff" + HEAD + ROWS).encode(), encoding="auto", size=64)
@example(content=(HEAD + ROWS).encode("utf-16-le") + b"\x00\xd8\n\x00", encoding="utf-16", size=8192)
def test_any_bytes_as_csv_by_the_quick_way_and_by_the_slow(content: bytes, encoding: str, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "PIECE", size)
        quick = outcome(content, declared(encoding=encoding))
        with slowly():
            assert outcome(content, declared(encoding=encoding)) == quick


@few
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "Huế", "#REF!", "x\x00"]) | st.text(max_size=5),
            st.from_regex(r"[+-]?[0-9]{0,4}[.,]?[0-9]{0,4}", fullmatch=True),
            st.text("0123456789.,()- e%\u00a0", max_size=9),
            st.sampled_from(["", "2025-01-31", "31/01/2025", "45000", "2025-02-30"]),
        ),
        min_size=1,
        max_size=12,
    ),
    sign=st.sampled_from([None, ".", ","]),
)
def test_both_ways_read_the_same_numbers_dates_and_texts(rows: list[tuple[str, ...]], sign: str | None) -> None:
    lines = [",".join(f'"{cell.replace(chr(34), "")}"' for cell in row) for row in rows]
    content = (HEAD + "\n".join(lines) + "\n").encode("utf-8", "replace")
    quick = outcome(content, declared(decimal=sign))
    with slowly():
        assert outcome(content, declared(decimal=sign)) == quick


def workbook(*rows: Any) -> bytes:
    book = Workbook()
    for row in (HEAD.strip().split(","), *rows):
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


BOOK = workbook(["Hoàn Kiếm", 1, 2.5, "2025-01-31"], ["Ba Đình", 2, "1,5", "31/01/2025"])
SHEET = "xl/worksheets/sheet1.xml"


def with_part(name: str, change: Any, book: bytes = BOOK) -> bytes:
    """``book`` with the content of one part changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, change(content) if part.filename == name else content)
    return file.getvalue()


def spliced(content: bytes, at: int, junk: bytes, lost: int) -> bytes:
    at %= len(content)
    return content[:at] + junk + content[at + lost :]


@few
@given(
    at=st.integers(0, 100_000),
    junk=st.binary(max_size=8)
    | st.sampled_from([b'<c r="XFD1048576"><v>1</v></c>', b"</row>", b'r="-1"', b"&#0;", b"<row>" * 99]),
    lost=st.sampled_from([0, 1, 8, 100, 10**6]),
    inside=st.sampled_from([None, SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"]),
)
def test_damaged_workbooks(at: int, junk: bytes, lost: int, inside: str | None) -> None:
    content = (
        spliced(BOOK, at, junk, lost)
        if inside is None
        else with_part(inside, lambda part: spliced(part, at, junk, lost))
    )
    outcome(content, declared(format="excel"), "a.xls")


@pytest.mark.real_data
@few
@given(at=st.integers(0, 100_000), junk=st.binary(max_size=8), lost=st.sampled_from([0, 1, 8, 100, 10**6]))
def test_damaged_workbooks_of_the_old_kind(real_data: Path, at: int, junk: bytes, lost: int) -> None:
    content = (real_data / "budget/national-cc0/Final_2006.xls").read_bytes()
    form = contract(columns=(column("a", "station", header="BỘ TÀI CHÍNH"),), key=("a",), reading={"format": "excel"})
    outcome(spliced(content, at, junk, lost), form, "a.xlsx")


@pytest.mark.parametrize("end", [1, 100, len(BOOK) // 2, len(BOOK) - 30, len(BOOK) - 1])
def test_truncated_workbooks(end: int) -> None:
    assert str(outcome(BOOK[:end], declared(format="excel"))).startswith("DeliveryUnreadable")


def far(place: str, **more: str) -> bytes:
    cell = f'<row><c r="{place}"><v>1</v></c></row></sheetData>'.replace('"', more.get("quote", '"')).encode()
    return with_part(SHEET, lambda sheet: sheet.replace(b"</sheetData>", cell))


@pytest.mark.parametrize("place", ["XFD1048576", "ZZ1048576", "XFD99999", "AAAAAAA99999999", "xfd1048576"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_cell_far_away_is_refused_before_it_fills_the_memory(
    place: str, quote: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANOI_MAX_WORKBOOK_CELLS", "1000000")
    found = outcome(far(place, quote=quote), declared(format="excel"))
    assert re.search(r"unfolds to \d+ rows × \d+ columns", str(found)), found


def test_a_sheet_that_is_long_or_wide_is_no_fault() -> None:
    assert not isinstance(outcome(far("B20000"), declared(format="excel")), str)
    assert not isinstance(outcome(far("XFD4"), declared(format="excel")), str)


def test_archives_that_unfold_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOI_MAX_WORKBOOK_BYTES", "2000000")
    bomb = with_part(SHEET, lambda sheet: sheet.replace(b"<sheetData>", b"<sheetData>" + b" " * 3_000_000))
    assert "over 2000000 (HANOI_MAX_WORKBOOK_BYTES)" in str(outcome(bomb, declared(format="excel")))
    sizes = zipfile.ZipFile(io.BytesIO(bomb)).getinfo(SHEET).file_size.to_bytes(4, "little")
    lying = bomb.replace(sizes, (5000).to_bytes(4, "little"))
    assert lying != bomb
    assert "does not open" in str(outcome(lying, declared(format="excel")))


def test_entities_are_not_unfolded() -> None:
    laughs = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"ha") for n in range(30))
    document = lambda sheet: b"<!DOCTYPE x [" + laughs + b"]>" + sheet.replace(b"<v>1</v>", b"<v>&a29;</v>")  # noqa: E731
    outcome(with_part(SHEET, document), declared(format="excel"))


def test_elements_without_end_in_each_other() -> None:
    outcome(
        with_part(SHEET, lambda sheet: sheet.replace(b"<sheetData>", b"<sheetData>" + b"<a>" * 100_000)),
        declared(format="excel"),
    )


@pytest.mark.parametrize(
    ("content", "format_", "words"),
    [
        (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "csv", "a web page"),
        (b"<html><body>502 Bad Gateway</body></html>", "excel", "a web page without a table"),
        (BOOK, "csv", "an Excel workbook"),
        (HEAD.encode() + b"a,1,2,\n", "excel", "no Excel workbook"),
        (with_part("xl/workbook.xml", lambda part: part, BOOK).replace(b"xl/workbook.xml", b"xl/workbook.bin"), "excel", "no .xlsx workbook"),
        (HEAD.encode() + b"\xff\xfe\n", "csv", "0xff"),
    ],
)  # fmt: skip
def test_what_is_something_else_is_called_by_its_name(content: bytes, format_: str, words: str) -> None:
    assert words in str(outcome(content, declared(format=format_)))


def test_lines_and_records_without_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "PIECE", 4096)
    monkeypatch.setattr(csv_blocks, "_LONGEST_LINE", 100_000)
    for content in (
        b"x" * 300_000,
        HEAD.encode() + b"x," * 300_000,
        HEAD.encode() + b'"a\n",' * 100_000,
        b"," * 99_000 + b"\n",
    ):
        with pytest.raises((DeliveryUnreadable, DeliveryEmpty)):
            bench.conform(declared(), content)
