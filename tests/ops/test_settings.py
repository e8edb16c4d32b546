"""Settings of the operator."""

import stat
from pathlib import Path

import pytest

from ops.settings import settings_for


def test_the_home_is_created_private(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "a" / "home")
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700


def test_the_command_line_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOI_HOME", str(tmp_path / "env"))
    monkeypatch.setenv("HANOI_PORT", "5050")
    assert settings_for().home == tmp_path / "env"
    assert settings_for(tmp_path / "cli", 5051).home == tmp_path / "cli"
    assert settings_for(tmp_path / "cli", 5051).port == 5051
    assert settings_for(tmp_path / "cli").environment()["HANOI_HOME"] == str(tmp_path / "cli")


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOI_PORT", "many")
    with pytest.raises(ValueError, match="port"):
        settings_for()
