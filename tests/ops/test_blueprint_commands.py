"""``hanoi blueprint``: thin verbs, both languages, exit codes 0, 1 and 2."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from blueprint.compile import TARGETS as COMPILED
from blueprint.concept import Mode
from blueprint.load import ROOT
from ops.blueprint_commands import MODES, TARGETS, blueprint
from tests.blueprint.drafts import ROUTES, copy, draft, line_of

COLOUR = ("columns:\n", "columns:\n  - {name: colour, concept: route-name@1, title: {vi: Màu, en: Colour}}\n")
WITHOUT_NAME = (
    "  - {name: route_long_name, concept: route-name@1, title: {vi: Tên dài, en: Long name}, required: true}\n",
    "",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "blueprint").mkdir()
    return copy(tmp_path / "blueprint")


def run(*arguments: str, root: Path | None = None) -> Result:
    at = ("--root", str(root)) if root else ()
    found = CliRunner().invoke(blueprint, (*arguments, *at), env={"COLUMNS": "200"})
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


def both_languages(result: Result) -> None:
    assert result.exit_code == 1
    vi, _, en = result.stderr.partition("Error:")
    assert vi.startswith("Lỗi:")
    assert en.strip()


def test_every_verb_has_help_in_both_languages() -> None:
    listed = run("--help").output
    for name, command in blueprint.commands.items():
        assert name in listed
        assert " / " in (command.help or ""), name
        for option in command.params:
            if isinstance(option, click.Option) and option.name != "help":
                assert " / " in (option.help or ""), (name, option.name)


def test_the_choices_are_those_of_the_rooms_behind() -> None:
    assert set(TARGETS) == set(COMPILED)
    assert set(MODES) == {m.value for m in Mode}


def test_lint_of_the_repository_passes_and_json_says_how_much_was_read() -> None:
    result = run("lint", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["errors"] == 0
    assert said["contracts"] >= 11


def test_lint_names_each_wrong_line_like_a_compiler(root: Path) -> None:
    file = draft(root, ROUTES, "1.1.0", ("concept: route-id@1", "concept: rout-id@1"))
    result = run("lint", root=root)
    assert result.exit_code == 1
    line = next(line for line in result.stdout.splitlines() if ": unknown: " in line)
    assert line.startswith(f"{root}/{file}:{line_of(root, file, 'rout-id@1')}:")
    assert "route-id@1" in line
    assert "1 lỗi" in result.stdout.splitlines()[-2]
    assert "1 errors" in result.stdout.splitlines()[-1]


def test_lint_takes_warnings_as_errors_where_asked(root: Path) -> None:
    assert run("lint", root=root).exit_code == 0
    assert run("lint", "--strict", root=root).exit_code == 1


def test_diff_takes_versions_files_and_both(root: Path) -> None:
    file = draft(root, ROUTES, "2.0.0", WITHOUT_NAME)
    for old, new in (
        ("bus-routes@1.0.0", "bus-routes@2.0.0"),
        (str(root / ROUTES), str(root / file)),
        ("bus-routes@1.0.0", str(root / file)),
    ):
        result = run("diff", old, new, root=root)
        assert result.exit_code == 0, "a new major may break"
        assert "column-removed-required" in result.stdout
        assert "bỏ cột bắt buộc" in result.stdout
        assert "required column removed" in result.stdout
        assert "2.0.0" in result.stdout.splitlines()[-1]


def test_diff_ends_with_one_where_the_mode_refuses(root: Path) -> None:
    file = draft(root, ROUTES, "1.1.0", WITHOUT_NAME)
    refused = run("diff", "bus-routes@1.0.0", str(root / file), root=root)
    assert refused.exit_code == 1
    assert "KHÔNG TƯƠNG THÍCH / NOT COMPATIBLE" in refused.stdout
    result = run("diff", "bus-routes@1.0.0", str(root / file), "--mode", "none", "--json", root=root)
    said = json.loads(result.stdout)
    assert (result.exit_code, said["mode"], said["compatible"]) == (0, "NONE", True)
    assert {f["rule"] for f in said["findings"]} >= {"column-removed-required"}


def test_a_contract_with_codes_in_its_rules_does_not_differ_from_its_own_file() -> None:
    file = ROOT / "contracts/so-noi-vu/ward-crosswalk/1.0.0.yaml"
    said = json.loads(run("diff", "ward-crosswalk@1.0.0", str(file), "--json").stdout)
    assert said["findings"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("diff", "bus-route@1.0.0", "bus-routes@1.0.0"),
        ("diff", "bus-routes@1.0.0", "bus-routes@9.0.0"),
        ("diff", "nowhere/1.0.0.yaml", "bus-routes@1.0.0"),
        ("diff", "bus-routes@1.0.0", "concept:instant@1"),
        ("show", "nothing-here"),
        ("show", "instant", "--as-of", "2026-01-01"),
        ("impact", "instan"),
        ("export", "concept:instant", "--to", "odcs"),
        ("export", "bus-routes", "--to", "duckdb", "--out", "/nowhere/at/all.sql"),
        ("release", "bus-routes", "--yes"),
        ("changelog", "no-such"),
    ],
)
def test_failures_speak_both_languages_and_end_with_one(arguments: tuple[str, ...], root: Path) -> None:
    both_languages(run(*arguments, root=root))


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", "--root", "/nowhere"),
        ("diff", "a"),
        ("diff", "a", "b", "--mode", "SIDEWAYS"),
        ("export", "bus-routes"),
        ("export", "bus-routes", "--to", "avro"),
        ("list", "things"),
        ("release", "x", "--effective", "tomorrow"),
        ("serve", "--port", "70000"),
    ],
)
def test_wrong_usage_ends_with_two(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_broken_folder_is_told_with_its_line(root: Path) -> None:
    file = draft(root, ROUTES, "1.1.0", ("licence: not-stated", "license: not-stated"))
    result = run("list", root=root)
    both_languages(result)
    assert f"{file}:{line_of(root, file, 'license')}:" in result.stderr


def test_release_says_first_and_does_then(root: Path) -> None:
    draft(root, ROUTES, "1.1.0", COLOUR)
    lock = (root / "released.json").read_bytes()
    dry = run("release", "bus-routes", "--dry-run", root=root)
    assert (dry.exit_code, (root / "released.json").read_bytes()) == (0, lock)
    assert "bus-routes@1.1.0 · mở rộng / minor" in dry.stdout
    assert run("release", "bus-routes", root=root).exit_code == 2, "nobody is there to ask"
    assert (root / "released.json").read_bytes() == lock
    done = run("release", "bus-routes", "--yes", "--json", root=root)
    said = json.loads(done.stdout)
    assert (said["released"], said["version"], said["bump"]) == (True, "1.1.0", "minor")
    assert "Released bus-routes@1.1.0" not in done.stdout
    assert "bus-routes@1.1.0" in run("changelog", "bus-routes", root=root).stdout


def test_a_breaking_release_shows_its_notice(root: Path) -> None:
    draft(root, ROUTES, "2.0.0", WITHOUT_NAME)
    days = ("--effective", "2030-01-01", "--former-until", "2030-12-31")
    shown = run("release", "bus-routes", "--yes", *days, root=root).stdout
    assert "vẫn được phục vụ đến hết ngày 31/12/2030" in shown
    assert "is served through 2030-12-31" in shown
    (entry,) = [e for e in json.loads(run("changelog", "--json", root=root).stdout) if e["notice"]]
    assert entry["notice"]["effective"] == "2030-01-01"


def test_a_version_that_is_too_small_is_refused_by_release(root: Path) -> None:
    draft(root, ROUTES, "1.0.1", COLOUR)
    result = run("release", "bus-routes", "--yes", root=root)
    both_languages(result)
    assert "1.1.0" in result.stderr


def test_impact_lists_columns_and_what_is_linked() -> None:
    shown = run("impact", "administrative-unit-code").stdout
    assert "wards@1.0.0.ward_code" in shown
    assert "Danh mục / Code lists: ha-noi-wards" in shown
    assert "Chỉ số / Indicators: bus-stops-by-ward@1.0.0, ward-population-density@1.0.0" in shown
    assert "Chỉ số / Indicators: không có / none" in run("impact", "stop-name").stdout
    said = json.loads(run("impact", "route-id@1", "--json").stdout)
    assert {(c["dataset"], c["column"]) for c in said["columns"]} == {
        ("bus-routes", "route_id"),
        ("bus-trips", "route_id"),
    }


def test_list_and_show() -> None:
    listed = json.loads(run("list", "concepts", "--json").stdout)
    assert {one["kind"] for one in listed} == {"concept"}
    assert next(one for one in listed if one["subject"] == "concept:instant")["versions"] == ["1"]
    assert "bus-routes" in run("list").stdout
    assert "Thời điểm" in run("show", "instant").stdout
    assert "route_id" in run("show", "bus-routes@1.0.0").stdout
    assert json.loads(run("show", "concept:instant@1", "--json").stdout)["type"] == "timestamp"


def test_a_code_list_is_shown_as_of_a_day() -> None:
    def entries(day: str) -> dict[str, str]:
        said = json.loads(run("show", "codelist:ha-noi-wards@1", "--as-of", day, "--json").stdout)
        return {e["code"]: e["vi"] for e in said["entries"]}

    assert (len(entries("2025-07-01")), len(entries("2025-06-30"))) == (126, 526)
    assert entries("2025-07-01")["00004"] != entries("2025-06-30").get("00004")


@pytest.mark.parametrize("target", ["duckdb", "odcs", "docs"])
def test_export_writes_to_the_screen_or_a_file(target: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shown = run("export", "bus-routes", "--to", target).stdout
    assert "route_id" in shown
    assert run("export", "bus-routes@1.0.0", "--to", target, "--out", str(out)).stdout == f"{out}\n"
    assert out.read_text(encoding="utf-8") == shown


def test_build_is_the_same_document_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("build", "--out", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text(encoding="utf-8"))["format"] == 1


def test_serve_says_where_and_answers(root: Path) -> None:
    import httpx

    code = "from ops.blueprint_commands import blueprint; blueprint()"
    command = [sys.executable, "-u", "-c", code, "serve", "--port", "0", "--root", str(root)]
    with subprocess.Popen(command, cwd=ROOT.parent, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().partition("http")[2].partition(" ")[0]
            answer = httpx.get(f"http{url}/subjects", timeout=30)
        finally:
            process.terminate()
    assert answer.status_code == 200


def test_lint_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom ops.blueprint_commands import blueprint\n"
        "try: blueprint(['lint', '--json'])\n"
        "except SystemExit as done: code = done.code\n"
        "heavy = [m for m in ('great_expectations', 'airflow', 'pandas', 'pyarrow', 'fastapi', 'rich') if m in sys.modules]\n"
        "print('\\n', code, heavy)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT.parent, env=os.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1].strip() == "0 []"


def test_two_hundred_contracts_are_linted_and_compared_without_anything_heavy(tmp_path: Path) -> None:
    from benchmarks import blueprint_lint

    blueprint_lint.copies(tmp_path, 200)
    _, _, heavy, said = blueprint_lint.lint(tmp_path)
    assert (said["contracts"], said["drafts"], said["errors"]) == (200, 100, 0)
    assert heavy == "[]"


def _stored_air(home: Path, latitude: float) -> None:
    """One hour of one station in the lake under ``home``."""
    import duckdb

    from blueprint import blueprint as loaded
    from blueprint.types import duckdb_type
    from lake import CommitRecord, Lake

    plan = loaded()
    contract = plan.contract_versions["air-quality-hourly"][0]
    values = {
        "station_id": "'1583'",
        "station_name": "'Long Biên'",
        "observed_at": "TIMESTAMPTZ '2025-03-06 08:00:00+07'",
        "latitude": str(latitude),
        "longitude": "105.8831",
    }
    cells = (
        f"CAST({values.get(c.name, 'NULL')} AS {duckdb_type(plan.concept_of(c))}) AS {c.name}" for c in contract.columns
    )
    file = home / "accepted.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT {', '.join(cells)}) TO '{file}' (FORMAT parquet)")
    record = CommitRecord(
        delivery="d" * 64, run_id="run", gate="passed", rows_in=1, rows_quarantined=0, simulated=False, code_version="0"
    )
    Lake(home).commit(contract, plan.concept_of, file, record)


@pytest.mark.parametrize(("latitude", "bump"), [(21.0491, "minor"), (21.04912, None)])
def test_an_edited_rule_is_tried_over_the_stored_rows(
    root: Path, tmp_path: Path, latitude: float, bump: str | None
) -> None:
    air = "contracts/so-nn-mt/air-quality-hourly/1.0.0.yaml"
    draft(
        root,
        air,
        "1.1.0",
        ("round(latitude, 4)", "round(latitude, 5)"),
        ("frequency: NEVER", "frequency: NEVER\ncompatibility: BACKWARD"),
    )
    home = tmp_path / "home"
    home.mkdir()
    without = run("release", "air-quality-hourly", "--dry-run", root=root)
    assert without.exit_code == 1, "nobody can tell without data"
    assert "2.0.0" in without.stderr
    _stored_air(home, latitude)
    found = run("release", "air-quality-hourly", "--dry-run", "--json", "--home", str(home), root=root)
    if bump is None:
        both_languages(found)
        assert "1 speak against it" in found.stderr
    else:
        assert json.loads(found.stdout)["bump"] == bump
    said = run("diff", "air-quality-hourly@1.0.0", "air-quality-hourly@1.1.0", "--home", str(home), root=root)
    assert said.exit_code == (0 if bump else 1)
    assert "Replayed over 1 stored rows" in said.stdout
