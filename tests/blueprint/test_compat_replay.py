"""Changes that only data can tell, settled over stored rows."""

import json

import duckdb
import pytest

from blueprint import Rule
from blueprint.compat import Mode, check, diff
from blueprint.compat.replay import MASK, Outcome, ParquetReplay
from blueprint.sql import literal
from tests.blueprint.compat_builders import column, concept, contract, plan, text

OLD, NEW = concept("code@1", pattern="[0-9]{2,3}"), concept("code@2", pattern="[0-9]{2}")
SECRET = concept("code@2", pattern="[0-9]{2}", classification="personal")
BEFORE = contract(column("a", "code@1"), column("b"))
AFTER = contract(column("a", "code@2"), column("b"), version="1.1.0")
KNOWN = plan(OLD, NEW, BEFORE)


@pytest.fixture
def stored(tmp_path):
    """Writes rows as an accepted Parquet file, with columns named as given."""

    def write(rows: list[tuple], names: str = "a, b", name: str = "accepted.parquet"):
        path = tmp_path / name
        values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
        duckdb.sql(f"FROM (VALUES {values}) t({names})").write_parquet(str(path))
        return path

    return write


@pytest.fixture
def quarantined(stored):
    """Writes rows as quarantined ones: the text received and the rules that refused it."""

    def write(*rows: tuple[list[str], list[str]], contract: str = "tiny@1.0.0"):
        filled = [
            (contract, "d", "list.csv", "", i, rules, [], json.dumps(cells, ensure_ascii=False))
            for i, (cells, rules) in enumerate(rows, start=2)
        ]
        names = "contract, delivery, file, sheet, row, rules, warnings, received"
        return stored(filled, names, "quarantined.parquet")

    return write


def decode(_file: str, received: str) -> dict[str, str | None]:
    return dict(zip("ab", json.loads(received), strict=True))


def verdict(replay, mode=Mode.BACKWARD, old=BEFORE, new=AFTER, known=KNOWN):
    found = diff(old, new, known, mode, replay).findings
    return next(f for f in found if f.number)


def test_without_data_an_edited_rule_is_refused():
    for replay in (None, ParquetReplay([])):
        finding = verdict(replay)
        assert (finding.rule, finding.verdict, finding.settled) == ("concept-version-changed", "refused", "default")


def test_rows_that_all_pass_settle_it(stored):
    finding = verdict(ParquetReplay([stored([("12", "x"), (None, "y")])]))
    assert (finding.verdict, finding.settled, finding.outcomes) == ("allowed", "replay", (Outcome(2, 0),))
    assert [c.verdict for c in finding.causes] == ["allowed"]
    assert "2 dòng" in finding.vi
    assert "2 stored rows" in finding.en


def test_rows_that_fail_are_told_with_their_place(stored):
    finding = verdict(ParquetReplay([stored([("12", "x"), ("123", "y")])]))
    assert (finding.verdict, finding.settled) == ("refused", "replay")
    assert (finding.outcomes[0].rows, finding.outcomes[0].failing) == (2, 1)
    example = finding.outcomes[0].examples[0]
    assert (example.file, example.row, example.rule, example.value) == ("accepted.parquet", 2, "a-pattern", "123")
    json.dumps(finding.to_json())


def test_values_of_persons_are_masked(stored):
    known = plan(OLD.model_copy(update={"classification": "personal"}), SECRET, BEFORE)
    finding = verdict(ParquetReplay([stored([("123", "x")])]), known=known)
    assert finding.outcomes[0].examples[0].value == MASK
    assert "123" not in json.dumps(finding.to_json()["outcomes"])


def test_forward_looks_at_what_the_former_rule_alone_refused(stored, quarantined):
    wide, wider = concept("code@1", pattern="[0-9]{2}"), concept("code@2", pattern="[0-9]{2}|[0-9]{4}")
    known, accepted = plan(wide, wider, BEFORE), [stored([("12", "x")])]
    harmless = quarantined((["123", "x"], ["a-pattern"]), (["1234", "x"], ["a-pattern", "b-required"]))
    told = verdict(ParquetReplay(accepted, [harmless], decode), Mode.FORWARD, known=known)
    assert (told.verdict, told.settled, told.outcomes[0]) == ("allowed", "replay", Outcome(3, 0))
    assert verdict(ParquetReplay(accepted, [harmless], decode), Mode.FULL, known=known).verdict == "allowed"
    against = quarantined((["123", "x"], ["a-pattern"]), (["1234", "x"], ["a-pattern"]))
    told = verdict(ParquetReplay(accepted, [against], decode), Mode.FORWARD, known=known)
    assert (told.verdict, told.outcomes[0].failing) == ("refused", 1)
    assert (told.outcomes[0].examples[0].file, told.outcomes[0].examples[0].row) == ("list.csv", 3)
    assert verdict(ParquetReplay(accepted, [against], decode), Mode.BACKWARD, known=known).verdict == "allowed"
    assert verdict(ParquetReplay(accepted, [against], decode), Mode.FULL, known=known).verdict == "refused"


def test_forward_is_refused_where_quarantined_rows_cannot_be_read(stored, quarantined):
    accepted = [stored([("12", "x")])]
    some = quarantined((["1", "x"], ["a-pattern"]))
    for replay in (ParquetReplay(accepted), ParquetReplay(accepted, [some])):
        told = verdict(replay, Mode.FORWARD)
        assert (told.verdict, told.settled) == ("refused", "default")
        assert "Chưa xác định được" in told.vi
        assert "Undetermined" in told.en
    others = quarantined((["1", "x"], ["b-required"]))
    assert verdict(ParquetReplay(accepted, [others]), Mode.FORWARD).verdict == "allowed"


def test_rules_are_replayed_under_new_names_types_and_defaults(stored):
    def one(sql: str, name: str) -> tuple[Rule, ...]:
        return (Rule(id="sound", sql=sql, columns=(name,), message=text("sound")),)

    count = concept("count@1", "integer"), concept("count@2", "double")
    old = contract(column("a", "count@1"), rules=one("a > 0", "a"))
    served = column("c", "count@2", field="a", aliases=("a",))
    filled = column("d", "count@1", required=True, default=5)
    new = contract(served, filled, rules=one("c + d > 6", "c"), version="2.0.0")
    known = plan(*count)
    replay = ParquetReplay([stored([(2,), (1,)], "a"), stored([(7,)], "c", "later.parquet")])
    report = diff(old, new, known, Mode.BACKWARD, replay)
    edited = next(f for f in report.findings if f.rule == "rule-edited")
    assert (edited.verdict, edited.outcomes[0].rows, edited.outcomes[0].failing) == ("refused", 3, 1)
    assert (edited.outcomes[0].examples[0].file, edited.outcomes[0].examples[0].row) == ("accepted.parquet", 2)


def test_rule_that_cannot_be_run_is_refused(stored):
    def one(sql: str) -> tuple[Rule, ...]:
        return (Rule(id="sound", sql=sql, columns=("b",), message=text("sound")),)

    old, new = contract(column("b"), rules=one("b > ''")), contract(column("b"), rules=one("nothing(b)"))
    told = verdict(ParquetReplay([stored([("x",)], "b")]), old=old, new=new, known=plan())
    assert (told.verdict, told.settled) == ("refused", "default")
    assert "nothing" in told.en


def test_concept_is_replayed_in_every_contract_that_binds_to_it(stored):
    path = stored([("12", "x"), ("123", "y")])
    for rows, verdict_ in (([("12", "x")], "allowed"), ([("12", "x"), ("123", "y")], "refused")):
        path = stored(rows)
        report = check(NEW, plan(OLD, BEFORE), Mode.BACKWARD, ParquetReplay([path]))
        assert [(f.rule, f.verdict, f.settled) for f in report.findings] == [("rule-edited", verdict_, "replay")]
    unused = check(NEW, plan(OLD, contract(column("b"))), Mode.BACKWARD, ParquetReplay([path]))
    assert [(f.verdict, f.settled) for f in unused.findings] == [("refused", "default")]


def test_contradicting_limits_are_told_and_refused(stored):
    count = concept("count@1", "integer", minimum=5)
    shape = Rule(id="sound", sql="a > 0", columns=("a",), message=text("sound"))
    old = contract(column("a", "count@1"), rules=(shape,))
    edited = (shape.model_copy(update={"sql": "a > 1"}),)
    new = contract(column("a", "count@1", maximum=4), rules=edited, version="1.1.0")
    report = diff(old, new, plan(count), Mode.BACKWARD, ParquetReplay([stored([(7,)], "a")]))
    told = next(f for f in report.findings if f.rule == "rule-edited")
    assert (told.verdict, told.settled) == ("refused", "default")
    assert "minimum" in told.vi
