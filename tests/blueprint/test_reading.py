"""Reading declarations: every problem of every file is told at once, with its line, what came and what is allowed."""

import pytest

from blueprint import DeclarationError
from blueprint.checks import problems as contradictions
from blueprint.load import ROOT, load, read
from blueprint.problems import Problem, near, position
from tests.blueprint.test_load import WARDS, root, spoil  # noqa: F401 - root is a fixture

CONCEPT = "concepts/instant/1.yaml"


def problems(folder):
    found: list[Problem] = []
    read(folder, found.append)
    return found


def only(folder):
    (found,) = problems(folder)
    return found


def line_of(folder, file, text):
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, start=1) if text in line)


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "said"),
    [
        (CONCEPT, "type: timestamp", "type: datetime", "literal-error", "must be one of: 'string', 'integer'"),
        (CONCEPT, "classification: open", "classification: public", "enum", "'open', 'shared'"),
        (WARDS, "licence: mit", "license: mit", "extra-forbidden", "Close to it: licence"),
        (WARDS, "concept: area@1", "concept: area", "string-pattern-mismatch", "must have the form"),
        (WARDS, "min_rows: 126", "min_rows: many", "int-parsing", "must be a whole number"),
    ],
)
def test_a_wrong_field_is_told_with_its_line(root, file, old, new, rule, said):  # noqa: F811
    spoil(root, file, old, new)
    found = next(p for p in problems(root) if p.rule == rule)
    assert (found.file, found.line) == (file, line_of(root, file, new))
    assert said in found.en
    assert found.vi != found.en
    assert found.place.startswith(f"{file}:{found.line}:")


def test_a_field_of_a_column_offers_the_fields_of_a_column(root):  # noqa: F811
    spoil(root, WARDS, "required: true", "requried: true")
    found = only(root)
    assert found.path.startswith("columns.0.")
    assert "Close to it: required" in found.en
    assert "agency" not in found.en, "fields of the contract itself are not offered for a column"


def test_a_missing_field_is_told_at_the_declaration(root):  # noqa: F811
    spoil(root, CONCEPT, "type: timestamp\n", "")
    assert only(root).en == "type: this required field is missing."


@pytest.mark.parametrize(
    ("content", "said"),
    [("concept: [a", "is not YAML"), ("- a\n- b\n", "not list"), ("", "not NoneType"), ("a: b\n  c: d", "is not YAML")],
)
def test_what_is_no_declaration_is_told(root, content, said):  # noqa: F811
    (root / CONCEPT).write_text(content, encoding="utf-8")
    assert said in only(root).en


def test_what_is_not_utf8_is_told(root):  # noqa: F811
    (root / CONCEPT).write_bytes("concept: thời-điểm".encode("utf-16"))
    assert only(root).file == CONCEPT


def test_all_wrong_files_are_told_at_once(root):  # noqa: F811
    spoil(root, CONCEPT, "type: timestamp", "type: datetime")
    spoil(root, WARDS, "licence: mit", "license: mit")
    with pytest.raises(DeclarationError) as caught:
        load(root)
    assert {p.file for p in caught.value.problems} == {CONCEPT, WARDS}
    assert all(p.place in caught.value.en for p in caught.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("xã,Xã,Commune,2025-01-01", "xã,Xã,Commune,01/01/2025", "01/01/2025"),
        ("xã,Xã,Commune,2025-01-01", "xã,Xã,Commune", "another number of cells"),
        ("code,vi,en", "mã,vi,en", "column 'code' is missing"),
    ],
)
def test_a_wrong_line_of_a_table_is_told(root, old, new, said):  # noqa: F811
    spoil(root, "codelists/unit-levels/1.csv", old, new)
    found = next(p for p in problems(root) if p.rule == "row")
    assert found.file == "codelists/unit-levels/1.csv"
    assert found.line is not None
    assert said in found.en


def test_a_table_that_is_not_there_is_told(root):  # noqa: F811
    (root / "codelists/unit-levels/1.csv").unlink()
    assert "codelists/unit-levels/1.csv" in {p.file for p in problems(root)}


def test_the_position_of_a_node_counts_from_one():
    path = ROOT / WARDS
    assert position(path, ["dataset"]) == (1, 1)
    line, column = position(path, ["columns", 1, "name"])
    text = path.read_text(encoding="utf-8").splitlines()[line - 1]
    assert text[column - 1 :].startswith("name: name")
    assert position(path, ["columns", 1, "no_such_field"])[0] == line, "a missing field is told where its parent begins"


def test_what_is_near_is_offered_in_both_languages():
    assert near("licences", ["licence", "agency"]) == (" Gần giống: licence.", " Close to it: licence.")
    assert near("xyz", ["licence"]) == ("", "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("identifier: tax-code", "identifier: tax-codes", "'tax-codes' is not declared. Close to it: tax-code"),
        ("validation: checksum", "validation: register", "must state the level, which is checksum at most"),
        ("validation: checksum\n", "", "must state the level, which is checksum at most"),
    ],
)
def test_a_value_is_never_said_to_be_checked_further_than_it_can_be(root, old, new, said):  # noqa: F811
    spoil(root, "concepts/tax-code/1.yaml", old, new)
    with pytest.raises(DeclarationError) as caught:
        load(root)
    assert said in caught.value.en


@pytest.mark.parametrize(
    ("partition", "line", "said"),
    [
        ("partition_by: day", "partition_by: day", "needs a column in partition"),
        ("partition: ward_code\npartition_by: month", "partition_by: month", "type date, timestamp, timestamp_local"),
        ("partition: seat", "{name: seat", "must be required"),
    ],
)
def test_partitions_that_a_table_cannot_have_are_told(root, partition, line, said):  # noqa: F811
    spoil(root, WARDS, "key: [ward_code]", f"key: [ward_code]\n{partition}")
    (found,) = (p for p in contradictions(read(root, [].append)) if p.rule == "partition")
    assert (found.file, found.line) == (WARDS, line_of(root, WARDS, line))
    assert said in found.en
    assert found.vi != found.en
