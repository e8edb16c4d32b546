"""JSON documents and JSON Lines: what is a record, what stays as it is written, and what is refused."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dags.sources import texts
from dags.sources.formats import json_text, records
from dags.sources.formats.json_text import number
from dags.sources.legacy import encode
from tests.dags.formats.opened import LETTERS, opened, refusal, rows_or_reason

few = settings(max_examples=int(os.environ.get("HANOI_TEST_EXAMPLES", "20")), deadline=None)


def said(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def test_nested_fields_have_joined_names_and_digits_stay() -> None:
    content = b"""{"count": 2, "data": {"rows": [
        {"id": 12345678901234567890123, "at": {"lat": 21.0280, "lon": 105.850}, "tags": ["a", 1.0], "ok": true, "none": null},
        {"id": -0.10, "at": {"lat": 2.1e1}, "name": "H\\u00e0 N\\u1ed9i", "deep": {"er": {"still": "x"}}}
    ]}, "rows": []}"""
    header, rows = opened(content, format="json", records="data.rows")
    assert header == ("id", "at.lat", "at.lon", "tags", "ok", "none", "name", "deep.er.still")
    assert rows == [
        ["12345678901234567890123", "21.0280", "105.850", '["a",1.0]', "true", "", "", ""],
        ["-0.10", "21", "", "", "", "", "Hà Nội", "x"],
    ]


def test_an_object_of_records_by_id() -> None:
    content = said({"267": {"name": "Minh Châu"}, "268": {"name": "Thạnh An", "more": 1}})
    assert opened(content, format="json", id_header="ward") == (
        ("ward", "name", "more"),
        [["267", "Minh Châu", ""], ["268", "Thạnh An", "1"]],
    )
    assert opened(said({"x": {"a": 5, "b": 6}}), format="json", records="x", id_header="k")[1] == [
        ["a", "5"],
        ["b", "6"],
    ]


def test_records_inside_records_bring_the_fields_of_these() -> None:
    content = said(
        [
            {"Code": "01", "Name": "Hà Nội", "Wards": [{"Code": "00004"}, {"Code": "00008"}], "none": {"a": 1}},
            {"Code": "92", "Wards": []},
            {"Code": "31"},
        ]
    )
    assert opened(content, format="json", records="*.Wards") == (
        ("../Code", "../Name", "Code"),
        [["01", "Hà Nội", "00004"], ["01", "Hà Nội", "00008"]],
    )
    deep = said({"r": [{"c": 1, "d": [{"w": [{"n": 2}], "e": 3}]}]})
    assert opened(deep, format="json", records="r.*.d.*.w") == (("../e", "../../c", "n"), [["3", "1", "2"]])


def test_one_object_alone_is_one_record_and_fields_may_be_lacking() -> None:
    assert opened(b'{"a": {"b": 1}}', format="json", records="a", may_lack=["b", "note"]) == (
        ("b", "note"),
        [["1", ""]],
    )


def test_json_lines_and_values_across_lines() -> None:
    content = b'{"a": 1}\n\n{"a": 2, "b": "x"}\r\n{"a":\n 3}'
    assert opened(content, format="jsonl") == (("a", "b"), [["1", ""], ["2", "x"], ["3", ""]])


def test_numbers_and_truth_values_are_told_from_texts(tmp_path: Any) -> None:
    from blueprint import Reading
    from dags.sources.tables import read

    path = tmp_path / "a.json"
    path.write_bytes(b'[{"n": 1, "t": "1", "b": true, "m": 1}, {"n": 2.5, "t": "2", "b": false, "m": "1"}]')
    (block,) = read(path, "a.json", Reading(format="json")).blocks
    assert [None if (found := block.valued(at)) is None else found.tolist() for at in range(4)] == [
        [True, True],
        None,
        [True, True],
        [True, False],
    ]


@pytest.mark.parametrize(
    ("content", "reading", "told"),
    [
        (b'[{"a": 1}, {"a": 2', {}, "DeliveryTruncated: a.data: the file is cut off in the middle, at line 1"),
        (b'[{"a": 1},\n {"a": "2', {}, "DeliveryTruncated: a.data: the file is cut off in the middle, at line 2"),
        (b'[{"a": 1},\n {"a" 2}]', {}, "line 2: not readable as JSON (Expecting ':' delimiter)"),
        (b"[{'a': 1}]" + b" " * 99, {}, "not readable as JSON (Expecting property name"),
        (b'[{"a": 1}] x', {}, "Extra data"),
        (b'[{"a": NaN}]', {}, "NaN, which is no number in JSON"),
        (b'[{"a": -Infinity}]', {}, "-Infinity, which is no number in JSON"),
        (b'[{"a": 1},\n{"a": 1, "b": 2, "a": 3}]', {}, "begins at line 2: the name 'a' twice in one object"),
        (b'[{"a.b": 1, "a": {"b": 2}}]', {}, "record 1: two fields bear the name 'a.b'"),
        (b'[{"a": 1}, 7]', {}, "record 2: an object of fields {...} is needed, but the content is a number"),
        (b'[{"a": 1}, null]', {}, "the content is null"),
        (b'[{"a": 1}, [1]]', {}, "the content is a list"),
        (b'["a"]', {}, "the content is a text"),
        (b'{"result": {"rows": [{"a": 1}]}, "help": ""}', {"records": "data"}, "no records at 'data'. The outermost names in the file: 'result', 'help'"),
        (b'{"data": 5}', {"records": "data.rows"}, "no records at 'data.rows'"),
        (b'{"d": [{"a": 1}], "d": [{"a": 2}]}', {"records": "d"}, "two places 'd'"),
        (b"[]", {}, "DeliveryEmpty"),
        (b'{"d": []}', {"records": "d"}, "DeliveryEmpty"),
        (b'[{"a": "' + b"x" * 3000 + b'"}]', {}, "longer than 2000 characters"),
        (b'[{"a": ' + b"1" * 3000, {}, "longer than 2000 characters"),
        (b"[" * 100_000, {}, "nesting that is too deep"),
        (b'[{"a":' + b"[" * 850 + b"]" * 850 + b"}]", {}, "too deep"),
        (b'[{"a":' + b'{"a":' * 90 + b"1" + b"}" * 91 + b"]", {}, "nested over 64 levels deep"),
        ('[{"a": "Hà Nội"}]'.encode("utf-16"), {}, "WrongEncoding"),
        (b'[{"a": "\xff"}]', {}, "WrongEncoding"),
        (b"a,b\n1,2\n", {}, "the content is no JSON"),
        (b"<!DOCTYPE html><html><body>502</body></html>", {}, "a web page (HTML), perhaps an error page"),
        (b'{"a": 1}\n{"a": 2}\n', {}, "JSON Lines (a JSON record in each line)"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(monkeypatch: pytest.MonkeyPatch, content: bytes, reading: Any, told: str) -> None:
    monkeypatch.setattr(json_text, "LONGEST", 2000)
    if b"[" * 99 in content:
        monkeypatch.undo()
    assert told in refusal(content, format="json", **reading)


def test_utf_16_where_it_is_declared() -> None:
    content = '[{"tên": "Đống Đa"}]'.encode("utf-16")
    assert opened(content, format="json", encoding="utf-16") == (("tên",), [["Đống Đa"]])


def test_letters_of_a_legacy_font_behind_their_numbers() -> None:
    names = ["Đống Đa", "Nghĩa Đô", "Cầu Giấy", "Hoàn Kiếm"]
    typed = [{"a": encode(name, "tcvn3").decode("latin-1")} for name in names]
    plain, numbered = json.dumps(typed, ensure_ascii=False).encode(), json.dumps(typed).encode()
    assert opened(plain, format="json", encoding="utf-8/tcvn3")[1] == [[name] for name in names]
    assert "the content is UTF-8 + TCVN3" in refusal(plain, format="json")
    assert "typed in a font of UTF-8 + TCVN3" in refusal(numbered, format="json")
    assert "letters written as \\uXXXX" in refusal(numbered, format="json", encoding="utf-8/tcvn3")
    assert opened(json.dumps([{"a": name} for name in names]).encode(), format="json")[1] == [[name] for name in names]


def test_halves_of_characters_are_told_as_lost() -> None:
    assert opened(b'[{"a": "x\\ud83d"}, {"a": "\\ud83d\\ude8c"}]', format="json")[1] == [["x\ufffd"], ["\U0001f68c"]]


@pytest.mark.parametrize(
    ("written", "read"),
    [("1E400", "1E400"), ("-1.5e-2", "-0.015"), ("1e5", "100000"), ("1e-999999999", "1e-999999999"), ("0.1", "0.1")],
)
def test_powers_of_ten_are_written_out_where_that_stays_short(written: str, read: str) -> None:
    assert number(written) == read


TEXTS = st.text(LETTERS | st.sampled_from(" \n\t\0\x1f\u2028"), max_size=8)
VALUES = st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False))
NAMES = st.text(LETTERS, min_size=1, max_size=6)
RECORDS = st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), min_size=1, max_size=12)


def written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    return value if isinstance(value, str) else number(json.dumps(value))


@few
@given(found=RECORDS, lines=st.booleans(), size=st.sampled_from([1, 7, 8192]), cells=st.sampled_from([3, 4_000_000]))
@example(found=[{"a": "é"}], lines=False, size=1, cells=3)
@example(found=[{"a": 1, "b": 10**40}], lines=True, size=1, cells=3)
def test_records_come_as_they_were_written(found: list[dict[str, Any]], lines: bool, size: int, cells: int) -> None:
    content = "\n".join(map(json.dumps, found)) if lines else json.dumps(found, ensure_ascii=False, indent=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "PIECE", size)
        patch.setattr(records, "_CELLS", cells)
        header, rows = opened(content.encode(), format="jsonl" if lines else "json")
    assert list(header) == list(dict.fromkeys(name for record in found for name in record))
    assert rows == [[written(record.get(name)) for name in header] for record in found]


PIECES = st.sampled_from(
    [b"{", b"}", b"[", b"]", b":", b",", b'"a"', b'"', b"1", b"-", b".", b"e5", b"null", b"tru", b"NaN", b"\n", b" ", b"\\u",
     b"\xff", b"\0", b'{"a":1}', b'{"a":{"b":2}}', b'"\\ud800"', b"\xef\xbb\xbf", "Hà".encode(), b'"type":"FeatureCollection"',
     b'"features":[', b'{"type":"Feature","geometry":null}', b'"crs":null']
)  # fmt: skip
CONTENTS = st.one_of(
    st.binary(max_size=80),
    st.lists(PIECES, max_size=25).map(b"".join),
    st.builds(
        lambda cut, junk: said([{"a": 1, "b": "Hà Nội"}] * 3)[:cut] + junk, st.integers(0, 90), st.binary(max_size=4)
    ),
)


@few
@given(
    content=CONTENTS,
    form=st.sampled_from(["json", "jsonl", "geojson"]),
    encoding=st.sampled_from(["utf-8-sig", "auto", "utf-16"]),
)
@example(content=b'{"a":1}' + b"[" * 3000, form="jsonl", encoding="utf-8-sig")
def test_any_bytes_give_rows_or_a_reason(content: bytes, form: str, encoding: str) -> None:
    assert rows_or_reason(content, format=form, encoding=encoding)


def test_real_documents_come_whole(real_data: Path) -> None:
    header, rows = opened((real_data / "admin/vietmap/ward.json").read_bytes(), format="json", id_header="id")
    assert (len(rows), header[:2]) == (3321, ("id", "name"))
    assert all(row[0] == row[header.index("code")] for row in rows)
    (units,) = (real_data / "admin/thanglequoc-geojson").glob("full_json_generated_data_vn_units_*.json")
    header, rows = opened(units.read_bytes(), format="json", records="*.Wards")
    assert len(rows) == 3321
    hanoi = [row for row in rows if row[header.index("../Code")] == "01"]
    assert len(hanoi) == 126
    assert all(row[header.index("ProvinceCode")] == "01" for row in hanoi)
