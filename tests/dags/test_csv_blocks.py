"""CSV in blocks: whichever reader takes a stretch, the rows are those of Python's reader over the whole file."""

import csv
import io
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from blueprint import Reading
from dags.errors import DeliveryEmpty, DeliveryTruncated, DeliveryUnreadable, WrongEncoding
from dags.sources import csv_blocks, texts
from dags.sources.csv_blocks import CsvFile

Found = tuple[list[list[str]], list[tuple[int, list[str], bool]]]


def read(path: Path, reading: Reading, *, arrow: bool) -> Found | str:
    try:
        file = CsvFile(path, "a.csv", reading, arrow=arrow)
        head = file.head()
        width = len(head[0]) if head else 1
        rows = [
            (int(number), block.received(at), True if block.fits is None else bool(block.fits[at]))
            for block in file.blocks(width)
            for at, number in enumerate(block.numbers)
        ]
    except DeliveryUnreadable as error:
        return f"{type(error).__name__}: {error}"
    return head, sorted(rows, key=lambda row: row[0])


def whole(data: bytes, reading: Reading) -> Found | type[Exception]:
    """The same by the plainest means: all of the file at once."""
    try:
        text = data.decode(reading.encoding)
        if reading.encoding == "cp1258":  # Python leaves its letters and tones apart
            text = unicodedata.normalize("NFC", text)
    except UnicodeDecodeError:
        return WrongEncoding
    if not text.strip():
        return DeliveryEmpty
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=reading.delimiter, strict=True)
    try:
        head = next(reader)
        rows: list[tuple[int, list[str], bool]] = []
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                break
            if cells:
                rows.append((line, cells, len(cells) == len(head)))
    except csv.Error as error:
        return DeliveryTruncated if "unexpected end" in str(error) else DeliveryUnreadable
    if not rows:
        return DeliveryEmpty
    if len(rows[-1][1]) < len(head) and not text.endswith(("\n", "\r")):
        return DeliveryTruncated
    return [head], rows


_PIECES = st.sampled_from(
    [
        b"a",
        b"bc",
        b"1.5",
        b",",
        b",",
        b",",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b'"',
        b'""',
        b'","',
        b',"q",',
        b'"q w"\n',
        b'"x,\ny"',
        b"\x00",
        "đ".encode(),
        "ò".encode(),
        b"\xef\xbb\xbf",
        b"\xff",
        b"\xc4",
        b" ",
        b"\t",
        b"\x1c",
        b"long" * 20,
        b"1,2,3\n" * 5,
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(_PIECES, max_size=40), size=st.integers(1, 64), bom=st.booleans())
@example(pieces=[b"a,b\n", b"1,2\n", b'"x,\ny"', b",2\n", b"3,4"], size=3, bom=False)
@example(pieces=[b"a,b\n", b"1,2\r", b"3,4\r"], size=5, bom=True)
@example(pieces=[b"a,b\n", b"\n", b"\r\n", b"1,2\n", b"1\n"], size=4, bom=False)
def test_both_readers_agree_with_one_pass_of_python(
    pieces: list[bytes], size: int, bom: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "PIECE", size)
    data = b"\xef\xbb\xbf" * bom + b"".join(pieces)
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    reading = Reading(format="csv")
    quick, slow, plain = read(path, reading, arrow=True), read(path, reading, arrow=False), whole(data, reading)
    assert quick == slow
    if isinstance(plain, type):
        assert isinstance(quick, str)
        assert quick.startswith(plain.__name__)
    else:
        assert quick == plain


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1258", "utf-8"])
@pytest.mark.parametrize("size", [3, 4, 7, 1000])
def test_declared_encodings_are_read_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, size: int
) -> None:
    monkeypatch.setattr(texts, "PIECE", size)
    path = tmp_path / "a.csv"
    data = "trạm;số\nđông;1\nhuê\u0301;2\n".replace("ạ", "a\u0323").replace("ố", "ô\u0301").encode(encoding)
    path.write_bytes(data)
    reading = Reading(format="csv", encoding=encoding, delimiter=";")
    assert read(path, reading, arrow=True) == read(path, reading, arrow=False) == whole(data, reading)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_a_byte_of_another_encoding_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(texts, "PIECE", size)
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n" + "đ".encode() + b",\xe3 x\n")
    assert "line 3: byte 0xe3" in str(read(path, Reading(format="csv"), arrow=True))
    path.write_bytes(b"a,b\n1,\xc4")
    assert "line 2: byte 0xc4" in str(read(path, Reading(format="csv"), arrow=True))


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "PIECE", 64)
    monkeypatch.setattr(csv_blocks, "_LONGEST_LINE", 1000)
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n" + b"x," * 5000)
    assert "line 3: not readable as CSV (line longer than 1000 bytes)" in str(
        read(path, Reading(format="csv"), arrow=True)
    )
    path.write_bytes(b"x," * 5000)
    assert "line 1: not readable" in str(read(path, Reading(format="csv"), arrow=True))


def test_quotes_that_never_close_are_told_where_they_open(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'a,b\n1,2\n3,"4\n' + b"5,6\n" * 100_000)
    for arrow in (True, False):
        assert "cut off in the middle of line 3" in str(read(path, Reading(format="csv"), arrow=arrow))


def test_usual_stretches_are_left_to_arrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\r\n" + b"1,2\r\n" * 99 + b'"1","2"\r\n' + b'"1,"\r\n' + b'3,""\r\n')

    def not_called(*_: Any) -> None:
        raise AssertionError("Python's reader was asked")

    monkeypatch.setattr(CsvFile, "_by_python", not_called)
    found = read(path, Reading(format="csv"), arrow=True)
    assert not isinstance(found, str)
    assert found[1][-2:] == [(102, ["1,"], False), (103, ["3", ""], True)]
