"""What every part of a contract shares: fixed once made, nothing unknown in it, and how its names are written."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Semver = Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]


def semver(version: str) -> tuple[int, int, int]:
    """A version as numbers: major, minor, patch.

    >>> semver("1.10.0")
    (1, 10, 0)
    """
    major, minor, patch = map(int, version.split("."))
    return major, minor, patch


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
