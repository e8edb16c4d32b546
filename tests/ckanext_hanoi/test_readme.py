"""The pages on the plugins and on the server name every setting, address, command and variable there is."""

import re
import subprocess

import pytest

from ops.settings import REPOSITORY
from tests.ckanext_hanoi.conftest import SERVER, SERVER_PYTHON

PLUGINS = REPOSITORY / "catalog/ckanext-hanoi"
README = (PLUGINS / "README.md").read_text("utf-8")
SERVER_README = (SERVER / "README.md").read_text("utf-8")


def sources(*folders: str) -> str:
    """The code of some folders, one file after the other."""
    files = (file for folder in folders for file in sorted((REPOSITORY / folder).rglob("*.py")))
    return "\n".join(file.read_text("utf-8") for file in files)


def addresses() -> list[str]:
    """The routes of the plugins' pages, as they are declared."""
    found = []
    for file in sorted(PLUGINS.glob("ckanext/hanoi*/*.py")):
        code = file.read_text("utf-8")
        prefix = "".join(re.findall(r'url_prefix="([^"]+)"', code))
        found += [prefix + route for route in re.findall(r'\.route\(f?"([^"]+)"', code)]
    return found


def test_every_setting_of_the_plugins_is_named() -> None:
    declared = re.findall(r"declare(?:_int|_bool)?\(key\.([a-z0-9_.]+)", sources("catalog/ckanext-hanoi/ckanext"))
    assert len(declared) >= 15
    assert [name for name in declared if f"| `{name}` |" not in README] == []


@pytest.mark.parametrize("route", addresses())
def test_every_address_is_named(route: str) -> None:
    parts = re.split(r"<(?:int:)?\w+>", route.replace("{_FORM}", "ttl"))
    shown = "[A-Z]+".join(map(re.escape, parts))
    assert re.search(f"`{shown}`", README), route


def test_every_command_of_the_server_is_named() -> None:
    said = subprocess.run(
        [SERVER_PYTHON, "-m", "hanoi_server", "--help"], cwd=SERVER, capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"^  ([a-z]+)  ", said.partition("Commands:")[2], re.MULTILINE)
    assert len(commands) >= 7
    assert [name for name in commands if not re.search(rf"^\| `{name} ", SERVER_README, re.MULTILINE)] == []


def test_every_variable_of_the_server_is_named() -> None:
    read = set(re.findall(r'"(HANOI_[A-Z_]+)"', sources("catalog/server/hanoi_server")))
    assert read
    assert [name for name in sorted(read) if f"| `{name}` |" not in SERVER_README] == []
