"""Over random contracts, no byte of a column that is not open reaches a published file or the catalogue's entry.

``HANOI_RANDOM_CONTRACTS`` says over how many (500); ``HANOI_RANDOM_SEED`` the first seed (0).
"""

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from catalog.publisher import Catalogue, CatalogueError, publish_version, publishing
from quality.report import ReportStore
from tests.catalog.random_contracts import Draw, Drawn, Shelf
from tests.catalog.test_publisher import declared

CONTRACTS = int(os.environ.get("HANOI_RANDOM_CONTRACTS", "500"))
SEED = int(os.environ.get("HANOI_RANDOM_SEED", "0"))


class Recording(Catalogue):
    """A catalogue that is empty, takes everything, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", Path())
        self.sent: list[str] = []

    def _call(self, action: str, *, missing_ok: bool = False, **data: Any) -> Any:
        self.sent.append(json.dumps([action, data], ensure_ascii=False))


def leaving(home: Path, drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """All that leaves when the version is published, as text, by where it stands."""
    ReportStore(home).keep(drawn.result.model_copy(update={"version": drawn.version.id}))
    monkeypatch.setattr(publishing, "changelog", lambda root: drawn.releases)
    catalogue = Recording()
    publish_version(home, catalogue, drawn.contract, drawn.plan, Shelf(drawn), drawn.version)  # type: ignore[arg-type]
    found = {"entry": "\n".join(catalogue.sent)}
    for path in (home / "published").rglob("*.*"):
        found[path.name] = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            with pq.ParquetFile(path) as file:
                groups = [file.metadata.row_group(i).to_dict() for i in range(file.metadata.num_row_groups)]
                told = (file.schema, file.schema_arrow, file.metadata.metadata, groups, file.read().to_pylist())
            found[f"{path.name} read"] = "\n".join(map(str, told))
            assert file.schema_arrow.names == drawn.open_names
    return found


def test_no_byte_of_a_closed_column_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = published = 0
    with duckdb.connect() as room:  # opening a database for every file would be most of the work
        monkeypatch.setattr(duckdb, "connect", lambda *_, **__: room.cursor())
        for seed in range(SEED, SEED + CONTRACTS):
            drawn, home = Draw(seed).dataset(), tmp_path / str(seed)
            if not drawn.open_names:
                with pytest.raises(CatalogueError, match="may be published"):
                    leaving(home, drawn, monkeypatch)
                assert not list((home / "published").rglob("*.*")), seed
                refused += 1
                continue
            for place, text in leaving(home, drawn, monkeypatch).items():
                lower = text.lower()
                assert [mark for mark in drawn.marks if mark in lower] == [], (seed, place)
            published += 1
    assert refused
    assert published


def test_the_marks_would_be_found_if_a_closed_column_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search above is not blind: a guard that lets everything through is caught by each of the published things."""
    from blueprint import Blueprint
    from catalog.publisher import files, index

    seed = next(
        s for s in range(100) if 1 < len(Draw(s).dataset().open_names) < len(Draw(s).dataset().contract.columns)
    )
    drawn = Draw(seed).dataset()
    everything = drawn.contract.columns
    for place in (files, index):
        monkeypatch.setattr(place, "open_columns", lambda *_: everything)
    monkeypatch.setattr(Blueprint, "open_columns", lambda *_: everything)
    monkeypatch.setattr(drawn, "open_names", [c.name for c in everything])
    found = leaving(tmp_path, drawn, monkeypatch)
    blind = [place for place, text in found.items() if not any(mark in text.lower() for mark in drawn.marks)]
    assert {place.rpartition(".")[2] for place in blind} <= {"parquet"}


def test_rows_stand_in_an_order_that_tells_nothing_of_a_closed_key(tmp_path: Path) -> None:
    made, plan = declared(["personal", "open"])

    class Sorted(Shelf):
        def select(self, version: Any, columns: list[str]) -> str:
            rows = "FROM (VALUES ('An', 'z'), ('Bình', 'x'), ('Chi', 'y')) t(col_0, col_1) ORDER BY col_0"
            return f"SELECT {', '.join(columns)} {rows}"

    drawn = Draw(0).dataset()
    version = type(drawn.version)(**{**vars(drawn.version), "dataset": made.dataset, "contract": made.ref})
    publish_version(tmp_path, Recording(), made, plan, Sorted(drawn), version)  # type: ignore[arg-type]
    path = tmp_path / "published" / made.dataset / f"{version.id}.parquet"
    assert duckdb.sql(f"FROM read_parquet('{path}')").fetchall() == [("x",), ("y",), ("z",)]
    dictionary = json.loads(path.with_suffix(".schema.json").read_text())
    assert dictionary["key"] == []
