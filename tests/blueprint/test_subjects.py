"""Subjects name every declaration, and a file says by itself what it declares."""

import pytest

from blueprint import BlueprintError, DeclarationError, blueprint
from blueprint.load import ROOT
from blueprint.subjects import file_of, find, from_file, subject_of, subjects, version_of


def every():
    return [d for versions in subjects(blueprint()).values() for d in versions]


def test_every_declaration_is_found_by_its_name_and_version():
    assert len(every()) > 70
    for declaration in every():
        assert find(f"{subject_of(declaration)}@{version_of(declaration)}", blueprint()) is declaration


def test_every_declaration_says_its_file():
    files = {file_of(d) for d in every()}
    assert len(files) == len(every())
    assert all((ROOT / file).is_file() for file in files)


@pytest.mark.parametrize(
    "name", ["concept:instant@1", "codelist:licences@1", "bus-stops@1.0.0", "ward-crosswalk@1.0.0"]
)
def test_a_file_alone_gives_the_same_declaration(name):
    declared = find(name, blueprint())
    assert from_file(ROOT / file_of(declared), blueprint()) == declared


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("instant", "Close to it: concept:instant"),
        ("bus-stop", "Close to it: bus-stops"),
        ("bus-stops@9.0.0", "its versions: 1.0.0"),
        ("nothing-like-it", "There is no subject"),
    ],
)
def test_a_wrong_name_is_told_with_what_there_is(name, said):
    with pytest.raises(BlueprintError) as caught:
        find(name, blueprint())
    assert said in caught.value.en


def test_a_file_that_is_wrong_or_absent_is_told(tmp_path):
    wrong = tmp_path / "1.yaml"
    wrong.write_text("concept: x\nversion: one\n", encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        from_file(wrong)
    assert "1.yaml:2:1: version = 'one'" in caught.value.en
    with pytest.raises(BlueprintError, match="cannot be read"):
        from_file(tmp_path / "2.yaml")
