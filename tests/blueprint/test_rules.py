from datetime import date

import duckdb
import pytest

from blueprint import CodeEntry, Rule
from blueprint.errors import BlueprintError
from blueprint.rules import KEY_CONFLICT, KEY_DUPLICATE, row_rules, type_rule
from blueprint.sql import literal
from tests.quality.builders import (
    BLUEPRINT,
    COLOURS,
    NEW,
    OLD,
    STOCK,
    TYPES,
    blueprint,
    codelist,
    column,
    concept,
    contract,
    entry,
    text,
)


def rule(of, identifier):
    return next(r for r in row_rules(of, BLUEPRINT) if r.id == identifier)


def holds(a_rule, types=TYPES, **values):
    """What the rule says of one row; columns that are not given are null."""
    row = ", ".join(f'CAST({literal(values.get(n))} AS {t}) AS "{n}"' for n, t in types.items())
    with duckdb.connect() as db:
        return db.execute(f"SELECT {a_rule.good} FROM (SELECT {row})").fetchone()[0]


def test_every_kind_of_rule_has_its_id():
    assert [r.id for r in row_rules(STOCK, BLUEPRINT)] == [
        "id-required",
        "id-range",
        "ward-code",
        "day-required",
        "level-range",
        "share-range",
        "plate-pattern",
        "colour-code",
        "code-code",
        "note-damaged-letters",
        "level-over-share",
        "calm",
    ]
    assert [r.severity for r in row_rules(STOCK, BLUEPRINT)][-2:] == ["error", "warning"]
    assert (KEY_DUPLICATE, KEY_CONFLICT, type_rule("ward")) == ("key-duplicate", "key-conflict", "ward-type")
    assert rule(STOCK, "ward-code").columns == ("ward", "day")


@pytest.mark.parametrize("a_rule", row_rules(STOCK, BLUEPRINT), ids=lambda r: r.id)
def test_null_is_good_unless_the_rule_asks_for_a_value(a_rule):
    assert holds(a_rule) is (a_rule.kind != "required")


@pytest.mark.parametrize(
    ("code", "day", "good"),
    [
        ("00004", date(2024, 5, 1), True),
        ("00004", date(2025, 6, 30), True),
        ("00004", date(2025, 7, 1), False),
        ("00004", date(2026, 5, 1), False),
        ("00070", date(2024, 5, 1), False),
        ("00070", date(2025, 7, 1), True),
        ("00008", date(2024, 5, 1), True),
        ("00008", date(2026, 5, 1), True),
        ("00008", date(1999, 5, 1), False),
        ("8", date(2026, 5, 1), False),
        ("00004", None, False),
        (None, date(1999, 5, 1), True),
    ],
)
def test_a_dated_code_is_read_as_of_the_rows_date(code, day, good):
    assert holds(rule(STOCK, "ward-code"), ward=code, day=day) is good


def test_a_dated_code_is_read_as_of_the_local_day_of_a_timestamp():
    of = contract(column("ward", "ward", as_of="at"), column("at", "instant"))
    types = {"ward": "VARCHAR", "at": "TIMESTAMPTZ"}
    for at, good in [("2025-06-30 16:59:59+00", True), ("2025-06-30 17:00:00+00", False)]:
        assert holds(rule(of, "ward-code"), types, ward="00004", at=at) is good


@pytest.mark.parametrize(("as_of", "good"), [("2024-01-01", True), ("2026-01-01", False)])
def test_a_dated_code_is_read_as_of_a_fixed_date(as_of, good):
    of = contract(column("ward", "ward", as_of=as_of))
    assert holds(rule(of, "ward-code"), {"ward": "VARCHAR"}, ward="00004") is good


@pytest.mark.parametrize("colour", [e.code for e in COLOURS.entries])
def test_a_code_with_quotes_and_vietnamese_letters_is_found(colour):
    assert holds(rule(STOCK, "colour-code"), colour=colour) is True
    assert holds(rule(STOCK, "colour-code"), colour=colour + "'") is False


@pytest.mark.parametrize(
    ("plate", "good"), [("29A", True), ("Đ1", True), ("29AB", False), ("x29A", False), ("29A\n", False)]
)
def test_a_pattern_matches_the_whole_value(plate, good):
    assert holds(rule(STOCK, "plate-pattern"), plate=plate) is good


@pytest.mark.parametrize(
    ("level", "good"), [(0.0, True), (-0.001, False), (float("nan"), False), (float("inf"), False)]
)
def test_a_range_keeps_out_what_is_no_measurement(level, good):
    assert holds(rule(STOCK, "level-range"), level=level) is good


@pytest.mark.parametrize(
    ("note", "good"), [("đá", True), ("nước", True), ("đ", False), ("hồ Gươm", False), (None, True)]
)
def test_a_length_counts_letters_not_bytes(note, good):
    plan = blueprint(concept("word", "string", min_length=2, max_length=9))
    of = contract(column("note", "word", max_length=4))
    found, letters = row_rules(of, plan)
    assert (found.id, found.kind) == ("note-length", "length")
    assert (letters.id, letters.kind) == ("note-damaged-letters", "damaged-letters")
    assert "từ 2 đến 4 ký tự" in found.vi
    assert "between 2 and 4 characters" in found.en
    assert holds(found, note=note) is good


@pytest.mark.parametrize(
    ("value", "good"), [("0100109106", True), ("0100109107", False), ("0100109106-001", True), (None, True)]
)
def test_an_identifier_is_checked_as_far_as_it_can_be(value, good):
    plan = blueprint(concept("firm", "string", identifier="tax-code", validation="checksum"))
    (found,) = row_rules(contract(column("note", "firm")), plan)
    assert (found.id, found.kind) == ("note-identifier", "identifier")
    assert found.vi.startswith("«Cột note» (note) phải là")
    assert holds(found, note=value) is good


UNITS = codelist(
    "units",
    CodeEntry(code="00004", vi="Phường Trúc Bạch", en="Truc Bach Ward", valid_from=date(2013, 1, 1), valid_to=OLD),
    CodeEntry(code="00004", vi="Phường Ba Đình", en="Ba Dinh Ward", valid_from=NEW),
    CodeEntry(code="00175", vi="Phường Yên Hòa", en="Yen Hoa Ward", valid_from=NEW),
    dated=True,
)


@pytest.mark.parametrize(
    ("code", "name", "day", "good"),
    [
        ("00004", "Phường Trúc Bạch", date(2024, 5, 1), True),
        ("00004", "Phường Ba Đình", date(2024, 5, 1), False),
        ("00004", "phường ba đình", date(2026, 5, 1), True),
        ("00004", "Phường Trúc Bạch", date(2026, 5, 1), False),
        ("00175", "Yên Hoà", date(2026, 5, 1), True),
        ("00004", None, date(2024, 5, 1), True),
        ("00004", "Phường Ba Đình", None, False),
    ],
)
def test_the_right_code_of_the_wrong_era_shows_by_its_name(code, name, day, good):
    plan = blueprint(
        concept("unit", "string", codelist="units"),
        concept("day", "date"),
        concept("name", "string"),
        codelists=(UNITS,),
    )
    of = contract(column("ward", "unit", as_of="day"), column("day", "day"), column("note", "name", names="ward"))
    found = next(r for r in row_rules(of, plan) if r.id == "note-name")
    assert found.columns == ("note", "ward", "day")
    assert "00175 = Phường Yên Hòa" in found.vi
    assert holds(found, ward=code, note=name, day=day) is good


def test_names_needs_a_code_column_that_is_read_as_of_a_date():
    plan = blueprint(concept("colour", "string", codelist="colours"), concept("name", "string"), codelists=(COLOURS,))
    with pytest.raises(BlueprintError, match="list that is read as of a date; colour is none"):
        row_rules(contract(column("colour", "colour"), column("note", "name", names="colour")), plan)


def test_the_column_narrows_the_concept():
    narrowed = rule(STOCK, "id-range")
    assert [holds(narrowed, id=i) for i in (0, 1, 100, 101)] == [False, True, True, False]
    of = contract(column("plate", "plate", pattern="2.*"))
    both = rule(of, "plate-pattern")
    assert [holds(both, {"plate": "VARCHAR"}, plate=p) for p in ("29A", "30A", "2x")] == [True, False, False]


def test_messages_say_what_is_allowed_with_an_example():
    assert rule(STOCK, "id-range").vi == "«Cột id» (id) phải từ 1 đến 100; ví dụ: 50."
    assert rule(STOCK, "id-range").en == "“Column id” (id) must be between 1 and 100; for example: 50."
    assert rule(STOCK, "colour-code").en.endswith('must be a code of the code list colours: it\'s, the "blue", đỏ.')
    assert "ví dụ: 00070 (tên 00070, từ 2025-07-01)" in rule(STOCK, "ward-code").vi
    assert rule(STOCK, "plate-pattern").en.endswith("; for example: 11A.")
    assert rule(STOCK, "calm").vi == "calm"


@pytest.mark.parametrize(
    ("limits", "unit", "said"),
    [
        ({"minimum": 0, "maximum": 50}, "Cel", "between 0 and 50 °C; for example: 25."),
        ({"minimum": 3, "maximum": 3}, "{index}", "must be 3; for example: 3."),
        ({"maximum": 0.5}, "m/s", "must be 0.5 m/s or less; for example: 0.5."),
    ],
)
def test_a_range_names_its_unit_as_people_write_it(limits, unit, said):
    of = blueprint(concept("heat", "double", unit=unit, **limits))
    (a_rule,) = row_rules(contract(column("heat", "heat")), of)
    assert a_rule.en.endswith(said)


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (contract(column("a", "note", minimum=1)), "takes no range"),
        (contract(column("a", "count", pattern="1")), "takes no pattern"),
        (contract(column("a", "count", minimum=101)), "no value is between 101 and 100"),
        (contract(column("a", "ward")), "only read as of a date"),
        (contract(column("a", "ward", as_of="b"), column("b", "note")), "as_of is 'b'"),
        (
            contract(
                column("a", "note", required=True),
                rules=(Rule(id="a-type", sql="true", columns=("a",), message=text("x")),),
            ),
            "rule id 'a-type' repeats",
        ),
    ],
)
def test_declarations_that_contradict_themselves_are_refused(of, message):
    with pytest.raises(BlueprintError, match=message):
        row_rules(of, BLUEPRINT)


def test_a_code_list_of_numbers_is_read_as_text():
    numbers = blueprint(
        concept("kind", "integer", codelist="kinds"), codelists=(codelist("kinds", entry("1"), entry("20")),)
    )
    (a_rule,) = row_rules(contract(column("kind", "kind")), numbers)
    assert [holds(a_rule, {"kind": "BIGINT"}, kind=k) for k in (1, 20, 2, None)] == [True, True, False, True]


def test_an_empty_code_list_allows_nothing():
    empty = blueprint(concept("kind", "string", codelist="kinds"), codelists=(codelist("kinds"),))
    (a_rule,) = row_rules(contract(column("kind", "kind")), empty)
    assert [holds(a_rule, {"kind": "VARCHAR"}, kind=k) for k in ("x", None)] == [False, True]


def test_every_example_obeys_its_rule():
    """The example in a message, read back as a value of its column, is good by that very rule."""
    for a_rule in row_rules(STOCK, BLUEPRINT):
        if a_rule.kind in ("range", "pattern"):
            value = a_rule.en.rsplit(": ", 1)[1].rstrip(".")
            assert holds(a_rule, **{a_rule.column: value}) is True, a_rule.en
