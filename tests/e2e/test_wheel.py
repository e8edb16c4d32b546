"""The wheel alone in a fresh environment: the README's lines against the running platform, and again after it is gone."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.e2e.conftest import Platform, environment

pytestmark = [pytest.mark.platform]

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
THREE_LINES = """
import hanoi_cloud as hc
wards = hc.dataset("wards")
frame = wards.to_pandas(columns=["ward_code", "population"], where=hc.col("population") >= 100_000)
print(hc.__file__, len(frame), frame["population"].min() >= 100_000, wards.columns[0].name)
"""
FORWARDER = """
import asyncio, sys

async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()

async def serve(port):
    async def forward(reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, back), pump(there, writer))
    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(serve(int(sys.argv[1])))
"""
"""A door to the platform that can be closed for one reader without stopping the platform for all other tests."""


@contextmanager
def door(url: str) -> Iterator[str]:
    """Another address of the catalogue at ``url``, which nobody answers after the block."""
    command = [sys.executable, "-c", FORWARDER, url.rpartition(":")[2].strip("/")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as forwarder:
        try:
            assert forwarder.stdout is not None
            yield f"http://127.0.0.1:{forwarder.stdout.readline().strip()}"
        finally:
            forwarder.kill()


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel with its pandas extra, and nothing of the repository.

    Its libraries have the versions that are installed here, so that they come from uv's cache where they were fetched before.
    """
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not on this machine's path")
    folder = tmp_path_factory.mktemp("wheel")
    there = folder / "env" / "bin" / "python"
    pins = folder / "pins.txt"
    names = ("httpx", "pandas", "pyarrow", "numpy")
    pins.write_text("\n".join(f"{name}=={importlib.metadata.version(name)}" for name in names))

    def ran(*command: str) -> str:
        """What uv says is wrong, first with what it has, then with the network."""
        for how in (["--offline"], []):
            done = subprocess.run([uv, *command, *how], capture_output=True, text=True, timeout=300, check=False)
            if not done.returncode:
                return ""
        return done.stderr

    for command in (
        ("build", "--wheel", "--quiet", "--out-dir", str(folder), str(REPOSITORY)),
        ("venv", "--quiet", "--python", sys.executable, str(folder / "env")),
    ):
        if (wrong := ran(*command)) and re.search("dns|connect|network|offline", wrong, re.IGNORECASE):
            pytest.skip(f"neither uv's cache nor the network has what a wheel is built with: {wrong[-300:]}")
        assert not wrong
    [wheel] = folder.glob("*.whl")
    wrong = ran("pip", "install", "--quiet", "--python", str(there), "--constraint", str(pins), f"{wheel}[pandas]")
    if wrong and re.search("dns|connect|network|offline", wrong, re.IGNORECASE):
        pytest.skip(f"neither uv's cache nor the network has pandas: {wrong[-300:]}")
    assert not wrong
    return there


def read(python: Path, folder: Path, code: str, *flags: str, url: str) -> "subprocess.CompletedProcess[str]":
    """Run ``code`` away from the repository, with a cache of its own."""
    settings = environment(HANOI_CLOUD_URL=url, HANOI_CLOUD_CACHE=str(folder / "cache"))
    for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):  # pandas is read from bytecode from the second time on
        settings.pop(name, None)
    return subprocess.run(
        [str(python), *flags, "-c", code],
        cwd=folder,
        env=settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_reads_a_running_platform_and_its_cache_afterwards(platform: Platform, python: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"## The SDK\n\n```python\n(.*?)```", README, re.DOTALL)
    with door(platform.url) as url:
        example = example.replace("http://127.0.0.1:5000", url)
        first = read(python, tmp_path, example, url=url)
        three = read(python, tmp_path, THREE_LINES, "-W", "error", url=url)
    assert first.returncode == 0, first.stderr
    assert len(re.findall(r"^[0-9]+ .+ [0-9]+$", first.stdout, re.MULTILINE)) == 5, (
        "the last five rows, and what pandas says of them"
    )
    assert three.returncode == 0, three.stderr
    assert three.stderr == ""
    where, *said = three.stdout.split()
    assert Path(where).is_relative_to(python.parents[1])
    assert int(said[0]) > 0
    assert said[1:] == ["True", "ward_code"]
    for code, before in ((example, first), (THREE_LINES, three)):
        after = read(python, tmp_path, code, url=url)
        assert (after.returncode, after.stdout) == (0, before.stdout), after.stderr
        assert "OfflineWarning" in after.stderr


def test_only_the_wheel_and_what_it_asks_for_is_there(python: Path, tmp_path: Path) -> None:
    code = "import importlib.metadata as m; print(*sorted(d.name.lower() for d in m.distributions()))"
    names = set(read(python, tmp_path, code, url="").stdout.split())
    assert {"hanoi-cloud", "httpx", "pandas", "pyarrow"} <= names
    assert not names & {"duckdb", "polars", "click", "rich", "pydantic", "ckanapi", "apache-airflow"}
    code = "import hanoi_cloud as hc\ntry:\n    hc.sql('SELECT 1')\nexcept hc.MissingDependency as error:\n    print(error)"
    said = read(python, tmp_path, code, url="http://127.0.0.1:1")
    assert said.stdout == 'duckdb is not installed. Run: pip install "hanoi-cloud[duckdb]"\n', said.stderr
