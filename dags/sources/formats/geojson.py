"""Features of GeoJSON (RFC 7946): their properties as columns, their geometry as text."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blueprint import Reading
from dags.errors import DeliveryUnreadable
from dags.sources.formats.geometry import fields, first_position, refuse_other_system
from dags.sources.formats.json_records import put_fields, record_of, table_of, text_of
from dags.sources.formats.json_text import Document
from dags.sources.formats.records import Record
from dags.sources.tables import Table

FEATURE_ID = "feature.id"
"""The header of the ids that features have beside their properties."""
_CODE = re.compile(r".*\bEPSG\D*?(?:[0-9.]*[:/])*([0-9]+)", re.IGNORECASE)
_OF_ONE = ("id", "geometry", "properties")


def read_geojson(path: Path, name: str, reading: Reading) -> Table:
    """The table of the features in the GeoJSON document at ``path``, each whole.

    Raises:
        DeliveryUnreadable: no GeoJSON, a reference system that the contract does not declare, or a feature with two meanings.
        DeliveryTruncated, WrongEncoding, DeliveryEmpty: as their names say.
    """
    return table_of(path, name, reading, lambda document: _Features(document, reading).records())


class _Features:
    """The features of one document. What stands around them is checked once they were read, for it may come last."""

    def __init__(self, document: Document, reading: Reading) -> None:
        self.document, self.name, self.reading = document, document.name, reading
        self.number = 0
        self.is_placed = False
        """Whether some geometry was held against the reference system."""
        self.held: dict[str, Any] = {}
        """The members that stand around the features."""

    def records(self) -> Iterator[Record]:
        if self.document.peek() != "{":
            raise self._no_features("")
        for member in self.document.members():
            if member in self.held:
                raise self._twice(member)
            if member == "features" and self.document.peek() == "[":
                self.held[member] = True
                for _ in self.document.elements():
                    yield self._record(self.document.value())
            elif member in ("type", "crs", *_OF_ONE):
                self.held[member] = self.document.value()
            else:
                self.document.skip()
        self.document.end()
        if (crs := self.held.get("crs")) is not None:
            self._refuse_other_crs(crs)
        if self.held.get("type") == "Feature":
            yield self._record(self.held)
        elif self.held.get("type") != "FeatureCollection" or "features" not in self.held:
            raise self._no_features(str(self.held.get("type", "")))

    def _record(self, feature: Any) -> Record:
        self.number += 1
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise DeliveryUnreadable(
                f'{self.name}, đối tượng {self.number}: không phải là một Feature của GeoJSON ("type": "Feature"). Hãy xuất lại tệp.',
                f'{self.name}, feature {self.number}: it is no Feature of GeoJSON ("type": "Feature"). Export the file again.',
            )
        geometry, properties = feature.get("geometry"), feature.get("properties")
        if not self.is_placed and first_position(geometry):
            refuse_other_system(geometry, self.reading.crs, self.name)
            self.is_placed = True
        found: dict[str, str] = {FEATURE_ID: text_of(feature.get("id"))}
        found |= fields(geometry, self.reading.geometry, self.reading.crs)
        return record_of({} if properties is None else properties, self.name, self.number, found)

    def _refuse_other_crs(self, crs: Any) -> None:
        told: dict[str, str] = {}
        if isinstance(crs, dict):
            put_fields(crs, "", told, self.name, 0)
        system = told.get("properties.name") or told.get("name") or ""
        if stated(system) != self.reading.crs:
            raise other_crs(self.name, system, self.reading.crs)

    def _twice(self, member: str) -> DeliveryUnreadable:
        return DeliveryUnreadable(
            f"{self.name}: mục {member!r} xuất hiện hai lần. Hãy xuất lại tệp.",
            f"{self.name}: the member {member!r} is there twice. Export the file again.",
        )

    def _no_features(self, kind: str) -> DeliveryUnreadable:
        said_vi, said_en = (f" (loại {kind!r})", f" (of type {kind!r})") if kind else ("", "")
        return DeliveryUnreadable(
            f'{self.name}: tệp{said_vi} không có danh sách đối tượng của GeoJSON ("type": "FeatureCollection", "features": [...]). '
            "Hãy xuất lại dưới dạng GeoJSON.",
            f'{self.name}: the file{said_en} has no features of GeoJSON ("type": "FeatureCollection", "features": [...]). '
            "Export it as GeoJSON.",
        )


def stated(system: str) -> str:
    """The code of the reference system that is called ``system``; empty where that is unknown.

    >>> stated("urn:ogc:def:crs:OGC:1.3:CRS84"), stated("urn:ogc:def:crs:EPSG::5897"), stated("EPSG:4326"), stated("mine")
    ('EPSG:4326', 'EPSG:5897', 'EPSG:4326', '')
    """
    if re.search(r"\bCRS84$", system):
        return "EPSG:4326"
    found = _CODE.fullmatch(system)
    return f"EPSG:{found[1]}" if found else ""


def other_crs(name: str, came: str, wanted: str) -> DeliveryUnreadable:
    """The error for a file that states another reference system than its contract."""
    return DeliveryUnreadable(
        f"{name}: hợp đồng dữ liệu cần hệ tọa độ {wanted}, nhưng tệp ghi {came or 'một hệ không rõ'!r}. "
        "Hãy xuất lại theo hệ ấy, hoặc khai báo `crs` trong hợp đồng dữ liệu.",
        f"{name}: the contract wants coordinates in {wanted}, but the file states {came or 'an unknown system'!r}. "
        "Export it in that system, or declare `crs` in the contract.",
    )
