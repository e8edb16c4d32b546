"""Judging a new version: against which versions, with what next number, and that no field goes unjudged."""

from datetime import date, timedelta

import pytest

from blueprint import BlueprintError, Gate, Rule, blueprint
from blueprint.changelog import Release, as_yaml, entry_file
from blueprint.compat import DEPRECATION_DAYS, Bump, Mode, check, compare, diff, mode_of, next_version
from blueprint.contract import Column, Contract, Deprecation, Reference
from blueprint.subjects import subjects
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
REQUIRED = column("a", required=True)


def kinds(old, new, known=None) -> list[int]:
    return [c.kind.number for c in compare(old, new, known or plan(), TODAY)]


@pytest.mark.parametrize(
    ("version", "bump", "expected"),
    [
        ("1.2.3", "patch", "1.2.4"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", Bump.MAJOR, "2.0.0"),
        ("1.9.0", "minor", "1.10.0"),
        ("0.1.0", "major", "1.0.0"),
        ("3", "major", "4"),
        ("9", "patch", "10"),
        ("1.2.3", "never", None),
    ],
)
def test_next_version(version, bump, expected):
    assert next_version(version, bump) == expected


@pytest.mark.parametrize(
    ("new", "bump", "needed"),
    [
        (contract(A, title=text("other")), "patch", "1.0.1"),
        (contract(A, B), "minor", "1.1.0"),
        (contract(A, B, title=text("other")), "minor", "1.1.0"),
        (contract(A, column("b", required=True)), "major", "2.0.0"),
    ],
)
def test_the_worst_change_makes_the_next_version(new, bump, needed):
    old = contract(A)
    report = diff(old, new, plan(), Mode.FULL)
    assert (report.bump, report.next_version) == (bump, needed)
    assert [f.rule for f in report.findings][-1] == "version-too-small"
    assert not report.compatible
    fitting = diff(old, new.model_copy(update={"version": needed}), plan(), Mode.FULL)
    assert fitting.compatible
    assert fitting.next_version == needed


def test_version_that_is_too_small_says_what_came_and_what_it_takes():
    finding = diff(contract(A), contract(A, B, version="1.0.1"), plan(), Mode.FULL).findings[-1]
    assert (finding.rule, finding.old, finding.new, finding.path) == ("version-too-small", "1.0.0", "1.0.1", "version")
    for said in (finding.vi, finding.en):
        assert "1.0.1" in said
        assert "1.1.0" in said


def test_nothing_changed_needs_no_new_version():
    report = diff(contract(A), contract(A), plan())
    assert (report.findings, report.compatible, report.bump, report.next_version) == ((), True, None, None)


def test_other_content_under_a_released_number_is_refused():
    report = check(contract(A, B), plan(contract(A)))
    assert not report.compatible
    assert report.next_version == "1.1.0"


def test_concepts_go_up_by_one():
    known = plan(concept("thing@1"), concept("thing@2", definition=text("better")))
    assert check(concept("thing@3", definition=text("better"), source="decree"), known).next_version == "3"
    late = check(concept("thing@2", source="decree"), known)
    assert not late.compatible
    assert late.next_version == "3"


def test_transitive_modes_reach_every_version_of_the_major():
    first, second = contract(A), contract(A, B, version="1.1.0")
    third = contract(A, column("b", required=True), version="1.2.0")
    # the same column is required in 1.2.0: against 1.1.0 a tightening, against 1.0.0 a new required column
    report = check(third, plan(first, second), Mode.FORWARD_TRANSITIVE)
    assert report.against == ("1.0.0", "1.1.0")
    assert {(f.against, f.number) for f in report.findings if f.number} == {("1.0.0", 2), ("1.1.0", 10)}
    assert check(third, plan(first, second), Mode.FORWARD).against == ("1.1.0",)


def test_fine_against_the_latest_but_not_against_the_first():
    first = contract(column("a", pattern="[0-9]+", max_length=9))
    second = contract(column("a", pattern="[0-9]+", max_length=5), version="1.1.0")
    third = contract(column("a", pattern="[0-9]+", max_length=7), version="1.2.0")
    known = plan(first, second)
    assert check(third, known, Mode.BACKWARD).compatible
    report = check(third, known, Mode.BACKWARD_TRANSITIVE)
    assert not report.compatible
    assert [(f.against, f.rule) for f in report.refused if f.number] == [("1.0.0", "constraint-tightened")]
    assert report.next_version == "2.0.0"


def leaving(since: date) -> Column:
    return column("b", deprecated=Deprecation(since=since, vi="bỏ", en="goes"))


def test_column_may_go_once_an_earlier_version_has_said_so_for_long_enough():
    since = TODAY - timedelta(days=DEPRECATION_DAYS)
    first, second = contract(A, B), contract(A, leaving(since), version="1.1.0")
    third = contract(A, reserved=("b",), version="1.2.0")
    report = check(third, plan(first, second), Mode.FULL_TRANSITIVE, today=TODAY)
    assert (report.against, report.compatible) == (("1.0.0", "1.1.0"), True)
    assert not check(third, plan(first, second), Mode.FULL, today=TODAY - timedelta(days=1)).compatible
    back = contract(A, B, version="1.1.1")
    assert not check(third, plan(first, second, back), Mode.FULL_TRANSITIVE, today=TODAY).compatible


def test_deprecation_does_not_count_from_before_the_release_that_says_so(tmp_path):
    since, released = TODAY - timedelta(days=DEPRECATION_DAYS), TODAY - timedelta(days=DEPRECATION_DAYS - 1)
    known = plan(contract(A, B), contract(A, leaving(since), version="1.1.0"), root=tmp_path)
    third = contract(A, version="1.2.0")
    assert check(third, known, today=TODAY).compatible
    entry = Release(subject="tiny", version="1.1.0", date=released, bump="minor", files=("f.yaml",))
    path = tmp_path / entry_file("tiny", "1.1.0")
    path.parent.mkdir(parents=True)
    path.write_text(as_yaml(entry), encoding="utf-8")
    assert not check(third, known, today=TODAY).compatible
    assert check(third, known, today=TODAY + timedelta(days=1)).compatible


def test_concept_fine_against_the_latest_but_not_against_the_first():
    known = plan(
        concept("n@1", "double", maximum=9), concept("n@2", "double", maximum=5), concept("n@3", "double", maximum=7)
    )
    third = known.concept("n@3")
    assert check(third, known, Mode.BACKWARD).compatible
    report = check(third, known, Mode.BACKWARD_TRANSITIVE)
    assert [(f.against, f.rule) for f in report.refused] == [("1", "constraint-tightened")]
    assert not report.compatible


def test_a_new_major_may_break_and_a_concept_may_not():
    broken = contract(REQUIRED, version="2.0.0")
    report = check(broken, plan(contract(A)))
    assert (report.compatible, report.breaking, report.bump) == (True, True, "major")
    assert [f.verdict for f in report.findings] == ["refused"]
    assert not check(contract(REQUIRED, version="1.9.0"), plan(contract(A))).compatible
    assert not check(concept("thing@2", "date"), plan()).compatible


def test_a_new_major_is_judged_against_its_own_line_only():
    known = plan(contract(A), contract(REQUIRED, version="2.0.0"))
    report = check(contract(REQUIRED, B, version="2.1.0"), known)
    assert (report.against, report.compatible) == (("2.0.0",), True)
    older = check(contract(A, B, version="1.1.0"), known)
    assert (older.against, older.compatible) == (("1.0.0",), True)


@pytest.mark.parametrize(
    ("new", "number"),
    [
        (contract(A, B, version="2.0.0"), 8),
        (contract(column("a", "closed@2"), version="2.0.0"), 32),
        (contract(A, agency="another", version="2.0.0"), 33),
    ],
)
def test_what_no_version_may_do_is_refused_in_a_new_major_too(new, number):
    known = concept("closed@1", classification="personal"), concept("closed@2", classification="open")
    old = contract(column("a", "closed@1") if number == 32 else A, reserved=("b",))
    for mode in Mode:
        report = check(new, plan(old, *known), mode)
        assert report.compatible is (mode is Mode.NONE), mode
        if mode is not Mode.NONE:
            assert (report.bump, report.next_version) == (Bump.NEVER, None)


@pytest.mark.parametrize(
    "new", [codelist("x", ref="list@2"), codelist(entry("x", vi="khác", en="other"), "y", ref="list@2")]
)
def test_what_no_code_list_may_do(new):
    known = plan(codelist("x", "y"))
    for mode in Mode:
        report = check(new, known, mode)
        assert report.compatible is (mode is Mode.NONE), mode
    assert check(new, known, Mode.FULL).next_version is None


def test_a_name_that_was_removed_is_not_given_to_another_thing():
    known = (
        concept("speed@1", "double"),
        concept("thing@2", title=text("better")),
        contract(A, B),
        contract(A, version="2.0.0"),
    )
    again = contract(A, column("b", "speed@1"), version="3.0.0")
    report = check(again, plan(*known))
    assert [f.rule for f in report.refused] == ["name-reused"]
    assert not report.compatible
    back = contract(A, column("b", "thing@2"), version="2.1.0")
    assert check(back, plan(*known)).compatible


def test_a_former_name_that_is_still_served_is_not_free():
    old = contract(column("b", field="a", aliases=("a",)))
    new = contract(column("b", field="a"), column("a", field="z"), version="2.0.0")
    assert 8 in [f.number for f in diff(old, new, plan()).refused]


def test_renamed_columns_keep_what_refers_to_them():
    served = column("c", field="a", aliases=("a",))
    rule = Rule(id="sound", sql="a <> ''", columns=("a",), message=text("sound"))
    renamed = Rule(id="sound", sql="\"c\"  <> ''", columns=("c",), message=text("sound"))
    gates = Gate(complete={"a": 0.5}), Gate(complete={"c": 0.5})
    references = (Reference(columns=("a",), dataset="other", to=("k",)),)
    moved = (Reference(columns=("c",), dataset="other", to=("k",)),)
    old = contract(A, key=("a",), unique=(("a",),), rules=(rule,), gate=gates[0], references=references, partition="a")
    new = contract(
        served, key=("c",), unique=(("c",),), rules=(renamed,), gate=gates[1], references=moved, partition="c"
    )
    assert kinds(old, new) == [6]


def test_sql_is_read_as_words_but_not_as_meaning():
    def one(sql: str) -> Contract:
        return contract(A, B, rules=(Rule(id="r", sql=sql, columns=("a",), message=text("r")),))

    assert kinds(one("a  =\n'x y'"), one("a = 'x y'")) == []
    assert kinds(one("a = 'x y'"), one("a = 'x  y'")) == [17]
    assert kinds(one("a = 1 -- b\n OR true"), one("a = 1 -- b OR true")) == [17]
    served = column("upper", field="b", aliases=("b",))
    new = one("upper(a) = 'X'").model_copy(update={"columns": (A, served)})
    assert kinds(one("b(a) = 'X'"), new) == [6, 17]


def test_codes_are_read_with_their_dates():
    wards = codelist(entry("x", end=LAST), entry("y", FIRST), dated=True)
    known = concept("ward@1", codelist="list"), wards
    then, now = column("a", "ward@1", as_of="2025-01-01"), column("a", "ward@1", as_of="2026-01-01")
    assert sorted(kinds(contract(then), contract(now), plan(*known))) == [15, 16]
    by_row = column("a", "ward@1", as_of="d")
    day = concept("day@1", "date")
    assert kinds(contract(then), contract(by_row, column("d", "day@1")), plan(*known, day)) == [1, 17]
    # a list that reads its codes without dates permits more than one that reads them by date
    assert kinds(wards, wards.model_copy(update={"dated": False, "version": 2})) == [15]


def test_spelling_of_a_name_is_not_its_meaning():
    old = codelist(entry("x", vi="Phường Yên Hoà", en="Yen Hoa Ward"))
    new = codelist(entry("x", vi="phường Yên Hòa", en="Ward of Yen Hoa"), ref="list@2")
    assert kinds(old, new) == [23, 23]


def test_late_is_what_the_frequency_says_where_no_age_is_given():
    days = [entry(c, attributes={"days": d}) for c, d in (("DAILY", "2"), ("MONTHLY", "40"))]
    known = plan(codelist(*days, ref="frequencies@1"))
    daily, monthly = contract(A, frequency="DAILY"), contract(A, frequency="MONTHLY")
    assert kinds(daily, monthly, known) == [28, 23]
    assert kinds(monthly, daily, known) == [27, 23]


def test_crosswalk_may_grow_and_fill_weights_but_lose_no_pair():
    one, two = pair("x", "z"), pair("y", "z")
    weighed = pair("x", "z", area_weight=1, weight_basis="map")
    assert mode_of(crosswalk()) is Mode.BACKWARD
    for before, after, numbers, compatible in (
        ((one,), (one, two), [18], True),
        ((one, two), (one,), [20], False),
        ((one,), (weighed,), [1, 23], True),
        ((weighed,), (one,), [22, 23], True),
        ((one,), (pair("x", "w", "partial"), pair("x", "z", "partial")), [22, 18], True),
    ):
        report = check(crosswalk(*after, ref="walk@2"), plan(crosswalk(*before)))
        assert [f.number for f in report.findings] == numbers
        assert report.compatible is compatible
    assert not check(crosswalk(one, ref="walk@2", codelist="other"), plan(crosswalk(one))).compatible


def test_two_kinds_of_declaration_are_not_compared():
    with pytest.raises(BlueprintError) as caught:
        compare(contract(A), concept(), plan())
    assert "concept:thing" in caught.value.vi
    assert "cannot be compared" in caught.value.en


def test_every_declaration_of_this_repository_agrees_with_itself():
    known = blueprint()
    for versions in subjects(known).values():
        for declaration in versions:
            assert compare(declaration, declaration, known) == ()


def test_draft_that_names_a_list_in_a_rule_is_read_like_the_loaded_one():
    def one(sql: str) -> Contract:
        return contract(A, rules=(Rule(id="r", sql=sql, columns=("a",), message=text("r")),))

    loaded, draft = one("a IN ('x', 'y')"), one("a IN {codelist:list}")
    known = plan(codelist("x", "y"), loaded)
    assert compare(loaded, draft, known) == ()
    assert check(draft, known).findings == ()
    assert kinds(loaded, one("a NOT IN {codelist:list}"), known) == [17]
