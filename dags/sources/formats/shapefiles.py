"""Shapefiles in a ZIP archive: attributes as columns, shapes as text."""

import codecs
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipInfo

from blueprint import Reading
from dags.errors import DeliveryMissing, DeliveryTruncated, DeliveryUnreadable, WrongEncoding
from dags.sources.encodings import AUTO, Evidence, settled
from dags.sources.formats.archives import members, unpacked
from dags.sources.formats.dbf import AttributeTable, DamagedTable
from dags.sources.formats.geojson import other_crs
from dags.sources.formats.geometry import HEADERS, fields, first_position, refuse_other_system
from dags.sources.formats.records import LONGEST, Record, Records, Typed
from dags.sources.tables import Table

_HEAD, _RECORD = 100, struct.Struct(">ii")
_MAGIC = 9994
_WITH_PARTS = frozenset({3, 5, 13, 15, 23, 25})
_MOST_PARTS = 20_000
"""Rings and lines of one shape."""
_SHAPE = struct.Struct("<i32xi")
_SYSTEM = re.compile(r'\s*(?P<kind>GEOG|GEOD|PROJ)(?:CS|CRS)\s*\[\s*"(?P<name>[^"]*)"', re.IGNORECASE)
_WGS_84 = re.compile(r"WGS[ _]?(?:19)?84", re.IGNORECASE)
_VN_2000 = re.compile(r"VN[-_ ]?2000", re.IGNORECASE)
_PARAMETER = re.compile(r'PARAMETER\s*\[\s*"(?P<name>[^"]*)"\s*,\s*(?P<value>[-0-9.eE]+)', re.IGNORECASE)
_HANOI_ZONE = {"centralmeridian": 105.0, "scalefactor": 0.9999, "falseeasting": 500_000.0}
_NEAR = 1e-6
_LONGEST_SYSTEM = 65_536
_CODE_PAGE = re.compile(r"(?:cp|ansi|windows)?[ -]?(\d{3,4})", re.IGNORECASE)


class _Layer(NamedTuple):
    """The files of one layer: as members of the archive, or as they were unpacked."""

    shp: Any
    dbf: Any
    prj: Any
    cpg: Any


def read_shapefile(path: Path, name: str, reading: Reading) -> Table:
    """The table of the layer in the archive at ``path``; ``reading.member`` names it where there are several.

    The row number counts the records that are not marked as deleted, from 1.

    Raises:
        DeliveryMissing: no such layer.
        DeliveryUnreadable: damaged, several layers, or another reference system than declared.
        DeliveryTruncated, WrongEncoding, DeliveryEmpty: as their names say.
    """
    layer, listed = _chosen(members(path, name), name, reading.member)
    with _opened(path, name, listed) as files:
        if files.prj is not None:
            system = files.prj.read_bytes()[:_LONGEST_SYSTEM].decode("latin-1")
            if stated(system) != reading.crs:
                found = _SYSTEM.match(system)
                raise other_crs(name, found["name"] if found else "", reading.crs)
        table = AttributeTable(files.dbf)
        _refuse_damaged(files.shp, table.rows, name)
        encoding, evidence = _encoding(files, table, name, reading.encoding)

    def opened() -> Iterator[Record]:
        with _opened(path, name, listed) as files:
            yield from _records(files, name, reading, encoding)

    records = Records(name, opened, ())
    return Table(name, layer, records.header, records.blocks(), evidence, header_row=0, first_row=1)


def _chosen(inside: Sequence[ZipInfo], name: str, wanted: str | None) -> tuple[str, _Layer]:
    """The layer to read, by its name without ``.shp``, and the members of the archive that hold it."""
    files = {member.filename.replace("\\", "/").casefold(): member for member in inside}
    layers = {
        member.filename[:-4]: _Layer(member, *(files.get(f"{key[:-4]}.{part}") for part in ("dbf", "prj", "cpg")))
        for key, member in files.items()
        if key.endswith(".shp") and f"{key[:-4]}.dbf" in files
    }
    if wanted is not None:
        called = wanted.casefold().removesuffix(".shp")
        layers_of_name = {n: of for n, of in layers.items() if called in (n.casefold(), _last(n).casefold())}
    else:
        layers_of_name = layers
    if len(layers_of_name) == 1:
        ((path, layer),) = layers_of_name.items()
        return _last(path), layer
    said = ", ".join(sorted(repr(n[-60:]) for n in layers)[:20])
    if not layers_of_name:
        raise DeliveryMissing(
            f"{name}: không có lớp bản đồ {wanted!r}. Các lớp có trong tệp: {said}. Hãy gửi lại đủ lớp.",
            f"{name}: there is no layer {wanted!r}. Layers in the archive: {said}. Send them all again.",
        )
    raise DeliveryUnreadable(
        f"{name}: tệp nén có nhiều lớp bản đồ ({said}). Hãy khai báo `member` trong hợp đồng dữ liệu.",
        f"{name}: the archive has several layers ({said}). Declare `member` in the contract.",
    )


def _last(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


@contextmanager
def _opened(path: Path, name: str, layer: _Layer) -> Iterator[_Layer]:
    """The layer's files for as long as they are read; what goes wrong with them told as damage."""
    there = [part for part, member in layer._asdict().items() if member is not None]
    with unpacked(path, name, [getattr(layer, part) for part in there]) as places:
        try:
            yield _Layer(**{**dict.fromkeys(_Layer._fields), **dict(zip(there, places, strict=True))})
        except DamagedTable as error:
            raise _damaged(name, f".dbf: {error}") from error


def _encoding(files: _Layer, table: AttributeTable, name: str, declared: str) -> tuple[str, Evidence]:
    """The encoding of the table's texts; where they leave it open and the contract as well, the one that the .cpg states."""
    texts = Path(files.dbf).with_suffix(".texts")
    with texts.open("wb") as file:
        for record in table.raw():
            file.writelines(record[f.start : f.end].replace(b"\0", b" ") + b"\n" for f in table.fields if f.kind == "C")
    try:
        return settled(texts, name, declared)
    except WrongEncoding:
        said = files.cpg.read_text("latin-1")[:64].strip() if declared == AUTO and files.cpg is not None else ""
        code = _CODE_PAGE.fullmatch(said)
        return settled(texts, name, f"cp{code[1]}" if code else _known(said) or declared)


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name if encoding else ""
    except LookupError:
        return ""


def _records(files: _Layer, name: str, reading: Reading, encoding: str) -> Iterator[Record]:
    import shapefile

    table, is_placed = AttributeTable(files.dbf), False
    names = table.names(encoding)
    if len({*names, *HEADERS[reading.crs]}) < len(names) + len(HEADERS[reading.crs]):
        raise _damaged(name, f".dbf: two fields of one name among {', '.join(names)}")
    with files.shp.open("rb") as file:
        shapes = shapefile.Reader(shp=file).iterShapes()
        for cells in table.records(encoding):
            geometry = _geometry(shapes, name)
            if cells is None:
                continue
            if not is_placed and first_position(geometry):
                refuse_other_system(geometry, reading.crs, name)
                is_placed = True
            yield {**fields(geometry, reading.geometry, reading.crs), **dict(zip(names, cells, strict=True))}


def _geometry(shapes: Iterator[Any], name: str) -> Any:
    """The next shape as GeoJSON has it."""
    try:
        shape = next(shapes)
        found = None if not shape.shapeType else shape.__geo_interface__
    except Exception as error:  # what a damaged file makes the library raise has no end
        raise _damaged(name, f".shp: {error or type(error).__name__}") from error
    return None if not found or not found["coordinates"] else {**found, "coordinates": _written(found["coordinates"])}


def _written(coordinates: Any) -> Any:
    """Coordinates as the numbers of JSON; heights and measures that are not there are left out."""
    if isinstance(coordinates, float | int):
        return Typed(repr(coordinates))
    return [_written(inner) for inner in coordinates if inner is not None]


def _refuse_damaged(shp: Path, rows: int, name: str) -> None:
    """Go through the sizes that the shapes state, before a reader trusts them."""
    size = shp.stat().st_size
    with shp.open("rb") as file:
        head = file.read(_HEAD)
        if len(head) < _HEAD or int.from_bytes(head[:4], "big") != _MAGIC:
            raise _damaged(name, ".shp: header")
        if (said := int.from_bytes(head[24:28], "big") * 2) != size:
            raise _cut_off(name) if said > size else _damaged(name, f".shp: {size} bytes, not {said}")
        at, count = _HEAD, 0
        while at < size:
            file.seek(at)
            start = file.read(_RECORD.size + _SHAPE.size)
            if len(start) < _RECORD.size + 4:
                raise _cut_off(name)
            length = 2 * _RECORD.unpack_from(start)[1]
            at, count = at + _RECORD.size + length, count + 1
            if not 4 <= length <= LONGEST:
                raise _damaged(name, f".shp: shape {count} of {length} bytes")
            if at > size:
                raise _cut_off(name)
            if len(start) == _RECORD.size + _SHAPE.size:
                kind, parts = _SHAPE.unpack_from(start, _RECORD.size)
                if kind in _WITH_PARTS and not 0 <= parts <= _MOST_PARTS:
                    raise _damaged(name, f".shp: shape {count} of {parts} parts")
    if count != rows:
        raise _damaged(name, f"{count} shapes in .shp, {rows} records in .dbf")


def stated(system: str) -> str:
    """The code of the reference system that a .prj file describes; empty where a reading cannot declare it.

    >>> stated('GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]]]')
    'EPSG:4326'
    """
    found = _SYSTEM.match(system)
    if not found:
        return ""
    if found["kind"].upper() != "PROJ":
        return "EPSG:4326" if _WGS_84.search(found["name"]) else ""
    if not _VN_2000.search(system):
        return ""
    said = {re.sub("[^a-z]", "", p["name"].lower()): float(p["value"]) for p in _PARAMETER.finditer(system)}
    said = {name.removesuffix("atnaturalorigin"): value for name, value in said.items()}
    said.setdefault("centralmeridian", said.get("longitudeofnaturalorigin", said.get("longitude", 0.0)))
    return "EPSG:5897" if all(abs(said.get(name, 0) - value) < _NEAR for name, value in _HANOI_ZONE.items()) else ""


def _damaged(name: str, why: str) -> DeliveryUnreadable:
    return DeliveryUnreadable(
        f"{name}: Shapefile bị hỏng hoặc không khớp ({why}). Hãy xuất và nén lại cả bộ tệp.",
        f"{name}: the Shapefile is damaged or its files do not match ({why}). Export it and pack all its files again.",
    )


def _cut_off(name: str) -> DeliveryTruncated:
    return DeliveryTruncated(
        f"{name}: tệp .shp bị cắt giữa chừng. Hãy xuất và nén lại cả bộ tệp.",
        f"{name}: the .shp file is cut off in the middle. Export it and pack all its files again.",
    )
