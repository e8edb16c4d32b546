"""Vietnamese files from before Unicode and since: read whole in the right encoding, or refused."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dags.errors import WrongEncoding
from dags.sources.encodings import evidence, is_vietnamese
from dags.sources.legacy import CP1258, ONE_BYTE, TCVN3, VISCII, VNI, Decoder, decode, encode, in_font
from dags.sources.syllables import is_syllable, one_spelling
from dags.sources.tables import fold
from tests.dags.builders import Bench, accepted_of, column, contract, refused_of

TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LOWER = [unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in TONES] + ["đ"]
ALPHABET = "".join([*LOWER, *(letter.upper() for letter in LOWER)])
PLACES = "Mã,Tên\n1,Phường Điện Biên\n2,Hoàn Kiếm\n3,Thượng Phúc\n4,Xã Nghĩa Đô\n5,Cầu Giấy\n6,Ô Chợ Dừa\n"
NAMES = [line.split(",")[1] for line in PLACES.splitlines()[1:]]
WORDS = "Nguyễn Trần Đặng Phạm Hoàng Hồ Vũ Võ Bùi Đỗ Thị Văn Hữu Thế Quốc Bảo Mỹ Tuệ An Lan"
COLUMNS = (column("code", "station", header="Mã", required=True), column("name", "station", header="Tên"))
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")


def written(text: str, encoding: str) -> bytes:
    outer, _, font = encoding.partition("/")
    if font:
        return encode(text, font).decode("latin-1").encode(outer)
    return encode(text, encoding) if encoding in ONE_BYTE else text.encode(encoding)


def names(bench: Bench, content: bytes, encoding: str) -> list[str]:
    declared = contract(columns=COLUMNS, key=("code",), reading={"encoding": encoding})
    return [name for _, name in accepted_of(bench.conform(declared, content))]


@pytest.mark.parametrize("encoding", ONE_BYTE)
def test_the_whole_alphabet_goes_there_and_back(encoding: str) -> None:
    assert len(set(ALPHABET)) == 2 * 73
    assert decode(encode(ALPHABET, encoding), encoding) == ALPHABET
    assert decode(encode(unicodedata.normalize("NFD", ALPHABET), encoding), encoding) == ALPHABET


@pytest.mark.parametrize(
    ("encoding", "data", "text"),
    [  # from documents in these encodings, or from their published charts
        (TCVN3, b"B\xe9 T\xb5i ch\xddnh", "Bộ Tài chính"),
        (TCVN3, b"ng\xa9n s\xb8ch c\xf1a c\xb8c t\xd8nh", "ngân sách của các tỉnh"),
        (VNI, b"Xin cha\xf8o ca\xf9c ba\xefn", "Xin chào các bạn"),
        (VNI, b"\xd1o\xe4ng \xd1a", "Động Đa"),
        (VISCII, b"Ti\xaang Vi\xaet", "Tiếng Việt"),
        (CP1258, b"Ti\xea\xecng Vi\xea\xf2t", "Tiếng Việt"),
    ],
)
def test_known_bytes(encoding: str, data: bytes, text: str) -> None:
    assert decode(data, encoding) == text


@settings(max_examples=150, deadline=None)
@given(text=st.text(ALPHABET + "abcxyz 0,\n"), encoding=st.sampled_from(ONE_BYTE), size=st.integers(1, 5))
def test_pieces_may_end_anywhere(text: str, encoding: str, size: int) -> None:
    data, decoder = encode(text, encoding), Decoder(encoding)
    pieces = [decoder.decode(data[at : at + size]) for at in range(0, len(data), size)]
    assert "".join([*pieces, decoder.decode(b"", True)]) == text


@pytest.mark.parametrize("encoding", [*UNICODE, *ONE_BYTE, "utf-8/tcvn3", "utf-8/vni"])
def test_declared_or_told_by_its_bytes_a_file_is_read(bench: Bench, encoding: str) -> None:
    for text in (PLACES, unicodedata.normalize("NFD", PLACES)):
        content = written(text, encoding)
        assert names(bench, content, encoding) == NAMES
        assert names(bench, content, "auto") == NAMES


@pytest.mark.parametrize("encoding", ["utf-16", *ONE_BYTE, "utf-8/tcvn3", "utf-8/vni"])
@pytest.mark.parametrize("declared", ["utf-8-sig", "utf-16-le", TCVN3, VNI, CP1258, "latin-1"])
def test_a_declaration_that_the_bytes_contradict_is_refused(bench: Bench, encoding: str, declared: str) -> None:
    if (encoding, declared) != ("utf-16", "utf-16-le") and encoding != declared:
        with pytest.raises(WrongEncoding):
            names(bench, written(PLACES, encoding), declared)


@pytest.mark.parametrize(
    ("first", "then"), [(TCVN3, "utf-8"), ("utf-8", TCVN3), (VNI, "utf-8"), (TCVN3, VNI), (CP1258, TCVN3)]
)
def test_two_encodings_in_one_file_are_refused(bench: Bench, first: str, then: str) -> None:
    lines = PLACES.splitlines(keepends=True)
    content = written("".join(lines) * 40, first) + written("".join(lines[1:]), then)
    for declared in (first, "auto"):
        with pytest.raises(WrongEncoding):
            names(bench, content, declared)


def test_too_little_to_tell_is_refused_with_the_candidates(bench: Bench) -> None:
    with pytest.raises(WrongEncoding, match=r"1 words with accents.*tcvn3 100%") as caught:
        names(bench, written("Mã,Tên\n1,x\n", TCVN3).replace(b"T\xaan", b"Ten"), "auto")
    assert "khai báo bảng mã" in str(caught.value)


def test_the_evidence_holds_no_word_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(written(PLACES, TCVN3))
    found = evidence(path)
    assert found.encoding == TCVN3
    assert found.words > 10
    assert "Kiếm" not in repr(found)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(
        st.sampled_from(
            [
                *[
                    "Nguyễn",
                    "Trần",
                    "Đặng",
                    "Phạm",
                    "Hoàng",
                    "Hồ",
                    "Vũ",
                    "Võ",
                    "Bùi",
                    "Đỗ",
                    "Thị",
                    "Văn",
                    "Hữu",
                    "Thế",
                    "Quốc",
                    "Bảo",
                    "Mỹ",
                    "Tuệ",
                ],
                "An",
                "Lan",
            ]
        ),
        min_size=1,
        max_size=12,
    ),
    encoding=st.sampled_from([*ONE_BYTE, "utf-8", "utf-8/tcvn3", "utf-8/vni"]),
)
def test_told_encodings_are_the_right_ones(words: list[str], encoding: str, tmp_path: Path) -> None:
    """What is told is right, but for UTF-8 that is Vietnamese as it stands: VNI's Hồ is Unicode's Hoà."""
    path = tmp_path / "a.csv"
    content = written("a\n" + "\n".join(words) + "\n", encoding)
    path.write_bytes(content)
    found = evidence(path).encoding
    if found == "utf-8":
        plain = content.decode()
        assert encoding == "utf-8" or all(line.isascii() or is_vietnamese(line) for line in plain.split())
    elif found is not None:
        assert found == encoding


STYLES = {  # of 1234.5, 1234, 0.25 and -7.125
    "plain": ("1234.5", "1234", "0.25", "-7.125"),
    "vi": ("1.234,5", "1.234", "0,25", "-7,125"),
    "en": ("1,234.5", "1,234", "0.25", "(7.125)"),
    "blanks": ("1\u00a0234,5", "1\u00a0234", "0,25", "-7,125"),
    "alone": ("1.234", "7,125", "1,234", "7.125"),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", *ONE_BYTE, "utf-8/tcvn3", "utf-8/vni"])
def test_no_file_is_read_as_something_else(bench: Bench, encoding: str, style: str) -> None:
    """Encodings and number formats without a declaration: each cell is what was written, or its row is quarantined."""
    columns = (*COLUMNS, column("value", "measure", header="Số"))
    texts = [text.replace("\u00a0", " " if encoding in (VNI, VISCII) else "\u00a0") for text in STYLES[style]]
    lines = [f'{n},{name},"{text}"' for n, (name, text) in enumerate(zip(NAMES, texts, strict=False))]
    declared = contract(columns=columns, key=("code",), reading={"encoding": "auto"})
    result = bench.conform(declared, written("\n".join(["Mã,Tên,Số", *lines, ""]), encoding))
    truth = list(zip("0123", NAMES, (1234.5, 1234, 0.25, -7.125), strict=False))
    if style == "alone":  # nothing in the file says which sign is which
        assert refused_of(result) == {row: ["value-type"] for row in range(2, 6)}
    else:
        assert accepted_of(result) == truth


def test_syllables() -> None:
    good = "Nguyễn quý QUÝ hoà hòa giếng gì nghiêng khuỷu thuở ngoằn xuyên ươm yết ý ỷ"
    assert [word for word in good.split() if not is_syllable(word)] == []
    assert [
        word
        for word in ["Tµi", "Nguyeãn", "baïn", "matt", "các.", "cac", "hoàá", "ngh", "kwa", "thàc"]
        if is_syllable(word)
    ] == []


def test_tone_marks_may_stand_on_either_letter(bench: Bench) -> None:
    assert one_spelling("Hoà Bình") == one_spelling("Hòa Bình") != one_spelling("Hoá Bình")
    assert fold("HOÀ  Bình") == fold("hòa bình")
    units = (
        column("unit", "station", header="Xã Hoà Thạch", values={"Thuỵ Khuê": "00001"}),
        column("raw", "station", header="Khoá"),
    )
    declared = contract(columns=units, key=("raw",), reading={"select": {"Khóa": ["Hòa"]}})
    result = bench.conform(declared, "Xã Hòa Thạch,Khóa\nThụy Khuê,Hoà\nThụy Khuê,Hoá\n")
    assert accepted_of(result) == [("00001", "Hoà")], "the text stays as it was received"
    assert result.rows_out_of_scope == 1


def test_lost_and_hidden_characters_are_no_text(bench: Bench) -> None:
    declared = contract(columns=COLUMNS, key=("code",))
    rows = ["1,Hà N\ufffdi", "2,\ufeffHà Nội", "3,a\x00b", "4,\x07", "5,#REF!", "6,Hà Nội", "7,Ngõ #1"]
    result = bench.conform(declared, "Mã,Tên\n" + "\n".join(rows) + "\n")
    assert refused_of(result) == {row: ["name-type"] for row in range(2, 7)}
    assert [name for _, name in accepted_of(result)] == ["Hà Nội", "Ngõ #1"]


def test_text_in_a_font() -> None:
    assert in_font("dù to¸n thu, chi ng©n s¸ch", TCVN3).startswith("d")
    with pytest.raises(UnicodeError):
        in_font("Hà Nội", TCVN3)


@pytest.mark.real_data
def test_a_budget_of_2003_typed_in_an_abc_font(real_data: Path) -> None:
    from blueprint import Reading
    from dags.sources.tables import read

    path = real_data / "budget/national-cc0/Plan_2003.xls"
    table = read(path, path.name, Reading(format="excel", encoding=TCVN3, header_rows=(1,)))
    texts = {text for block in table.blocks for at in range(len(block.numbers)) for text in block.received(at)}
    assert {"Hà nội", "Hải phòng", "từ ngân sách", "trung ương"} <= {text.strip() for text in texts}
    assert not any("\ufffd" in text for text in texts)
    assert any(text.startswith("#") for text in texts), "cells in error are told, not left blank"
    with pytest.raises(WrongEncoding, match="TCVN3"):
        read(path, path.name, Reading(format="excel"))
    assert read(path, path.name, Reading(format="excel", encoding="auto")).evidence is not None
