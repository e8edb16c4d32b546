"""Code lists: codes with the dates between which they hold, their legal basis and their successors."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from blueprint.concept import Mode, Slug
from blueprint.text import Bilingual, NonEmpty


class CodeEntry(BaseModel):
    """One code over one span of days; ``valid_to`` is the last day it holds, ``None`` while it still does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: NonEmpty
    vi: NonEmpty
    en: NonEmpty
    valid_from: date
    valid_to: date | None = None
    legal_basis: str = ""
    successor: tuple[str, ...] = ()
    """Codes that follow a retired one; the word ``none`` says that nothing follows."""
    attributes: dict[str, str] = Field(default_factory=dict)

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class CodeList(BaseModel):
    """A list of codes; the entries live in the CSV file beside the YAML head of the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codelist: Slug
    version: Annotated[int, Field(ge=1)]
    title: Bilingual
    definition: Bilingual
    source: NonEmpty
    licence: str = ""
    dated: bool = False
    """True where a code is only ever read as of a date, because codes are used again for other things."""
    open: bool = False
    """True where new codes may join the list; readers must expect codes that they do not know yet."""
    compatibility: Mode = Mode.FULL_TRANSITIVE
    entries: tuple[CodeEntry, ...] = ()

    @property
    def ref(self) -> str:
        return f"{self.codelist}@{self.version}"

    def codes(self, as_of: date | None = None) -> frozenset[str]:
        """The codes that hold on ``as_of``.

        A dated list refuses to answer without a date: the same code names another unit in another era.
        """
        if as_of is None and self.dated:
            raise ValueError(f"code list {self.codelist}: a code is only read as of a date; pass as_of")
        return frozenset(e.code for e in self.entries if as_of is None or e.holds_on(as_of))

    def find(self, code: str, as_of: date | None = None) -> CodeEntry | None:
        """The entry of ``code`` that holds on ``as_of``, or ``None``."""
        if as_of is None and self.dated:
            raise ValueError(f"code list {self.codelist}: a code is only read as of a date; pass as_of")
        return next((e for e in self.entries if e.code == code and (as_of is None or e.holds_on(as_of))), None)
