"""Sources: where the deliveries of a dataset come from."""

from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from blueprint.dated import Dated, Days, days_of, filled, is_dated
from blueprint.layout import Reading
from blueprint.part import Part

SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
"""The name under which the platform finds a credential; the credential itself is never in a contract."""


class Source(Part):
    """Where deliveries come from. The first source whose files are there is used.

    ``agency`` files are found under the folder or URL of the setting ``HANOI_SOURCES``; ``repository`` files belong to
    the Blueprint itself and are always there. The other kinds are models of their own, in ``blueprint.places`` and
    ``blueprint.endpoints``.
    """

    of_date: ClassVar[tuple[str, ...]] = ("files",)
    """The fields whose texts may hold places for a date."""

    kind: Literal["agency", "repository"] = "agency"
    files: tuple[Dated, ...]
    """Paths or globs; all of them together are one delivery. ``{date}``, ``{year}``, ``{month}`` and ``{day}`` are those of
    the day that is run for, in Asia/Ho_Chi_Minh."""
    reading: Reading
    readings: dict[str, Reading] = Field(default_factory=dict)
    """Reading per file name, where one differs."""
    note: str = ""
    last: Days = "1 day"
    """How many days a dated delivery spans: ``3 days`` takes what is there of the day and the two before, so that a late
    file is still found. The files of one of the days at least must be there."""
    lag: Days = "0 days"
    """How many days before the day of the run the newest file is of: ``1 day`` where yesterday's file comes today."""

    @property
    def dated(self) -> bool:
        """Whether each day has files or a query of its own."""
        return any(is_dated(getattr(self, name)) for name in self.of_date)

    def days(self, run: date) -> tuple[date, ...]:
        """The days whose files a run for ``run`` looks for, oldest first."""
        newest = run - timedelta(days=days_of(self.lag))
        return tuple(newest - timedelta(days=back) for back in reversed(range(days_of(self.last))))

    def on(self, day: date) -> Self:
        """The source as it is for one day, every place for a date filled."""
        return self.model_copy(update={name: filled(getattr(self, name), day) for name in self.of_date})

    @model_validator(mode="after")
    def _names_what_to_look_for(self) -> Self:
        if not self.files:
            raise ValueError("name one file at least")
        if self.kind in ("agency", "repository"):
            for path in self.files:
                inside(path)
        if days_of(self.last) == 0:
            raise ValueError("last spans 1 day at least")
        if (self.last, self.lag) != ("1 day", "0 days") and not self.dated:
            raise ValueError("last and lag need a place for a date, such as {date}, in what is looked for")
        return self


def inside(path: str) -> str:
    """``path``, which must lead down from where it starts: no absolute path, no ``..``."""
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path or "\0" in path:
        raise ValueError(f"{path!r} must be a relative path that stays within its folder, written with /")
    return path
