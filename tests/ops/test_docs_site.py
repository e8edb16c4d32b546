"""The site of the documentation: whole, without dead links, with every public name, and no snippet that nothing runs."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hanoi_cloud
from ops.settings import REPOSITORY

DOCS = REPOSITORY / "docs"
WALKED_BY = {
    "index": "tests/e2e/test_sdk_guide.py",
    "add-an-expectation": "tests/quality/test_suites.py",
    "bind-a-dataset": "tests/ops/test_guides.py",
    "data-api": "tests/e2e/test_api_guide.py",
    "deliver-files": "tests/ops/test_guides.py",
    "evolve-a-contract": "tests/ops/test_guides.py",
    "excel-to-dataset": "tests/e2e/test_tutorial.py",
    "get-deliveries": "tests/dags/places/test_guide.py",
    "keep-the-lake": "tests/ops/test_lake_guide.py",
    "read-agency-files": "tests/ops/test_guides.py",
    "translate-units": "tests/ops/test_units_commands.py",
    "use-the-data": "tests/e2e/test_sdk_guide.py",
    "watch-freshness": "tests/ops/test_freshness_commands.py",
    "write-a-dag": "tests/dags/test_dag_runs.py",
}
"""The test that runs the snippets of a page."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from a copy; a dead link or a name that is not there ends the build."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(REPOSITORY / "zensical.toml", folder)
    shutil.copytree(DOCS, folder / "docs")
    shutil.copytree(REPOSITORY / "sdk", folder / "sdk", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-c", "from zensical.main import cli; cli()", "build", "--strict"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


def pages() -> list[Path]:
    """The pages that readers come to; decisions are reached through their list."""
    return [page for page in sorted(DOCS.rglob("*.md")) if page.parent.name != "decisions"]


def test_every_page_is_in_the_menu_and_built(site: Path) -> None:
    menu = str(tomllib.loads((REPOSITORY / "zensical.toml").read_text("utf-8"))["project"]["nav"])
    for page in pages():
        name = page.relative_to(DOCS)
        assert f"'{name.as_posix()}'" in menu, name
        assert (site / name.with_suffix("") / "index.html").is_file() or name.name == "index.md", name
    assert (site / "index.html").is_file()


def test_every_public_name_of_the_sdk_is_explained(site: Path) -> None:
    found = set(re.findall(r'id="hanoi_cloud\.([A-Za-z_.]+)"', (site / "sdk/index.html").read_text("utf-8")))
    assert {name for name in hanoi_cloud.__all__ if name != "__version__"} - found == set()
    assert "Dataset.to_pandas" in found


def test_nothing_is_loaded_from_another_origin(site: Path) -> None:
    loaded = re.compile(
        r"""<(?:script|img|iframe|link rel="(?:stylesheet|icon|preload)")[^>]+(?:src|href)="?(https?:|//)"""
    )
    for page in site.rglob("*.html"):
        assert not loaded.search(page.read_text("utf-8")), page


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_snippet_is_run_by_a_test(page: Path) -> None:
    if re.search(r"^```(python|sh|console)", page.read_text("utf-8"), re.MULTILINE):
        test = WALKED_BY[page.stem]
        assert page.stem in (REPOSITORY / test).read_text("utf-8"), f"{test} does not name the page"
