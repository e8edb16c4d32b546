"""Crosswalks: which unit of one era goes into which unit of the next, and with what share of its land and people."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from blueprint.concept import Slug
from blueprint.text import Bilingual, NonEmpty

Weight = Literal["area", "population"]
Share = Annotated[Decimal, Field(ge=0, le=1)]


class Pair(BaseModel):
    """One former unit going into one present unit.

    The weights are the shares of the former unit's land and people that go along; ``None`` where nobody knows.
    ``weight_basis`` is a short code that the crosswalk's definition explains.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    old_code: NonEmpty
    new_code: NonEmpty
    relation: Literal["full", "partial"]
    area_weight: Share | None = None
    population_weight: Share | None = None
    weight_basis: str = ""
    legal_basis: str = ""
    attributes: dict[str, str] = Field(default_factory=dict)

    def weight(self, by: Weight) -> Decimal | None:
        """The share of the former unit that goes along: 1 for a whole unit."""
        return self.area_weight if by == "area" else self.population_weight


class Crosswalk(BaseModel):
    """All pairs between two eras of one code list; the pairs live in the CSV file beside the YAML head.

    ``former`` is the last day of the former era and ``present`` the first day of the next.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    crosswalk: Slug
    version: Annotated[int, Field(ge=1)]
    title: Bilingual
    definition: Bilingual
    source: NonEmpty
    licence: str = ""
    codelist: Slug
    former: date
    present: date
    pairs: tuple[Pair, ...] = ()

    @property
    def ref(self) -> str:
        return f"{self.crosswalk}@{self.version}"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.present != self.former + timedelta(days=1):
            raise ValueError(f"present ({self.present}) must be the day after former ({self.former})")
        of: dict[str, list[Pair]] = {}
        for pair in self.pairs:
            of.setdefault(pair.old_code, []).append(pair)
        for old, pairs in of.items():
            if len({p.new_code for p in pairs}) != len(pairs):
                raise ValueError(f"{old}: a pair repeats")
            if (len(pairs) == 1) != (pairs[0].relation == "full"):
                raise ValueError(f"{old}: a unit goes whole (full) into one unit or in parts (partial) into several")
            for by in ("area", "population"):
                shares = [p.weight(by) for p in pairs]
                known = [s for s in shares if s is not None]
                if known and (len(known) != len(shares) or sum(known) != 1):
                    raise ValueError(f"{old}: the {by} weights must all be given and sum to 1; they are {shares}")
        return self
