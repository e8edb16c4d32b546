"""``hanoi check``: one file, several, or a folder, judged as the DAG judges them, with the report that is asked for."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

import ops.check
from blueprint import blueprint
from dags.errors import DeliveryMissing
from dags.marked.summary import TITLE
from dags.sources.places import by_hand
from ops.check import check
from ops.commands import check as command
from ops.simulator import damage
from ops.simulator.server import deliveries
from quality.verdict import Check, Verdict

YEARS = sorted(path for path in deliveries() if "papi" in path)


@pytest.fixture
def years(tmp_path: Path) -> list[Path]:
    """The fourteen files of one delivery of PAPI."""
    folder = tmp_path / "papi"
    folder.mkdir()
    (folder / ".bản nháp.csv").write_text("không phải tệp gửi", encoding="utf-8")
    for path in YEARS:
        content = deliveries()[path]
        assert isinstance(content, bytes)
        (folder / Path(path).name).write_bytes(content)
    return sorted(folder.glob("2*.csv"))


def run(*arguments: object, code: int) -> Result:
    done = CliRunner().invoke(command, [str(a) for a in arguments])
    assert done.exit_code == code, done.output
    return done


def test_files_that_are_one_table_are_judged_whole(years: list[Path], tmp_path: Path) -> None:
    said = json.loads(run(*years, "--dataset", "papi", "--json", "--home", tmp_path / "none", code=0).stdout)
    assert (said["passed"], said["rows_in"], said["rows_accepted"]) == (True, 882, 882)
    contract = blueprint().contract("papi")
    assert by_hand(contract, [years[0].parent]).files == by_hand(contract, years).files, "a folder is its files"
    assert not (tmp_path / "none").exists(), "a check makes no home"
    alone = json.loads(run(years[0], "--dataset", "papi", "--json", "--home", tmp_path / "none", code=1).stdout)
    assert [c["id"] for c in alone["verdict"]["checks"] if not c["passed"]] == ["row-count"]


def test_the_marked_copy_of_several_files_is_written(years: list[Path], tmp_path: Path) -> None:
    years[3].write_bytes(years[3].read_bytes().replace(b"P07,", b"P99,", 1))
    out = tmp_path / "báo-cáo.xlsx"
    said = run(*years, "--dataset", "papi", "--report", out, "--json", "--home", tmp_path / "none", code=1)
    faults = json.loads(said.stdout)["faults"]
    assert {f["rule"] for f in faults} == {"province_code-pattern", "province_code-code"}
    (fault,) = (f for f in faults if f["rule"] == "province_code-code")
    assert (fault["file"], fault["row"], fault["column"], fault["rule"]) == (
        "2014.csv",
        8,
        "province_code",
        "province_code-code",
    )
    book = load_workbook(out)
    assert book.sheetnames == [TITLE, *(f"{year}.csv" for year in range(2011, 2025))]
    assert "P99" in book["2014.csv"]["A8"].comment.text
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_read_has_a_report_as_well(years: list[Path], tmp_path: Path) -> None:
    for content, words in ((damage.cut(years[0].read_bytes()), "bị cắt giữa chừng"), (b"", "rỗng (0 byte)")):
        years[0].write_bytes(content)
        run(years[0], "--dataset", "papi", "--report", tmp_path / "r.xlsx", "--home", tmp_path / "none", code=1)
        (sheet,) = load_workbook(tmp_path / "r.xlsx").worksheets
        assert any(words in str(cell) for row in sheet.iter_rows(values_only=True) for cell in row), words


def test_one_name_twice_and_an_empty_folder_are_refused(years: list[Path], tmp_path: Path) -> None:
    (tmp_path / years[0].name).write_bytes(years[0].read_bytes())
    (tmp_path / "trống").mkdir()
    for files, words in (
        ([years[0], tmp_path / years[0].name], "Give each a name"),
        ([tmp_path / "trống"], "no file in the folder"),
        ([tmp_path / "x.csv"], "no file"),
    ):
        with pytest.raises(DeliveryMissing, match=words):
            check(files, "papi", home=tmp_path / "none")


def test_a_home_with_a_lake_judges_as_the_dag_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def judge(settings, plan, contract, conformed) -> Verdict:
        asked.append(settings.home)
        wrong = Check(
            "volume", None, "error", False, None, "Ít dòng hơn mọi lần trước.", "Fewer rows than ever before."
        )
        return Verdict(False, contract.dataset, contract.ref, 1, 1, 0, (wrong,))

    monkeypatch.setattr(ops.check, "judge", judge)
    (tmp_path / "home" / "lake").mkdir(parents=True)
    source = blueprint().root / "crosswalks/ha-noi-wards-2025-07/1.csv"
    found = check(source, "ward-crosswalk", home=tmp_path / "home")
    assert asked == [tmp_path / "home"]
    assert not found.passed
    assert [c.id for c in found.report.set_faults] == ["volume"]
