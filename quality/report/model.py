"""One quality result: what the platform found in one delivery, where, and what would be right."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints

from blueprint.text import Bilingual
from quality.report.parts import Count, Language, Part, letters
from quality.report.score import Dimension, Score
from quality.verdict import Check, Verdict

FORMAT = 1
"""The number of this format. A field that changes its meaning or goes away makes a new number."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Validity = Literal["passed", "passed-with-warnings", "refused", "unreadable"]


class File(Part):
    """One delivered file: its name, SHA-256 and size in bytes."""

    name: str
    sha256: Sha256
    bytes: Count


class DeliveryOf(Part):
    """The delivery that was judged."""

    id: Sha256
    files: tuple[File, ...]
    simulated: bool = False


class RowCounts(Part):
    """Rows of the delivery: ``received`` is ``accepted`` and ``quarantined``; ``out_of_scope`` belong to other datasets."""

    received: Count = 0
    accepted: Count = 0
    quarantined: Count = 0
    out_of_scope: Count = 0


class Span(Part):
    """Rows that follow each other in the source, ``first`` to ``last``, as the source numbers them."""

    first: Count
    last: Count

    def __len__(self) -> int:
        return self.last - self.first + 1


class Cause(Part):
    """Rows of one file that break a rule by the same value.

    ``came`` is that value, or several with their columns where the rule reads several; hidden where ``masked``. ``column`` is
    the position in the file, from 1. ``spans`` hold the first of ``rows`` rows; the last one is row ``last``.
    """

    file: str
    sheet: str | None
    column: Annotated[int, Field(ge=1)] | None
    came: str | None
    masked: bool
    rows: Annotated[int, Field(ge=1)]
    spans: Annotated[tuple[Span, ...], Field(min_length=1)]
    last: Count

    @property
    def letter(self) -> str | None:
        """The column as a spreadsheet names it; ``None`` in a text file."""
        return letters(self.column) if self.column and self.sheet is not None else None

    @property
    def more(self) -> int:
        """How many rows ``spans`` leave out."""
        return self.rows - sum(map(len, self.spans))

    def places(self) -> str:
        """The places of ``spans``: cells of a spreadsheet, or row numbers.

        >>> spans = (Span(first=14, last=14), Span(first=16, last=20))
        >>> Cause(file="a.xlsx", sheet="S", column=3, came="x", masked=False, rows=6, spans=spans, last=20).places()
        'C14, C16–C20'
        """
        at = self.letter or ""
        return ", ".join(f"{at}{s.first}" if s.first == s.last else f"{at}{s.first}–{at}{s.last}" for s in self.spans)


class FaultColumn(Part):
    """A column that a rule reads: its name, its title, and its header in the delivered file where it has one."""

    name: str
    title: Bilingual
    header: str | None


class Fault(Part):
    """One rule that rows of the delivery break: what it allows, an example, and where the rows are.

    ``columns`` are those that the rule reads, none where it is about the row. ``rows`` counts every row that breaks it, without
    those in which it could not be judged because another cell that it reads is wrong itself. ``causes`` are the first of them
    in the order of the delivery; ``more`` counts the rows that these leave out.
    """

    rule: str
    severity: Literal["error", "warning"]
    dimension: Dimension
    columns: tuple[FaultColumn, ...]
    vi: str
    en: str
    example: str | None
    rows: Count
    causes: tuple[Cause, ...]
    more: Count = 0


class Fresh(Part):
    """Whether the data are as recent as promised, at the moment of the judgement; of ``groups``, ``groups_late`` are late."""

    state: Literal["fresh", "due", "late", "paused", "unknown"]
    newest: AwareDatetime | None = None
    expected_by: AwareDatetime | None = None
    groups: Count | None = None
    groups_late: Count = 0
    vi: str
    en: str

    @property
    def share(self) -> float | None:
        """The share of groups that are on time, or of the dataset where it has none; ``None`` where nothing is promised."""
        if self.state == "unknown":
            return None
        if self.groups:
            return 1 - self.groups_late / self.groups
        return 0.0 if self.state == "late" else 1.0


class Marks(Part):
    """The two marks: whether the data keep the contract, and whether they are recent. Neither changes the other."""

    validity: Validity
    freshness: Fresh | None = None


class Refusal(Part):
    """Why a delivery could not be read at all."""

    vi: str
    en: str


class QualityResult(Part):
    """What the platform found in one delivery.

    ``version`` is the version that the accepted rows became, ``None`` before the commit and for refused deliveries.
    ``verdict`` is ``None`` where the delivery could not be read; ``refusal`` then says why.
    """

    format: Literal[1] = FORMAT
    dataset: str
    title: Bilingual
    agency: str
    contract: str
    delivery: DeliveryOf
    version: str | None = None
    judged_at: AwareDatetime
    rows: RowCounts
    marks: Marks
    score: Score
    verdict: Verdict | None
    refusal: Refusal | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the accepted rows may become a version."""
        return self.marks.validity in ("passed", "passed-with-warnings")

    @property
    def set_faults(self) -> tuple[Check, ...]:
        """The checks of the gate that failed and of which ``faults`` names no row."""
        located = {f.rule for f in self.faults}
        return tuple(c for c in (self.verdict.checks if self.verdict else ()) if not c.passed and c.id not in located)

    def to_json(self) -> dict[str, Any]:
        """The result as plain lists, texts and numbers."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The result that ``to_json`` wrote. Raises pydantic's ValidationError for anything else."""
        return cls.model_validate(dict(content))

    def same_finding(self, other: "QualityResult") -> bool:
        """Whether ``other`` says the same of the content, whenever it was judged and whatever version it became."""
        return self._finding() == other._finding()

    def _finding(self) -> dict[str, Any]:
        return self.model_dump(exclude={"judged_at": True, "version": True, "marks": {"freshness"}})


def said(text: Bilingual | Refusal | Fault | Fresh | Check, lang: Language) -> str:
    """The text in the language."""
    return text.vi if lang == "vi" else text.en


__all__ = [
    "FORMAT",
    "Cause",
    "DeliveryOf",
    "Fault",
    "FaultColumn",
    "File",
    "Fresh",
    "Marks",
    "QualityResult",
    "Refusal",
    "RowCounts",
    "Span",
    "said",
]
