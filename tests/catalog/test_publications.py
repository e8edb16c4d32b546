"""What was published is noted before anybody can see it, and whatever is not known counts as published."""

from pathlib import Path

import pytest

from catalog.publisher import Publications, published
from catalog.publisher import files as publisher_files
from lake import Lake
from tests.catalog.test_publisher import committed, declared


def test_a_version_is_noted_before_its_files_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, plan = declared(["open"])
    version = committed(tmp_path, made, plan)
    notes = Publications(tmp_path, made.dataset)
    assert notes.known() is None

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(publisher_files, "_copy", killed)
    with pytest.raises(KeyboardInterrupt):
        published(tmp_path, made, plan, Lake(tmp_path), version)
    assert notes.known() == {version.id}
    assert {p.stat().st_mode & 0o077 for p in (tmp_path / "publications").rglob("*")} == {0}


def test_versions_from_before_the_first_note_count_as_published(tmp_path: Path) -> None:
    notes = Publications(tmp_path, "bus-stops")
    notes.note("2-b", present=["1-a", "2-b"])
    notes.note("4-d", present=["1-a", "2-b", "3-c", "4-d"])
    assert notes.known() == {"1-a", "2-b", "4-d"}


def test_a_published_file_counts_even_without_a_note(tmp_path: Path) -> None:
    notes = Publications(tmp_path, "bus-stops")
    notes.note("2-b", present=[])
    folder = tmp_path / "published" / "bus-stops"
    folder.mkdir(parents=True)
    for name in ("1-a.csv", "3-c.schema.json", ".4-d.csv.17"):
        (folder / name).touch()
    assert notes.known() == {"1-a", "2-b", "3-c"}


def test_a_killed_first_note_leaves_nobody_believing_that_all_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Publications(tmp_path, "bus-stops")

    def versions():
        yield "1-a"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        notes.note("2-b", present=versions())
    assert notes.known() is None
    notes.note("2-b", present=["1-a", "2-b"])
    assert notes.known() == {"1-a", "2-b"}
