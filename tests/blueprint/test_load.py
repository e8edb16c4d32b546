"""Loading: a declaration that is wrong is refused, and the message names the file."""

import shutil

import pytest

from blueprint import BlueprintError, UnknownDataset, blueprint
from blueprint.load import ROOT, load

WARDS = "contracts/so-noi-vu/wards/1.0.0.yaml"
CROSSWALK = "contracts/so-noi-vu/ward-crosswalk/1.0.0.yaml"


@pytest.fixture
def root(tmp_path):
    """A copy of the declarations that a test may spoil."""
    for folder in ("concepts", "codelists", "contracts", "crosswalks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def spoil(root, file, old, new):
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refused(root):
    with pytest.raises(BlueprintError) as caught:
        load(root)
    assert caught.value.vi != caught.value.en
    return caught.value


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        (WARDS, "concept: area@1", "concept: area@9", "columns.3.concept: 'area@9' is not declared"),
        (WARDS, "licence: mit", "licence: public", "licence: 'public' is not declared"),
        (WARDS, "frequency: IRREG", "frequency: SOMETIMES", "frequency: 'SOMETIMES' is not declared"),
        (WARDS, "data-theme/REGI", "data-theme/TOWN", "data-theme/TOWN'"),
        (
            CROSSWALK,
            "{codelist:ha-noi-ward-crosswalk}",
            "{codelist:ward-pairs}",
            "codelist 'ward-pairs' is not declared",
        ),
        (CROSSWALK, "{codelist:ha-noi-ward-crosswalk}", "{codelist:ha-noi-wards}", "only read as of a date"),
        (WARDS, "    as_of: '2025-07-01'\n", "", "declare as_of"),
    ],
)
def test_what_points_at_nothing_is_refused_with_its_file(root, file, old, new, named):
    spoil(root, file, old, new)
    error = refused(root)
    assert file in error.en
    assert file in error.vi
    assert named in error.en


def test_a_concept_without_its_code_list_is_refused(root):
    spoil(root, "concepts/province-code/1.yaml", "codelist: provinces-63", "codelist: provinces-34")
    error = refused(root)
    assert "concepts/province-code/1.yaml" in error.en
    assert "provinces-63" in error.en, "the nearest known name is offered"


def test_an_unknown_agency_is_refused(root):
    shutil.move(root / "contracts/so-noi-vu/wards", root / "contracts/so-khong-co/wards")
    spoil(root, "contracts/so-khong-co/wards/1.0.0.yaml", "agency: so-noi-vu", "agency: so-khong-co")
    assert "agency: 'so-khong-co' is not declared" in refused(root).en


def test_a_file_that_does_not_lie_where_it_says_is_refused(root):
    shutil.move(root / WARDS, root / "contracts/so-noi-vu/wards/2.0.0.yaml")
    assert "belongs at contracts/so-noi-vu/wards/1.0.0.yaml" in refused(root).en


def test_a_bad_line_of_a_code_list_is_named(root):
    spoil(root, "codelists/unit-levels/1.csv", "xã,Xã,Commune,2025-01-01", "xã,Xã,Commune,01/01/2025")
    error = refused(root)
    assert "codelists/unit-levels/1.csv:3: Line 3" in error.en
    assert "Dòng 3" in error.vi


@pytest.mark.parametrize("column", ["vi", "en"])
def test_a_code_without_a_label_in_one_language_is_refused(root, column):
    spoil(
        root,
        "codelists/unit-levels/1.csv",
        {"vi": "xã,Xã,", "en": ",Commune,"}[column],
        {"vi": "xã,,", "en": ",,"}[column],
    )
    assert "codelists/unit-levels/1.csv" in refused(root).en


def test_an_unknown_field_is_refused(root):
    spoil(root, WARDS, "licence: mit", "license: mit")
    assert "license" in refused(root).en


def test_the_newest_version_of_a_contract_is_served(root):
    text = (root / WARDS).read_text(encoding="utf-8").replace("version: 1.0.0", "version: 1.10.0", 1)
    (root / "contracts/so-noi-vu/wards/1.10.0.yaml").write_text(text, encoding="utf-8")
    (root / "contracts/so-noi-vu/wards/1.9.0.yaml").write_text(text.replace("1.10.0", "1.9.0", 1), encoding="utf-8")
    assert load(root).contract("wards").version == "1.10.0"


def test_the_newest_version_of_a_code_list_is_served(root):
    for suffix in ("yaml", "csv"):
        shutil.copy(root / f"codelists/unit-levels/1.{suffix}", root / f"codelists/unit-levels/10.{suffix}")
        shutil.copy(root / f"codelists/unit-levels/1.{suffix}", root / f"codelists/unit-levels/9.{suffix}")
    spoil(root, "codelists/unit-levels/10.yaml", "version: 1", "version: 10")
    spoil(root, "codelists/unit-levels/9.yaml", "version: 1", "version: 9")
    assert load(root).codelist("unit-levels").version == 10


def test_a_near_name_of_a_dataset_is_offered():
    with pytest.raises(UnknownDataset, match="Did you mean 'wards'"):
        blueprint().contract("ward")


def test_codes_in_a_rule_are_written_out():
    sql = next(r.sql for r in blueprint().contract("ward-crosswalk").rules if r.id == "pair-in-resolution")
    assert "{codelist" not in sql
    assert sql.count("'") > 2 * 795
