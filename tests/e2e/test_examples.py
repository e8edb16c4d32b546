"""The examples on a running platform: notebooks cell by cell in a kernel, scripts as a reader would start them."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.e2e.conftest import Platform, environment

pytestmark = [pytest.mark.platform]
EXAMPLES = REPOSITORY / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
LAST = {
    "air-quality-by-ward": "hour",
    "bus-stops-near-a-school": "'1-",
    "indicators-between-cities": "'sc81'",
}
"""What the last cell of each notebook shows."""


def ran(platform: Platform, folder: Path, *command: str) -> str:
    settings = environment(
        HANOI_CLOUD_URL=platform.url,
        HANOI_CLOUD_CACHE=str(folder / "cache"),
        JUPYTER_PLATFORM_DIRS="1",
        IPYTHONDIR=str(folder / "ipython"),
    )
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=settings, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(platform: Platform, tmp_path: Path, notebook: Path) -> None:
    for needed in ("nbclient", "ipykernel", "shapely", "ibis"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed}, which notebooks are run with, is not installed")
    copy = tmp_path / notebook.name
    shutil.copy(notebook, copy)
    run = "import sys; from nbclient.cli import main; sys.argv = ['jupyter-execute', '--inplace', sys.argv[1]]; main()"
    ran(platform, tmp_path, "-c", run, str(copy))
    cells = [cell for cell in json.loads(copy.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in cells)
    assert LAST[notebook.stem] in shown(cells[-1])
    first = next(text for cell in cells if (text := shown(cell)))
    assert "<table><caption>" in first, "a dataset shows itself as a table"
    assert not [c for c in json.loads(notebook.read_text("utf-8"))["cells"] if c.get("outputs")], "outputs are not kept"


def shown(cell: dict[str, Any]) -> str:
    """What a cell shows, its HTML where it has some."""
    data = [output["data"] for output in cell["outputs"] if "data" in output]
    return "".join("".join(one.get("text/html") or one["text/plain"]) for one in data)


def test_former_wards_are_summed_by_those_of_today(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("ward_code,people\n00001,21500\n00004,7600\n00007,15301\n", encoding="utf-8")
    said = ran(platform, tmp_path, str(EXAMPLES / "people_by_ward.py"), "people.csv")
    assert "Hồng Hà" in said
    assert "21500" in said
    assert "shape: (4, 4)" in said


def test_the_worst_hours_come_typed(platform: Platform, tmp_path: Path) -> None:
    lines = ran(platform, tmp_path, str(EXAMPLES / "worst_hours.py")).splitlines()
    figures = [int(line.rpartition(" ")[2]) for line in lines]
    assert len(figures) == 10
    assert figures == sorted(figures, reverse=True)
    assert figures[-1] > 100
