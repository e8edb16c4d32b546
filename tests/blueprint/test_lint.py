"""Lint: what is wrong in a folder of declarations is told with its file, line and column, and nothing is raised."""

import json
import os
import re
import shutil
import subprocess
import sys

import duckdb
import pytest
import regress
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import blueprint, released, releases
from blueprint.lint import lint
from blueprint.lint_rules import refusal
from blueprint.load import ROOT
from blueprint.portable import troubles
from tests.blueprint.drafts import ROUTES, STOPS, copy, draft, line_of, terms

ROUTE_NAME = "concepts/route-name/1.yaml"
AREA = "concepts/area/1.yaml"
AIR = "contracts/so-nn-mt/air-quality-hourly/1.0.0.yaml"
NAME_COLUMN = "concept: route-name@1, title: {vi: Tên ngắn, en: Short name}, required: true"
TYPE = "required: true, minimum: 3, maximum: 3"
RULE = (
    "gate:\n",
    "rules:\n  - id: named\n    sql: {sql}\n    columns: [route_short_name]\n"
    "    message: {{vi: Tên phải khác mã., en: A name is not an id.}}\ngate:\n",
)


@pytest.fixture
def root(tmp_path):
    return copy(tmp_path)


def only(root, rule):
    found = [p for p in lint(root).problems if p.rule == rule]
    assert len(found) == 1, [(p.place, p.en) for p in found]
    return found[0]


def test_the_declarations_of_the_repository_have_no_error():
    assert [f"{p.place}: {p.rule}: {p.en}" for p in lint().errors] == []


def test_a_copy_without_drafts_has_no_error_and_counts_what_it_holds(root):
    report = lint(root)
    assert report.errors == ()
    assert report.counts["contracts"] == len(list(blueprint().every_contract()))
    assert report.counts["drafts"] == 0
    assert json.loads(json.dumps(report.to_json()))["errors"] == 0


@pytest.mark.parametrize(
    ("file", "version", "edit", "rule", "stands_at", "said"),
    [
        (ROUTE_NAME, "2", ("type: string\n", "type: string\npattern: '(?=a)b'\n"), "pattern-portable", "pattern:", "look-around"),
        (ROUTE_NAME, "2", ("type: string\n", "type: string\npattern: '^[A-Z]$'\nexamples: [A, ab]\n"), "example", "ab", "'ab'"),
        (ROUTE_NAME, "2", ("type: string\n", "type: string\npattern: '(a'\n"), "pattern", "pattern:", "unterminated subpattern"),
        (ROUTES, "1.1.0", (NAME_COLUMN, NAME_COLUMN + ", pattern: '[z-a]'"), "pattern", "name: route_short_name", "bad character range"),
        (AREA, "2", ("type: decimal\n", "type: decimal\nexamples: ['-1']\n"), "example", "'-1'", "it is below 0"),
        (AREA, "2", ("unit: 'km2'", "unit: 'km2'\nunit: 'm2'"), "yaml", "'m2'", "is there twice"),
        (ROUTES, "1.1.0", ("en: Route and direction id}, required: true", "en: Route and direction id}"), "key", "name: route_id", "must be required"),
        (ROUTES, "1.1.0", (TYPE, "required: true, minimum: 9, maximum: 3"), "contradiction", "name: route_type", "no value is between 9 and 3"),
        (ROUTES, "1.1.0", (NAME_COLUMN, NAME_COLUMN + ", minimum: 1"), "contradiction", "name: route_short_name", "takes no range"),
        (ROUTES, "1.1.0", (TYPE, "minimum: 3, maximum: 3, default: 4"), "default", "name: route_type", "it is above 3"),
        (ROUTES, "1.1.0", (RULE[0], RULE[1].format(sql="route_short_nam <> route_id")), "sql", "sql: route_short_nam", "route_short_nam"),
        (ROUTES, "1.1.0", (RULE[0], RULE[1].format(sql="route_short_name <>")), "sql", "sql: route_short_name", "syntax error"),
        (ROUTES, "1.1.0", (RULE[0], RULE[1].format(sql="length(route_short_name)")), "sql", "sql: length", "must be true or false"),
        (ROUTES, "1.1.0", (RULE[0], RULE[1].format(sql="(SELECT 1 FROM read_csv('/etc/passwd')) = 1")), "sql", "sql:", "disabled"),
        (ROUTES, "1.1.0", (RULE[0], RULE[1].format(sql="route_short_name <> route_id")), "sql-columns", "columns: [route_short", "add it"),
        (STOPS, "1.1.0", ("concept: latitude@1", "concept: latitud@1"), "unknown", "concept: latitud@1", "latitude@1"),
        (STOPS, "1.1.0", ("licence: not-stated", "license: not-stated"), "extra-forbidden", "license:", "licence"),
        (STOPS, "1.1.0", ("spatial: Hà Nội", "spatial: [Hà Nội"), "yaml", "key: [stop_id]", "is not YAML"),
    ],
)  # fmt: skip
def test_a_wrong_draft_is_told_with_its_line(root, file, version, edit, rule, stands_at, said):
    new = draft(root, file, version, edit)
    found = only(root, rule)
    assert found.severity == "error"
    assert found.file == new
    assert found.line == line_of(root, new, stands_at)
    assert found.column
    assert said in found.en
    assert found.vi != found.en


@pytest.mark.parametrize(
    ("file", "version", "edit", "rule", "stands_at", "said"),
    [
        (AREA, "2", ("unit: 'km2'\n", ""), "unit", "type: decimal", "no unit"),
        (ROUTE_NAME, "2", ("type: string\n", "type: string\npattern: '\\d+'\n"), "pattern-portable", "pattern:", "[0-9]"),
        (ROUTE_NAME, "2", ("en: 'Short or long name of a route.'", "en: 'Tên ngắn hoặc dài của tuyến.'"), "untranslated", "en: 'Tên", "translate"),
        (ROUTE_NAME, "2", ("'Tên ngắn hoặc dài của tuyến.'", "Short or long name of the route"), "untranslated", "vi: Short", "Vietnamese mark"),
        (STOPS, "1.1.0", ("maximum: 21.5", "maximum: 95"), "no-effect", "maximum: 95", "stops at 90"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_a_warning(root, file, version, edit, rule, stands_at, said):
    new = draft(root, file, version, edit)
    found = only_in(root, rule, new)
    assert found.severity == "warning"
    assert found.line == line_of(root, new, stands_at)
    assert said in found.en


def only_in(root, rule, file):
    (found,) = [p for p in lint(root).problems if p.rule == rule and p.file == file]
    return found


def test_names_and_short_terms_may_be_the_same_in_both_languages(root):
    draft(root, ROUTE_NAME, "2", ("vi: Tên tuyến\n", "vi: Mai Dịch\n"), ("en: Route name\n", "en: Mai Dịch\n"))
    assert not [p for p in lint(root).problems if p.rule == "untranslated"]


def test_a_spelling_that_leads_to_no_code_is_told(root):
    new = draft(root, "contracts/so-noi-vu/wards/1.0.0.yaml", "1.1.0", ("Cầu Giấy: '00166'", "Cầu Giấy: '99999'"))
    found = only(root, "code")
    assert (found.file, found.came) == (new, "99999")
    assert found.line == line_of(root, new, "Cầu Giấy: '99999'")


@pytest.mark.parametrize(
    "name", ["concepts/area/2.yml", "contracts/so-xay-dung/bus-routes/draft.txt", "codelists/themes/2.csv"]
)
def test_a_file_that_nothing_reads_is_told(root, name):
    (root / name).write_text("code\n", encoding="utf-8")
    assert only(root, "stray-file").file == name


def test_an_edited_and_a_removed_release_are_told(root):
    path = root / ROUTES
    path.write_text(path.read_text(encoding="utf-8").replace("min_rows: 200", "min_rows: 2"), encoding="utf-8")
    table = root / "codelists/unit-levels/1.csv"
    table.write_text(table.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    (root / STOPS).unlink()
    found = {(p.rule, p.file) for p in lint(root).errors if p.rule.startswith("released")}
    assert found == {
        ("released-changed", ROUTES),
        ("released-changed", table.relative_to(root).as_posix()),
        ("released-removed", STOPS),
    }


def test_a_release_without_an_entry_in_the_changelog_is_told(root):
    lock = released.recorded(root)
    del lock["changelog/bus-routes/1.0.0.yaml"]
    (root / released.LOCK).write_text(json.dumps(lock), encoding="utf-8")
    found = only(root, "notice-missing")
    assert (found.file, found.severity) == (ROUTES, "error")


def test_a_lock_that_cannot_be_read_is_told(root):
    (root / released.LOCK).write_text("{", encoding="utf-8")
    assert only(root, "lock").severity == "error"


def test_what_a_release_holds_can_only_be_warned_of(root):
    draft(root, ROUTES, "1.1.0", (RULE[0], RULE[1].format(sql="route_short_name <> '' AND nothing")))
    assert only(root, "sql").severity == "error"
    lock = released.recorded(root)
    lock["contracts/so-xay-dung/bus-routes/1.1.0.yaml"] = released.digest(
        root / "contracts/so-xay-dung/bus-routes/1.1.0.yaml"
    )
    (root / released.LOCK).write_text(json.dumps(lock), encoding="utf-8")
    assert only(root, "sql").severity == "warning"


def test_a_draft_whose_number_is_too_small_is_told_the_right_one(root):
    new = draft(
        root,
        ROUTES,
        "1.0.1",
        ("columns:\n", "columns:\n  - {name: colour, concept: route-name@1, title: {vi: Màu, en: Colour}}\n"),
    )
    found = only(root, "version")
    assert (found.file, found.severity, found.line) == (new, "error", 2)
    assert "1.1.0" in found.en
    assert "1.1.0" in found.vi


def test_a_break_under_a_new_major_is_a_warning_and_otherwise_an_error(root):
    edit = (
        "  - {name: route_long_name, concept: route-name@1, title: {vi: Tên dài, en: Long name}, required: true}\n",
        "",
    )
    draft(root, ROUTES, "1.1.0", edit)
    assert {p.rule for p in lint(root).errors} == {"version"}
    (root / ROUTES).with_name("1.1.0.yaml").unlink()
    draft(root, ROUTES, "2.0.0", edit)
    report = lint(root)
    assert report.errors == ()
    assert "breaking" in {p.rule for p in report.warnings}


def test_an_edited_rule_is_undetermined_until_data_tell(root):
    new = draft(root, AIR, "1.1.0", ("round(latitude, 4)", "round(latitude, 5)"))
    report = lint(root)
    assert report.errors == ()
    found = next(p for p in report.warnings if p.rule == "undetermined")
    assert (found.file, found.line) == (new, line_of(root, new, "sql: >-"))


def test_a_concept_that_breaks_is_an_error(root):
    draft(root, AREA, "2", ("unit: 'km2'", "unit: 'ha'"))
    found = only(root, "incompatible")
    assert found.severity == "error"
    assert "unit-changed" in found.en


def test_a_draft_below_another_is_told(root):
    draft(root, ROUTES, "1.0.1")
    draft(root, ROUTES, "1.0.2")
    assert only(root, "stale-draft").file.endswith("1.0.1.yaml")


def test_an_empty_folder_and_a_folder_without_a_lock_are_read(tmp_path, root):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert lint(empty).problems == ()
    (root / released.LOCK).unlink()
    shutil.rmtree(root / "changelog")
    report = lint(root)
    assert report.errors == ()
    assert report.counts["drafts"] > 50


def test_lint_imports_neither_great_expectations_nor_airflow():
    code = (
        "import sys; from blueprint.lint import lint; assert not lint().errors; "
        "print([m for m in ('great_expectations', 'airflow', 'pandas', 'pyarrow', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    assert done.stdout == "[]\n"


def test_importing_the_blueprint_stays_light():
    code = "import sys, blueprint; print([m for m in ('duckdb', 'blueprint.lint', 'blueprint.compat', 'click') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent, env=os.environ
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("value", "concept", "why"),
    [
        ("21.03", "latitude@1", None),
        ("95", "latitude@1", "above 90"),
        ("nan", "latitude@1", "finite"),
        ("two", "latitude@1", "cannot be read as double"),
        ("2025-03-06T08:00:00+07:00", "instant@1", None),
        ("yesterday", "instant@1", "cannot be read as timestamp"),
        ("01_1", "route-id@1", None),
        ("route 1", "route-id@1", "has not the form"),
        ("xã", "administrative-unit-level@1", None),
        ("làng", "administrative-unit-level@1", "code list unit-levels"),
    ],
)
def test_a_concept_takes_or_refuses_a_value(value, concept, why):
    plan = blueprint()
    found = refusal(value, plan.concept(concept), plan)
    assert (found is None) if why is None else (found is not None and why in found[1])


DUCKDB = duckdb.connect()
PATTERNS = st.recursive(
    st.sampled_from(
        [
            *"abă1.^$|",
            r"\d",
            r"\w",
            r"\.",
            r"\-",
            r"\Z",
            r"\bx",
            "[a-c]",
            "[^a]",
            r"[\-a]",
            "[]a]",
            "[[a]",
            "{",
            "a{2}",
            "a{,2}",
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        inner.map(lambda p: f"({p})"),
        inner.map(lambda p: f"(?:{p})+"),
        inner.map(lambda p: f"(?={p})"),
        inner.map(lambda p: f"(?P<g>{p})"),
        inner.map(lambda p: f"(?:{p}){{1,3}}"),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=300)
@given(PATTERNS, st.text("abcă1.-]^", max_size=6))
def test_a_portable_pattern_means_the_same_in_all_three_dialects(pattern, text):
    try:
        re.compile(pattern)
    except re.error:
        return
    except FutureWarning:
        if troubles(pattern):
            return
        raise
    if troubles(pattern):
        return
    python = re.fullmatch(pattern, text) is not None
    script = regress.Regex(f"^(?:{pattern})$", "u").find(text) is not None
    row = DUCKDB.execute("SELECT regexp_full_match(?, ?)", [text, pattern]).fetchone()
    assert (python, script) == (row[0], row[0])


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        (r"\d", r"\d"), (r"(a)\1", r"\1"), (r"\Aa", r"\A"), (r"a\b", r"\b"), (r"\p{L}".replace("p", "N"), r"\N"), (r"a\-b", r"\-"),
        ("(?<!a)b", "(?<!"), ("(?i:a)", "(?i"), ("(?>a)", "(?>"), ("a*+", "+"), ("a{1001}", "{1001}"), ("a}", "}"), ("[a[]", "["),
    ],
)  # fmt: skip
def test_what_is_not_portable_is_named(pattern, part):
    assert troubles(pattern)[0].part == part


def test_released_drafts_are_no_longer_judged(root):
    draft(root, ROUTES, "1.0.1", ("en: Mode}", "en: Mode of transport}"))
    assert releases.release("bus-routes", root, terms()).bump == "patch"
    report = lint(root)
    assert report.errors == ()
    assert report.counts["drafts"] == 0
