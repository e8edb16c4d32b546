"""The lake with its catalog in PostgreSQL: the same versions, locks across hosts, and a server that may die."""

import logging
from collections.abc import Callable, Iterator
from inspect import getattr_static
from pathlib import Path
from urllib.parse import quote

import pytest

from dags.settings import PipelineSettings
from lake import CatalogElsewhere, CatalogUnreachable, Lake, LakeBusy, Version, WrongCatalogUrl
from lake.swap import LakeCatalog
from tests.lake.helpers import ROWS, canonical, read_rows
from tests.lake.postgresql import Postgresql

Committing = Callable[..., Version]
TABLE = "test-data"


@pytest.fixture
def lake(tmp_path: Path, postgresql: Postgresql) -> Lake:
    return Lake(tmp_path, catalog=postgresql.url)


@pytest.fixture
def killed(postgresql: Postgresql) -> Iterator[Callable[[], None]]:
    """Kills PostgreSQL when it is called; afterwards the server runs again, and says that it was killed."""
    yield postgresql.kill
    assert postgresql.process
    assert postgresql.process.poll() is not None, "nothing was killed"
    postgresql.start()


def after(patch: pytest.MonkeyPatch, kind: type, method: str, event: Callable[[], object]) -> None:
    """Let ``event`` happen once, right after the first call of a method."""
    original, waiting = getattr(kind, method), [event]

    def called(*given: object, **named: object) -> object:
        result = original(*given, **named)
        if waiting:
            waiting.pop()()
        return result

    static = isinstance(getattr_static(kind, method), staticmethod)
    patch.setattr(kind, method, staticmethod(called) if static else called)


def data_files(lake: Lake) -> set[Path]:
    return set((lake.warehouse / TABLE / "data").iterdir())


def test_a_host_that_mounts_the_home_elsewhere_sees_and_continues_the_same_versions(
    tmp_path: Path, postgresql: Postgresql, commit: Committing
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "mounted").symlink_to(tmp_path / "home")
    here = Lake(tmp_path / "home", catalog=postgresql.url)
    there = Lake(tmp_path / "mounted", catalog=postgresql.url)
    assert here.datasets() == []
    first = commit(here)
    assert not commit(there).new
    second = commit(there, ROWS[:1])
    assert [v.id for v in here.versions(TABLE)] == [first.id, second.id]
    assert [canonical(read_rows(lake, first)) for lake in (here, there)] == [canonical(ROWS)] * 2
    assert not (here.root / "catalog.sqlite").exists()


def test_two_lakes_in_one_database_know_nothing_of_each_other(
    tmp_path: Path, postgresql: Postgresql, commit: Committing
) -> None:
    one, other = (Lake(tmp_path / name, catalog=postgresql.url) for name in ("one", "other"))
    first = commit(one)
    assert other.datasets() == []
    commit(other, ROWS[:1])
    assert [v.id for v in one.versions(TABLE)] == [first.id]


def test_a_table_that_another_host_holds_is_named_and_other_tables_go_on(
    tmp_path: Path, postgresql: Postgresql, lake: Lake, commit: Committing
) -> None:
    first = commit(lake)
    waiting = Lake(tmp_path, catalog=postgresql.url, lock_timeout=0.2)
    with lake._catalogs.writing(TABLE):
        with pytest.raises(LakeBusy, match=f"'{TABLE}'"):
            commit(waiting, ROWS[:1])
        assert commit(waiting, ROWS[:1], dataset="other-data").number == 1
    assert [v.id for v in lake.versions(TABLE)] == [first.id]
    assert commit(waiting, ROWS[:1]).number == 2


HOLDERS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"


def test_a_writer_whose_session_ended_does_not_commit_over_the_next_holder_of_the_lock(
    tmp_path: Path, postgresql: Postgresql, lake: Lake, commit: Committing, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = commit(lake)
    swept: list[set[Path]] = []

    def lose_the_lock() -> None:
        assert postgresql.ask(f"SELECT pg_terminate_backend(pid) FROM ({HOLDERS}) AS holders") == [(True,)]
        before = data_files(lake)
        assert not commit(Lake(tmp_path, catalog=postgresql.url)).new
        swept.append(before - data_files(lake))

    with monkeypatch.context() as patch:
        after(patch, LakeCatalog, "_write_metadata", lose_the_lock)
        with pytest.raises(CatalogUnreachable):
            commit(lake, ROWS[:1])
    assert len(swept[0]) == 1, "the next holder takes the placed file for a leftover, so it must never be committed"
    assert [v.id for v in lake.versions(TABLE)] == [first.id]
    assert canonical(read_rows(lake, first)) == canonical(ROWS)
    assert commit(lake, ROWS[:1]).number == 2
    assert postgresql.ask(HOLDERS) == []


def test_a_killed_postgresql_is_named_in_both_languages_and_the_lake_works_again(
    lake: Lake, postgresql: Postgresql, commit: Committing, killed: Callable[[], None]
) -> None:
    first = commit(lake)
    killed()
    for use in (lambda: lake.versions(TABLE), lake.datasets, lambda: commit(lake, ROWS[:1])):
        with pytest.raises(CatalogUnreachable) as error:
            use()
        assert "không trả lời" in error.value.vi
        assert "does not answer" in error.value.en
        assert postgresql.told["password"] not in str(error.value)
    postgresql.start()
    assert [v.id for v in lake.versions(TABLE)] == [first.id]
    assert commit(lake, ROWS[:1]).number == 2
    killed()


@pytest.mark.parametrize(("step", "committed"), [("_write_metadata", False), ("commit_table", True)])
def test_postgresql_killed_around_the_swap_leaves_the_old_or_the_new_version(
    step: str,
    committed: bool,
    lake: Lake,
    postgresql: Postgresql,
    commit: Committing,
    killed: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit(lake)
    with monkeypatch.context() as patch:
        after(patch, LakeCatalog, step, killed)
        if committed:
            assert commit(lake, ROWS[:1]).number == 2
        else:
            with pytest.raises(CatalogUnreachable):
                commit(lake, ROWS[:1])
    postgresql.start()
    assert [canonical(read_rows(lake, v)) for v in lake.versions(TABLE)] == [canonical(ROWS), canonical(ROWS[:1])][
        : 1 + committed
    ]
    assert commit(lake, ROWS[:1]).new is not committed
    assert [v.number for v in lake.versions(TABLE)] == [1, 2]
    assert data_files(lake) == {file for version in lake.versions(TABLE) for file in lake.files(version)}
    killed()


def test_a_lake_moves_from_sqlite_to_postgresql_and_no_writer_stays_behind(
    tmp_path: Path, postgresql: Postgresql, commit: Committing
) -> None:
    former = Lake(tmp_path)
    first, other = commit(former), commit(former, ROWS[:2], dataset="other-data")
    present = Lake(tmp_path, catalog=postgresql.url)
    assert present.datasets() == ["other-data", TABLE]
    assert canonical(read_rows(present, first)) == canonical(ROWS)
    assert not commit(present, ROWS[:2], dataset="other-data").new
    assert commit(present, ROWS[:1]).number == 2
    assert [v.id for v in present.versions("other-data")] == [other.id]
    for use in (lambda: former.versions(TABLE), lambda: commit(former, ROWS[:3])):
        with pytest.raises(CatalogElsewhere, match="HANOI_LAKE_CATALOG"):
            use()
    assert [v.number for v in present.versions(TABLE)] == [1, 2]


def test_a_database_that_lost_the_lake_is_refused_and_no_file_is_removed(
    lake: Lake, postgresql: Postgresql, commit: Committing
) -> None:
    commit(lake)
    kept, name = data_files(lake), (lake.root / "catalog.id").read_text()
    postgresql.ask(f"DELETE FROM iceberg_tables WHERE catalog_name = '{name}'")
    with pytest.raises(CatalogElsewhere):
        commit(lake, ROWS[:1])
    postgresql.ask(f"DELETE FROM iceberg_namespace_properties WHERE catalog_name = '{name}'")
    with pytest.raises(CatalogElsewhere, match="PostgreSQL"):
        lake.versions(TABLE)
    assert data_files(lake) == kept


def test_the_password_is_in_no_error_log_or_setting_that_is_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "p@ss:wörd/1"  # noqa: S105 - opens nothing
    url = f"postgresql://someone:{quote(secret, safe='')}@127.0.0.1:1/lake"
    monkeypatch.setenv("HANOI_LAKE_CATALOG", url)
    monkeypatch.setenv("HANOI_HOME", str(tmp_path))
    settings = PipelineSettings()
    told = [repr(settings), settings.model_dump_json()]
    Lake(tmp_path)._catalogs._make()
    for use in (settings.lake.datasets, lambda: Lake(tmp_path, catalog=f"mysql://a:{quote(secret)}@b/c")):
        with pytest.raises((CatalogUnreachable, WrongCatalogUrl)) as error:
            use()
        told.append(str(error.value))
    with pytest.raises(WrongCatalogUrl) as unread:
        Lake(tmp_path, catalog=quote(secret, safe=""))
    told.append(str(unread.value))
    assert "PostgreSQL 127.0.0.1:1/lake" in told[2]
    assert "postgresql://" in told[4]
    assert not [text for text in (*told, caplog.text) if secret in text or quote(secret, safe="") in text]


@pytest.mark.parametrize("kind", ["sqlite", "mysql+pymysql", "postgresql+asyncpg", "postgresql+nosuchdriver"])
def test_a_url_that_names_no_usable_postgresql_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    with pytest.raises(WrongCatalogUrl, match="postgresql://user:password@host:5432/database") as error:
        Lake(tmp_path, catalog=f"{kind}://someone:secret@127.0.0.1/lake")
    assert repr(kind) in str(error.value)
    assert "secret" not in str(error.value)
