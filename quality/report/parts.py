"""What the models of the report have in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Language = Literal["vi", "en"]


class Part(BaseModel):
    """A part of a result: it does not change, and knows every field that it may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def letters(position: int) -> str:
    """The name that a spreadsheet gives a column; positions count from 1.

    >>> [letters(n) for n in (1, 26, 27, 703)]
    ['A', 'Z', 'AA', 'AAA']
    """
    name = ""
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
