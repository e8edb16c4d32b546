"""The package itself: one door, a light import, a wheel that holds nothing else."""

import ast
import doctest
import importlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import hanoi_cloud as hc
from tests.sdk.helpers import Catalogue

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "sdk" / "hanoi_cloud"
HEAVY = [
    "httpx",
    "pandas",
    "polars",
    "pyarrow",
    "duckdb",
    "numpy",
    "click",
    "rich",
    "pydantic",
    "airflow",
    "ibis",
    "IPython",
]


def python(code: str, **environment: str) -> str:
    settings = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=settings).stdout


def test_all_is_exact() -> None:
    public = {name for name in vars(hc) if not name.startswith("_")} | {"__version__"}
    modules = {name for name in public if type(getattr(hc, name)).__name__ == "module"}
    assert modules == set()
    assert set(hc.__all__) == public
    assert hc.__all__ == sorted(hc.__all__)
    assert all(getattr(hc, name).__module__ == "hanoi_cloud" for name in hc.__all__ if name != "__version__")
    assert all(path.stem.startswith("_") for path in PACKAGE.glob("*.py"))


def test_every_public_name_has_a_docstring() -> None:
    for name in hc.__all__:
        if name != "__version__":
            assert getattr(hc, name).__doc__, name


def test_the_error_tree_in_the_docstring_is_the_real_one() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", sys.modules["hanoi_cloud._exceptions"].__doc__ or ""))
    real = {
        name for name in hc.__all__ if isinstance(getattr(hc, name), type) and issubclass(getattr(hc, name), Exception)
    }
    assert drawn == real - {"HanoiCloudError"}
    errors = [getattr(hc, name) for name in real if not name.endswith("Warning")]
    assert all(issubclass(error, hc.HanoiCloudError) for error in errors)


def test_the_version_is_that_of_the_distribution() -> None:
    declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert hc.__version__ == declared["version"]
    assert [re.split(r"[<>=]", need)[0] for need in declared["dependencies"]] == ["httpx"]


def test_importing_it_is_light(tmp_path: Path) -> None:
    assert python(f"import sys, hanoi_cloud; print([m for m in {HEAVY} if m in sys.modules])") == "[]\n"
    timed = "import time; t = time.process_time(); import hanoi_cloud; print(time.process_time() - t)"
    # From bytecode, as an installed package is: pip writes it, and so does the first import.
    kept = {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    assert min(float(python(timed, **kept)) for _ in range(4)) < 0.15


def test_frame_libraries_are_named_in_one_module_and_only_inside_functions() -> None:
    for path in PACKAGE.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
        names = {a.name.partition(".")[0] for n in top if isinstance(n, ast.Import) for a in n.names}
        names |= {(n.module or "").partition(".")[0] for n in top if isinstance(n, ast.ImportFrom)}
        allowed = {"click", "rich"} if path.name.endswith("_commands.py") or path.name == "_options.py" else set()
        assert not names & set(HEAVY) - allowed, path


@pytest.mark.parametrize(
    ("library", "call", "line"),
    [
        ("pandas", "to_pandas", 'pip install "hanoi-cloud[pandas]"'),
        ("polars", "to_polars", 'pip install "hanoi-cloud[polars]"'),
        ("pyarrow", "to_arrow", 'pip install "hanoi-cloud[arrow]"'),
        ("pyarrow", "to_pandas", 'pip install "hanoi-cloud[pandas]"'),
        ("duckdb", "to_duckdb", 'pip install "hanoi-cloud[duckdb]"'),
        ("ibis", "table", 'pip install "hanoi-cloud[ibis]"'),
    ],
)
def test_a_missing_library_brings_the_line_to_run(
    city: hc.City, monkeypatch: pytest.MonkeyPatch, library: str, call: str, line: str
) -> None:
    air = city.dataset("air-quality-hourly")
    for module in [m for m in sys.modules if m == library or m.startswith(f"{library}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(hc.MissingDependency, match=re.escape(line)) as error:
        getattr(air, call)()
    assert isinstance(error.value, ImportError)
    assert line in error.value.vi


def test_the_wheel_holds_the_sdk_alone(tmp_path: Path) -> None:
    build = ["uv", "build", "--wheel", "--offline", "--out-dir", str(tmp_path), str(REPOSITORY)]
    try:
        done = subprocess.run(build, capture_output=True, text=True, check=False, timeout=120)
    except FileNotFoundError:
        pytest.skip("uv is not on this machine's path")
    if done.returncode and "hatchling" in done.stderr:
        pytest.skip("hatchling is not in uv's cache, and nothing is fetched for a test")
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(n for n in names if n.endswith(".dist-info/METADATA"))).decode()
        # A wheel that is on the path as it is: what it lacks cannot come from the repository.
        code = "import hanoi_cloud as hc; print(hc.__file__); hc.connect('http://127.0.0.1:1')"
    assert {n.partition("/")[0] for n in names} == {"hanoi_cloud", f"hanoi_cloud-{hc.__version__}.dist-info"}
    assert {"hanoi_cloud/py.typed", "hanoi_cloud/__init__.py"} <= set(names)
    assert "Requires-Dist: httpx>=0.28" in metadata
    assert not re.search(r"Requires-Dist: .*(airflow|great|pydantic|ckanapi)", metadata)
    run = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(wheel)!r}); {code}"]
    said = subprocess.run(run, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert said.startswith(str(wheel))


def test_the_examples_in_docstrings_run(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOI_CLOUD_URL", catalogue.url)
    ran = 0
    for module in [hc, *(importlib.import_module(f"hanoi_cloud.{path.stem}") for path in PACKAGE.glob("_[!_]*.py"))]:
        result = doctest.testmod(module)
        assert not result.failed, module.__name__
        ran += result.attempted
    assert ran >= 10
