"""The reference is written from the code, and every command and setting is in it."""

from ops.reference import PAGE, text
from ops.settings import Settings


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "run: python -m ops.reference"


def test_every_command_and_setting_is_described() -> None:
    page = text()
    for command in ("demo", "up", "ingest", "check", "status", "search", "show", "get"):
        assert f"### hanoi {command}\n" in page
    for name, field in Settings.model_fields.items():
        assert f"`HANOI_{name.upper()}`" in page
        assert field.description, name
