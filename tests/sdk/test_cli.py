"""The command hanoi: the library's answers, shown."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from hanoi_cloud import _cli
from hanoi_cloud._commands import hanoi
from tests.sdk.helpers import Catalogue


def run(*arguments: str, url: str | None = None) -> Result:
    return CliRunner().invoke(hanoi, arguments, env={"HANOI_CLOUD_URL": url, "COLUMNS": "200"})


def test_search_shows_a_table_or_json(catalogue: Catalogue) -> None:
    shown = run("search", "air", url=catalogue.url)
    assert (shown.exit_code, "air-quality-hourly" in shown.stdout) == (0, True)
    said = json.loads(run("search", "air", "--json", "--limit", "1", "--url", catalogue.url).stdout)
    assert (said["total"], said["datasets"][0]["id"], said["datasets"][0]["rows"]) == (1, "air-quality-hourly", 3)


def test_show_tells_the_columns(catalogue: Catalogue) -> None:
    shown = run("show", "air-quality-hourly", url=catalogue.url)
    assert "ug/m3" in shown.stdout
    assert "1-aaaaaaaa" in shown.stdout
    said = json.loads(run("show", "air-quality-hourly", "--json", url=catalogue.url).stdout)
    assert said["columns"][1]["type"] == "timestamp"


def test_get_saves_a_file_and_prints_where(catalogue: Catalogue, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    shown = run("get", "air-quality-hourly", "--format", "csv", "-o", str(target), url=catalogue.url)
    assert (shown.exit_code, shown.stdout) == (0, f"{target}\n")
    assert target.read_bytes() == (catalogue.folder / "air-quality-hourly" / "1-aaaaaaaa.csv").read_bytes()


def test_simulated_data_are_marked(catalogue: Catalogue) -> None:
    catalogue.publish("traffic", hanoi_simulated="true")
    shown = run("show", "traffic", url=catalogue.url)
    assert "dữ liệu mô phỏng" in shown.stderr.lower()
    assert "simulated" in run("search", "traffic", url=catalogue.url).stdout


def test_failures_speak_both_languages_and_end_with_one(catalogue: Catalogue) -> None:
    failed = run("show", "air-quality-hourli", url=catalogue.url)
    assert failed.exit_code == 1
    assert failed.stdout == ""
    assert len(failed.stderr.splitlines()) == 2, failed.stderr
    vi, en = failed.stderr.splitlines()
    assert vi.startswith("Không có bộ dữ liệu")
    assert en.startswith("There is no dataset 'air-quality-hourli'. Did you mean 'air-quality-hourly'?")
    assert run("search", "x").exit_code == 1


@pytest.mark.parametrize(
    "arguments", [("get",), ("search", "--limit", "0"), ("get", "x", "--format", "pdf"), ("nope",)]
)
def test_wrong_usage_ends_with_two(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_every_verb_has_help_in_both_languages() -> None:
    listed = run("--help").output
    assert "Tìm bộ dữ liệu, có dấu hay không dấu. / Search datasets" in listed
    for verb in ("search", "show", "get"):
        text = run(verb, "--help").output
        assert " / " in text.splitlines()[2]
        assert "HANOI_CLOUD_URL" in text


def entry(name: str, load: Any) -> Any:
    return SimpleNamespace(name=name, value=f"{name}.commands:register", module=f"{name}.commands", load=load)


def test_other_packages_join_and_broken_ones_cost_only_themselves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(name: str) -> Any:
        def load() -> None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        return load

    def register(group: click.Group) -> None:
        group.command("extra")(lambda: click.echo("extra ran"))

    found = [
        entry("alone", absent("alone")),
        entry("broken", absent("broken.commands")),
        entry("good", lambda: register),
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: found)
    group = click.Group("hanoi")
    _cli.join(group)
    assert list(group.commands) == ["extra"]
    said = capsys.readouterr().err
    assert "'broken'" in said
    assert "alone" not in said


def test_the_command_stands_in_its_own_process() -> None:
    code = "import sys; from hanoi_cloud._cli import main; sys.argv = ['hanoi', '--version']; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout == "hanoi, version 0.1.0\n"


def test_without_click_the_line_to_run_is_printed() -> None:
    code = (
        "import sys; sys.modules['click'] = None; from hanoi_cloud._cli import main\n"
        "try: sys.exit(main())\n"
        "finally: sys.modules.pop('click')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == 'click is not installed. Run: pip install "hanoi-cloud[cli]"'


def test_loading_the_door_is_light() -> None:
    code = "import sys, hanoi_cloud._cli; print([m for m in ('click', 'rich', 'httpx', 'ops') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
