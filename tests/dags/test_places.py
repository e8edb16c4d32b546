"""Where deliveries are looked for."""

from pathlib import Path

import pytest

from dags.errors import DeliveryMissing
from dags.sources.places import locate
from tests.dags.builders import Bench, contract


def test_globs_take_every_file_in_order_as_one_delivery(tmp_path: Path, bench: Bench) -> None:
    declared = contract(sources=[{"files": ["a/20*.csv"], "reading": {"format": "csv"}}])
    (tmp_path / "a").mkdir()
    for year in (2012, 2011):
        (tmp_path / "a" / f"{year}.csv").write_text(f"{year}")
    place = locate(declared, str(tmp_path))
    assert [f.name for f in place.files] == ["2011.csv", "2012.csv"]
    first = bench.store.keep(declared, place, "run-1")
    assert bench.store.keep(declared, place, "run-2") == first, "the same bytes twice are one delivery"
    (tmp_path / "a" / "2012.csv").write_text("changed")
    assert bench.store.keep(declared, place, "run-3").id != first.id


def test_the_first_source_whose_files_are_all_there_is_used(tmp_path: Path) -> None:
    reading = {"format": "csv"}
    declared = contract(
        sources=[
            {"files": ["a.csv", "b.csv"], "reading": reading},
            {"kind": "repository", "files": ["codelists/licences/1.csv"], "reading": reading},
        ]
    )
    (tmp_path / "a.csv").write_text("x")
    assert locate(declared, str(tmp_path)).source.kind == "repository"
    (tmp_path / "b.csv").write_text("x")
    assert locate(declared, str(tmp_path)).source.kind == "agency"


def test_a_missing_delivery_lists_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DeliveryMissing, match=r"air\.csv"):
        locate(contract(), str(tmp_path))
    with pytest.raises(DeliveryMissing, match="HANOI_SOURCES"):
        locate(contract(), None)


def test_an_agency_server_that_is_down_is_named() -> None:
    with pytest.raises(DeliveryMissing, match=r"http://127\.0\.0\.1:1/index\.json"):
        locate(contract(), "http://127.0.0.1:1")
