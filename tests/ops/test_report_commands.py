"""``hanoi report`` and ``hanoi check --report``: the kept result as a terminal reads it, as JSON, as DQV and as a page."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from blueprint import blueprint
from dags.errors import DeliveryTruncated
from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps import reports
from dags.steps.conform import conform
from ops.commands import check
from ops.report_commands import report
from quality.report import QualityResult, ReportStore
from quality.verdict import Check, Verdict

DATASET = "ward-crosswalk"
HEADER = "old_code,new_code,relation,population,legal_basis,area_weight,population_weight,weight_basis"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A home whose newest delivery was judged, and an older one that could not be read."""
    folder = tmp_path_factory.mktemp("home")
    plan = blueprint()
    contract = plan.contract(DATASET)
    store = DeliveryStore(folder, PipelineSettings().max_delivery_bytes)
    cut = folder / "cut.csv"
    cut.write_text(f"{HEADER}\n00001,00", encoding="utf-8")
    unreadable = store.keep(contract, locate(contract, None, cut), "test")
    error = DeliveryTruncated("Tệp bị cắt.", "The file is cut off.")
    reports.keep_unreadable(folder, contract, unreadable, error)
    delivery = store.keep(contract, locate(contract, None, None), "test")
    conformed = conform(contract, plan, delivery, store, folder / "staging")
    warned = Check("calm", None, "warning", False, 3, "Ba dòng lạ.", "Three odd rows.")
    rows = conformed.rows_in
    verdict = Verdict(True, DATASET, contract.ref, rows, rows, 0, (warned,))
    path = reports.keep_judged(folder, contract, plan, delivery, conformed, verdict)
    reports.add_version(folder, conformed, "1-0a1b2c3d")
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "judged_at": "2099-01-01T00:00:00Z"}), encoding="utf-8")
    return folder


def run(command, *arguments: object, code: int = 0):
    result = CliRunner().invoke(command, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    return result


def test_the_newest_result_is_summed_up_in_both_languages(home: Path) -> None:
    said = run(report, DATASET, "--home", home).stdout
    for words in ("đạt, có cảnh báo / passed with warnings", "Three odd rows.", "1-0a1b2c3d", "Việc cần làm"):
        assert words in said, words
    assert "Điểm / score: 99." in said


def test_a_version_or_a_delivery_is_chosen_and_printed_as_json(home: Path) -> None:
    of_version = QualityResult.from_json(
        json.loads(run(report, DATASET, "1-0a1b2c3d", "--json", "--home", home).stdout)
    )
    assert of_version.version == "1-0a1b2c3d"
    other = next(r for r in ReportStore(home).results(DATASET) if r.version is None)
    said = json.loads(run(report, DATASET, other.delivery.id[:12], "--json", "--home", home).stdout)
    assert said["refusal"] == {"vi": "Tệp bị cắt.", "en": "The file is cut off."}
    assert "The file is cut off." in run(report, DATASET, other.delivery.id, "--home", home).stdout


def test_dqv_is_printed_with_the_address_of_the_catalogue(home: Path, monkeypatch) -> None:
    monkeypatch.setenv("HANOI_CATALOGUE_URL", "https://data.example.vn")
    said = json.loads(run(report, DATASET, "--dqv", "--home", home).stdout)
    assert said["@graph"][0]["@id"] == f"https://data.example.vn/dataset/{DATASET}#version-1-0a1b2c3d"
    run(report, DATASET, "--dqv", "--json", "--home", home, code=2)


def test_a_page_is_written_with_the_other_results(home: Path, tmp_path: Path) -> None:
    run(report, DATASET, "--out", tmp_path / "r.html", "--home", home)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Các lần đánh giá khác" in page
    assert f"/dataset/{DATASET}" in page
    run(report, DATASET, "--out", tmp_path / "r.json", "--home", home)
    assert (
        QualityResult.from_json(json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))).version == "1-0a1b2c3d"
    )


def test_what_is_not_there_is_told_in_both_languages(home: Path, tmp_path: Path) -> None:
    for arguments, words in (
        ((DATASET, "9-00000000"), "Deliveries that were judged"),
        (("bus-stops",), "hanoi check FILE --dataset bus-stops"),
        ((DATASET, "--out", tmp_path / "r.pdf"), ".html, .json or .xlsx"),
        ((DATASET, "--out", tmp_path / "no" / "r.html"), "Make it first"),
        (("no-such-dataset",), "no-such-dataset"),
    ):
        assert words in run(report, *arguments, "--home", home, code=1).stderr.replace("\n", " ")


def test_check_writes_its_report_also_for_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    source = blueprint().root / "crosswalks/ha-noi-wards-2025-07/1.csv"
    rows = source.read_text(encoding="utf-8").splitlines()
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(
        "\n".join([rows[0], rows[1].replace(rows[1].split(",")[0], "99999", 1), *rows[2:]]) + "\n", encoding="utf-8"
    )
    run(check, wrong, "--dataset", DATASET, "--report", tmp_path / "report.json", "--json", code=1)
    found = QualityResult.from_json(json.loads((tmp_path / "report.json").read_text(encoding="utf-8")))
    assert found.marks.validity == "refused"
    (cause,) = next(f for f in found.faults if f.rule == "old_code-code").causes
    assert (cause.places(), cause.came, found.rows.quarantined) == ("2", "99999", 1)
    wrong.write_text("\n".join(rows)[:-30], encoding="utf-8")
    run(check, wrong, "--dataset", DATASET, "--report", tmp_path / "report.html", code=1)
    assert "Không đọc được bộ dữ liệu gửi" in (tmp_path / "report.html").read_text(encoding="utf-8")
    run(check, wrong, "--dataset", DATASET, "--report", tmp_path / "report.pdf", code=1)
