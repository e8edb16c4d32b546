"""What the gate says of one accepted set. Holds counts and rules, and of the data at most names of open groups."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self


@dataclass(frozen=True)
class Check:
    """One rule and how the set fared: ``unexpected`` counts the rows against it, ``None`` where rows do not apply."""

    id: str
    column: str | None
    severity: Literal["error", "warning"]
    passed: bool
    unexpected: int | None
    vi: str
    en: str


@dataclass(frozen=True)
class Verdict:
    """Whether an accepted set may become a version. Failed warnings mark it; a failed error refuses it."""

    passed: bool
    dataset: str
    contract: str
    rows: int
    rows_in: int
    rows_quarantined: int
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that refuse the set."""
        return tuple(c for c in self.checks if not c.passed and c.severity == "error")

    @property
    def warnings(self) -> tuple[Check, ...]:
        """The failed checks that only mark the set."""
        return tuple(c for c in self.checks if not c.passed and c.severity == "warning")

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain lists, texts and numbers."""
        return {**asdict(self), "checks": [asdict(c) for c in self.checks]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The verdict that ``to_json`` wrote."""
        return cls(**{**content, "checks": tuple(Check(**c) for c in content["checks"])})

    def summary(self, lang: Literal["vi", "en"] = "vi") -> str:
        """One line for a table or a log.

        >>> Verdict(True, "wards", "wards@1.0.0", 126, 130, 4, ()).summary("en")
        'passed: wards, 126 rows, 4 of 130 quarantined; 0 checks, 0 failed, 0 warnings'
        """
        failed, warned = len(self.failed), len(self.warnings)
        if lang == "vi":
            state = "đạt" if self.passed else "không đạt"
            line = (
                f"{state}: {self.dataset}, {self.rows} dòng, cách ly {self.rows_quarantined} trên {self.rows_in}; "
                f"{len(self.checks)} kiểm tra, {failed} không đạt, {warned} cảnh báo"
            )
        else:
            state = "passed" if self.passed else "failed"
            line = (
                f"{state}: {self.dataset}, {self.rows} rows, {self.rows_quarantined} of {self.rows_in} quarantined; "
                f"{len(self.checks)} checks, {failed} failed, {warned} warnings"
            )
        return line + (f" ({', '.join(c.id for c in self.failed)})" if self.failed else "")


def in_tenths(share: float) -> str:
    """A share in percent with one decimal, as it is written in Vietnamese.

    >>> in_tenths(0.1234)
    '12,3 %'
    """
    return f"{share:.1%}".replace(".", ",").replace("%", " %")
