"""What a file holds is told by its content, in whatever encoding and under whatever name."""

import codecs
import io
import json
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dags.sources.formats.sniff import Kind, sniff
from tests.dags.formats.opened import refusal
from tests.dags.formats.packed import archive

FEATURES = b'{"bbox": [105.8, 21.0], "type": "FeatureCollection", "features": []}'


def workbook() -> bytes:
    whole = io.BytesIO()
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "{"
    book.save(whole)
    return whole.getvalue()


def ole(stream: str) -> bytes:
    """The start of a compound file whose directory lists ``stream``."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(48, b"\0") + (1).to_bytes(4, "little")
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", stream))
    return head.ljust(512, b"\0") + b"\0" * 512 + entries


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("Mã,Tên\n1,a\n".encode(), Kind.TEXT),
        (b"", Kind.TEXT),
        (b"[2025] report\n1,2\n", Kind.TEXT),
        (b"{x},y\n", Kind.TEXT),
        (b"<5,>6\n1,2\n", Kind.TEXT),
        (b"BM,PAR,%\n", Kind.TEXT),
        (b'[{"a": 1}]', Kind.JSON),
        (b' \n{\n "a": 1}', Kind.JSON),
        (b"[]", Kind.JSON),
        (b"[1, 2]", Kind.JSON),
        (b'[[1, "a"]]', Kind.JSON),
        (b'{"a": 1}\n{"a": 2}\n', Kind.JSON_LINES),
        (b'{"a": {"b": "}"}}\r\n\r\n{"a": 2}', Kind.JSON_LINES),
        (FEATURES, Kind.GEOJSON),
        (json.dumps(json.loads(FEATURES), indent=3).encode(), Kind.GEOJSON),
        (b'{"type": "xa", "name": "x"}', Kind.JSON),
        (codecs.BOM_UTF8 + b'{"a": 1}', Kind.JSON),
        ('{"a": 1}'.encode("utf-16"), Kind.JSON),
        ('{"a": 1}'.encode("utf-16-be"), Kind.JSON),
        (b"<?xml version='1.0'?><a/>", Kind.XML),
        (b"<DanhSach>\n<x/></DanhSach>", Kind.XML),
        ('<Danh_Sách ngày="1">'.encode(), Kind.XML),
        ("<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"), Kind.XML),
        (b"<!DOCTYPE html><html>", Kind.HTML),
        (b"\n<table><tr><td>1</td></tr></table>", Kind.HTML),
        (b"<?xml version='1.0'?><html xmlns='x'>", Kind.HTML),
        (b"PAR1\x15\x04", Kind.PARQUET),
        (b"%PDF-1.7\n", Kind.PDF),
        (b"\x89PNG\r\n\x1a\n", Kind.IMAGE),
        (b"\xff\xd8\xff\xe0", Kind.IMAGE),
        (b"RIFF\0\0\0\0WEBP", Kind.IMAGE),
        (b"\x1f\x8b\x08", Kind.PACKED),
        (b"Rar!\x1a\x07\x01", Kind.PACKED),
        (ole("Workbook"), Kind.EXCEL),
        (ole("WordDocument"), Kind.WORD),
        (ole("Workbook")[:60], Kind.EXCEL),
        (workbook(), Kind.EXCEL),
        (workbook()[:-30], Kind.CUT_ZIP),
        (archive({"word/document.xml": ""}), Kind.WORD),
        (archive({"ppt/presentation.xml": ""}), Kind.WORD),
        (archive({"x/stops.txt": "", "x/routes.txt": ""}), Kind.GTFS),
        (archive({"stops.txt": "", "data.csv": ""}), Kind.ZIP),
        (archive({"A.SHP": "", "a.dbf": ""}), Kind.SHAPEFILE),
        (archive({"a.shp": "", "b.dbf": ""}), Kind.ZIP),
        (archive({}), Kind.ZIP),
        (b"PK\x03\x04 cut", Kind.CUT_ZIP),
        (b"SQLite format 3\0\x10", Kind.OTHER),
    ],
)
def test_the_kind_of_a_file(tmp_path: Path, content: bytes, kind: Kind) -> None:
    path = tmp_path / "bang.csv"
    path.write_bytes(content)
    assert sniff(path) is kind


STARTS = st.sampled_from([b"", b"PK\x05\x06", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{", b"[", b"<"])


@given(content=st.builds(bytes.__add__, STARTS, st.binary(max_size=70)))
def test_any_bytes_are_of_some_kind(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    assert sniff(path) in Kind


def test_what_came_is_told_in_plain_words() -> None:
    told = refusal(FEATURES, "phuong.csv", format="csv")
    assert told == (
        "DeliveryUnreadable: phuong.csv: the contract wants CSV, but the content is GeoJSON. Send it again in that format."
    )
    assert "the contract wants fixed-width text, but the content is an image" in refusal(
        b"\x89PNG\r\n\x1a\n", format="fixed", fields={"a": (1, 2)}
    )
    assert "the contract wants Excel, but the content is a Word document" in refusal(
        ole("WordDocument"), "a.xls", format="excel"
    )
