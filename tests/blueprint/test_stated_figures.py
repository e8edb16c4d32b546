"""Figures that the source documents state: each sentence and each number stands there word for word."""

import csv
import re
import unicodedata

import pytest

from blueprint import blueprint
from blueprint.load import ROOT

NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


@pytest.fixture(scope="module")
def figures():
    source = blueprint().contract("stated-figures").sources[0]
    with (ROOT / source.files[0]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spoken(number: float) -> set[str]:
    """How a Vietnamese text writes ``number``: decimal comma, dots between thousands, or in millions."""
    whole = f"{number:,.0f}".replace(",", ".")
    written = {whole, f"{number:g}".replace(".", ",")}
    if number >= 1_000_000:
        written.add(f"{number / 1_000_000:g}")
    return written


def test_the_numbers_say_what_the_words_say(figures):
    for figure in figures:
        numbers = set(NUMBER.findall(figure["value"]))
        for field in ("value_number", "value_number_to"):
            if figure[field]:
                value = float(figure[field])
                assert spoken(value) & numbers or (value == 1 and "một" in figure["value"]), figure["figure_id"]


def test_the_bound_says_what_the_words_say(figures):
    words = {"above": ("trên", "hơn"), "at-least": ("ít nhất",), "about": ("khoảng",), "range": (" - ",)}
    for figure in figures:
        expected = words.get(figure["bound"])
        assert expected is None or any(w in figure["value"] for w in expected), figure["figure_id"]


def test_what_hai_phong_says_of_itself_is_there(figures):
    stated = {f["figure_id"]: float(f["value_number"]) for f in figures}
    ranks = ("infrastructure", "human", "application", "online-services")
    assert [stated[f"hp-ict-{r}-rank"] for r in ranks] == [50, 38, 43, 36]
    assert stated["hp-feature-phone-share"] == 9.75
    assert stated["hp-mobifone-feature-phones"] == 55_000
    assert (stated["hp-programme-tasks"], stated["hp-programme-groups"]) == (147, 9)
    assert (stated["hp-2022-tasks"], stated["hp-2022-groups"]) == (59, 4)


def test_each_sentence_stands_in_its_document(figures, seed_documents):
    documents = {
        p.stem: unicodedata.normalize("NFC", p.read_text(encoding="utf-8")) for p in seed_documents.glob("*.txt")
    }
    assert {f["document"] for f in figures} == set(documents), "every document states something"
    for figure in figures:
        assert figure["sentence"] in documents[figure["document"]], figure["figure_id"]
        assert figure["value"] in figure["sentence"], figure["figure_id"]


def test_titles_are_those_of_the_documents_where_they_bear_one(figures, seed_documents):
    first = {p.stem: p.read_text(encoding="utf-8").splitlines()[0] for p in seed_documents.glob("*.txt")}
    titled = {f["document"]: f["document_title"] for f in figures if f["document"][:3] in {"000", "002", "004"}}
    assert len(titled) == 3
    assert all(first[document] == title for document, title in titled.items())
