"""Walking a guide: its commands are run as they stand, in a copy, and what they show is what the reader will see."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from blueprint import released
from blueprint.load import ROOT
from tests.blueprint.drafts import copy

DOCS = ROOT.parent / "docs"
GUIDES = DOCS / "guides"
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
        ignore=shutil.ignore_patterns(
            "__pycache__", "concepts", "codelists", "contracts", "crosswalks", "indicators", "changelog"
        ),
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


def walk(page: str, folder: Path, call: Callable[[Step], tuple[int, str]] | None = None, **more: str) -> list[Step]:
    """Make the files and run the commands of ``page`` in order; each must end and show what the page says.

    ``call`` runs a command in place of a process of its own; ``more`` is added to the environment of these.
    """
    ran: list[Step] = []
    for kind, value, language, text in BLOCK.findall(page):
        if kind == "file":
            path = folder / value
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif language == "sh":
            steps = steps_of(text)
            steps[-1].exit_code = int(value) if kind == "exit" else 0
            for step in steps:
                code, output = call(step) if call else run(step, folder, **more)
                assert code == step.exit_code, f"{step.command} ended with {code}:\n{output}"
                for line in step.shown:
                    assert line in output, f"{step.command} does not show {line!r}:\n{output}"
                ran.append(step)
    return ran
