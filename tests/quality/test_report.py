"""The quality result: what it locates, what it hides, how it is written and kept."""

import json
import stat
from pathlib import Path

import duckdb
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import blueprint
from blueprint.errors import HanoiError
from quality.masking import RowMask
from quality.meanings import meanings
from quality.report import FORMAT, QualityResult, ReportStore, judged, unreadable
from quality.report.places import CAUSES, SPANS, Places
from quality.report.store import NoReport
from tests.dags.builders import Bench, column, plan_of
from tests.dags.builders import contract as air_contract
from tests.quality.defects import CONTRACT, plan_with
from tests.quality.reports import NOW, Conformed, Delivered, check, plan_for, verdict, workbook_result

PLAN = plan_for(CONTRACT)
KEPT = Path(__file__).parent / "results" / "format-1.json"


@pytest.fixture(scope="module")
def workbook(tmp_path_factory) -> QualityResult:
    return workbook_result(tmp_path_factory.mktemp("workbook"))


def refused_rows(path: Path, rows: list[tuple], positions: str = "MAP{'level': 3, 'patients': 11}") -> Path:
    """A file of refused rows: (row, rules, cells) each."""
    with duckdb.connect() as db:
        db.execute("CREATE TABLE t (row BIGINT, rules VARCHAR[], received VARCHAR)")
        db.executemany("INSERT INTO t VALUES (?, ?, ?)", [(n, r, json.dumps(c)) for n, r, c in rows])
        places = f", {positions}::MAP(VARCHAR, INTEGER) AS positions" if positions else ""
        db.execute(
            "COPY (SELECT 'clinics.csv' AS file, '' AS sheet, row, rules, []::VARCHAR[] AS warnings, received, "
            f"MAP{{'level': 'Cấp'}} AS headers{places} FROM t ORDER BY row) TO '{path}' (FORMAT parquet)"
        )
    return path


def cells(level: str = "x", patients: str = "1") -> list[str]:
    return ["0100", "clinic", level, "01/01/2026", "00004", "ward", "21", "105", "100", "5", patients]


def located(path: Path):
    with Places(path, meanings(CONTRACT, PLAN), RowMask(CONTRACT, PLAN)) as places:
        return places.located()


def test_each_error_is_located_to_its_cell_with_what_came_and_an_example(workbook: QualityResult) -> None:
    faults = {f.rule: f for f in workbook.faults}
    level = faults["level-code"]
    assert (level.rows, level.columns[0].header, level.example) == (48, "Cấp", "basic")
    (cause,) = level.causes
    assert (cause.file, cause.sheet, cause.places(), cause.came, cause.more) == (
        "clinics.xlsx",
        "Báo cáo",
        "C15–C62",
        "Tuyến tỉnh",
        0,
    )
    assert faults["latitude-type"].causes[0].places() == "G6, G10, G93"
    assert (faults["beds-required"].causes[0].places(), faults["beds-required"].causes[0].came) == ("J103", "")
    assert (faults["reported_on-type"].causes[0].places(), faults["reported_on-type"].example) == ("D104", "31/01/2026")
    assert workbook.marks.validity == "refused"
    assert [f.rows for f in workbook.faults] == sorted((f.rows for f in workbook.faults), reverse=True)


def test_the_result_is_json_of_its_schema_and_reads_back(workbook: QualityResult) -> None:
    content = json.loads(json.dumps(workbook.to_json()))
    schema = QualityResult.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(content)
    assert QualityResult.from_json(content) == workbook
    with pytest.raises(ValueError, match="extra"):
        QualityResult.from_json({**content, "unknown": 1})
    with pytest.raises(ValueError, match="format"):
        QualityResult.from_json({**content, "format": FORMAT + 1})


def test_a_kept_result_of_this_format_can_still_be_read() -> None:
    content = json.loads(KEPT.read_text(encoding="utf-8"))
    found = QualityResult.from_json(content)
    assert found.faults[0].causes[0].places() == "C15–C62"
    again = found.to_json()
    for name, value in content.items():
        assert again[name] == value, f"{name} reads back as another thing: give the format a new number"


def test_many_values_and_many_rows_are_folded(tmp_path: Path) -> None:
    rows = [(n, ["level-code"], cells("Tuyến tỉnh")) for n in range(15, 427)]
    rows += [(n, ["patients-range"], cells(patients=f"-{n}")) for n in range(1000, 1050)]
    rows += [(n, ["level-code"], cells("Cấp 9")) for n in range(2000, 2100, 2)]
    found = located(refused_rows(tmp_path / "q.parquet", rows))
    first, second = found["level-code"].causes
    assert (first.rows, first.places(), first.more, first.last) == (412, "15–426", 0, 426)
    assert (second.rows, len(second.spans), second.more, second.last) == (50, SPANS, 50 - SPANS, 2098)
    assert (found["patients-range"].rows, len(found["patients-range"].causes)) == (50, CAUSES)
    assert found["patients-range"].causes[0].came == "-1000"


def test_what_follows_from_another_error_of_the_row_is_not_told_as_an_error(tmp_path: Path) -> None:
    rows = [
        (5, ["reported_on-type", "ward_code-code", "ward-name"], cells()),
        (6, ["ward_code-code", "ward-name"], cells()),
        (7, ["ward-name", "level-code"], cells()),
        (8, ["row-width", "level-code", "beds-type"], cells()),
        (9, ["beds-type", "patients-type"], cells()),
    ]
    found = located(refused_rows(tmp_path / "q.parquet", rows))
    told = {rule: of.causes[0].places() for rule, of in found.items()}
    assert told == {
        "reported_on-type": "5",
        "ward_code-code": "6",
        "ward-name": "7",
        "level-code": "7",
        "row-width": "8",
        "beds-type": "9",
        "patients-type": "9",
    }


def test_a_file_of_an_earlier_release_tells_rows_without_columns(tmp_path: Path) -> None:
    found = located(refused_rows(tmp_path / "q.parquet", [(7, ["level-code"], cells())], positions=""))
    (cause,) = found["level-code"].causes
    assert (cause.places(), cause.column, cause.came) == ("7", None, None)


def test_a_rule_that_is_no_more_and_a_row_of_another_width_are_told(tmp_path: Path) -> None:
    path = refused_rows(tmp_path / "q.parquet", [(7, ["gone"], cells()), (8, ["row-width"], ["only", "two"])])
    conformed = Conformed(str(path), rows_accepted=8, rows_quarantined=2)
    result = judged(CONTRACT, PLAN, Delivered(), conformed, verdict(quarantined=2))
    faults = {f.rule: f for f in result.faults}
    assert "gone" in faults["gone"].en
    assert faults["row-width"].causes[0].came == "2"


@settings(deadline=None, max_examples=8)
@given(st.sets(st.integers(2, 400), min_size=1, max_size=60))
def test_no_row_is_lost_or_made_up_by_folding(tmp_path_factory, numbers: set[int]) -> None:
    path = tmp_path_factory.mktemp("q") / "q.parquet"
    found = located(refused_rows(path, [(n, ["level-code"], cells()) for n in numbers]))["level-code"]
    (cause,) = found.causes
    shown = {row for span in cause.spans for row in range(span.first, span.last + 1)}
    assert shown <= numbers
    assert len(shown) + cause.more == found.rows == len(numbers)
    assert cause.last == max(numbers)


def test_raised_warnings_are_located_among_the_accepted_rows(tmp_path: Path) -> None:
    path = refused_rows(tmp_path / "w.parquet", [(9, [], cells())])
    with duckdb.connect() as db:
        db.execute(
            f"COPY (SELECT * REPLACE (['patients-per-bed'] AS warnings) FROM '{path}') TO '{path}.w' (FORMAT parquet)"
        )
    conformed = Conformed(warned=f"{path}.w", warnings={"patients-per-bed": 3})
    raised = verdict(check("patients-per-bed", "warning", 3))
    result = judged(CONTRACT, PLAN, Delivered(), conformed, raised)
    (fault,) = result.faults
    assert (fault.severity, fault.rows, fault.more, fault.causes[0].places()) == ("warning", 3, 2, "9")
    assert result.set_faults == ()
    quiet = judged(
        CONTRACT, PLAN, Delivered(), conformed, verdict(check("patients-per-bed", "warning", 3, passed=True))
    )
    assert quiet.faults == ()


def test_no_value_of_a_contract_with_personal_columns_is_shown(tmp_path: Path) -> None:
    declared = air_contract(
        columns=(column("id", "citizen", required=True), column("aqi", "aqi"), column("station", "station")),
        key=("id",),
    )
    made = Bench(tmp_path).conform(
        declared,
        "id,aqi,station\n001299012345,999,A\n,Nguyễn Văn Kín,B\n001299012346,1,C,D\n001299012347,2,X\n"
        "001299012347,3,X\n",
    )
    assert made.rows_quarantined == 5
    result = judged(declared, plan_of(declared), Delivered(), made, verdict(rows_in=5, quarantined=5))
    said = json.dumps(result.to_json(), ensure_ascii=False)
    for secret in ("0012990", "Kín", "999"):
        assert secret not in said
    assert {c.masked for f in result.faults for c in f.causes if f.rule in ("aqi-range", "key-conflict")} == {True}


def test_a_delivery_that_cannot_be_read_says_why() -> None:
    result = unreadable(CONTRACT, Delivered(), HanoiError("Tệp bị cắt.", "The file is cut off."), now=NOW)
    assert (result.score.value, result.verdict, result.passed) == (0, None, False)
    assert result.refusal is not None
    assert result.refusal.vi == "Tệp bị cắt."
    assert QualityResult.from_json(result.to_json()) == result


def test_results_are_kept_privately_once_and_found_by_version_or_delivery(tmp_path: Path) -> None:
    store = ReportStore(tmp_path / "home")
    first = judged(CONTRACT, PLAN, Delivered(), Conformed(), verdict(), now=NOW)
    path = store.keep(first)
    assert path.name == f"{'a' * 16}-1.0.0.json"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    store.committed(first.dataset, first.delivery.id, first.contract, "1-0a1b2c3d")
    before = path.read_bytes()
    later = judged(CONTRACT, PLAN, Delivered(), Conformed(), verdict())
    assert store.keep(later) == path
    assert path.read_bytes() == before, "the same finding again changes nothing"
    assert store.find(first.dataset, "1-0a1b2c3d").delivery.id == first.delivery.id
    other = judged(CONTRACT, PLAN, Delivered(id="b" * 64), Conformed(), verdict())
    store.keep(other)
    assert store.find(first.dataset) == other
    assert store.find(first.dataset, "aaaaaa").version == "1-0a1b2c3d"
    assert len(store.results(first.dataset)) == 2
    for wanted in ("9-00000000", "aaa", "c" * 12):
        with pytest.raises(NoReport, match=r"bbbbbbbbbbbb, aaaaaaaaaaaa \(1-0a1b2c3d\)"):
            store.find(first.dataset, wanted)
    with pytest.raises(NoReport, match="hanoi ingest"):
        store.find("other")
    path.write_text("{}")
    with pytest.raises(NoReport, match="damaged"):
        store.results(first.dataset)


def test_every_rule_of_the_repositorys_contracts_has_a_meaning() -> None:
    plan = plan_with(blueprint())
    for declared in plan.contracts.values():
        for rule, meaning in meanings(declared, plan).items():
            assert meaning.vi, rule
            assert meaning.en, rule
            assert meaning.column is None or meaning.column in {c.name for c in declared.columns}
