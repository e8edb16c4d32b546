"""Indicators: what they rest on is declared and checked, only their words may change, and every door knows them."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from starlette.testclient import TestClient

from blueprint import Blueprint, BlueprintError, Indicator, compat, released, releases
from blueprint.build import build
from blueprint.changelog import in_force
from blueprint.concept import Classification
from blueprint.indicator import MONTHS, last_day
from blueprint.lint import lint
from blueprint.load import ROOT, load
from blueprint.registry.app import create_app
from blueprint.registry.judge import proposal
from blueprint.releases import ReleaseRefused
from tests.blueprint.drafts import DAY, copy, draft, terms

NAME, PAPI = "ward-population-density", "electronic-government-score"
PLAN = load(ROOT)
INDICATORS = ("indicators/", "changelog/indicator.")
FORMULA = "SELECT DATE '2025-07-01' AS period, ward_code, "


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released declarations and ``NAME`` as a first draft, with no other indicator."""
    root = copy(tmp_path_factory.mktemp("blueprint"))
    lock = {file: digest for file, digest in released.recorded(root).items() if not file.startswith(INDICATORS)}
    for file in {*released.recorded(root)} - {*lock}:
        (root / file).unlink()
    (root / released.LOCK).write_text(json.dumps(lock), encoding="utf-8")
    return root


@pytest.fixture
def root(settled: Path, tmp_path: Path) -> Iterator[Path]:
    """``settled``, with what a test writes under indicators and the changelog taken away again."""
    lock = (settled / released.LOCK).read_bytes()
    yield settled
    (settled / released.LOCK).write_bytes(lock)
    for place in ("indicators", "changelog/indicator.ward-population-density"):
        for file in [*(settled / place).rglob("*.yaml")]:
            file.unlink()


def write(root: Path, version: str = "1.0.0", **changes: Any) -> str:
    """Write a version of ``NAME`` with ``changes`` to its fields. Returns the file's name."""
    file = f"indicators/{NAME}/{version}.yaml"
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(declared(version=version, **changes), encoding="utf-8")
    return file


def declared(**changes: Any) -> str:
    """The declaration of ``NAME`` as YAML, with ``changes`` to its fields; those that are None are left out."""
    content = yaml.safe_load((ROOT / f"indicators/{NAME}/1.0.0.yaml").read_text(encoding="utf-8"))
    content = {k: v for k, v in {**content, **changes}.items() if v is not None}
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def reads(**changes: Any) -> list[dict[str, Any]]:
    return [{"dataset": "wards", "major": 1, "columns": ["ward_code", "population", "area_km2"], **changes}]


def test_what_the_repository_declares_is_clean_and_states_its_source() -> None:
    report = lint()
    assert [p for p in report.problems if p.file.startswith("indicators/")] == []
    assert report.counts["indicators"] == len(PLAN.indicators) >= 6
    for indicator in PLAN.indicators.values():
        assert indicator.source.document
        assert indicator.source.clause
        assert PLAN.read_columns(indicator)


def test_the_clauses_of_the_source_documents_are_word_for_word(seed_documents: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(seed_documents.glob("*.txt"))]
    quoted = [i.source.clause.partition("“")[2].partition("”")[0] for i in PLAN.indicators.values()]
    assert any(quoted)
    for quote in filter(None, quoted):
        assert any(quote in " ".join(text.split()) for text in texts), quote


@pytest.mark.parametrize(
    ("changes", "rule", "path", "told"),
    [
        ({"value": "no-such@1"}, "unknown", "value", "'no-such@1' is not declared"),
        ({"value": "name@1"}, "type", "value", "must be a number"),
        ({"value": "percentage@1"}, "per", "per", "needs per: 100"),
        ({"groups": [{"name": "ward_code", "concept": "ward@1"}]}, "unknown", "groups.0.concept", "'ward@1'"),
        ({"groups": [{"name": "ward_code", "concept": "count@1"}]}, "sql-type", "sql", "must be BIGINT; it is VARCHAR"),
        ({"groups": None}, "sql-columns", "sql", "they are period, ward_code"),
        ({"datasets": reads(dataset="ward")}, "unknown", "datasets.0.dataset", "Close to it: wards"),
        ({"datasets": reads(major=7)}, "unknown", "datasets.0.major", "wards@7"),
        ({"datasets": reads(columns=["ward_code", "people"])}, "unknown", "datasets.0.columns.1", "'people'"),
        ({"datasets": reads(columns=["ward_code", "population"])}, "sql", "sql", "area_km2"),
        (
            {"datasets": reads(columns=["ward_code", "population", "area_km2", "seat"])},
            "not-read",
            "datasets.0.columns",
            "seat",
        ),
        ({"sql": FORMULA + "population AS numerator FROM wards"}, "sql-columns", "sql", "period, ward_code, value / "),
        ({"sql": FORMULA + "seat AS value FROM wards"}, "sql", "sql", "seat"),
        ({"sql": FORMULA + "'1' AS value FROM wards"}, "sql-type", "sql", "must be a number; it is VARCHAR"),
        ({"sql": FORMULA + "1 AS value FROM wards; SELECT 1"}, "sql", "sql", "one SELECT"),
        ({"sql": "DROP TABLE wards"}, "sql", "sql", "one SELECT"),
        ({"sql": "COPY wards TO '/tmp/wards.csv'"}, "sql", "sql", "one SELECT"),
        ({"sql": FORMULA + "1 AS value FROM read_csv('/etc/passwd'), wards"}, "sql", "sql", "Permission"),
        (
            {"sql": FORMULA + "1 AS value FROM communes"},
            "sql",
            "sql",
            "Tables: wards (ward_code, population, area_km2)",
        ),
        (
            {"sql": "SELECT current_date AS period, ward_code, 1 AS value FROM wards"},
            "sql-changing",
            "sql",
            "current_date",
        ),
        ({"sql": FORMULA + "random() AS value FROM wards"}, "sql-changing", "sql", "random"),
        ({"sql": "SELECT '2025-07-01' AS period, ward_code, 1 AS value FROM wards"}, "sql-type", "sql", "must be DATE"),
        ({"per": 1000, "sql": FORMULA + "population / area_km2 AS value FROM wards"}, "per", "per", "a numerator"),
        ({"period": "week"}, "literal-error", "period", "half-year"),
        ({"source": {"document": "Luật Thống kê"}}, "missing", "source.clause", "required"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changes: dict[str, Any], rule: str, path: str, told: str) -> None:
    text = declared(indicator="ward-crowding", **changes)
    problems = proposal({"declaration": text}, PLAN)["problems"]
    found = [p for p in problems if (p["severity"], p["rule"], p["path"]) == ("error", rule, path)]
    assert found, problems
    assert told in found[0]["en"]
    assert found[0]["vi"] != found[0]["en"]
    if path in ("value", "sql"):
        lines = text.splitlines()
        assert lines[found[0]["line"] - 1].startswith(f"{path}:")


@pytest.mark.parametrize(
    "changes",
    [
        {"groups": ({"name": "value", "concept": "count@1"},)},
        {"groups": ({"name": "ward", "concept": "count@1"}, {"name": "ward", "concept": "count@1"})},
        {"datasets": ({"dataset": "bus-stops", "major": 1, "columns": ("a",)},) * 2},
        {"datasets": ({"dataset": "bus-stops", "major": 1, "columns": ("a", "a")},)},
        {"datasets": ()},
    ],
)
def test_names_are_not_used_twice(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Indicator.model_validate({**PLAN.indicator(NAME).model_dump(), **changes})


def test_a_file_in_the_wrong_place_and_one_that_nothing_reads_are_told(root: Path) -> None:
    file = write(root)
    (root / file).rename((root / file).with_name("1.0.1.yaml"))
    (root / "indicators/notes.txt").write_text("?", encoding="utf-8")
    found = {(p.file, p.rule) for p in lint(root).errors}
    (root / "indicators/notes.txt").unlink()
    assert {(f"indicators/{NAME}/1.0.1.yaml", "place"), ("indicators/notes.txt", "stray-file")} <= found


def test_the_narrowest_column_is_inherited_and_said(root: Path) -> None:
    concept = PLAN.concept("population@1").model_copy(update={"classification": Classification.RESTRICTED})
    narrowed = replace(PLAN, concepts={**PLAN.concepts, concept.ref: concept})
    indicator = PLAN.indicator(NAME)
    assert (PLAN.classification(indicator), PLAN.leaves(indicator)) == (Classification.OPEN, True)
    assert (narrowed.classification(indicator), narrowed.leaves(indicator)) == (Classification.RESTRICTED, False)
    path = root / "concepts/population/1.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("classification: open", "classification: restricted"), encoding="utf-8")
    file = write(root)
    found = [p for p in lint(root).warnings if p.file == file]
    path.write_text(text, encoding="utf-8")
    assert [(p.rule, p.came) for p in found] == [("classification", "restricted")]


def test_what_rests_on_a_dataset_that_is_not_published_is_not_published_either() -> None:
    indicator = PLAN.indicator("bus-trips-by-route")
    assert PLAN.classification(indicator) is Classification.OPEN
    assert not PLAN.leaves(indicator)


OTHER = {"dataset": "wards-before-2025", "major": 1, "columns": ("ward_code",)}


@pytest.mark.parametrize(
    ("changes", "rules", "needed"),
    [
        ({"title": {"vi": "Mật độ", "en": "Density"}}, {"text-changed"}, "1.0.1"),
        ({"source": {"document": "Luật", "clause": "Điều 1"}}, {"text-changed"}, "1.0.1"),
        ({"sql": "SELECT  DATE '2025-07-01' AS period, ward_code,\n population AS numerator, area_km2 AS denominator FROM wards"}, {"text-changed"}, "1.0.1"),
        ({"sql": FORMULA + "population AS numerator, area_km2 / 2 AS denominator FROM wards"}, {"formula-changed"}, "2.0.0"),
        ({"datasets": (*reads(), OTHER)}, {"formula-changed"}, "2.0.0"),
        ({"datasets": reads(major=2)}, {"formula-changed"}, "2.0.0"),
        ({"value": "count@1"}, {"concept-changed"}, "2.0.0"),
        ({"period": "year"}, {"period-changed"}, "2.0.0"),
        ({"per": 1000}, {"unit-changed"}, "2.0.0"),
        ({"groups": ()}, {"key-changed"}, "2.0.0"),
        ({"groups": ({"name": "ward_code", "concept": "commune-code@1"},)}, {"concept-changed"}, "2.0.0"),
        ({"indicator": "density"}, {"subject-changed"}, None),
    ],
)  # fmt: skip
def test_words_may_change_and_the_figure_takes_a_new_major(
    changes: dict[str, Any], rules: set[str], needed: str | None
) -> None:
    old = PLAN.indicator(NAME)
    new = Indicator.model_validate({**old.model_dump(), "version": "1.0.1", **changes})
    report = compat.diff(old, new, PLAN)
    assert {f.rule for f in report.findings if f.number} == rules
    assert report.next_version == needed
    assert report.compatible == (needed == "1.0.1")
    if needed == "2.0.0":
        major = new.model_copy(update={"version": "2.0.0"})
        assert compat.diff(old, major, PLAN).compatible
    assert all(f.vi != f.en for f in report.findings)


def test_a_new_version_of_the_concept_hands_its_changes_on() -> None:
    old = PLAN.indicator(NAME)
    concept = PLAN.concept(old.value)
    better = concept.model_copy(update={"version": 2, "source": "Luật Thống kê"})
    other = concept.model_copy(update={"version": 3, "unit": "{person}/ha"})
    plan = replace(PLAN, concepts={**PLAN.concepts, better.ref: better, other.ref: other})
    for ref, compatible in ((better.ref, True), (other.ref, False)):
        new = old.model_copy(update={"version": "1.0.1", "value": ref})
        report = compat.diff(old, new, plan)
        assert ({f.rule for f in report.findings if f.number}, report.compatible) == (
            {"concept-version-changed"},
            compatible,
        )


def test_the_order_of_the_groups_is_a_small_change() -> None:
    old = PLAN.indicator("provincial-expenditure-share")
    new = old.model_copy(update={"version": "1.0.1", "groups": old.groups[::-1]})
    assert [f.rule for f in compat.diff(old, new, PLAN).findings] == ["columns-reordered"]


def test_a_release_is_locked_and_its_next_version_is_reckoned(root: Path) -> None:
    file = write(root)
    first = releases.release(f"indicator:{NAME}", root, terms())
    assert (first.ref, first.bump, first.files) == (f"indicator:{NAME}@1.0.0", "initial", (file,))
    assert file in released.recorded(root)

    write(root, "1.0.1", title={"vi": "Mật độ dân số của phường, xã", "en": "Population density of a ward"})
    second = releases.release(f"indicator:{NAME}", root, terms())
    assert (second.bump, [c.rule for c in second.changes]) == ("patch", ["text-changed"])

    formula = FORMULA + "population AS numerator, area_km2 / 2 AS denominator FROM wards"
    write(root, "1.0.2", sql=formula)
    with pytest.raises(ReleaseRefused, match=r"2\.0\.0"):
        releases.release(f"indicator:{NAME}", root, terms())
    (root / f"indicators/{NAME}/1.0.2.yaml").unlink()
    write(root, "2.0.0", sql=formula)
    third = releases.release(f"indicator:{NAME}", root, terms(effective=DAY + dt.timedelta(days=30)))
    assert third.bump == "major"
    assert third.notice
    assert third.notice.former == "1.0.1"

    plan = load(root)
    assert [i.version for i in plan.indicator_versions[NAME]] == ["1.0.0", "1.0.1", "2.0.0"]
    holding = [in_force(plan, DAY + dt.timedelta(days=days)).indicator(NAME).version for days in (1, 30)]
    assert holding == ["1.0.1", "2.0.0"]

    (root / file).write_text((root / file).read_text(encoding="utf-8").replace("per: 1", "per: 2"), encoding="utf-8")
    path = root / file
    path.write_text(path.read_text(encoding="utf-8").replace("wards", "communes"), encoding="utf-8")
    with pytest.raises(released.ReleasedChanged, match=file):
        released.verify(root)


def test_an_indicator_over_a_draft_is_released_after_it(root: Path) -> None:
    concept = root / "concepts/ward-density/1.yaml"
    concept.parent.mkdir()
    text = (ROOT / "concepts/population-density/1.yaml").read_text(encoding="utf-8")
    concept.write_text(text.replace("concept: population-density", "concept: ward-density"), encoding="utf-8")
    write(root, value="ward-density@1")
    with pytest.raises(releases.NotYet, match="concept:ward-density"):
        releases.release(f"indicator:{NAME}", root, terms())
    done = releases.release_all(root, terms())
    concept.unlink()
    (root / "changelog/concept.ward-density/1.yaml").unlink()
    assert [entry.subject for entry in done] == ["concept:ward-density", f"indicator:{NAME}"]


def test_a_breaking_contract_tells_which_indicators_it_concerns(root: Path) -> None:
    write(root)
    releases.release(f"indicator:{NAME}", root, terms())
    contract = "contracts/so-noi-vu/wards/1.0.0.yaml"
    file = draft(root, contract, "2.0.0", ("concept: area@1", "concept: count@1"))
    entry = releases.propose("wards", root, terms()).entry
    (root / file).unlink()
    assert entry.notice
    assert entry.notice.indicators == (f"{NAME}@1.0.0",)
    assert f"indicators: {NAME}@1.0.0" in entry.notice.en


def test_the_built_document_pins_what_an_indicator_rests_on() -> None:
    document = json.loads(build(PLAN))
    assert {*document["indicators"]} == {*PLAN.indicators}
    entry = document["indicators"][NAME]["1.0.0"]
    assert entry["contracts"]["wards"]["sha256"] == document["contracts"]["wards"]["1.0.0"]["sha256"]
    assert entry["concepts"]["population-density@1"] == document["concepts"]["population-density"]["1"]["sha256"]
    assert entry["classification"] == "open"


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("day", (2025, 7, 1), (2025, 7, 1)),
        ("month", (2024, 2, 1), (2024, 2, 29)),
        ("quarter", (2025, 10, 1), (2025, 12, 31)),
        ("half-year", (2025, 1, 1), (2025, 6, 30)),
        ("year", (2025, 1, 1), (2025, 12, 31)),
    ],
)
def test_a_period_ends_the_day_before_the_next_begins(
    period: Any, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    assert last_day(dt.date(*first), period) == dt.date(*last)
    assert period == "day" or period in MONTHS


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(PLAN), follow_redirects=False) as client:
        yield client


def test_the_registry_has_a_page_of_each_in_both_languages(client: TestClient) -> None:
    for language, title in (("vi", "Mật độ dân số phường, xã"), ("en", "Population density of the wards")):
        listed = client.get(f"/{language}/indicators")
        assert listed.status_code == 200
        for name in PLAN.indicators:
            assert f"/{language}/indicators/{name}" in listed.text
            assert client.get(f"/{language}/indicators/{name}").status_code == 200
        one = client.get(f"/{language}/indicators/{NAME}/1.0.0")
        assert title in one.text
        assert f"/{language}/contracts/wards" in one.text
        assert f"/{language}/concepts/population-density/1" in one.text
        assert client.get(f"/{language}/indicators/{NAME}/9.9.9").status_code == 404
    assert "not published" in client.get("/en/indicators/bus-trips-by-route").text
    assert "not published" not in client.get(f"/en/indicators/{NAME}").text


def test_indicators_are_linked_from_where_a_reader_looks(client: TestClient) -> None:
    link = f'href="/vi/indicators/{NAME}"'
    for path in ("/vi/concepts/population-density", "/vi/contracts/wards", "/vi/search?q=mat+do+dan+so"):
        assert link in client.get(path).text, path
    assert 'href="/vi/indicators"' in client.get("/vi/").text
    assert link not in client.get("/vi/concepts/instant").text


def test_machines_get_json_and_the_declaration_itself(client: TestClient) -> None:
    answer = client.get(f"/indicators/{NAME}", headers={"accept": "application/json"})
    content = answer.json()
    assert (content["unit"], content["classification"], content["published"]) == ("{person}/km2", "open", True)
    assert content["contracts"] == {"wards": "1.0.0"}
    written = client.get(f"/indicators/{NAME}/1.0.0", headers={"accept": "application/yaml"})
    assert written.content == (ROOT / f"indicators/{NAME}/1.0.0.yaml").read_bytes()
    browser = client.get(f"/indicators/{NAME}", headers={"accept": "text/html", "accept-language": "en"})
    assert (browser.status_code, browser.headers["location"]) == (303, f"/en/indicators/{NAME}")
    assert {one["indicator"] for one in client.get("/indicators").json()} == {*PLAN.indicators}
    assert client.get("/indicators/no-such").status_code == 404
    assert client.get(f"/indicators/{NAME}/1.0").status_code == 422


def test_a_proposal_that_is_right_is_accepted() -> None:
    found = proposal({"declaration": declared(indicator="ward-crowding")}, PLAN)
    assert (found["accepted"], found["subject"], found["problems"]) == (True, "indicator:ward-crowding", [])


def test_subjects_bear_their_kind(client: TestClient) -> None:
    assert client.get(f"/vi/compare?old=indicator:{NAME}@1.0.0&new=indicator:{NAME}@1.0.0").status_code == 200


def test_an_indicator_that_is_not_there_is_told() -> None:
    with pytest.raises(BlueprintError, match="Close to it: ward-population-density"):
        PLAN.indicator("ward-population-densities")
    empty = Blueprint(ROOT, {}, {}, {})
    assert (empty.indicators, empty.indicator_versions) == ({}, {})
