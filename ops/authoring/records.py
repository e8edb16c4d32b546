"""Tables of the formats that say by themselves where their columns are, as grids to propose a contract for."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from blueprint import Reading
from dags.errors import DeliveryUnreadable
from dags.sources.encodings import AUTO, settled
from dags.sources.formats.archives import members
from dags.sources.formats.geojson import FEATURE_ID
from dags.sources.formats.geometry import HEADERS
from dags.sources.formats.gtfs import REQUIRED
from dags.sources.formats.sniff import Kind
from dags.sources.tables import Table, read
from ops.authoring.doubts import Doubt
from ops.authoring.found import in_json, in_xml
from ops.authoring.grid import ROWS, Grid, UnreadableSample

_ID_HEADER = "id"
_OWN = (FEATURE_ID, *dict.fromkeys(itertools.chain.from_iterable(HEADERS.values())))
"""Columns that a reader adds: left out where they are empty, and put last, for they are not what rows are told apart by."""


class _Said(NamedTuple):
    """A reading as a contract says it, and what is doubtful about it."""

    reading: dict[str, Any]
    doubts: list[Doubt]


def grid_of(path: Path, kind: Kind, part: str | None, encoding: str | None) -> Grid:
    """The grid of the file at ``path``; ``part`` names the file of a feed or the layer of a Shapefile.

    Raises:
        UnreadableSample: there are no records in it.
        DeliveryError: it is damaged.
    """
    said = _SAYS[kind](path, part, encoding)
    table, reading = _opened(path, said.reading)
    rows = list(itertools.islice(_rows(table), ROWS + 1))
    kept = [at for at, header in enumerate(table.header) if header not in _OWN or any(row[at] for row in rows)]
    kept.sort(key=lambda at: table.header[at] in _OWN)
    cells = [[row[at] for at in kept] for row in [list(table.header), *rows[:ROWS]]]
    return Grid(path.name, reading["format"], cells, len(rows) > ROWS, reading=reading, doubts=tuple(said.doubts))


def _opened(path: Path, reading: dict[str, Any]) -> tuple[Table, dict[str, Any]]:
    """The table, in VN-2000 where it cannot be in degrees."""
    if reading["format"] in ("geojson", "shapefile"):
        with suppress(DeliveryUnreadable):
            return read(path, path.name, Reading(**reading)), reading
        metres = reading | {"crs": "EPSG:5897"}
        with suppress(DeliveryUnreadable):
            return read(path, path.name, Reading(**metres)), metres
    return read(path, path.name, Reading(**reading)), reading


def _rows(table: Table) -> Any:
    for block in table.blocks:
        for at in range(len(block.numbers)):
            yield block.received(at)


def _json(path: Path, _: str | None, encoding: str | None) -> _Said:
    said = _encoded(path, encoding)
    places = in_json(path, path.name, said.get("encoding", "utf-8-sig"))
    if not places:
        raise UnreadableSample(
            f"{path.name}: JSON không có danh sách bản ghi nào. Bản ghi phải là các đối tượng trong một danh sách.",
            f"{path.name}: the JSON holds no list of records. Records must be objects in a list.",
        )
    chosen, *others = places
    reading: dict[str, Any] = {"format": "json"}
    reading |= {"records": chosen.path} if chosen.path else {}
    reading |= {"id_header": _ID_HEADER} if chosen.is_keyed else {}
    doubts = []
    if others:
        listed = ", ".join(f"{place.path!r} ({place.count:,})" for place in others[:10])
        doubts.append(
            Doubt(
                None,
                f"Tệp có nhiều danh sách bản ghi; đã lấy {chosen.path or 'danh sách ngoài cùng'!r} ({chosen.count:,}), không lấy {listed}.",
                f"The file has several lists of records; {chosen.path or 'the outermost'!r} ({chosen.count:,}) was taken and not {listed}.",
            )
        )
    if chosen.is_keyed:
        doubts.append(
            Doubt(
                None,
                f"Tên của mỗi bản ghi được coi là mã của nó (cột {_ID_HEADER!r}).",
                f"The name of each record is taken for its id (the column {_ID_HEADER!r}).",
            )
        )
    return _Said(reading | said, doubts)


def _json_lines(path: Path, _: str | None, encoding: str | None) -> _Said:
    return _Said({"format": "jsonl"} | _encoded(path, encoding), [])


def _geojson(path: Path, _: str | None, encoding: str | None) -> _Said:
    return _Said({"format": "geojson"} | _encoded(path, encoding), [])


def _xml(path: Path, _: str | None, encoding: str | None) -> _Said:
    said = _encoded(path, encoding)
    place = in_xml(path, said.get("encoding", "utf-8-sig"))
    if place is None:
        raise UnreadableSample(
            f"{path.name}: XML không có phần tử nào lặp lại để làm bản ghi.",
            f"{path.name}: the XML repeats no element that could be a record.",
        )
    doubt = Doubt(
        None,
        f"Mỗi phần tử {place.path!r} được coi là một bản ghi ({place.count:,}).",
        f"Each element {place.path!r} is taken for a record ({place.count:,}).",
    )
    return _Said({"format": "xml", "records": place.path} | said, [doubt])


def _parquet(_: Path, __: str | None, ___: str | None) -> _Said:
    return _Said({"format": "parquet"}, [])


def _shapefile(_: Path, part: str | None, encoding: str | None) -> _Said:
    return _Said({"format": "shapefile", "encoding": encoding or AUTO} | ({"member": part} if part else {}), [])


def _gtfs(path: Path, part: str | None, _: str | None) -> _Said:
    inside = {m.filename.replace("\\", "/").rpartition("/")[2].casefold() for m in members(path, path.name)}
    tables = [name for name in ("stops.txt", *REQUIRED) if name in inside]
    chosen = part or tables[0]
    others = [name for name in dict.fromkeys(tables) if name != chosen]
    if not others:
        return _Said({"format": "gtfs", "member": chosen}, [])
    listed = ", ".join(others)
    doubt = Doubt(
        None,
        f"Bộ GTFS có nhiều bảng; đã lấy {chosen}, không lấy {listed}. Chọn bảng khác bằng --sheet.",
        f"The GTFS feed has several tables; {chosen} was taken and not {listed}. Choose another with --sheet.",
    )
    return _Said({"format": "gtfs", "member": chosen}, [doubt])


def _encoded(path: Path, declared: str | None) -> dict[str, str]:
    """The encoding that the bytes prove, where the contract must state it."""
    found, _ = settled(path, path.name, declared or AUTO)
    return {} if found in ("utf-8", "utf-8-sig") else {"encoding": found}


_SAYS: dict[Kind, Callable[[Path, str | None, str | None], _Said]] = {
    Kind.JSON: _json,
    Kind.JSON_LINES: _json_lines,
    Kind.GEOJSON: _geojson,
    Kind.XML: _xml,
    Kind.PARQUET: _parquet,
    Kind.SHAPEFILE: _shapefile,
    Kind.GTFS: _gtfs,
}
TAKEN = frozenset(_SAYS)
"""The kinds of file that say by themselves where their columns are."""
