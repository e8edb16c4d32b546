"""Concepts: the shared definitions that every column of every dataset binds to."""

import re
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from blueprint.text import Bilingual, NonEmpty

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
ConceptRef = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*@[1-9][0-9]*$")]


class Classification(StrEnum):
    """How far data may travel, from widest to narrowest."""

    OPEN = "open"
    SHARED = "shared"
    RESTRICTED = "restricted"
    PERSONAL = "personal"


class Mode(StrEnum):
    """What a new version of a declaration owes to the versions before it.

    ``BACKWARD`` accepts all data that the former accepted; ``FORWARD`` accepts no other data; ``FULL`` is both. The
    transitive modes hold against every live version, the others against the latest.
    """

    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"
    NONE = "NONE"


PhysicalType = Literal[
    "string",
    "integer",
    "int32",
    "decimal",
    "double",
    "float",
    "boolean",
    "date",
    "timestamp",
    "timestamp_local",
]
ValidationLevel = Literal["shape", "checksum", "register"]


class Concept(BaseModel):
    """One shared definition in one version; released versions never change.

    ``type`` is physical: ``integer`` has 64 bits, ``timestamp`` is an instant in UTC, ``timestamp_local`` has no zone.
    ``unit`` is a UCUM code. ``minimum`` and ``maximum`` are inclusive and in that unit; lengths count characters.
    ``source`` names the decree or standard that the definition rests on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    concept: Slug
    version: Annotated[int, Field(ge=1)]
    title: Bilingual
    definition: Bilingual
    type: PhysicalType
    classification: Classification
    unit: str | None = None
    crs: str | None = None
    """Coordinate reference system of a coordinate, such as EPSG:4326."""
    currency: str | None = None
    """ISO 4217 code of an amount of money."""
    calendar: str | None = None
    """Calendar of a date where it is not the Gregorian one, or of a period, such as the school year."""
    precision: Annotated[int, Field(ge=1, le=38)] | None = None
    """Digits of a decimal in all; 18 with 6 after the point where absent."""
    scale: Annotated[int, Field(ge=0, le=38)] | None = None
    pattern: str | None = None
    min_length: Annotated[int, Field(ge=0)] | None = None
    max_length: Annotated[int, Field(ge=1)] | None = None
    minimum: float | None = None
    maximum: float | None = None
    codelist: Slug | None = None
    """Code list by name; its newest version is read, for a published list only grows."""
    identifier: Slug | None = None
    """The identifier of ``blueprint.identifiers`` whose shape or checksum values must have."""
    validation: ValidationLevel | None = None
    """How far a value can be checked here; a value of level ``shape`` is never called a valid person or firm."""
    same_as: tuple[ConceptRef, ...] = ()
    """Concepts of the same meaning, so that a column may be bound to one or the other."""
    compatibility: Mode = Mode.FULL_TRANSITIVE
    examples: tuple[str, ...] = ()
    """Made-up or public values; never a value of a person."""
    source: NonEmpty

    @property
    def ref(self) -> str:
        return f"{self.concept}@{self.version}"

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.pattern is not None:
            re.compile(self.pattern)
        if (self.precision is not None or self.scale is not None) and self.type != "decimal":
            raise ValueError(f"precision and scale belong to a decimal, not to {self.type}")
        if self.scale is not None and (self.precision is None or self.scale > self.precision):
            raise ValueError("scale needs a precision that is at least as large")
        return self
