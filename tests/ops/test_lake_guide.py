"""The commands of the guide to the lake do what the page says, on the home that it tells of."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from hanoi_cloud._cli import join
from hanoi_cloud._commands import hanoi
from tests.ops.guides import GUIDES, Step, walk
from tests.ops.test_lake_commands import ingest

GUIDE = (GUIDES / "keep-the-lake.md").read_text(encoding="utf-8")


def test_every_command_does_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    ingest(home, without=2)
    ingest(home)
    monkeypatch.setenv("HANOI_HOME", str(home))
    join(hanoi)
    ran = walk(GUIDE, tmp_path, _invoked)
    assert {step.command[2] for step in ran} == {"versions", "diff", "verify", "maintain"}


def _invoked(step: Step) -> tuple[int, str]:
    name, *rest = step.command
    assert name == "hanoi"
    done = CliRunner().invoke(hanoi, rest)
    return done.exit_code, done.output


def test_the_settings_that_the_page_names_have_the_defaults_that_it_tells() -> None:
    from ops.settings import Settings

    told = dict(re.findall(r"\| `HANOI_(LAKE_\w+)` \| (\d+) \|", GUIDE))
    fields = {n.upper(): f for n, f in Settings.model_fields.items() if re.match("lake_(keep|grace|file)", n)}
    assert {name: float(number) for name, number in told.items()} == {n: f.default for n, f in fields.items()}
