"""The guides' commands are run as they stand, in a copy, and what they show is what the reader will see."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from blueprint import released
from blueprint.load import ROOT
from tests.blueprint.drafts import copy

REPOSITORY = ROOT.parent
GUIDES = [
    REPOSITORY / "docs/guides" / name
    for name in ("bind-a-dataset.md", "evolve-a-contract.md", "read-agency-files.md", "deliver-files.md")
]
BLOCK = re.compile(r"(?:<!-- (file|exit): (\S+) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)
HANOI = [sys.executable, "-c", "import sys; from hanoi_cloud._cli import main; sys.exit(main())"]
TOOLS = {"cp", "mv", "sed"}


@dataclass
class Step:
    command: list[str]
    shown: list[str]
    exit_code: int


def steps_of(text: str) -> list[Step]:
    """The commands of one block; the lines below a command are what it shows. The last one may end otherwise than with 0."""
    steps: list[Step] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append(Step(shlex.split(line[2:]), [], 0))
        else:
            steps[-1].shown.append(line.strip())
    return steps


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the Blueprint, code and released declarations, in which the commands are run."""
    target = tmp_path / "blueprint"
    shutil.copytree(
        ROOT,
        target,
        ignore=shutil.ignore_patterns("__pycache__", "concepts", "codelists", "contracts", "crosswalks", "changelog"),
    )
    copy(target)
    released.verify(target)
    return tmp_path


def run(step: Step, folder: Path, **more: str) -> tuple[int, str]:
    name, *rest = step.command
    assert name == "hanoi" or name in TOOLS, f"the guides use hanoi and {TOOLS}, not {name}"
    command = [*HANOI, *rest] if name == "hanoi" else step.command
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "200", "HANOI_HOME": str(folder / ".hanoi"), **more}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("guide", GUIDES, ids=lambda p: p.stem)
def test_every_command_of_the_guide_does_what_the_page_says(guide: Path, folder: Path) -> None:
    ran = 0
    for kind, value, language, text in BLOCK.findall(guide.read_text(encoding="utf-8")):
        if kind == "file":
            path = folder / value
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif language == "sh":
            steps = steps_of(text)
            steps[-1].exit_code = int(value) if kind == "exit" else 0
            for step in steps:
                code, output = run(step, folder)
                assert code == step.exit_code, f"{step.command} ended with {code}:\n{output}"
                for line in step.shown:
                    assert line in output, f"{step.command} does not show {line!r}:\n{output}"
                ran += 1
    assert ran >= 8
    released.verify(folder / "blueprint")


@pytest.mark.parametrize("guide", sorted((REPOSITORY / "docs/guides").glob("*.md")), ids=lambda p: p.stem)
def test_vietnamese_comes_first_and_english_always(guide: Path) -> None:
    for heading in re.findall(r"^#+ (.+)$", guide.read_text(encoding="utf-8"), re.MULTILINE):
        vi, _, en = heading.partition(" / ")
        assert re.search("[\u00c0-\u1ef9]", vi), heading
        assert en.isascii(), heading
        assert en, heading
