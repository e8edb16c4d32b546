"""Tables of GTFS feeds: the text files of one ZIP archive, or one of them sent by itself.

The columns that a file must have are those that the GTFS Schedule Reference (gtfs.org) calls required in every feed. Times of
trips after midnight, such as ``25:35:00``, are text like any other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blueprint import Reading
from dags.errors import DeliveryMissing, DeliveryUnreadable, HeaderChanged
from dags.sources.blocks import Block
from dags.sources.csv_blocks import CsvFile
from dags.sources.formats.archives import members, unpacked
from dags.sources.formats.sniff import Kind, sniff
from dags.sources.tables import Table, header_texts
from dags.sources.texts import empty

_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
REQUIRED: dict[str, tuple[str, ...]] = {
    name: tuple(columns.split())
    for name, columns in {
        "agency.txt": "agency_name agency_url agency_timezone",
        "stops.txt": "stop_id",
        "routes.txt": "route_id route_type",
        "trips.txt": "route_id service_id trip_id",
        "stop_times.txt": "trip_id stop_sequence",
        "calendar.txt": f"service_id {_DAYS} start_date end_date",
        "calendar_dates.txt": "service_id date exception_type",
        "fare_attributes.txt": "fare_id price currency_type payment_method transfers",
        "fare_rules.txt": "fare_id",
        "shapes.txt": "shape_id shape_pt_lat shape_pt_lon shape_pt_sequence",
        "frequencies.txt": "trip_id start_time end_time headway_secs",
        "transfers.txt": "transfer_type",
        "pathways.txt": "pathway_id from_stop_id to_stop_id pathway_mode is_bidirectional",
        "levels.txt": "level_id level_index",
        "feed_info.txt": "feed_publisher_name feed_publisher_url feed_lang",
        "attributions.txt": "organization_name",
    }.items()
}
"""File of a feed -> the columns without which it is none."""


def read_gtfs(path: Path, name: str, reading: Reading) -> Table:
    """The table of the feed's file that ``reading.member`` names; a folder around the feed's files makes no difference.

    Raises:
        DeliveryMissing: the feed has no such file.
        HeaderChanged: a column that GTFS requires of the file is not there.
        DeliveryUnreadable: no feed, damaged, or two files of that name.
        DeliveryTruncated, WrongEncoding, DeliveryEmpty: as their names say.
    """
    member = str(reading.member)
    with _opened(path, name, member) as place:
        file = CsvFile(place, f"{name}/{member}", reading)
        head = file.head()
    header = header_texts(head) if head else ()
    if not header:
        raise empty(f"{name}/{member}")
    _refuse_others(header, name, member)

    def blocks() -> Iterator[Block]:
        with _opened(path, name, member) as again:
            whole = CsvFile(again, f"{name}/{member}", reading)
            whole.head()
            yield from whole.blocks(len(header))

    return Table(name, member, header, blocks(), file.evidence)


@contextmanager
def _opened(path: Path, name: str, member: str) -> Iterator[Path]:
    """The file ``member`` of the feed at ``path``, for as long as it is read."""
    if sniff(path) is Kind.TEXT:
        yield path
        return
    inside = members(path, name)
    found = [m for m in inside if m.filename.replace("\\", "/").rpartition("/")[2].casefold() == member.casefold()]
    if not found:
        listed = ", ".join(sorted(repr(m.filename[-60:]) for m in inside)[:20])
        raise DeliveryMissing(
            f"{name}: bộ dữ liệu GTFS không có tệp {member!r}. Các tệp có trong đó: {listed}. Hãy gửi lại đủ tệp.",
            f"{name}: the GTFS feed has no file {member!r}. Files in it: {listed}. Send the whole feed again.",
        )
    if len(found) > 1:
        listed = ", ".join(repr(m.filename[-60:]) for m in found)
        raise DeliveryUnreadable(
            f"{name}: có nhiều tệp {member!r} ({listed}), không biết lấy tệp nào. Hãy gửi riêng từng bộ GTFS.",
            f"{name}: there are several files {member!r} ({listed}) and no telling which is meant. Send each feed by itself.",
        )
    with unpacked(path, name, found) as (place,):
        yield place


def _refuse_others(header: tuple[str, ...], name: str, member: str) -> None:
    lacking = [column for column in REQUIRED.get(member.casefold(), ()) if column not in header]
    if lacking:
        listed, wanted = ", ".join(map(repr, header)), ", ".join(map(repr, lacking))
        raise HeaderChanged(
            f"{name}, {member}: chuẩn GTFS bắt buộc có cột {wanted}, nhưng tiêu đề trong tệp là: {listed}. "
            "Hãy gửi lại tệp theo đúng chuẩn GTFS.",
            f"{name}, {member}: GTFS requires the columns {wanted}, but the headers in the file are: {listed}. "
            "Send a file that keeps to GTFS.",
        )
