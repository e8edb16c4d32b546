"""The guide to the data API, walked on a running platform as the page stands."""

import json
import re
import shlex
import shutil
import subprocess

import pytest

from ops.settings import REPOSITORY
from tests.e2e.conftest import Platform
from tests.ops.guides import GUIDES, steps_of

pytestmark = [
    pytest.mark.platform,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine"),
]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def test_every_call_answers_what_the_page_says(platform: Platform) -> None:
    page = (GUIDES / "data-api.md").read_text(encoding="utf-8")
    ran = 0
    for text in BLOCK.findall(page):
        for step in steps_of(text.replace("$HANOI", platform.url)):
            assert step.command[0] == "curl"
            done = subprocess.run(step.command, capture_output=True, text=True, timeout=60, check=True)
            for line in step.shown:
                assert line in done.stdout, f"{step.command} does not show {line!r}:\n{done.stdout[:2000]}"
                ran += 1
    assert ran >= 9


def test_the_call_of_the_readme_answers(platform: Platform) -> None:
    (call,) = re.findall(r"^curl .+$", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    command = shlex.split(call.replace("http://127.0.0.1:5000", platform.url))
    done = subprocess.run([*command, "--fail", "--silent"], capture_output=True, text=True, timeout=60, check=True)
    rows = json.loads(done.stdout)["records"]
    assert 0 < len(rows) <= 5
    assert all(row["pm25"] >= 150 for row in rows)
