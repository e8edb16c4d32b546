"""The reference is written from the code, and every command and setting is in it."""

import subprocess
import sys

from ops.reference import PAGE, text
from ops.settings import Settings
from tests.conftest import REPOSITORY


def test_the_page_is_up_to_date() -> None:
    # In a process of its own: click remembers the help option of a command that another test called by itself.
    write = "import sys; from ops.reference import text; sys.stdout.buffer.write(text().encode())"
    made = subprocess.run([sys.executable, "-c", write], cwd=REPOSITORY, capture_output=True, check=True).stdout
    assert PAGE.read_text(encoding="utf-8") == made.decode(), "run: python -m ops.reference"


def test_every_command_and_setting_is_described() -> None:
    page = text()
    for command in ("demo", "up", "ingest", "check", "status", "search", "show", "get"):
        assert f"### hanoi {command}\n" in page
    for name, field in Settings.model_fields.items():
        assert f"`HANOI_{name.upper()}`" in page
        assert field.description, name
