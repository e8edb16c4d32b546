"""Feeds in ZIP archives: which file is read, which columns it must have, and what no archive may do."""

import os
import struct
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dags.sources.formats import archives
from tests.dags.formats.opened import opened, refusal, rows_or_reason
from tests.dags.formats.packed import archive

few = settings(max_examples=int(os.environ.get("HANOI_TEST_EXAMPLES", "20")), deadline=None)
STOPS = "stop_id,stop_name,stop_lat,stop_lon\nS1,Hà Đông,20.97,105.77\nS2,Cầu Giấy,21.03,105.79\n"
TIMES = (
    "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nT1,25:35:00,25:36:00,S1,1\nT1,26:00:00,26:00:00,S2,2\n"
)
FEED = {"stops.txt": STOPS, "stop_times.txt": TIMES, "routes.txt": "route_id,route_type\n01,3\n"}


@pytest.mark.parametrize("folder", ["", "hanoi_gtfs/", "a\\b\\", "../../"])
def test_the_declared_file_of_a_feed_in_whatever_folder(folder: str) -> None:
    content = archive({folder + name: text for name, text in FEED.items()})
    assert opened(content, format="gtfs", member="stops.txt") == (
        ("stop_id", "stop_name", "stop_lat", "stop_lon"),
        [["S1", "Hà Đông", "20.97", "105.77"], ["S2", "Cầu Giấy", "21.03", "105.79"]],
    )


def test_times_after_midnight_are_text() -> None:
    rows = opened(archive(FEED), format="gtfs", member="Stop_Times.txt")[1]
    assert [row[1] for row in rows] == ["25:35:00", "26:00:00"]


def test_one_file_sent_by_itself() -> None:
    assert len(opened(STOPS.encode(), format="gtfs", member="stops.txt")[1]) == 2
    assert "GTFS requires the columns 'stop_id'" in refusal(b"id,name\n1,x\n", format="gtfs", member="stops.txt")


@pytest.mark.parametrize(
    ("feed", "told"),
    [
        ({**FEED, "stops.txt": "stop_name\nx\n"}, "a.data, stops.txt: GTFS requires the columns 'stop_id'"),
        ({"routes.txt": FEED["routes.txt"], "trips.txt": ""}, "no file 'stops.txt'. Files in it: 'routes.txt', 'trips.txt'"),
        ({"a/stops.txt": STOPS, "b/stops.txt": STOPS, "b/trips.txt": ""}, "several files 'stops.txt' ('a/stops.txt', 'b/stops.txt')"),
        ({**FEED, "stops.txt": ""}, "DeliveryEmpty: a.data/stops.txt"),
        ({**FEED, "stops.txt": "stop_id\n"}, "DeliveryEmpty: a.data/stops.txt"),
        ({**FEED, "stops.txt": STOPS.encode("utf-16")}, "WrongEncoding: a.data/stops.txt"),
        ({"a.shp": "", "a.dbf": ""}, "the content is a zipped Shapefile"),
        ({"xl/workbook.xml": ""}, "the content is an Excel workbook"),
        ({"word/document.xml": ""}, "the content is a Word document"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(feed: dict[str, str], told: str) -> None:
    assert told in refusal(archive(feed), format="gtfs", member="stops.txt")


def test_an_archive_that_unfolds_too_far(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = archive({**FEED, "stops.txt": STOPS + "\n" * 20_000_000})
    assert len(bomb) < 100_000
    assert "packed beyond what is usual" in refusal(bomb, format="gtfs", member="stops.txt")
    assert opened(bomb, format="gtfs", member="routes.txt"), "what is not read does no harm"
    monkeypatch.setenv("HANOI_MAX_WORKBOOK_BYTES", "50")
    assert "over 50 (HANOI_MAX_WORKBOOK_BYTES)" in refusal(archive(FEED), format="gtfs", member="stops.txt")


def test_an_archive_that_lies_about_sizes_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(archive(FEED))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 20)
    assert "the archive does not open" in refusal(bytes(content), format="gtfs", member="stops.txt")
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 2)
    assert "the archive holds over 2 files" in refusal(archive(FEED), format="gtfs", member="stops.txt")


def test_a_locked_archive() -> None:
    content = bytearray(archive(FEED))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    assert "locked" in refusal(bytes(content), format="gtfs", member="stops.txt")


WHOLE = archive(FEED)


@few
@given(
    at=st.integers(0, len(WHOLE) - 1), junk=st.binary(max_size=4), end=st.integers(0, len(WHOLE)), form=st.sampled_from(["gtfs", "shapefile"])
)  # fmt: skip
@example(at=0, junk=b"", end=len(WHOLE), form="gtfs")
def test_a_damaged_archive_gives_rows_or_a_reason(at: int, junk: bytes, end: int, form: str) -> None:
    content = (WHOLE[:at] + junk + WHOLE[at + len(junk) :])[:end]
    assert rows_or_reason(content, format=form, member="stops.txt")


def test_real_files_of_a_feed(real_data: Path) -> None:
    files = {p.name: p.read_bytes() for p in sorted((real_data / "transport/gtfs-hanoi-2018").glob("*.txt"))}
    content = archive({f"feed/{name}": held for name, held in files.items()})
    for name in ("stops.txt", "routes.txt", "calendar.txt"):
        _, rows = opened(content, format="gtfs", member=name)
        assert len(rows) == len([line for line in files[name].splitlines() if line.strip()]) - 1
