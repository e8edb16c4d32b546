"""Formats of delivered files, and what a reading says about each beside where its rows are."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from blueprint.part import Part

_BY_RECORDS = ("json", "jsonl", "geojson", "xml")
_SPATIAL = ("geojson", "shapefile")


class Format(Part):
    """The format that files are held against, by their content and never by their name, and its own options.

    >>> Format(format="gtfs", member="stops.txt").member
    'stops.txt'
    """

    FORMATS_OF: ClassVar[dict[str, tuple[str, ...]]] = {
        "records": ("json", "xml"),
        "id_header": ("json",),
        "may_lack": _BY_RECORDS,
        "geometry": _SPATIAL,
        "crs": _SPATIAL,
        "member": ("gtfs", "shapefile"),
        "fields": ("fixed",),
    }
    """Option -> the formats that have it."""
    NEEDED: ClassVar[dict[str, str]] = {"gtfs": "member", "fixed": "fields", "xml": "records"}

    format: Literal["csv", "excel", "json", "jsonl", "geojson", "shapefile", "gtfs", "xml", "parquet", "fixed"]
    records: str = ""
    """Where the records are. In JSON the names that lead to their list, joined by points, with ``*`` for each element of a
    list (``result.records``, ``*.Wards``); the document itself where empty. In XML the path of the element that is repeated,
    from the root (``DanhSach/ThuTuc``)."""
    id_header: str | None = None
    """JSON objects whose names are the ids of the records, ``{"267": {...}, ...}``: the header under which the ids come."""
    may_lack: tuple[str, ...] = ()
    """Headers that a file may lack because no record has a value there; JSON from the web often leaves such fields out."""
    geometry: Literal["wkt", "geojson"] = "wkt"
    """How the column ``geometry`` is written."""
    crs: Literal["EPSG:4326", "EPSG:5897"] = "EPSG:4326"
    """The reference system of the coordinates: WGS 84 in degrees, or VN-2000 in the 3° zone of Hà Nội in metres. A file that
    states another is refused."""
    member: str | None = None
    """The file of a GTFS feed that holds the table, such as ``stops.txt``; the layer of a Shapefile archive with several."""
    fields: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """Fixed-width text: first and last character, from 1, of each column by its header."""

    @model_validator(mode="after")
    def _options_belong_to_the_format(self) -> Self:
        for option in sorted(self.model_fields_set & self.FORMATS_OF.keys()):
            if self.format not in (formats := self.FORMATS_OF[option]):
                raise ValueError(f"`{option}` is for {' and '.join(formats)}, not for {self.format}")
        needed = self.NEEDED.get(self.format)
        if needed and not getattr(self, needed):
            raise ValueError(f"`{needed}` is missing; {self.format} cannot be read without it")
        if not all(1 <= first <= last for first, last in self.fields.values()):
            raise ValueError("`fields` count characters from 1: [first, last]")
        return self

    @property
    def holds_dates(self) -> bool:
        """Whether cells can hold dates that are no texts."""
        return self.format in ("excel", "parquet", "shapefile")
