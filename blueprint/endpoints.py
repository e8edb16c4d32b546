"""Data services that give a dataset page by page: CKAN, Socrata, ArcGIS, OGC SensorThings and NGSI-LD.

All pages together are one delivery: the records as the service wrote them, one a line (``jsonl``), or as one
FeatureCollection where the reading says ``geojson``.
"""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from blueprint.dated import Dated
from blueprint.places import Inside, WebAddress, WebSource

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
Parameters = dict[Annotated[str, StringConstraints(pattern=r"^[$A-Za-z][A-Za-z0-9_.$-]*$")], Dated]


class PagedSource(WebSource):
    """What the services share: the address, how much is asked for at once, and how much is taken at most."""

    of_date: ClassVar[tuple[str, ...]] = ("files", "url", "parameters")
    kind: Any
    url: WebAddress
    parameters: Parameters = Field(default_factory=dict)
    """Further parameters of the service's own, such as a filter; paging and order are set by the platform."""
    page_size: Annotated[int, Field(ge=1, le=50_000)] = 1000
    max_pages: Annotated[int, Field(ge=1)] = 10_000
    max_records: Annotated[int, Field(ge=1)] = 1_000_000
    files: tuple[Inside] = ("records",)
    """The name that the records are delivered under."""
    own: ClassVar[frozenset[str]] = frozenset()
    """Parameters that paging needs for itself."""

    @model_validator(mode="after")
    def _parameters_are_free(self) -> Self:
        if taken := self.own & set(self.parameters):
            raise ValueError(f"the parameter {min(taken)!r} is set by the platform itself")
        return self

    @model_validator(mode="after")
    def _format_holds_records(self) -> Self:
        formats = ("jsonl", "geojson") if self.kind == "arcgis" else ("jsonl",)
        whole = self.kind == "ckan" and getattr(self, "take", "") == "file"
        if not whole and self.reading.format not in formats:
            raise ValueError(f"the records are delivered as {' or '.join(formats)}; say so in reading.format")
        return self


class CkanSource(PagedSource):
    """A resource of a CKAN portal: its DataStore rows, or the file itself. The secret is an API token."""

    of_date: ClassVar[tuple[str, ...]] = ("files", "url", "parameters", "filters")
    own: ClassVar[frozenset[str]] = frozenset(
        {"resource_id", "id", "limit", "offset", "sort", "include_total", "filters"}
    )
    kind: Literal["ckan"]
    resource: Identifier
    take: Literal["rows", "file"] = "rows"
    filters: dict[str, Dated | tuple[Dated, ...]] = Field(default_factory=dict)
    """Values that columns of the DataStore must have."""
    sent_as: Literal["bearer", "basic", "plain"] = "plain"


class SocrataSource(PagedSource):
    """A dataset of a Socrata portal, by its four-by-four id. The secret is an application token."""

    own: ClassVar[frozenset[str]] = frozenset({"$limit", "$offset", "$order", "$query"})
    kind: Literal["socrata"]
    dataset: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{4}-[a-z0-9]{4}$")]
    sent_as: Literal["bearer", "basic", "plain"] = "plain"
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,60}$")] = "X-App-Token"


class ArcgisSource(PagedSource):
    """A layer of an ArcGIS feature or map service, as GeoJSON features; ``url`` ends with the layer's number."""

    own: ClassVar[frozenset[str]] = frozenset(
        {"f", "resultOffset", "resultRecordCount", "orderByFields", "returnCountOnly", "outFields", "where"}
    )
    of_date: ClassVar[tuple[str, ...]] = ("files", "url", "parameters", "where")
    kind: Literal["arcgis"]
    where: Dated = "1=1"
    fields: tuple[str, ...] = ("*",)
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,60}$")] = "X-Esri-Authorization"

    @model_validator(mode="after")
    def _is_a_layer(self) -> Self:
        if not self.url.rstrip("/").rsplit("/", 1)[-1].isdigit():
            raise ValueError("the address of a layer ends with its number, such as …/FeatureServer/0")
        return self


class SensorThingsSource(PagedSource):
    """Entities of an OGC SensorThings service; ``url`` is its root, such as ``https://sensors.example/v1.1``."""

    own: ClassVar[frozenset[str]] = frozenset({"$top", "$skip", "$count", "$orderby"})
    of_date: ClassVar[tuple[str, ...]] = ("files", "url", "parameters", "entities")
    kind: Literal["sensorthings"]
    entities: Annotated[Dated, StringConstraints(pattern=r"^[A-Z][A-Za-z]*(\([^()/?#]+\)/[A-Z][A-Za-z]*)*$")]
    """A collection, such as ``Observations`` or ``Datastreams(7)/Observations``."""
    page_size: Annotated[int, Field(ge=1, le=50_000)] = 100


class NgsiLdSource(PagedSource):
    """Entities of one type in an NGSI-LD context broker; ``url`` is its root, such as ``https://broker.example/ngsi-ld/v1``."""

    own: ClassVar[frozenset[str]] = frozenset({"type", "limit", "offset", "count", "options"})
    kind: Literal["ngsi-ld"]
    type: Annotated[str, StringConstraints(pattern=r"^[^\s<>\"&?#]+$", max_length=300)]
    context: WebAddress | None = None
    """The JSON-LD context that tells what ``type`` and the attributes' names mean."""
    tenant: Identifier | None = None
    form: Literal["keyValues", "normalized"] = "keyValues"
    page_size: Annotated[int, Field(ge=1, le=50_000)] = 100
