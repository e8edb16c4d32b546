"""Corrections of mistyped words, without CKAN and without a database."""

import random
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "catalog/ckanext-hanoi"))

from benchmarks import judged
from ckanext.hanoi_search import document, request
from ckanext.hanoi_search.spelling import best, candidates, near, traces, without_keys, worth
from ckanext.hanoi_search.text import accented, fold, words, written

LETTERS = st.text("abcdeghiklmnopqrstuvxy", min_size=2, max_size=8)
CITY = ["khong khi", "khi hau", "chat luong", "luong khong", "xe buyt", "diem dung", "dung xe", "kho hang", "ha noi"]


def known() -> dict[str, int]:
    """Return how many datasets hold each word and each pair."""
    numbers: dict[str, int] = {}
    for pair in CITY:
        for text in (pair, *pair.split()):
            numbers[text] = numbers.get(text, 0) + 3
    return numbers


def corrected(*typed: str) -> str | None:
    """Return the best reading of the typed words when each of them may be wrong."""
    numbers = known()
    vocabulary = {word for word in numbers if " " not in word}
    readings = [
        candidates(word, {other for other in vocabulary if traces(word) & traces(other)}, numbers)
        if word not in numbers
        else []
        for word in typed
    ]
    found = best(typed, readings, numbers, 3)
    return " ".join(found.words) if found else None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("khog khi", "khong khi"), ("khong hki", "khong khi"), ("khonng khi", "khong khi"), ("chst luong", "chat luong"),
        ("xe buty", "xe buyt"), ("xe buyts", "xe buyt"), ("diem dungg", "diem dung"), ("hanoi", "ha noi"),
        ("khoong khis", "khong khi"), ("chaat luwowngj", "chat luong"), ("khongkhi", "khong khi"),
    ],
)  # fmt: skip
def test_a_slip_is_put_right_by_its_neighbours(typed, meant):
    assert corrected(*typed.split()) == meant


@pytest.mark.parametrize("typed", ["khong khi", "zzzzz", "2030", "pm25 khong"])
def test_known_words_and_those_like_none_stay(typed):
    assert corrected(*typed.split()) is None


@given(LETTERS, st.integers(0, 2**32))
def test_every_single_slip_shares_a_trace_and_is_near(word, seed):
    slip = judged.mistyped(word, random.Random(seed))  # noqa: S311
    assert near(slip, word)
    assert near(word, slip)
    assert traces(word) & traces(slip)


@given(LETTERS, LETTERS)
def test_near_words_differ_in_little(one, other):
    if near(one, other) and one != other:
        assert abs(len(one) - len(other)) <= 1
        assert sum(one.count(letter) != other.count(letter) for letter in {*one, *other}) <= 2


@given(LETTERS)
def test_reading_keys_never_adds_a_letter(word):
    assert re.fullmatch(".*".join(without_keys(word)), word) or set(without_keys(word)) <= set(word)
    assert len(without_keys(word)) <= len(word)


def test_both_ways_to_place_a_tone_are_one_accented_word():
    assert accented("hoà") == accented("hòa") == accented("HOÀ")
    assert accented("thuỷ") == accented("thủy") != accented("thúy")
    assert accented("đa") != accented("da")
    assert len(words("Không-khí, Hà Nội")) == len(written("Không-khí, Hà Nội")) == 4


def test_a_document_holds_both_forms_and_its_neighbours():
    row = document.row({"index_id": "1", "title": "Hoà Bình", "hanoi_columns": ["pm25 Bụi mịn"]})
    assert "'hoa':1A" in row["vector"]
    assert f"'={accented('hòa')}':1A" in row["vector"]
    assert "'bui'" in row["vector"], "columns are searched"
    assert row["phrases"] == ["bình", "bụi", "bụi mịn", "hoà", "hoà bình", "mịn"]


def test_plain_words_may_be_read_otherwise_and_queries_of_the_language_may_not():
    asked = {"q": "khog khi", "defType": "dismax", "mm": "2<-1 5<80%"}
    plain = request.read(asked)
    assert [term.value for term in plain.typed] == ["khog", "khi"]
    other = request.read(asked, request.Reading({0: ("khong",)}))
    assert "('khog' | 'khong')" in other.parameters.values()
    assert "('khi' | 'khog' <-> 'khi':*)" in other.parameters.values()
    for q in ("+khog khi", '"khog khi"', "khog -khi"):
        assert request.read({**asked, "q": q}).typed == ()
    assert request.read({"q": "title:khog"}).typed == ()


def test_a_last_word_may_be_begun_where_nothing_else_is_found():
    asked = {"q": "khong kh", "defType": "dismax", "mm": "100%"}
    assert "'kh':*" in request.read(asked, request.Reading(begun=True)).parameters.values()
    assert "'kh':*" not in request.read(asked).parameters.values()


def test_the_judged_set_is_whole():
    names = {dataset.name for dataset in judged.datasets()}
    asked = judged.queries()
    assert len(asked) >= 100
    assert all(query.answers and query.answers <= names for query in asked)
    assert len({query.text for query in asked}) == len(asked)
    others = list(judged.datasets(len(names) + 50))
    assert len({dataset.name for dataset in others}) == len(names) + 50
    assert all(
        worth(word) or not word.isalpha() or len(word) == 1 for query in asked for word in fold(query.text).split()
    )
    assert judged.ways() == judged.ways(), "the slips are the same every time"
