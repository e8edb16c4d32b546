"""The verbs of ``hanoi quarantine``, on a home with rows that were refused."""

import json
import stat
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

import ops.quarantined
from blueprint import Rule
from ops.quarantine_commands import quarantine
from tests.dags.builders import STATION_COLUMNS, TEXT, column, contract
from tests.dags.quarantine_builders import HEAD, LAX, Home

BAD = HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,900\nC,hôm qua,7\nD,2025-01-01 00:00\n"
CALM = Rule(id="calm", sql="aqi < 100", columns=("aqi",), severity="warning", message=TEXT)
NAME, NUMBER = "Nguyễn Thị Bí Mật", "001299012345"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    made = Home(tmp_path, (contract(rules=(CALM,), **LAX),))
    monkeypatch.setattr(ops.quarantined, "blueprint", lambda: made.plan)
    return made


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a personal column, and its values in right, wrong and moved cells."""
    columns = (column("person", "citizen", header="Người"), *STATION_COLUMNS)
    made = Home(tmp_path, (contract(columns, rules=(CALM,), **LAX),))
    monkeypatch.setattr(ops.quarantined, "blueprint", lambda: made.plan)
    made.ingest(
        "Người,Mã trạm,Thời điểm,AQI,Ngoài\n"
        f"{NAME},A,2025-01-01 00:00,5,{NAME}\n"
        f"{NAME},B,2025-01-01 00:00,900,{NUMBER}\n"
        f"{NAME},C,{NAME},7,x\n"
        f"x,{NAME},2025-01-01 01:00,7\n"
        f"{NUMBER},{NUMBER},2025-01-01 02:00,x,x\n"
        f"{NAME},E,2025-01-01 02:00,300,{NAME}\n"
    )
    return made


def run(home: Home, *arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(quarantine, [*map(str, arguments), "--home", str(home.settings.home)])
    assert result.exit_code == code, result.output
    return result


def as_json(home: Home, *arguments: object, code: int = 0) -> Any:
    return json.loads(run(home, *arguments, "--json", code=code).stdout)


def test_the_list_says_whose_rows_why_and_whether_newer_data_came(home: Home) -> None:
    assert as_json(home, "list") == []
    assert "No row is in quarantine" in run(home, "list").stdout
    first = home.ingest(BAD)
    assert first is not None
    (told,) = as_json(home, "list", "air-test")
    assert (told["delivery"], told["contract"], told["rows"]) == (first.delivery, "air-test@1.0.0", 3)
    assert told["rules"] == {"aqi-range": 1, "observed_at-type": 1, "row-width": 1}
    assert (told["replaced_by"], told["base"]) == (None, None)
    second = home.ingest(HEAD + "A,2025-01-01 00:00,6\n")
    assert second is not None
    assert as_json(home, "list")[0]["replaced_by"] == second.delivery
    shown = run(home, "list").stdout
    assert first.delivery[:16] in shown
    assert "aqi-range: 1" in shown


def test_a_row_is_shown_with_its_place_its_rule_and_a_right_value(home: Home) -> None:
    home.ingest(BAD)
    told = as_json(home, "show", "air-test")
    assert (told["rows_kept"], told["shown"], [r["row"] for r in told["rows"]]) == (3, 3, [3, 4, 5])
    (reason, warning) = told["rows"][0]["reasons"]
    assert (reason["rule"], reason["severity"], reason["header"], reason["came"]) == (
        "aqi-range",
        "error",
        "AQI",
        "900",
    )
    assert reason["example"]
    assert reason["vi"] != reason["en"]
    assert (warning["rule"], warning["severity"]) == ("calm", "warning")
    assert [r["row"] for r in as_json(home, "show", "air-test", "--rule", "row-width")["rows"]] == [5]
    text = run(home, "show", "air-test", "--limit", 1).stdout
    assert "air.csv, 3" in text
    assert "--limit" in text


def test_accepted_rows_that_warn_can_be_found(home: Home) -> None:
    home.ingest(HEAD + "A,2025-01-01 00:00,5\nB,2025-01-01 00:00,200\n")
    told = as_json(home, "show", "air-test", "--warnings")
    assert (told["accepted"], told["rules"]) == (True, {"calm": 1})
    assert [(r["row"], r["cells"]["aqi"]) for r in told["rows"]] == [(3, "200")]
    assert "accepted, with warnings" in run(home, "show", "air-test", "--warnings").stdout
    assert "in quarantine" in run(home, "show", "air-test", code=1).stderr


def test_written_rows_are_mended_sent_back_and_replayed(home: Home) -> None:
    first = home.ingest(BAD)
    assert first is not None
    out = home.folder / "mend.csv"
    assert "3 dòng" in run(home, "show", "air-test", "--out", out).stdout
    out.write_text(out.read_text(encoding="utf-8-sig").replace(",900", ",90"), encoding="utf-8")
    tried = as_json(home, "replay", "air-test", "--file", out, "--dry-run")
    assert (tried["dry_run"], tried["came_out"], tried["version"]) == (True, 1, None)
    done = as_json(home, "replay", "air-test", "--file", out)
    assert (done["came_out"], done["still_in"], done["new_version"], done["published"]) == (1, 2, True, False)
    assert done["former_version"] == first.id
    assert done["base"] == first.delivery
    again = run(home, "replay", "air-test", "--file", out).stdout
    assert f"Nothing new; the version is still {done['version']}" in again
    assert as_json(home, "list")[0]["base"] == first.delivery
    back = run(home, "replay", "air-test", first.delivery[:16]).stdout
    assert "Newly" in back or "newly in it" in back
    assert len(home.rows()) == 1


def test_a_refusal_of_the_gate_ends_with_code_1_and_says_why(home: Home) -> None:
    home.ingest(BAD)
    home.now(version="1.1.0", gate=home.contract.gate.model_copy(update={"min_rows": 50}))
    assert as_json(home, "replay", "air-test", code=1)["passed"] is False
    text = run(home, "replay", "air-test", code=1).stdout
    assert "What readers see has not changed" in text
    assert "There are 1 rows" in text
    assert as_json(home, "replay", "air-test", "--contract", "1.0.0")["new_version"] is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "nothing"], "There is no dataset"),
        (["show", "air-test", "123456"], "no delivery begins with"),
        (["show", "air-test", "--rule", "none"], "Rules that rows break: aqi-range"),
        (["show", "air-test", "--out", "rows.pdf"], "takes a .csv or .xlsx file"),
        (["replay", "air-test", "--contract", "9.9.9"], "Its versions: 1.0.0"),
        (["replay", "air-test", "--file", "/nowhere.csv"], "Check the path"),
    ],
)
def test_a_wrong_wish_is_told_in_both_languages(home: Home, arguments: list[str], said: str) -> None:
    home.ingest(BAD)
    told = " ".join(run(home, *arguments, code=1).stderr.split())
    assert said in told
    assert "Lỗi:" in told


def test_no_verb_shows_a_personal_value(people: Home) -> None:
    outputs = []
    for arguments in (
        ["list"],
        ["show", "air-test"],
        ["show", "air-test", "--warnings"],
        ["replay", "air-test", "--dry-run"],
    ):
        outputs += [run(people, *arguments).output, run(people, *arguments, "--json").output]
    for name in ("rows.csv", "rows.xlsx"):
        path = people.folder / name
        run(people, "show", "air-test", "--out", path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        sheet = openpyxl.load_workbook(path).active if name.endswith("x") else None
        outputs.append(str(list(sheet.values)) if sheet else path.read_text(encoding="utf-8-sig"))
    for said in outputs:
        assert said
        for secret in (NAME, NUMBER, "Bí Mật", "Nguyễn"):
            assert secret not in said
    assert "***" in outputs[-1]


def test_masked_cells_keep_what_was_received(people: Home) -> None:
    out = people.folder / "mend.csv"
    run(people, "show", "air-test", "--rule", "aqi-range", "--out", out)
    text = out.read_text(encoding="utf-8-sig")
    line = next(line for line in text.splitlines() if line.startswith("air.csv,,3,"))
    cells = line.split(",")
    assert cells[-4:] == ["***", "B", "2025-01-01 00:00", "***"]
    out.write_text(text.replace(line, ",".join([*cells[:-1], "90"])), encoding="utf-8")
    assert as_json(people, "replay", "air-test", "--file", out)["came_out"] == 1
    lake = people.settings.lake
    version = lake.current("air-test")
    assert version is not None
    import duckdb

    with duckdb.connect() as db:
        rows = db.execute(
            f"SELECT person, station_id, aqi FROM ({lake.select(version)}) WHERE station_id = 'B'"
        ).fetchall()
    assert rows == [(NAME, "B", 90)]
