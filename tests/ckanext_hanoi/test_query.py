"""The query languages of `hanoi_search`, without CKAN and without a database."""

import doctest
import importlib
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "catalog/ckanext-hanoi"))

from ckanext.hanoi_search import document, request
from ckanext.hanoi_search.dates import parse_date
from ckanext.hanoi_search.query import (
    MAX_CLAUSES,
    Everything,
    Exists,
    Group,
    QuerySyntaxError,
    Range,
    Term,
    parse_dismax,
    parse_lucene,
)
from ckanext.hanoi_search.sql import Conditions
from ckanext.hanoi_search.text import fold, sort_key, words

NOW = datetime(2026, 3, 15, 10, 30, tzinfo=UTC)


def a(value: str, field: str = "text") -> Term:
    """Return a plain term."""
    return Term(field, value)


@pytest.mark.parametrize("name", ["text", "query", "dates", "sql", "document", "spelling", "engine"])
def test_the_examples_in_the_documentation_run(name):
    module = importlib.import_module(f"ckanext.hanoi_search.{name}")
    result = doctest.testmod(module)
    assert (result.failed, result.attempted > 0) == (0, True)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Không khí Hà Nội", "khong khi ha noi"),
        ("ĐỐNG ĐA", "dong da"),
        ("Trường Thọ, Phường Ỷ La", "truong tho, phuong y la"),
        ("e\u0302\u0301", "e"),
        ("ﬁ", "fi"),
    ],
)
def test_folding_drops_every_diacritic(text, folded):
    assert fold(text) == folded


@given(st.text(max_size=60))
def test_words_are_folded_words_whatever_the_text(text):
    for word in words(text):
        assert re.fullmatch(r"[^\W_]+", word)
        assert word == fold(word)


def test_the_vietnamese_alphabet_orders_titles():
    titles = ["Ô nhiễm", "Oan", "Ơn", "Đê", "Dê", "Đường", "Ăn", "Âu", "An", "Án", "2015", "Zê"]
    assert sorted(titles, key=sort_key) == [
        "2015", "An", "Án", "Ăn", "Âu", "Dê", "Đê", "Đường", "Oan", "Ô nhiễm", "Ơn", "Zê",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("*:*", Everything()),
        ("name:x", a("x", "name")),
        ("name : x", a("x", "name")),
        ('title:"hà nội"', Term("title", "hà nội", phrase=True)),
        ("tags:*", Exists("tags")),
        ("kh*", Term("text", "kh*", wild=True)),
        (r"a\:b\*", a("a:b*")),
        ("url:http://a/b", a("http://a/b", "url")),
        ("a b", Group(must=(a("a"), a("b")))),
        ("a OR b", Group(should=(a("a"), a("b")), at_least=1)),
        ("a || b", Group(should=(a("a"), a("b")), at_least=1)),
        ("a && !b", Group(must=(a("a"),), never=(a("b"),))),
        ("a AND NOT b", Group(must=(a("a"),), never=(a("b"),))),
        # Lucene's own way: c is optional beside the required a, and so is the b before OR.
        ("a b OR c", Group(must=(a("a"),), should=(a("b"), a("c")))),
        ("+a -b", Group(must=(a("a"),), never=(a("b"),))),
        ("-a", Group(never=(a("a"),))),
        ("f:(a OR b)", Group(should=(a("a", "f"), a("b", "f")), at_least=1)),
        ("year:[2015 TO *}", Range("year", "2015", None, True, False)),
        ('d:["2015 01" TO NOW-7DAYS]', Range("d", "2015 01", "NOW-7DAYS")),
        ("a^2 OR b~1", Group(should=(a("a"), Term("text", "b", loose=True)), at_least=1)),
        ("ORANGE ANDROID NOTE", Group(must=(a("ORANGE"), a("ANDROID"), a("NOTE")))),
    ],
)
def test_lucene(query, tree):
    assert parse_lucene(query) == tree


@pytest.mark.parametrize(
    "query",
    ["", "(", ")", "a)", "(a", "()", '"a', "name:", "a AND", "OR a", "AND", "[a TO", "[a b]", "x:[a TO b", "+", "a\\", "NOT",
     "*:a", "a^x", "(" * 60 + "a" + ")" * 60, " ".join(["a"] * (MAX_CLAUSES + 1))],
)  # fmt: skip
def test_what_solr_refuses_is_refused(query):
    with pytest.raises(QuerySyntaxError):
        parse_lucene(query)


def test_a_refusal_never_shows_the_query():
    with pytest.raises(QuerySyntaxError) as refusal:
        parse_lucene('permission_labels:"member-1234" (')
    assert "1234" not in str(refusal.value)


def test_dismax_takes_plain_words_as_they_are():
    assert parse_dismax("giao thông - vận tải: (xe & buýt) OR [x]").should == tuple(
        a(word) for word in ["giao", "thông", "vận", "tải:", "(xe", "buýt)", "OR", "[x]"]
    )
    assert parse_dismax('"hà nội" -xe +buýt') == Group(
        (a("buýt"),), (Term("text", "hà nội", phrase=True),), (a("xe"),), at_least=1
    )


@given(st.text(alphabet='ab:()[]{}"+-!&|*?~^\\ ANDORTđ\x00', max_size=40))
def test_any_text_is_read_or_refused(text):
    for parse in (parse_lucene, parse_dismax):
        try:
            tree = parse(text)
        except QuerySyntaxError:
            continue
        conditions = Conditions(NOW)
        try:
            sql = conditions.sql(tree)
        except QuerySyntaxError:
            continue
        # Nothing of the text stands in the statement itself.
        assert set(re.findall(r":(\w+)", sql)) == set(conditions.parameters)
        assert "đ" not in sql


@pytest.mark.parametrize("hostile", ["x'; DROP TABLE package; --", "%", "_", "\\", "') OR 1=1", ":p0"])
def test_values_and_field_names_are_parameters(hostile):
    for field in ("name", "tags", "title", "text", "title_ngram", "extras_x", "permission_labels"):
        conditions = Conditions(NOW)
        sql = conditions.sql(Term(field, hostile))
        assert hostile not in sql or hostile in ("%", "_", "\\", ":p0")
    conditions = Conditions(NOW)
    assert "DROP" not in conditions.sql(Exists("x') OR DROP"))


def test_labels_and_words_use_their_indexes():
    conditions = Conditions(NOW)
    sql = conditions.sql(parse_lucene('+permission_labels:("public" OR "member-1") +text:"hà nội"'))
    assert sql.count("permission_labels && CAST(") == 2
    assert "vector @@ CAST(" in sql
    assert "'ha' <-> 'noi'" in conditions.parameters.values()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("NOW", "2026-03-15T10:30:00"), ("NOW-7DAYS", "2026-03-08T10:30:00"), ("NOW/DAY+1MONTH", "2026-04-15T00:00:00"),
        ("2012-02-29T23:59:59.5Z", "2012-02-29T23:59:59.500000"), ("2012", "2012-01-01T00:00:00"),
    ],
)  # fmt: skip
def test_dates(text, moment):
    assert parse_date(text, NOW).isoformat() == f"{moment}+00:00"


@pytest.mark.parametrize("text", ["", "soon", "2012-13-01", "NOW-7", "NOW+999999YEARS", "2012-02-30T00:00:00Z"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(QuerySyntaxError):
        parse_date(text, NOW)


def test_a_request_becomes_bounded_statements():
    read = request.read({
        "q": "khong khi", "defType": "dismax", "mm": "2<-1 5<80%", "fq": ["+state:active", "+site_id:x"], "rows": 5,
        "sort": "score desc, title_string asc", "fl": "id name", "facet": "true", "facet.field": ["tags"],
        "facet.mincount": 0,
    })  # fmt: skip
    assert read.wanted == ["id", "name"]
    assert read.facet_min == 1, "values of documents that were not found must not be counted"
    assert "title_string ASC" in read.order
    assert {"khong", "khi"} <= set(re.findall(r"[a-z]+", " ".join(map(str, read.parameters.values()))))


@pytest.mark.parametrize(
    "params",
    [
        {"sort": "name"}, {"sort": "name; DROP asc"}, {"sort": "tags asc"}, {"rows": "x"}, {"rows": -1}, {"start": 1e20},
        {"q": "a" * (request.MAX_QUERY + 1)}, {"fq": "a" * (request.MAX_FILTERS + 1)}, {"q": "a b", "defType": "dismax", "mm": "x"},
        {"q": "a", "defType": "nonsense"}, {"fq": "metadata_modified:[a TO b]"}, {"fq": "title:[a TO b]"}, {"fq": "views_total:[a TO b]"},
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_read_is_refused(params):
    with pytest.raises(QuerySyntaxError):
        request.read(params)


def test_a_document_keeps_labels_out_of_what_is_returned():
    row = document.row({
        "index_id": "1", "id": "i", "name": "n", "title": "Không khí", "tags": ["a", "a"], "permission_labels": ["secret"],
        "extras_x": "đ\x00", "data_dict": "{}", "metadata_modified": "2026-01-01T00:00:00.123456Z",
    })  # fmt: skip
    assert "secret" not in row["stored"] + row["fields"] + row["words"]
    assert row["permission_labels"] == ["secret"]
    assert '"tags": ["a"]' in row["fields"]
    assert '"2026-01-01T00:00:00.123Z"' in row["stored"]
