"""Folders that the settings share with contracts, and the days that a run looks for."""

import datetime as dt
from pathlib import Path

import pytest

from blueprint import days
from dags.errors import DeliveryMissing
from dags.sources.places import locate
from dags.sources.places.errors import PlaceForbidden
from tests.dags.places.builders import DAY, Home, declared


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def test_files_are_found_below_the_folder(home: Home) -> None:
    put(home.shares, "so/b.csv", "so/a.csv", "so/x/c.csv", "khac/d.csv")
    found = home.deliver(declared(kind="folder", folder="so", files=["*.csv", "x/c.csv"]))
    assert home.contents(found) == {"a.csv": b"so/a.csv", "b.csv": b"so/b.csv", "c.csv": b"so/x/c.csv"}


def test_the_first_shared_folder_that_has_it_is_used(home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    put(other, "so/a.csv")
    access = type(home.access)(home.folder, folders=(home.shares, other))
    assert locate(declared(kind="folder", folder="so", files=["a.csv"]), None, access=access).origin == str(
        other / "so"
    )


def test_links_do_not_lead_out_of_the_shared_folder(home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    put(outside, "a.csv")
    (home.shares / "so").mkdir()
    (home.shares / "so" / "a.csv").symlink_to(outside / "a.csv")
    (home.shares / "link").symlink_to(outside)
    with pytest.raises(DeliveryMissing, match=r"so/a\.csv"):
        home.deliver(declared(kind="folder", folder="so", files=["a.csv"]))
    with pytest.raises(DeliveryMissing, match=r"so/\*\.csv"):
        home.deliver(declared(kind="folder", folder="so", files=["*.csv"]))
    with pytest.raises(PlaceForbidden, match="HANOI_FOLDERS"):
        home.deliver(declared(kind="folder", folder="link", files=["a.csv"]))


def test_two_files_of_one_name_are_no_delivery(home: Home) -> None:
    put(home.shares, "a/x.csv", "b/x.csv")
    with pytest.raises(DeliveryMissing, match=r"called x\.csv"):
        home.deliver(declared(kind="folder", files=["*/x.csv"]))


def test_a_folder_of_each_month_and_names_of_each_day(home: Home) -> None:
    put(
        home.shares,
        "2025/07/tram-a-0307.csv",
        "2025/07/tram-b-0307.csv",
        "2025/07/tram-a-0207.csv",
        "2025/06/tram-a-0307.csv",
    )
    contract = declared(kind="folder", folder="{year}/{month}", files=["tram-*-{date:%d%m}.csv"])
    assert list(home.contents(home.deliver(contract, DAY))) == ["tram-a-0307.csv", "tram-b-0307.csv"]
    with pytest.raises(DeliveryMissing, match=r"tram-\*-0407\.csv"):
        home.deliver(contract, dt.date(2025, 7, 4))


def test_the_agencies_files_are_dated_as_well(home: Home) -> None:
    put(home.folder / "agencies", "air/2025-07-02.csv", "air/2025-07-03.csv")
    contract = declared(files=["air/{date}.csv"], last="2 days")
    found = home.deliver(contract, DAY, str(home.folder / "agencies"))
    assert list(home.contents(found)) == ["2025-07-02.csv", "2025-07-03.csv"]


def test_a_run_without_a_date_is_of_the_citys_own_day(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "today", lambda: DAY)
    put(home.shares, "2025-07-03.csv")
    place = locate(declared(kind="folder", files=["{date}.csv"]), None, access=home.access)
    assert [file.name for file in place.files] == ["2025-07-03.csv"]
