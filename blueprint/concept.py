"""Concepts: the shared definitions that every column of every dataset binds to."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from blueprint.text import Bilingual, NonEmpty

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
ConceptRef = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*@[1-9][0-9]*$")]


class Classification(StrEnum):
    """How far data may travel, from widest to narrowest."""

    OPEN = "open"
    SHARED = "shared"
    RESTRICTED = "restricted"
    PERSONAL = "personal"


PhysicalType = Literal["string", "integer", "decimal", "double", "boolean", "date", "timestamp"]


class Concept(BaseModel):
    """One shared definition in one version; released versions never change.

    ``unit`` is a UCUM code. ``minimum`` and ``maximum`` are inclusive and in that unit. ``source`` names the decree or
    standard that the definition rests on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    concept: Slug
    version: Annotated[int, Field(ge=1)]
    title: Bilingual
    definition: Bilingual
    type: PhysicalType
    classification: Classification
    unit: str | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    codelist: Slug | None = None
    source: NonEmpty

    @property
    def ref(self) -> str:
        return f"{self.concept}@{self.version}"
