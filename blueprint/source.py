"""Sources: where the deliveries of a dataset come from."""

from typing import Literal

from pydantic import Field

from blueprint.layout import Reading
from blueprint.part import Part


class Source(Part):
    """Where deliveries come from. The first source whose files are there is used.

    ``agency`` files are found under the folder or URL of the setting ``HANOI_SOURCES``; ``repository`` files belong to
    the Blueprint itself and are always there.
    """

    kind: Literal["agency", "repository"] = "agency"
    files: tuple[str, ...]
    """Paths or globs; all of them together are one delivery."""
    reading: Reading
    readings: dict[str, Reading] = Field(default_factory=dict)
    """Reading per file name, where one differs."""
    note: str = ""
