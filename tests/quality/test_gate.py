"""The gate on Great Expectations and DuckDB. One process imports Great Expectations once; it takes seconds."""

import json
import logging
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint import Rule, blueprint
from blueprint.errors import BlueprintError
from blueprint.rules import row_rules
from blueprint.types import duckdb_type
from quality.gate import GateError, Verdict, gate
from tests.quality.builders import BLUEPRINT, GOOD, STOCK, TYPES, column, contract, good_rows, text, write

REPOSITORY = Path(__file__).resolve().parents[2]


def judge(of, path, rows_in=10, rows_quarantined=0):
    return gate(of, BLUEPRINT, path, rows_in=rows_in, rows_quarantined=rows_quarantined)


def against(verdict):
    """Rule id -> rows against it, of every failed check."""
    return {c.id: c.unexpected for c in verdict.checks if not c.passed}


def test_a_good_set_passes_every_check(tmp_path):
    verdict = judge(STOCK, write(tmp_path / "a[1] 'x'.parquet", good_rows(4)), rows_in=5, rows_quarantined=1)
    assert verdict.passed
    assert against(verdict) == {}
    assert (verdict.rows, verdict.rows_in, verdict.rows_quarantined) == (4, 5, 1)
    assert (verdict.dataset, verdict.contract) == ("tiny", "tiny@1.0.0")
    ids = [c.id for c in verdict.checks]
    assert len(set(ids)) == len(ids)
    assert {r.id for r in row_rules(STOCK, BLUEPRINT)} < set(ids)
    assert set(ids) - {r.id for r in row_rules(STOCK, BLUEPRINT)} == {
        "columns",
        "row-count",
        "key-duplicate",
        "quarantine-share",
        *(f"{name}-type" for name in TYPES),
    }


def test_nulls_pass_where_no_value_is_required(tmp_path):
    rows = [{**dict.fromkeys(TYPES), "id": 1, "day": date(2026, 1, 1)}]
    assert judge(STOCK, write(tmp_path / "x.parquet", rows)).passed


DEFECTS = {
    "id-required": {"id": None},
    "id-range": {"id": 101},
    "day-required": {"day": None},
    "ward-code": {"ward": "00004"},
    "level-range": {"level": float("nan"), "share": None},
    "share-range": {"share": "1.000001"},
    "plate-pattern": {"plate": "29A "},
    "colour-code": {"colour": "ĐỎ"},
    "code-code": {"code": "m'040"},
    "level-over-share": {"level": 0.25},
}


def test_each_planted_defect_fails_under_its_own_rule_and_is_counted(tmp_path):
    rows = [
        {**GOOD, "id": i + 1, "day": date(2026, 1, 1 + i), **defect}
        for i, defect in enumerate([*DEFECTS.values(), *DEFECTS.values()])
    ]
    verdict = judge(STOCK, write(tmp_path / "x.parquet", rows))
    assert not verdict.passed
    # A code without its date is refused as well, and NaN sorts above 90.
    assert against(verdict) == {**dict.fromkeys(DEFECTS, 2), "ward-code": 4, "calm": 2}
    assert {c.id for c in verdict.failed} == set(DEFECTS)
    assert [c.id for c in verdict.warnings] == ["calm"]


def test_a_dated_code_passes_in_its_time_and_fails_after_it(tmp_path):
    rows = good_rows(2)
    rows[0] |= {"ward": "00004", "day": date(2024, 5, 1)}
    assert judge(STOCK, write(tmp_path / "x.parquet", rows)).passed
    rows[0] |= {"day": date(2026, 5, 1)}
    verdict = judge(STOCK, write(tmp_path / "y.parquet", rows))
    assert against(verdict) == {"ward-code": 1}
    assert "Có 1 dòng không đạt." in verdict.failed[0].vi


def test_a_warning_marks_but_does_not_refuse(tmp_path):
    rows = [{**GOOD, "level": 95.0}]
    verdict = judge(STOCK, write(tmp_path / "x.parquet", rows))
    assert verdict.passed
    assert against(verdict) == {"calm": 1}
    assert [c.severity for c in verdict.warnings] == ["warning"]


def test_keys_are_unique_alone_and_together(tmp_path):
    pair = [{**GOOD, "day": date(2026, 1, 1)}, {**GOOD, "day": date(2026, 1, 2)}]
    assert judge(STOCK, write(tmp_path / "pair.parquet", pair)).passed
    single = STOCK.model_copy(update={"key": ("id",)})
    assert against(judge(single, write(tmp_path / "pair.parquet", pair))) == {"key-duplicate": 1}
    same = write(tmp_path / "same.parquet", [GOOD, GOOD, GOOD])
    assert against(judge(STOCK, same)) == {"key-duplicate": 2}
    with_null = STOCK.model_copy(update={"key": ("day", "note")})
    nulls = write(tmp_path / "nulls.parquet", [{**r, "note": None} for r in good_rows(3)])
    assert against(judge(with_null, nulls)) == {"key-duplicate": 2}


def test_an_empty_set_fails_whatever_the_contract_allows(tmp_path):
    verdict = judge(
        STOCK.model_copy(update={"gate": STOCK.gate.model_copy(update={"min_rows": 0})}),
        write(tmp_path / "x.parquet", []),
        rows_in=0,
    )
    assert not verdict.passed
    assert against(verdict) == {"row-count": None}
    assert verdict.failed[0].vi == "Số dòng phải từ 1 đến 50. Có 0 dòng."
    assert verdict.failed[0].en == "There must be 1 to 50 rows. There are 0 rows."


def test_too_few_and_too_many_rows_fail(tmp_path):
    three = write(tmp_path / "x.parquet", good_rows(3))
    for limits in ({"min_rows": 4}, {"max_rows": 2}):
        of = STOCK.model_copy(update={"gate": STOCK.gate.model_copy(update=limits)})
        assert against(judge(of, three)) == {"row-count": None}


@pytest.mark.parametrize(("quarantined", "passed"), [(20, True), (21, False)])
def test_the_share_in_quarantine_is_limited(tmp_path, quarantined, passed):
    path = write(tmp_path / "x.parquet", good_rows(1))
    verdict = judge(STOCK, path, rows_in=100, rows_quarantined=quarantined)
    assert verdict.passed is passed
    assert against(verdict) == ({} if passed else {"quarantine-share": None})
    assert f"{quarantined},0 % ({quarantined} trên 100 dòng)" in verdict.checks[-1].vi


def test_columns_out_of_order_or_of_another_type_fail(tmp_path):
    moved = {"ward": "VARCHAR", **TYPES}
    assert against(judge(STOCK, write(tmp_path / "moved.parquet", good_rows(1), moved))) == {"columns": None}
    extra = {**TYPES, "extra": "VARCHAR"}
    rows = [{**r, "extra": "x"} for r in good_rows(1)]
    assert against(judge(STOCK, write(tmp_path / "extra.parquet", rows, extra))) == {"columns": None}
    narrow = {**TYPES, "share": "DECIMAL(9,2)", "id": "INTEGER"}
    verdict = judge(STOCK, write(tmp_path / "narrow.parquet", good_rows(1), narrow))
    assert against(verdict) == {"share-type": None, "id-type": None}


def test_a_missing_column_fails_every_rule_that_needs_it_and_no_other(tmp_path):
    types = {n: t for n, t in TYPES.items() if n != "level"}
    verdict = judge(STOCK, write(tmp_path / "x.parquet", good_rows(2), types))
    assert set(against(verdict)) == {"columns", "level-type", "level-range", "level-over-share", "calm"}
    # Not evaluated is never a mere warning.
    assert {c.severity for c in verdict.checks if not c.passed} == {"error"}
    assert verdict.rows == 2


def test_odd_names_and_values_are_only_names_and_values(tmp_path):
    odd = 'giá trị "x"; --\'%s :p $1'
    named = column("note", "note").model_copy(update={"name": odd})
    other = column("colour", "colour", required=True).model_copy(update={"name": "select"})
    rule = Rule.model_construct(
        id="odd", sql=f'"{odd.replace(chr(34), chr(34) * 2)}" <> \'a:b %(c)s $1\'', columns=(odd,), severity="error",
        message=text("odd"),
    )  # fmt: skip
    of = STOCK.model_copy(update={"columns": (named, other), "key": (odd, "select"), "rules": (rule,)})
    types = {odd: "VARCHAR", "select": "VARCHAR"}
    good = [{odd: "it's", "select": "it's"}, {odd: "đỏ", "select": 'the "blue"'}]
    assert judge(of, write(tmp_path / "x.parquet", good, types)).passed
    bad = [*good, {odd: "a:b %(c)s $1", "select": "it''s"}, {odd: "q", "select": None}]
    verdict = judge(of, write(tmp_path / "y.parquet", bad, types))
    assert against(verdict) == {"odd": 1, "select-code": 1, "select-required": 1}


def test_two_rules_of_one_predicate_are_two_checks(tmp_path):
    twins = tuple(Rule(id=i, sql="level < 90", columns=("level",), message=text(i)) for i in ("one", "two"))
    of = STOCK.model_copy(update={"rules": twins})
    verdict = judge(of, write(tmp_path / "x.parquet", [{**GOOD, "level": 95.0}]))
    assert against(verdict) == {"one": 1, "two": 1}


def test_no_value_from_the_data_reaches_the_verdict_the_log_or_the_screen(tmp_path, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    value = "00109500SECRET"
    of = contract(
        column("person", "person"),
        rules=(Rule(id="number", sql="CAST(person AS BIGINT) > 0", columns=("person",), message=text("number")),),
        key=("person",),
    )
    path = write(tmp_path / "x.parquet", [{"person": value}] * 2, {"person": "VARCHAR"})
    verdict = judge(of, path)
    assert against(verdict) == {"person-pattern": 2, "number": None, "key-duplicate": 1}
    failed = next(c for c in verdict.checks if c.id == "number")
    assert "could not be evaluated (ConversionException)" in failed.en
    output = capfd.readouterr()
    for said in (json.dumps(verdict.to_json()), output.out, output.err, caplog.text):
        assert value not in said
    assert (output.out, output.err) == ("", "")


def test_a_verdict_survives_json_and_says_itself_in_one_line(tmp_path):
    verdict = judge(STOCK, write(tmp_path / "x.parquet", [{**GOOD, "id": 0}]), rows_in=2, rows_quarantined=1)
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict
    number = len(verdict.checks)
    assert verdict.summary("vi") == (
        f"không đạt: tiny, 1 dòng, cách ly 1 trên 2; {number} kiểm tra, 2 không đạt, 0 cảnh báo (id-range, quarantine-share)"
    )
    assert verdict.summary("en").startswith("failed: tiny, 1 rows, 1 of 2 quarantined; ")


@pytest.mark.parametrize("content", [None, b"", b"PAR1", b"PAR1" * 5, b"id,ward\n1,2\n"])
def test_what_is_no_parquet_file_is_refused_in_two_languages(tmp_path, content):
    path = tmp_path / "x.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GateError) as error:
        judge(STOCK, path)
    assert "Parquet" in error.value.vi
    assert "Run the conform step again" in error.value.en


def test_counts_that_contradict_each_other_are_refused(tmp_path):
    path = write(tmp_path / "x.parquet", good_rows(1))
    for rows_in, quarantined in ((1, 2), (1, -1)):
        with pytest.raises(GateError, match="rows quarantined of"):
            judge(STOCK, path, rows_in=rows_in, rows_quarantined=quarantined)


def test_a_contract_that_contradicts_itself_is_an_error_and_no_verdict(tmp_path):
    of = STOCK.model_copy(update={"columns": (column("id", "count", minimum=500),), "key": (), "rules": ()})
    with pytest.raises(BlueprintError, match="no value is between"):
        judge(of, write(tmp_path / "x.parquet", good_rows(1)))


def test_the_whole_suite_reads_the_rows_once(tmp_path):
    queries = []

    def note(_connection, _cursor, statement, *_):
        queries.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        judge(STOCK, write(tmp_path / "x.parquet", [{**GOOD, "id": 0, "colour": "?"}]))
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    scans = [q for q in queries if q.startswith("SELECT") and "parquet_metadata" not in q]
    assert len(scans) == 2
    assert scans[0].startswith('SELECT count(*) AS "table.row_count" ')  # answered from the head of the file
    assert all(
        metric in scans[1] for metric in ("nonnull", "between", "in_set", "regex_list", "unique", "rows_against")
    )
    heads = [q for q in queries if q.startswith(("CREATE", "DESCRIBE")) or "parquet_metadata" in q]
    assert len(queries) == len(heads) + 2  # the rest reads the head of the file only


@pytest.mark.parametrize("dataset", blueprint().contracts)
def test_every_rule_of_every_contract_can_be_evaluated(tmp_path, dataset):
    of = blueprint().contract(dataset)
    types = {c.name: duckdb_type(blueprint().concept_of(c)) for c in of.columns}
    verdict = gate(of, blueprint(), write(tmp_path / "x.parquet", [], types), rows_in=0, rows_quarantined=0)
    assert against(verdict) == {"row-count": None}


row = st.fixed_dictionaries(
    {
        "id": st.one_of(st.none(), st.integers(-1, 103)),
        "ward": st.sampled_from([None, "00004", "00008", "00070", "99999", ""]),
        "day": st.sampled_from([None, date(1999, 1, 1), date(2025, 6, 30), date(2025, 7, 1)]),
        "level": st.one_of(st.none(), st.floats(width=64)),
        "share": st.one_of(st.none(), st.decimals(-1, 2, places=6)),
        "plate": st.one_of(st.none(), st.sampled_from(["29A", "Đ12", "29a", "29A\n", "\n29A", "Đ", ""])),
        "colour": st.sampled_from([None, "đỏ", "it's", "it''s", 'the "blue"', "Đỏ", ""]),
        "code": st.sampled_from([None, "m'000", "m'039", "m'040", "m''000"]),
        "note": st.one_of(
            st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
        ),
    }
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(row, min_size=1, max_size=40))
def test_the_gate_counts_what_the_row_rules_label(tmp_path, rows):
    path = write(tmp_path / "x.parquet", rows)
    rules = row_rules(STOCK, BLUEPRINT)
    with duckdb.connect() as db:
        counts = ", ".join(f"count(*) FILTER (WHERE NOT {r.good})" for r in rules)
        labelled = db.execute(f"SELECT {counts} FROM '{path}'").fetchone()
        keys = db.execute(
            f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM '{path}' "
            "WHERE id IS NOT NULL OR day IS NOT NULL GROUP BY id, day)"
        ).fetchone()
    found = {c.id: c.unexpected for c in judge(STOCK, path).checks}
    assert {r.id: found[r.id] for r in rules} == dict(zip([r.id for r in rules], labelled, strict=True))
    assert found["key-duplicate"] == keys[0]


PROGRAM = """
import socket, sys, logging, warnings
from pathlib import Path

import quality.gate, blueprint.rules
assert not [m for m in sys.modules if m.startswith(("great_expectations", "airflow"))], "imported at import"

def refuse(*_):
    raise AssertionError("the gate opened a network connection")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse

from tests.quality.builders import BLUEPRINT, STOCK, good_rows, write
shown, level = warnings.showwarning, logging.getLogger("great_expectations").level
path = write(Path(sys.argv[1]) / "x.parquet", good_rows(3))
assert quality.gate.gate(STOCK, BLUEPRINT, path, rows_in=3, rows_quarantined=0).passed
assert warnings.showwarning is shown and logging._warnings_showwarning is None
assert logging.getLogger("great_expectations").level == level
"""


def test_the_gate_is_lazy_silent_offline_and_leaves_no_file_behind(tmp_path):
    folder, temporary = tmp_path / "cwd", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(tmp_path)],
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY), "TMPDIR": str(temporary), "HOME": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert list(folder.iterdir()) == []
    assert list(temporary.iterdir()) == []
