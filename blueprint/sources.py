"""Every kind of source that a contract can declare, told apart by ``kind``."""

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from blueprint.endpoints import ArcgisSource, CkanSource, NgsiLdSource, SensorThingsSource, SocrataSource
from blueprint.places import FolderSource, HttpSource, ObjectStoreSource, SftpSource, SqlSource
from blueprint.source import Source


def _kind(value: Any) -> str:
    kind = value.get("kind", "agency") if isinstance(value, dict) else getattr(value, "kind", "agency")
    return "agency" if kind == "repository" or not isinstance(kind, str) else kind


AnySource = Annotated[
    Annotated[Source, Tag("agency")]
    | Annotated[HttpSource, Tag("http")]
    | Annotated[FolderSource, Tag("folder")]
    | Annotated[ObjectStoreSource, Tag("object-store")]
    | Annotated[SftpSource, Tag("sftp")]
    | Annotated[SqlSource, Tag("sql")]
    | Annotated[CkanSource, Tag("ckan")]
    | Annotated[SocrataSource, Tag("socrata")]
    | Annotated[ArcgisSource, Tag("arcgis")]
    | Annotated[SensorThingsSource, Tag("sensorthings")]
    | Annotated[NgsiLdSource, Tag("ngsi-ld")],
    Discriminator(_kind),
]

__all__ = [
    "AnySource",
    "ArcgisSource",
    "CkanSource",
    "FolderSource",
    "HttpSource",
    "NgsiLdSource",
    "ObjectStoreSource",
    "SensorThingsSource",
    "SftpSource",
    "SocrataSource",
    "Source",
    "SqlSource",
]
