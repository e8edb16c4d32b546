"""The truth table: 33 kinds of change in 7 modes, each cell told by two real declarations."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from blueprint import Contract, Gate, Rule
from blueprint.compat import DEPRECATION_DAYS, KINDS, Mode, Verdict, compare, diff
from blueprint.contract import Deprecation, Reference
from tests.blueprint.compat_builders import (
    FIRST,
    LAST,
    START,
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

LONG_AGO = TODAY - timedelta(days=DEPRECATION_DAYS)


class Case(NamedTuple):
    """Two versions that differ in one thing, or one that brings ``also`` others along.

    ``expected`` are the verdicts of BACKWARD, FORWARD and FULL.
    """

    number: int
    state: str
    expected: str
    old: Any
    new: Any
    plan: Any
    also: tuple[int, ...] = ()


def typed(number: int, old: str, new: str, expected: str, **more: Any) -> Case:
    """A concept whose type changes."""
    return Case(number, f"{old}-{new}", expected, concept(kind=old, **more), concept("thing@2", new, **more), plan())


def of_concept(
    number: int, state: str, expected: str, before: dict[str, Any], after: dict[str, Any], kind: str
) -> Case:
    return Case(number, state, expected, concept(kind=kind, **before), concept("thing@2", kind, **after), plan())


def of_contract(number: int, state: str, expected: str, old: Contract, new: Contract, *known: Any) -> Case:
    return Case(number, state, expected, old, new.model_copy(update={"version": "1.1.0"}), plan(*known))


def of_list(number: int, state: str, expected: str, before: tuple, after: tuple, *known: Any, **more: Any) -> Case:
    return Case(
        number, state, expected, codelist(*before, **more), codelist(*after, ref="list@2", **more), plan(*known)
    )


def rule(sql: str, severity: Any = "error") -> Rule:
    return Rule(id="sound", sql=sql, columns=("a",), severity=severity, message=text("sound"))


def deprecated(days_ago: int) -> Deprecation:
    return Deprecation(since=TODAY - timedelta(days=days_ago), vi="thôi dùng", en="no longer used")


A, B = column("a"), column("b")
NUMBER, WIDE, NARROW, FRACTION = (
    concept("number@1", "int32"),
    concept("number@2", "integer"),
    concept("number@3", "int32", maximum=9),
    concept("other@1", "int32", same_as=("number@1",)),
)
RETIRED = {"legal_basis": "1656/NQ-UBTVQH15", "successor": ("none",)}


def columns() -> Iterator[Case]:
    yield of_contract(1, "nullable", "YYY", contract(A), contract(A, B))
    yield of_contract(1, "nullable with default", "YYY", contract(A), contract(A, column("b", default="x")))
    yield of_contract(2, "", "NYN", contract(A), contract(A, column("b", required=True)))
    yield of_contract(3, "default fits", "YYY", contract(A), contract(A, column("b", required=True, default="x")))
    short = concept("thing@1", max_length=3)
    misfit = column("b", required=True, default="four")
    yield of_contract(3, "default does not fit", "NYN", contract(A), contract(A, misfit), short)
    for days, expected in ((DEPRECATION_DAYS, "YYY"), (DEPRECATION_DAYS - 1, "YYN")):
        old = contract(A, column("b", deprecated=deprecated(days)))
        yield of_contract(4, f"deprecated {days} days", expected, old, contract(A))
    yield of_contract(4, "never deprecated", "YYN", contract(A, B), contract(A))
    yield of_contract(5, "", "YNN", contract(A, column("b", required=True)), contract(A))
    yield of_contract(6, "alias kept", "YYY", contract(A), contract(column("b", field="a", aliases=("a",))))
    yield of_contract(6, "alias without field", "YYY", contract(A), contract(column("b", aliases=("a",))))
    yield of_contract(6, "no alias", "NNN", contract(A), contract(column("b", field="a")))
    served = column("b", field="a", aliases=("a",))
    yield of_contract(6, "alias withdrawn", "NNN", contract(served), contract(column("b", field="a")))
    yield of_contract(7, "", "YYY", contract(A, B), contract(B, A))
    put_out = of_contract(8, "reserved", "NNN", contract(A, reserved=("b",)), contract(A, B))
    yield put_out._replace(also=(1, 23))
    other = of_contract(8, "other field under the name", "NNN", contract(A), contract(column("a", field="z")))
    yield other._replace(also=(1, 4))
    swapped = contract(column("a", field="b"), column("b", field="a"))
    yield of_contract(8, "names swapped", "NNN", contract(A, B), swapped)._replace(also=(6, 7))
    yield of_contract(9, "", "YNN", contract(column("a", required=True)), contract(A))
    yield of_contract(10, "", "NYN", contract(A), contract(column("a", required=True)))
    kept, lost = column("a", required=True, default="x"), column("a", required=True)
    yield of_contract(10, "default withdrawn", "NYN", contract(kept), contract(lost))


def values() -> Iterator[Case]:
    for old, new in (("int32", "integer"), ("float", "double"), ("date", "timestamp_local")):
        yield typed(11, old, new, "YNN")
        yield typed(12, new, old, "NYN")
    small, large = {"precision": 10, "scale": 2}, {"precision": 12, "scale": 2}
    yield of_concept(11, "decimal", "YNN", small, large, "decimal")
    yield of_concept(12, "decimal", "NYN", large, small, "decimal")
    yield of_concept(13, "decimal", "NNN", small, {"precision": 10, "scale": 4}, "decimal")
    for old, new in (
        ("string", "integer"),
        ("integer", "string"),
        ("timestamp", "timestamp_local"),
        ("date", "timestamp"),
    ):
        yield typed(13, old, new, "NNN")
    for field, old, new in (
        ("unit", "ug/m3", "mg/m3"),
        ("crs", "EPSG:4326", "EPSG:9210"),
        ("currency", "VND", "USD"),
        ("calendar", None, "school-year"),
    ):
        yield of_concept(14, field, "NNN", {field: old}, {field: new}, "double")
    moment = concept("instant@1", "timestamp")
    zone = contract(column("a", "instant@1")), contract(column("a", "instant@1", timezone="UTC"))
    yield of_contract(14, "timezone", "NNN", *zone, moment)
    for kind, loose, tight in (
        ("double", {"minimum": 0}, {"minimum": 1}),
        ("double", {"maximum": 9}, {"maximum": 8}),
        ("double", {}, {"maximum": 8}),
        ("string", {"max_length": 9}, {"max_length": 8}),
        ("string", {"min_length": 1}, {"min_length": 2}),
        ("string", {}, {"pattern": "[0-9]+"}),
        ("string", {"validation": "shape", "identifier": "tax"}, {"validation": "checksum", "identifier": "tax"}),
        ("string", {}, {"identifier": "tax"}),
        ("string", {}, {"codelist": "list"}),
    ):
        of = f"{kind} {tight}"
        yield of_concept(15, of, "YNN", tight, loose, kind)
        yield of_concept(16, of, "NYN", loose, tight, kind)
    guarded = contract(A, rules=(rule("a <> ''"),))
    yield of_contract(15, "rule dropped", "YNN", guarded, contract(A))
    yield of_contract(16, "rule added", "NYN", contract(A), guarded)
    yield of_concept(17, "pattern", "NNN", {"pattern": "[0-9]{2}"}, {"pattern": "[0-9]{2,3}"}, "string")
    edited = contract(A, rules=(rule("a > ''"),))
    yield of_contract(17, "sql", "NNN", guarded, edited)


def codes() -> Iterator[Case]:
    yield of_list(18, "closed", "YNN", ("x",), ("x", "y"))
    yield of_list(18, "open", "YYY", ("x",), ("x", "y"), open=True)
    retired = entry("x", end=LAST)
    yield of_list(18, "in force again", "YNN", (retired, "y"), ("x", "y"))
    yield of_list(18, "another era", "YNN", (retired,), (retired, entry("x", FIRST)), dated=True)
    yield of_list(19, "basis and none", "YYY", ("x",), (entry("x", end=LAST, **RETIRED),))
    followed = RETIRED | {"successor": ("y",)}
    yield of_list(19, "basis and successor", "YYY", ("x", "y"), (entry("x", end=LAST, **followed), "y"))
    yield of_list(19, "no basis", "NNN", ("x",), (entry("x", end=LAST, successor=("none",)),))
    yield of_list(19, "no successor", "NNN", ("x",), (entry("x", end=LAST, legal_basis="decree"),))
    yield of_list(20, "row gone", "NNN", ("x", "y"), ("x",))
    yield of_list(20, "ends earlier", "NNN", (retired,), (entry("x", end=LAST - timedelta(days=1)),))
    yield of_list(20, "begins later", "NNN", ("x",), (entry("x", START + timedelta(days=1)),))
    yield of_list(21, "both names", "NNN", ("x",), (entry("x", vi="khác", en="other"),))
    again = entry("x", FIRST, vi="khác", en="other")
    yield of_list(21, "code given again", "NNN", (retired,), (retired, again))
    merged = tuple(entry(c, end=LAST, legal_basis="decree", successor=("z",)) for c in "xy")
    whole = crosswalk(pair("x", "z"), pair("y", "z"))
    grown = (*merged, entry("z", FIRST))
    yield of_list(22, "merger told", "YYY", ("x", "y"), grown, whole)
    half = crosswalk(pair("x", "z"))
    yield of_list(22, "merger half told", "NNN", ("x", "y", "z"), (*merged, entry("z")), half)
    split = entry("x", end=LAST, legal_basis="decree", successor=("y", "z"))
    parts = crosswalk(pair("x", "y", "partial"), pair("x", "z", "partial"))
    yield of_list(22, "split told", "YYY", ("x", "y", "z"), (split, "y", "z"), parts)
    yield of_list(22, "split untold", "NNN", ("x", "y", "z"), (split, "y", "z"))
    past = crosswalk(pair("x", "y", "partial"), pair("x", "z", "partial"), former=START, present=START + timedelta(1))
    yield of_list(22, "split of another year", "NNN", ("x", "y", "z"), (split, "y", "z"), past)


def whole() -> Iterator[Case]:
    yield of_contract(23, "title", "YYY", contract(A), contract(A, title=text("other")))
    yield of_contract(23, "column title", "YYY", contract(A), contract(column("a", title=text("other"))))
    yield of_list(23, "translation", "YYY", ("x",), (entry("x", en="another translation"),))
    yield of_concept(23, "definition", "YYY", {}, {"definition": text("said better")}, "string")
    reference = Reference(columns=("a",), dataset="other", to=("a",))
    for state, more in (
        ("key", {"key": ("a",)}),
        ("unique", {"unique": (("a",),)}),
        ("to", {"references": (reference,)}),
    ):
        yield of_contract(24, state, "NYN", contract(A), contract(A, **more))
        yield of_contract(25, state, "YNN", contract(A, **more), contract(A))
    yield of_contract(26, "", "NNN", contract(A, B, key=("a",)), contract(A, B, key=("a", "b")))
    for state, loose, tight in (
        ("min_rows", {"min_rows": 1}, {"min_rows": 2}),
        ("max_rows", {}, {"max_rows": 9}),
        ("max_quarantined", {"max_quarantined": 0.2}, {"max_quarantined": 0.1}),
        ("max_age_days", {"max_age_days": 9}, {"max_age_days": 8}),
        ("complete", {"complete": {"a": 0.5}}, {"complete": {"a": 0.6}}),
    ):
        sides = contract(A, gate=Gate(**loose)), contract(A, gate=Gate(**tight))
        yield of_contract(27, state, "NYN", *sides)
        yield of_contract(28, state, "YNN", *reversed(sides))
    sides = contract(A, rules=(rule("a <> ''", "warning"),)), contract(A, rules=(rule("a <> ''"),))
    yield of_contract(27, "severity", "NYN", *sides)
    yield of_contract(28, "severity", "YNN", *reversed(sides))


def references() -> Iterator[Case]:
    def bound(number: int, state: str, expected: str, old: str, new: str, *known: Any) -> Case:
        return of_contract(number, state, expected, contract(column("a", old)), contract(column("a", new)), *known)

    yield bound(29, "text", "YYY", "number@1", "number@4", NUMBER, concept("number@4", "int32", source="decree"))
    yield bound(29, "widened", "YNN", "number@1", "number@2", NUMBER, WIDE)
    yield bound(29, "tightened", "NYN", "number@1", "number@3", NUMBER, NARROW)
    yield bound(29, "both", "NNN", "number@2", "number@3", WIDE, concept("number@3", "int32", unit="m"))
    masked = contract(column("a", "number@1", maximum=5)), contract(column("a", "number@3", maximum=5))
    yield of_contract(29, "limit of the column holds", "YYY", *masked, NUMBER, NARROW)
    lists = codelist("x"), codelist("x", "y", ref="more@1")
    coded = concept("code@1", codelist="list"), concept("code@2", codelist="more")
    yield bound(29, "larger list", "YNN", "code@1", "code@2", *coded, *lists)
    yield bound(29, "smaller list", "NYN", "code@2", "code@1", *coded, *lists)
    yield bound(30, "unrelated", "NNN", "number@1", "other@2", NUMBER, concept("other@2", "int32"))
    yield bound(30, "same_as", "YYY", "number@1", "other@1", NUMBER, FRACTION)
    yield bound(30, "same_as, other way", "YYY", "other@1", "number@1", NUMBER, FRACTION)
    chain = concept("third@1", "int32", same_as=("other@1",))
    yield bound(30, "same_as over two", "YYY", "number@1", "third@1", NUMBER, FRACTION, chain)
    wider = concept("wider@1", "integer", same_as=("number@1",))
    yield bound(30, "same_as, wider", "YNN", "number@1", "wider@1", NUMBER, wider)
    yield of_concept(31, "", "YNN", {"classification": "open"}, {"classification": "restricted"}, "string")
    yield of_concept(32, "", "NNN", {"classification": "personal"}, {"classification": "shared"}, "string")
    yield of_contract(33, "agency", "NNN", contract(A), contract(A, agency="another"))
    yield of_contract(33, "theme", "NNN", contract(A), contract(A, theme="another"))
    yield of_contract(33, "dataset", "NNN", contract(A), contract(A, dataset="another"))


CASES = [*columns(), *values(), *codes(), *whole(), *references()]


def unpublished(tmp_path, locked: str):
    """A list one of whose codes goes, in a folder whose lock names the file ``locked``."""
    (tmp_path / "released.json").write_text(json.dumps({locked: "0" * 64}), encoding="utf-8")
    return codelist("x", "y"), codelist("x", ref="list@2"), plan(root=tmp_path)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.number}-{KINDS[c.number].id}-{c.state}".rstrip("-"))
def test_each_cell_of_the_table(case: Case, mode: Mode):
    report = diff(case.old, case.new, case.plan, mode, today=TODAY)
    assert {f.number for f in report.findings if f.number} == {case.number, *case.also}
    findings = [f for f in report.findings if f.number == case.number]
    which = mode.value.removesuffix("_TRANSITIVE")
    allowed = mode is Mode.NONE or case.expected[("BACKWARD", "FORWARD", "FULL").index(which)] == "Y"
    assert max(f.verdict for f in findings) == (Verdict.ALLOWED if allowed else Verdict.REFUSED)
    assert report.breaking is not allowed
    for finding in findings:
        assert (finding.mode, finding.against) == (mode, str(case.old.version))
        assert finding.rule == KINDS[case.number].id
        assert finding.path
        assert finding.vi != finding.en
        assert finding.hint_vi != finding.hint_en
        json.dumps(finding.to_json())


def test_the_table_has_a_case_for_every_kind_and_both_states_of_every_condition():
    assert sorted(KINDS) == list(range(1, 34))
    assert {c.number for c in CASES} == set(KINDS)
    states = {n: {c.expected for c in CASES if c.number == n} for n in KINDS}
    # a change that no data can excuse, and one that two people must approve, have one state here
    conditional = {n for n, kind in KINDS.items() if "C" in kind.cells} - {17, 20, 32}
    assert {n for n in conditional if len(states[n]) < 2} == set()


@pytest.mark.parametrize(("locked", "forward"), [("codelists/list/1.csv", "refused"), ("other", "allowed")])
def test_a_code_of_a_list_that_was_never_published_may_go_forward(tmp_path, locked, forward):
    old, new, known = unpublished(tmp_path, locked)
    verdicts = {m: diff(old, new, known, m).findings[0].verdict.value for m in Mode}
    assert verdicts[Mode.FORWARD] == verdicts[Mode.FORWARD_TRANSITIVE] == forward
    assert verdicts[Mode.NONE] == "allowed"
    assert {verdicts[m] for m in Mode if m.value.startswith(("BACKWARD", "FULL"))} == {"refused"}


def test_finding_names_what_a_reader_can_act_on():
    report = diff(contract(A), contract(column("b", field="a"), version="1.1.0"), plan(), Mode.FULL)
    finding = report.findings[0]
    assert finding.path == "columns.b.name"
    assert (finding.old, finding.new) == ("a", "b")
    assert "aliases: [tên cũ]" in finding.hint_vi
    assert "1.0.0" in finding.vi
    assert "bị từ chối" in finding.vi
    assert "refused" in finding.en


def test_worst_of_a_concept_is_listed_with_its_causes():
    old, new = contract(column("a", "number@1")), contract(column("a", "number@2"), version="2.0.0")
    found = compare(old, new, plan(NUMBER, WIDE))
    assert [c.kind.number for c in found] == [29]
    assert [c.kind.number for c in found[0].causes] == [11]
    report = diff(old, new, plan(NUMBER, WIDE), Mode.FULL)
    assert report.to_json()["findings"][0]["causes"][0]["path"] == "columns.a.type"
