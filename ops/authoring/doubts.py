"""Doubts: what a file does not say by itself, for the person who knows the data to settle."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Doubt:
    """One question about a proposed contract; ``column`` is ``None`` where it concerns the whole dataset."""

    column: str | None
    vi: str
    en: str

    def to_json(self) -> dict[str, str | None]:
        return asdict(self)
