"""Text in the two languages of the catalogue: Vietnamese first, English always."""

import unicodedata
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

NonEmpty = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Bilingual(BaseModel):
    """One text in Vietnamese and in English; neither may be empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vi: NonEmpty
    en: NonEmpty

    def __str__(self) -> str:
        return self.vi


def unaccented(text: str) -> str:
    """``text`` in small letters without accents, so that unaccented Vietnamese is found as well.

    >>> unaccented("Đống Đa, PHƯỜNG Yên Hoà")
    'dong da, phuong yen hoa'
    """
    apart = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return "".join(c for c in apart if not unicodedata.combining(c))
