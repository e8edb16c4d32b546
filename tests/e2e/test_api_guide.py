"""The guide to the data API, walked on a running platform as the page stands."""

import re
import subprocess

import pytest

from tests.e2e.conftest import Platform
from tests.ops.guides import GUIDES, steps_of

pytestmark = [pytest.mark.platform]
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
