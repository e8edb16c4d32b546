"""XML: which element is a record, what its columns are, and what XML could do that it may not."""

import json
import os
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dags.sources import texts
from dags.sources.formats import xml_records
from dags.sources.legacy import encode
from tests.dags.formats.opened import LETTERS, opened, refusal, rows_or_reason

few = settings(max_examples=int(os.environ.get("HANOI_TEST_EXAMPLES", "20")), deadline=None)
LIST = """<?xml version="1.0" encoding="UTF-8"?>
<DanhSach xmlns="urn:x" ngay="2025-01-31">
  <ThuTuc ma="1.000"><Ten>Cấp giấy phép &amp; phí</Ten><DiaChi so="5"><Phuong>Ba Đình</Phuong></DiaChi></ThuTuc>
  <GhiChu>x</GhiChu>
  <x:ThuTuc xmlns:x="urn:y" x:ma="2"><x:Ten><![CDATA[<Đổi>]]></x:Ten><Cap>xã</Cap><Cap>tỉnh</Cap></x:ThuTuc>
  <ThuTuc ma="3">chữ<Ten/><Buoc n="1"/><Buoc n="2">hai</Buoc></ThuTuc>
</DanhSach>"""


def test_attributes_and_texts_are_columns() -> None:
    header, rows = opened(LIST.encode(), format="xml", records="DanhSach/ThuTuc")
    assert header == ("@ma", "Ten", "DiaChi/@so", "DiaChi/Phuong", "Cap", "Buoc", "text()")
    assert rows == [
        ["1.000", "Cấp giấy phép & phí", "5", "Ba Đình", "", "", ""],
        ["2", "<Đổi>", "", "", '["xã","tỉnh"]', "", ""],
        ["3", "", "", "", "", '[{"@n":"1"},{"@n":"2","text()":"hai"}]', "chữ"],
    ]


def test_the_declared_encoding_counts_and_not_the_one_of_the_document() -> None:
    content = '<?xml version="1.0" encoding="windows-1252"?><a><b c="Đống Đa"/></a>'.encode()
    assert opened(content, format="xml", records="a/b") == (("@c",), [["Đống Đa"]])
    wide = LIST.replace("UTF-8", "UTF-16").encode("utf-16")
    assert len(opened(wide, format="xml", records="DanhSach/ThuTuc", encoding="utf-16")[1]) == 3


def test_letters_of_a_legacy_font_behind_their_numbers() -> None:
    names = "".join(f"<b>{encode(name, 'vni').decode('latin-1')}</b>" for name in ("Đống Đa", "Nghĩa Đô", "Cầu Giấy"))
    content = f"<a>{names}</a>".encode("ascii", "xmlcharrefreplace")
    assert "typed in a font of UTF-8 + VNI" in refusal(content, format="xml", records="a/b")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('<!DOCTYPE a [<!ENTITY x "1">]><a><b>&x;</b></a>', "line 1: the XML document has a DOCTYPE"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a><b/></a>', "has a DOCTYPE"),
        ("<a><b>&x;</b></a>", "not readable as XML (undefined entity)"),
        ("<a>\n<b></c></a>", "line 2: not readable as XML (mismatched tag)"),
        ("<a><b>1</b>", "DeliveryTruncated"),
        ("<a><b>1</b", "DeliveryTruncated"),
        ("<a><b>1</b></a><a/>", "not readable as XML (junk after document element)"),
        ("<a><c>1</c><d/></a>", "no element at 'a/b'. The first elements in the file: 'a', 'a/c', 'a/d'"),
        ("<a>" + "<b>" * 80, "nested over 64 levels deep"),
        ("<a>" + "<c>" * 80, "nested over 64 levels deep"),
        (f"<a><b>{'x' * 3000}</b></a>", "record 1 is longer than 2000 characters"),
        (f'<a><b c="{"x" * 3000}"/></a>', "record 1 is longer than 2000 characters"),
        (f"<a><b>{'<c/>' * 120}</b></a>", "record 1 is longer than 2000 characters"),
        (f'<a><b c="{"x" * 40_000}', "record 1 is longer than 2000 characters"),
        ("<html><body>502</body></html>", "a web page (HTML)"),
        ('{"a": 1}', "the content is JSON"),
        ("a,b\n", "the content is no XML"),
    ],
)
def test_what_is_refused_and_why(monkeypatch: pytest.MonkeyPatch, content: str, told: str) -> None:
    monkeypatch.setattr(xml_records, "LONGEST", 2000)
    monkeypatch.setattr(xml_records, "PIECE", 2000)
    monkeypatch.setattr(texts, "PIECE", 2000)
    monkeypatch.setattr(xml_records, "_MOST_PARTS", 100)
    assert told in refusal(content.encode(), format="xml", records="a/b")


TEXTS = st.text(LETTERS, max_size=8)
NAMES = st.sampled_from(["ten", "Mã", "ngày-cấp", "x_1", "a.b"])
RECORDS = st.lists(st.tuples(st.dictionaries(NAMES, TEXTS), st.dictionaries(NAMES, TEXTS)), min_size=1, max_size=8)


@few
@given(found=RECORDS, size=st.sampled_from([5, 8192]))
@example(found=[({"ten": "a\u00a0b"}, {"ten": '"<&>'})], size=5)
def test_records_come_as_they_were_written(found: list[tuple[dict[str, str], dict[str, str]]], size: int) -> None:
    def written(attributes: dict[str, str], inside: dict[str, str]) -> str:
        said = "".join(f" {name}={quoteattr(text)}" for name, text in attributes.items())
        return f"<b{said}>{''.join(f'<{n}>{escape(t)}</{n}>' for n, t in inside.items())}</b>"

    content = f"<a>{''.join(written(*record) for record in found)}<b n='end'/></a>"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "PIECE", size)
        header, rows = opened(content.encode(), format="xml", records="a/b")
    cells = [{**{f"@{n}": t for n, t in attributes.items()}, **inside} for attributes, inside in found]
    assert rows == [[record.get(name, "") for name in header] for record in [*cells, {"@n": "end"}]]


PIECES = st.sampled_from(
    [b"<a>", b"<b>", b"</b>", b"</a>", b"<b c='1'/>", b"<", b">", b"&amp;", b"&#0;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x ?>",
     b"\xff", b"\0", "Hà".encode(), b"<!DOCTYPE a>", b"<?xml version='1.0'?>", b"xmlns:x='y'", b"<b>1</b>"]
)  # fmt: skip


@few
@given(content=st.one_of(st.binary(max_size=50), st.lists(PIECES, max_size=20).map(lambda p: b"<a>" + b"".join(p))))
@example(content=json.dumps("x").encode())
def test_any_bytes_give_rows_or_a_reason(content: bytes) -> None:
    assert rows_or_reason(content, format="xml", records="a/b")
