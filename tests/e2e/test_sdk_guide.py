"""The first page and the guide to using the data, walked on a running platform as they stand."""

import doctest
import re
import warnings
from pathlib import Path

import pytest

import hanoi_cloud as hc
from tests.e2e.conftest import Platform
from tests.ops.guides import DOCS, run, steps_of

pytestmark = [pytest.mark.platform]
BLOCK = re.compile(r"```(python|sh)\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize(("name", "least"), [("index", 3), ("guides/use-the-data", 20)])
def test_every_line_does_what_the_page_says(
    name: str, least: int, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    settings = {"HANOI_CLOUD_URL": platform.url, "HANOI_CLOUD_CACHE": str(tmp_path / "cache")}
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)
    names: dict[str, object] = {}
    ran = 0
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    for language, text in BLOCK.findall(page):
        if language == "sh":
            for step in steps_of(text):
                code, output = run(step, tmp_path, **settings)
                assert code == step.exit_code, f"{step.command} ended with {code}:\n{output}"
                for line in step.shown:
                    assert line in output, f"{step.command} does not show {line!r}:\n{output}"
                ran += 1
            continue
        told: list[str] = []
        examples = doctest.DocTestParser().get_doctest(text, names, name, None, 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", hc.SimulatedDataWarning)
            doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(
                examples, out=told.append, clear_globs=False
            )
        assert not told, "".join(told)
        names = examples.globs
        ran += len(examples.examples)
    assert ran >= least
