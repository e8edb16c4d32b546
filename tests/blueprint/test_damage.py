"""Damaged letters: every wrong reading of every name is told, real text never is, and SQL says what Python says."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import blueprint
from blueprint.damage import damaged, damaged_sql

ENCODINGS = ["latin-1", "cp1252", "cp1258"]


def misread(text: str, encoding: str, *, left_out: bool = False) -> str:
    """``text`` in UTF-8, read as ``encoding``, whose missing bytes become control characters or are left out."""
    return "".join(
        bytes([byte]).decode(encoding, "ignore") or ("" if left_out else chr(byte)) for byte in text.encode()
    )


def names() -> list[str]:
    """The names of the units that the crosswalks join."""
    plan = blueprint()
    lists = {walk.codelist for walk in plan.crosswalks.values()}
    found = {entry.vi for name in lists for entry in plan.codelists[name].entries}
    assert len(found) > 500
    return sorted(name for name in found if not name.isascii())


NAMES = names()
WORDS = sorted({word for name in NAMES for word in name.split() if not word.isascii()})


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("change", [str, str.upper, str.lower], ids=["as-is", "capitals", "small"])
def test_every_word_that_was_read_in_a_wrong_encoding_is_told(encoding: str, change: type[str]) -> None:
    assert [word for word in map(change, WORDS) if not damaged(misread(word, encoding))] == []


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("left_out", [False, True])
def test_every_name_is_told_also_where_bytes_were_left_out_and_blanks_cut_off(encoding: str, left_out: bool) -> None:
    came = (unicodedata.normalize("NFC", misread(name, encoding, left_out=left_out)).strip() for name in NAMES)
    assert [text for text in came if not damaged(text)] in ([], ["ThÃ nh phố HÃ"])


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_decomposed_letters_are_told(encoding: str) -> None:
    words = [unicodedata.normalize("NFD", word) for word in WORDS]
    assert [word for word in words if not damaged(misread(word, encoding))] == []


def test_damage_of_damage_is_told() -> None:
    assert [word for word in WORDS if not damaged(misread(misread(word, "cp1252"), "cp1252"))] == []


@pytest.mark.parametrize(
    "text",
    [
        "Äá»‘ng Äa",
        "Ä\x90á»\x91ng Ä\x90a",
        "30 Â°C, 5 Âµg/mÂ³",
        "Há»™i nghá»‹ â€œsố hóaâ€\x9d",
        "5.000 â‚«",
        "Phường Đống Äa, quáº­n 1",
        "Hà N\ufffdi",
        "Hà\x85",
        "«Nguyá»…n»",
        "phá»",
        "HÃ\xa0",
        "HÃ\xa0 Nam",
        "vÃ",
        "CÃ”NG TY",
        "CÃ”",
        "mÃªme Å“uvre",
    ],
)
def test_damaged_texts_are_told(text: str) -> None:
    assert damaged(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dong Da #1?",
        "“THỊ XÃ”, ‘MÃ’ và «XÃ»",
        "THỊ XÃ… MÃ–SỐ, XÃ·HUYỆN",
        "XÃ\xa0KIM LAN",
        "XÃ\xa0Kim Lan",
        "XÃ\xa0LIÊN HÀ\xa0",
        "«đơn giá», «đánh giá»\xa0và «khá»…",
        "«hóa»: «Â», «Ă», “Ì”",
        "GÌ… LÀ… Á… CHÚ Ý: Ì–À",
        "CAFÉ… «déjà»\xa0: l’œuvre, Œuvre, ŒUVRE, naïve, août, garçon",
        "20 °C, 5 µg/m³, ±0,5 m², §1, ½, 5 €, 5.000 ₫, №",
        "ÆØÅ æøå ÄÖÜß Ångström, Ämter, señor, ¿qué?, São Tomé",
        "Hà Nội",
        "ĐỐNG ĐA",
        unicodedata.normalize("NFD", "Phường Đống Đa, “THỊ XÃ”"),
        "東京, Ελλάδα, Москва, ✓ → 🙂",
    ],
)
def test_real_texts_are_left_alone(text: str) -> None:
    assert not damaged(text)


REAL = st.sampled_from(sorted({w for name in NAMES for w in name.split()} | {"Ủy", "ban", "đánh", "giá", "mã", "12"}))
BETWEEN = st.sampled_from([" ", " ", ", ", " – ", "–", "\xa0", "… ", "; ", "/", "\n"])
AROUND = st.sampled_from(["", "“”", "«»", "‘’", '""', "()", "‹›"])


@st.composite
def sentences(draw: st.DrawFn) -> str:
    """Names and words as they are typed: between marks, in small or capital letters, composed or not."""
    words = draw(st.lists(st.tuples(REAL, AROUND, BETWEEN), min_size=1, max_size=8))
    text = "".join(f"{marks[:1]}{word}{marks[1:]}{between}" for word, marks, between in words).strip()
    text = draw(st.sampled_from([str, str.upper, str.lower]))(text)
    return unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), text)


@settings(max_examples=300, deadline=None)
@given(text=sentences())
def test_what_people_write_is_left_alone_and_told_once_it_is_damaged(text: str) -> None:
    assert not damaged(text)
    composed = unicodedata.normalize("NFC", text)
    if any(letter in "ăâđêôơưáếộửỹ" for letter in composed.casefold()):
        assert damaged(misread(composed, "cp1252"))


PIECES = st.one_of(
    st.sampled_from(
        [*"ÃĂÂÄÅÆÌáºâ»«’”›…•·–— aHz19.,!\n\t", "\xa0", "\xad", "\x80", "\x9f", "\ufffd", "á»", "áº", "Ã\xa0"]
    ),
    st.characters(exclude_categories=["Cs"]),
    REAL,
    st.sampled_from(WORDS[::20]).map(lambda word: misread(word, "cp1252")),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=60))
def test_sql_says_what_python_says(texts: list[str]) -> None:
    with duckdb.connect() as db:
        db.execute("CREATE TABLE t (n INTEGER, text VARCHAR)")
        db.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(texts)))
        found = db.execute(f"SELECT {damaged_sql('text')} FROM t ORDER BY n").fetchall()
    assert [row[0] for row in found] == [damaged(text) for text in texts]


def test_sql_is_never_null() -> None:
    with duckdb.connect() as db:
        found = db.execute(f"SELECT {damaged_sql('text')} FROM (VALUES (NULL), ('Äa'), ('á»')) AS t(text)").fetchall()
    assert found == [(False,), (False,), (True,)]


def of_declarations() -> Iterator[tuple[str, str]]:
    root = blueprint().root
    for path in sorted(root.rglob("*")):
        if path.suffix in (".yaml", ".csv", ".md"):
            yield from ((path.name, line) for line in path.read_text(encoding="utf-8").splitlines())


def test_no_declaration_is_damaged() -> None:
    texts = list(of_declarations())
    assert sum(not text.isascii() for _, text in texts) > 5_000
    assert [(name, text) for name, text in texts if damaged(text)] == []


def of_files(folder: Path) -> Iterator[str]:
    """The cells of each CSV file and the lines of each JSON file."""
    for path in sorted(folder.rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                yield from row
    for path in sorted(folder.rglob("*.json")):
        if path.is_file():
            yield from re.split(r'[\n"]', path.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize(("folder", "least"), [("admin", 20_000), ("governance", 50)])
def test_no_real_name_is_taken_for_damaged(real_data: Path, folder: str, least: int) -> None:
    texts = {text for text in of_files(real_data / folder) if not text.isascii()}
    assert len(texts) >= least
    assert {text for text in texts if damaged(text)} == set()


def test_the_damage_that_real_files_hold_is_lost_letters(real_data: Path) -> None:
    texts = {text for text in of_files(real_data / "catalogue") if not text.isascii()}
    found = {text for text in texts if damaged(text)}
    assert found
    assert all("\ufffd" in text for text in found)
