"""No field of a declaration goes unjudged: a change of any of them is told."""

from datetime import date
from typing import Any

import pytest

from blueprint import Bilingual, Gate, Rule
from blueprint.codelist import CodeEntry, CodeList
from blueprint.compat import Mode, compare
from blueprint.concept import Concept
from blueprint.contract import Column, Contract, Deprecation, Reading, Reference, Source
from blueprint.crosswalk import Crosswalk, Pair
from tests.blueprint.compat_builders import (
    FIRST,
    LAST,
    TODAY,
    codelist,
    column,
    concept,
    contract,
    crosswalk,
    entry,
    pair,
    plan,
    text,
)

A, B = column("a"), column("b")


def other(model: type, field: str) -> Any:
    """A value that differs from what the builders give to ``field``."""
    values: dict[str, Any] = {
        "sources": (Source(files=("f.csv",), reading=Reading(format="csv")),),
        "rules": (Rule(id="r", sql="true", columns=("a",), message=text("r")),),
        "gate": Gate(min_rows=2),
        "unique": (("a",),),
        "references": (Reference(columns=("a",), dataset="d", to=("a",)),),
        "reserved": ("zz",),
        "compatibility": Mode.BACKWARD,
        "known_flaws": (text("flaw"),),
        "keywords": {"vi": ("x",), "en": ()},
        "temporal": (LAST, FIRST),
        "key": ("a",),
        "required": True,
        "default": "x",
        "deprecated": Deprecation(since=TODAY, vi="bỏ", en="goes"),
        "aliases": ("zz",),
        "synonyms": ("zz",),
        "date_formats": ("%Y",),
        "values": {"a": "b"},
        "concept": "thing@2" if model is Column else "other",
        "classification": "shared",
        "type": "date",
        "same_as": ("thing@1",),
        "examples": ("x",),
        "dated": True,
        "open": True,
        "entries": (entry("z"),),
        "pairs": (pair("z", "z"),),
        "valid_from": FIRST,
        "valid_to": date(2030, 1, 1),
        "successor": ("none",),
        "attributes": {"a": "b"},
        "relation": "partial",
        "severity": "warning",
        "columns": ("a", "b") if model is Rule else (A, B),
        "complete": {"a": 0.5},
        "mostly": {"a-required": 0.5},
        "min_rows": 2,
        "flatten": True,
        "identifier": "tax",
        "validation": "shape",
        "codelist": "more",
        "partition": "a",
        "names": "a",
        "former": FIRST,
        "present": LAST,
        "message": text("said otherwise"),
        "precision": 10,
    }
    if field in values:
        return values[field]
    if field in {"title", "description", "definition", "source_note"}:
        return Bilingual(vi="khác", en="other")
    numeric = {"minimum", "maximum", "min_length", "max_length", "pad_to", "area_weight", "population_weight", "scale"}
    numeric |= {"max_rows", "max_quarantined", "max_age_days"}
    return 1 if field in numeric else "zz"


_BASE = plan(
    concept("thing@2", title=text("better")),
    codelist("x"),
    codelist("y", ref="more@1"),
    concept("moment@1", "timestamp"),
)
_NOT_PART = {"version"}
_FIELDS = [
    (model, field)
    for model in (Contract, Column, Gate, Rule, Concept, CodeList, CodeEntry, Crosswalk, Pair)
    for field in model.model_fields
    # columns and rules are known by these
    if field not in _NOT_PART and (model, field) not in {(Rule, "id"), (Column, "name")}
]


@pytest.mark.parametrize(("model", "field"), _FIELDS, ids=lambda v: getattr(v, "__name__", v))
def test_no_field_goes_unjudged(model, field):
    update = {field: other(model, field)}
    rule = Rule(id="r", sql="a <> ''", columns=("a",), message=text("r"))
    if model is Contract:
        old = contract(A)
        new = old.model_copy(update=update)
    elif model is Column:
        one = column("a", "moment@1" if field == "timezone" else "thing@1")
        old, new = contract(one), contract(one.model_copy(update=update))
    elif model is Gate:
        old, new = contract(A), contract(A, gate=Gate().model_copy(update=update))
    elif model is Rule:
        old, new = contract(A, B, rules=(rule,)), contract(A, B, rules=(rule.model_copy(update=update),))
    elif model is Concept:
        old = concept(kind="decimal", precision=12, scale=2) if field in {"precision", "scale"} else concept()
        new = old.model_copy(update=update)
    elif model is CodeList:
        old = codelist("x")
        new = old.model_copy(update=update)
    elif model is CodeEntry:
        old, new = codelist("x"), codelist(entry("x").model_copy(update=update))
    elif model is Crosswalk:
        old = crosswalk(pair("x", "y"))
        new = old.model_copy(update=update)
    else:
        one = pair("x", "y")
        old, new = crosswalk(one), crosswalk(one).model_copy(update={"pairs": (one.model_copy(update=update),)})
    found = compare(old, new, _BASE, TODAY)
    assert found
    assert any(field in c.path or c.kind.number != 23 for c in found)
