"""Concepts: enough of them, each sourced, in two languages, with units, ranges and examples that hold."""

import re

import pytest

from blueprint import Classification, blueprint
from blueprint.identifiers import IDENTIFIERS, identify
from blueprint.load import ROOT

CONCEPTS = sorted(blueprint().concepts.values(), key=lambda c: c.ref)
OF_PERSONS = {
    "personal-id",
    "former-id-number",
    "person-name",
    "birth-date",
    "birth-year",
    "age",
    "person-sex",
    "phone-number",
    "email-address",
    "home-address",
    "health-insurance-card",
    "social-insurance-number",
    "vehicle-plate",
    "personal-tax-code",
}
"""Concepts whose values are about one living person."""
ANNOTATION = re.compile(r"\{[^{}]*\}")


def atoms(unit):
    """The unit without its annotations, which carry no meaning in UCUM; 1 where nothing is left."""
    return ANNOTATION.sub("", unit) or "1"


def test_there_are_at_least_60_concepts():
    assert len({c.concept for c in CONCEPTS}) >= 60


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda c: c.ref)
def test_a_concept_is_told_in_two_languages_and_names_its_source(concept):
    assert concept.title.vi
    assert concept.definition.vi != concept.definition.en
    assert concept.definition.vi.endswith(".")
    assert concept.definition.en.endswith(".")
    assert not re.search(r"[ăâđêôơưĂÂĐÊÔƠƯ]", concept.title.en.replace("Hà Nội", "").replace("đồng", "")), (
        concept.title.en
    )
    assert concept.source.strip()


@pytest.mark.parametrize("concept", [c for c in CONCEPTS if c.unit], ids=lambda c: c.ref)
def test_a_unit_is_in_the_ucum_subset_of_the_blueprint(concept):
    known = {atoms(code) for code in blueprint().codelist("units-of-measure").codes()}
    assert atoms(concept.unit) in known, f"{concept.unit}: add it to the code list units-of-measure"


def test_units_are_valid_ucum():
    parser = pytest.importorskip(
        "ucumvert", reason="ucumvert, the UCUM parser used as an oracle, is absent"
    ).get_ucum_parser()
    units = {c.unit for c in CONCEPTS if c.unit} | blueprint().codelist("units-of-measure").codes()
    assert len(units) >= 40
    for unit in units:
        parser.parse(unit)
    for wrong in ("ug/m^3", "°C", "km²", "meter"):
        with pytest.raises(Exception, match=r"(?i)token|character|unexpected|no terminal"):
            parser.parse(wrong)


def test_only_measures_have_units():
    numeric = {"integer", "int32", "decimal", "double", "float"}
    assert [c.ref for c in CONCEPTS if c.unit and c.type not in numeric] == []
    assert [c.ref for c in CONCEPTS if c.currency and (c.unit or c.type != "decimal")] == []


@pytest.mark.parametrize("concept", [c for c in CONCEPTS if c.pattern or c.examples], ids=lambda c: c.ref)
def test_examples_have_the_form_that_the_concept_demands(concept):
    form = re.compile(concept.pattern) if concept.pattern else None
    for example in concept.examples:
        assert form is None or form.fullmatch(example), example
        assert concept.min_length is None or len(example) >= concept.min_length, example
        assert concept.max_length is None or len(example) <= concept.max_length, example
        if concept.minimum is not None:
            assert float(example) >= concept.minimum
        if concept.maximum is not None:
            assert float(example) <= concept.maximum
    if form is not None:
        assert not form.fullmatch(""), "a pattern refuses the empty value"
        assert concept.pattern.startswith("^")
        assert concept.pattern.endswith("$")


@pytest.mark.parametrize("concept", [c for c in CONCEPTS if c.identifier], ids=lambda c: c.ref)
def test_an_identifier_is_known_and_its_examples_pass(concept):
    assert concept.identifier in IDENTIFIERS
    assert concept.validation, "an identifier says how far it is checked"
    assert concept.examples
    for example in concept.examples:
        verdict = identify(concept.identifier, example)
        assert verdict.ok, verdict.reason.en
        if concept.validation == "checksum":
            assert verdict.level.value == "checksum", "a value of this concept must carry a check digit"


@pytest.mark.parametrize("concept", [c for c in CONCEPTS if c.codelist], ids=lambda c: c.ref)
def test_the_code_list_of_a_concept_holds_its_examples_and_fits_its_form(concept):
    entries = blueprint().codelist(concept.codelist).entries
    codes = {e.code for e in entries}
    assert set(concept.examples) <= codes
    assert [c for c in codes if concept.pattern and not re.fullmatch(concept.pattern, c)] == []


def test_what_is_about_one_person_is_classified_personal():
    by_name = {c.concept: c for c in CONCEPTS}
    assert set(by_name) >= OF_PERSONS
    for name in OF_PERSONS:
        assert by_name[name].classification is Classification.PERSONAL, name
    found = {c.concept for c in CONCEPTS if c.classification is Classification.PERSONAL}
    assert found == OF_PERSONS, "a new personal concept joins the list of this test"


def test_the_open_tax_code_refuses_a_personal_id():
    """A 12-digit tax code is a personal id since July 2025, so only the personal concept takes one."""
    code = blueprint().concept("tax-code@1")
    own = blueprint().concept("personal-tax-code@1")
    personal_id = own.examples[0]
    assert identify("tax-code", personal_id).ok
    assert not re.fullmatch(code.pattern, personal_id)
    assert (code.classification, own.classification) == (Classification.OPEN, Classification.PERSONAL)


def test_a_personal_concept_never_claims_a_check_that_its_identifier_lacks():
    for concept in (c for c in CONCEPTS if c.classification is Classification.PERSONAL and c.identifier):
        assert concept.validation == "shape", concept.ref
    assert "never called" in blueprint().concept("personal-id@1").definition.en


@pytest.mark.parametrize("concept", [c for c in CONCEPTS if c.crs], ids=lambda c: c.ref)
def test_a_projected_coordinate_lies_in_the_city(concept):
    assert concept.crs == "EPSG:5897"
    assert concept.unit == "m"
    assert concept.minimum < float(concept.examples[0]) < concept.maximum


def test_the_ranges_of_vn2000_hold_every_ward():
    """EPSG:5897 is the 3° zone whose central meridian, 105° east, has the easting 500,000 m."""
    pyproj = pytest.importorskip("pyproj", reason="pyproj, used as an oracle of the projection, is absent")
    project = pyproj.Transformer.from_crs(4326, 5897, always_xy=True).transform
    east, north = blueprint().concept("vn2000-easting@1"), blueprint().concept("vn2000-northing@1")
    present = [e.attributes for e in blueprint().codelist("ha-noi-wards").entries if e.valid_to is None]
    assert len(present) == 126
    for ward in present:
        x, y = project(float(ward["longitude"]), float(ward["latitude"]))
        assert east.minimum < x < east.maximum
        assert north.minimum < y < north.maximum
    own = pyproj.Transformer.from_crs(4756, 5897, always_xy=True).transform(105.0, 0.0)
    assert own == pytest.approx((500_000, 0), abs=1e-6)


def test_a_concept_file_is_one_version_of_one_concept():
    files = sorted((ROOT / "concepts").glob("*/*.yaml"))
    assert len(files) == len(CONCEPTS)
    assert len({(c.title.vi, c.version) for c in CONCEPTS}) == len(CONCEPTS), "two concepts share a Vietnamese title"
    assert len({(c.title.en, c.version) for c in CONCEPTS}) == len(CONCEPTS), "two concepts share an English title"
