"""What a file holds, told by its content: never by its name."""

import codecs
import re
import zipfile
from enum import StrEnum
from pathlib import Path

from dags.errors import DeliveryUnreadable
from dags.sources.formats.archives import TooMany, listed
from dags.sources.html_tables import looks_like_html

_SEEN = 64 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EMPTY_ZIP = b"PK\x05\x06"
_IMAGES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
_PACKED = (b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
_JSON = re.compile(
    r'\{\s*(?:"|\})|\[\s*(?:[{\["\]]|(?:-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)\s*(?:,|\]\s*\Z))'
)
_WHOLE_LINE = re.compile(r"\{[^\r\n]*\}[ \t]*\r?\n\s*\{")
_GEO = re.compile(
    r'"type"\s*:\s*"(?:Feature(?:Collection)?|(?:Multi)?(?:Point|LineString|Polygon)|GeometryCollection)"'
)
_XML = re.compile(r"<\?xml\s|<!DOCTYPE\s|<!--|<[^\W\d][\w.:-]*(?:\s+[\w.:-]+\s*=\s*[\"']|\s*/?>)")
_GTFS = frozenset(
    f"{name}.txt"
    for name in ("agency", "stops", "routes", "trips", "stop_times", "calendar", "calendar_dates", "feed_info")
)
_DIRECTORY_AT, _SECTOR, _NAMES = 48, 512, 128


class Kind(StrEnum):
    """What a file can hold."""

    TEXT = "text"
    EXCEL = "excel"
    HTML = "html"
    JSON = "json"
    JSON_LINES = "jsonl"
    GEOJSON = "geojson"
    XML = "xml"
    PARQUET = "parquet"
    ZIP = "zip"
    CUT_ZIP = "cut-zip"
    SHAPEFILE = "shapefile"
    GTFS = "gtfs"
    PDF = "pdf"
    WORD = "word"
    IMAGE = "image"
    PACKED = "packed"
    OTHER = "other"


_SAID: dict[Kind, tuple[str, str]] = {
    Kind.EXCEL: ("một sổ tính Excel", "an Excel workbook"),
    Kind.HTML: ("một trang web (HTML), có thể là trang báo lỗi", "a web page (HTML), perhaps an error page"),
    Kind.JSON: ("JSON", "JSON"),
    Kind.JSON_LINES: ("JSON Lines (mỗi dòng một bản ghi JSON)", "JSON Lines (a JSON record in each line)"),
    Kind.GEOJSON: ("GeoJSON", "GeoJSON"),
    Kind.XML: ("XML", "XML"),
    Kind.PARQUET: ("Parquet", "Parquet"),
    Kind.ZIP: ("một tệp nén ZIP", "a ZIP archive"),
    Kind.CUT_ZIP: (
        "một tệp nén hoặc sổ tính Excel bị cắt, hỏng",
        "an archive or an Excel workbook, cut off or damaged",
    ),
    Kind.SHAPEFILE: ("bản đồ Shapefile nén ZIP", "a zipped Shapefile"),
    Kind.GTFS: ("bộ dữ liệu GTFS nén ZIP", "a zipped GTFS feed"),
    Kind.PDF: ("một tài liệu PDF", "a PDF document"),
    Kind.WORD: ("một tài liệu Word hoặc trình chiếu", "a Word document or a presentation"),
    Kind.IMAGE: ("một tệp ảnh", "an image"),
    Kind.PACKED: ("một tệp nén (gzip, 7z, RAR…)", "a compressed file (gzip, 7z, RAR…)"),
}
_WANTED: dict[str, tuple[str, str, str]] = {
    "csv": ("CSV", "không phải tệp CSV", "no CSV file"),
    "excel": ("Excel", "không phải sổ tính Excel", "no Excel workbook"),
    "json": ("JSON", "không phải JSON", "no JSON"),
    "jsonl": ("JSON Lines", "không phải JSON Lines", "no JSON Lines"),
    "geojson": ("GeoJSON", "không phải GeoJSON", "no GeoJSON"),
    "xml": ("XML", "không phải XML", "no XML"),
    "parquet": ("Parquet", "không phải Parquet", "no Parquet file"),
    "shapefile": (
        "Shapefile (.zip)",
        "không phải tệp ZIP có .shp và .dbf",
        "no ZIP archive with a .shp and a .dbf file",
    ),
    "gtfs": ("GTFS (.zip)", "không phải bộ dữ liệu GTFS", "no GTFS feed"),
    "fixed": ("văn bản có cột cố định / fixed-width text", "không phải văn bản", "no text"),
}
_TAKEN: dict[str, frozenset[Kind]] = {
    "csv": frozenset({Kind.TEXT, Kind.OTHER}),
    "excel": frozenset({Kind.EXCEL, Kind.HTML, Kind.ZIP, Kind.CUT_ZIP}),
    "json": frozenset({Kind.JSON, Kind.GEOJSON}),
    "jsonl": frozenset({Kind.JSON_LINES, Kind.JSON, Kind.GEOJSON}),
    "geojson": frozenset({Kind.GEOJSON, Kind.JSON}),
    "xml": frozenset({Kind.XML}),
    "parquet": frozenset({Kind.PARQUET}),
    "shapefile": frozenset({Kind.SHAPEFILE, Kind.CUT_ZIP}),
    "gtfs": frozenset({Kind.GTFS, Kind.ZIP, Kind.CUT_ZIP, Kind.TEXT}),
    "fixed": frozenset({Kind.TEXT, Kind.OTHER}),
}
"""Format -> what its reader looks into; what it then finds wrong it tells by itself."""


def sniff(path: Path) -> Kind:
    """What the file at ``path`` holds; ``OTHER`` where nothing is known that begins so."""
    with path.open("rb") as file:
        start = file.read(_SEEN)
        if start.startswith(_OLE):
            return _of_ole(start, path)
    if start.startswith((_ZIP, _EMPTY_ZIP)):
        return _of_zip(path)
    if start.startswith(b"PAR1"):
        return Kind.PARQUET
    if start.startswith(b"%PDF-"):
        return Kind.PDF
    if start.startswith(_IMAGES) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP"):
        return Kind.IMAGE
    if start.startswith(_PACKED):
        return Kind.PACKED
    return _of_text(start)


def called(kind: Kind) -> tuple[str, str]:
    """What the agency calls a file of ``kind``, in Vietnamese and English."""
    return _SAID.get(kind, ("văn bản", "text") if kind is Kind.TEXT else ("dữ liệu không rõ loại", "of no known kind"))


def refuse_others(path: Path, name: str, wanted: str) -> Kind:
    """What the file holds that the agency called ``name``, where a reading of the format ``wanted`` can take it.

    Raises:
        DeliveryUnreadable: another format, in plain words.
    """
    found = sniff(path)
    if found in _TAKEN[wanted]:
        return found
    form, no_vi, no_en = _WANTED[wanted]
    form_vi, _, form_en = form.partition(" / ")
    came_vi, came_en = _SAID.get(found, (no_vi, no_en))
    raise DeliveryUnreadable(
        f"{name}: hợp đồng dữ liệu cần tệp {form_vi}, nhưng nội dung là {came_vi}. Hãy gửi lại đúng định dạng.",
        f"{name}: the contract wants {form_en or form_vi}, but the content is {came_en}. Send it again in that format.",
    )


def _of_zip(path: Path) -> Kind:
    try:
        names = {member.filename.casefold() for member in listed(path)}
    except TooMany:
        return Kind.ZIP
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Kind.CUT_ZIP
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return Kind.EXCEL if "xl/workbook.xml" in names else Kind.ZIP
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        return Kind.WORD
    if len(_GTFS & {name.rpartition("/")[2] for name in names}) > 1:
        return Kind.GTFS
    return Kind.SHAPEFILE if any(f"{name[:-4]}.dbf" in names for name in names if name.endswith(".shp")) else Kind.ZIP


def _of_ole(start: bytes, path: Path) -> Kind:
    """Workbooks and documents from before 2007 differ in the names of their streams."""
    at = (int.from_bytes(start[_DIRECTORY_AT : _DIRECTORY_AT + 4], "little") + 1) * _SECTOR
    with path.open("rb") as file:
        file.seek(at)
        names = file.read(_SECTOR)
    entries = [names[n : n + 64].decode("utf-16-le", "ignore").split("\0")[0] for n in range(0, len(names), _NAMES)]
    return Kind.WORD if {"WordDocument", "PowerPoint Document"} & set(entries) else Kind.EXCEL


def _of_text(start: bytes) -> Kind:
    mark = next((m for m in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) if start.startswith(m)), b"")
    wide = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(mark)
    if not wide and b"\0" in start[:4]:
        wide = "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    text = start[len(mark) :].decode(wide or "utf-8", "ignore").lstrip()
    if looks_like_html(text.encode()):
        return Kind.HTML
    if _JSON.match(text):
        if text.startswith("{") and _WHOLE_LINE.match(text):
            return Kind.JSON_LINES
        return Kind.GEOJSON if text.startswith("{") and _GEO.search(text) else Kind.JSON
    if _XML.match(text):
        return Kind.XML
    return Kind.OTHER if "\0" in text else Kind.TEXT
