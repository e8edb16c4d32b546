"""Making a quality result out of what conform and the gate found."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from blueprint.contract import Contract
from blueprint.errors import HanoiError
from blueprint.load import Blueprint
from quality.masking import RowMask
from quality.meanings import Meaning, meanings, unknown
from quality.report.model import (
    DeliveryOf,
    Fault,
    FaultColumn,
    File,
    Fresh,
    Marks,
    QualityResult,
    Refusal,
    RowCounts,
    Validity,
)
from quality.report.places import Located, Places
from quality.report.score import NOTHING_READ, Dimension, Dimensions, score
from quality.verdict import Verdict

if TYPE_CHECKING:
    from quality.freshness import FreshnessMark


class DeliveredFile(Protocol):
    """A file of a delivery."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def bytes(self) -> int: ...


class Delivered(Protocol):
    """A delivery as the step that fetched it tells of it; ``id`` is its SHA-256."""

    @property
    def id(self) -> str: ...
    @property
    def files(self) -> Sequence[DeliveredFile]: ...
    @property
    def simulated(self) -> bool: ...


class Conformed(Protocol):
    """What the step that conformed a delivery tells of it; ``quarantined`` and ``warned`` are the paths of refused
    rows and of the first accepted rows of each warning, ``warnings`` counts these."""

    @property
    def quarantined(self) -> str: ...
    @property
    def rows_in(self) -> int: ...
    @property
    def rows_accepted(self) -> int: ...
    @property
    def rows_quarantined(self) -> int: ...
    @property
    def rows_out_of_scope(self) -> int: ...
    @property
    def warned(self) -> str: ...
    @property
    def warnings(self) -> Mapping[str, int]: ...


def judged(
    contract: Contract,
    plan: Blueprint,
    delivered: Delivered,
    conformed: Conformed,
    verdict: Verdict,
    *,
    freshness: "FreshnessMark | None" = None,
    now: datetime | None = None,
) -> QualityResult:
    """The result of a delivery that conform read and the gate judged.

    Args:
        contract: the contract it was judged by.
        plan: the concepts and code lists that the contract binds to.
        delivered: the delivery.
        conformed: the counts of conform, and where the quarantined rows are.
        verdict: what the gate says of the accepted rows.
        freshness: the mark of freshness; it changes neither verdict nor score.
        now: when it was judged; the present time where absent.
    """
    dimensions, words, mask = Dimensions(contract, plan), meanings(contract, plan), RowMask(contract, plan)
    refused: Mapping[Dimension, tuple[int, int]] = {}
    faults: list[Fault] = []
    if conformed.rows_quarantined:
        with Places(Path(conformed.quarantined), words, mask) as places:
            refused, headers = places.refused(dimensions), places.headers()
            faults += [
                _fault(contract, dimensions, rule, words.get(rule) or unknown(rule, contract), headers, found)
                for rule, found in places.located().items()
            ]
    raised = {c.id: c.unexpected for c in verdict.warnings if c.unexpected and c.id in conformed.warnings}
    if raised:
        with Places(Path(conformed.warned), words, mask) as places:
            headers = places.headers()
            faults += [
                _fault(contract, dimensions, rule, words[rule], headers, found, raised[rule])
                for rule, found in places.located("warnings").items()
                if rule in raised
            ]
    state: Validity = "refused" if not verdict.passed else "passed-with-warnings" if verdict.warnings else "passed"
    return _result(
        contract,
        delivered,
        now,
        rows=RowCounts(
            received=conformed.rows_in,
            accepted=conformed.rows_accepted,
            quarantined=conformed.rows_quarantined,
            out_of_scope=conformed.rows_out_of_scope,
        ),
        marks=Marks(validity=state, freshness=fresh(freshness) if freshness else None),
        score=score(contract, dimensions, verdict, refused),
        verdict=verdict,
        faults=tuple(faults),
    )


def unreadable(
    contract: Contract, delivered: Delivered, error: HanoiError, *, now: datetime | None = None
) -> QualityResult:
    """The result of a delivery that could not be read as its contract declares; ``error`` says why."""
    return _result(
        contract,
        delivered,
        now,
        rows=RowCounts(),
        marks=Marks(validity="unreadable"),
        score=NOTHING_READ,
        verdict=None,
        refusal=Refusal(vi=error.vi, en=error.en),
    )


def _result(contract: Contract, delivered: Delivered, now: datetime | None, **found: Any) -> QualityResult:
    return QualityResult(
        dataset=contract.dataset,
        title=contract.title,
        agency=contract.agency,
        contract=contract.ref,
        delivery=DeliveryOf(
            id=delivered.id,
            files=tuple(File(name=f.name, sha256=f.sha256, bytes=f.bytes) for f in delivered.files),
            simulated=delivered.simulated,
        ),
        judged_at=now or datetime.now(UTC).replace(microsecond=0),
        **found,
    )


def fresh(mark: "FreshnessMark") -> Fresh:
    return Fresh(
        state=mark.state,
        newest=mark.newest,
        expected_by=mark.expected_by,
        groups=mark.groups,
        groups_late=mark.groups_late,
        vi=mark.vi,
        en=mark.en,
    )


def _fault(
    contract: Contract,
    dimensions: Dimensions,
    rule: str,
    meaning: Meaning,
    headers: Mapping[str, str],
    found: Located,
    warned: int | None = None,
) -> Fault:
    """``warned`` is the number of accepted rows that break a warning, of which ``found`` holds the first."""
    rows = found.rows if warned is None else warned
    columns = [contract.column(name) for name in meaning.columns]
    return Fault(
        rule=rule,
        severity="error" if warned is None else "warning",
        dimension=dimensions.of(rule),
        columns=tuple(FaultColumn(name=c.name, title=c.title, header=headers.get(c.name)) for c in columns),
        vi=meaning.vi,
        en=meaning.en,
        example=meaning.example,
        rows=rows,
        causes=found.causes,
        more=rows - sum(c.rows for c in found.causes),
    )
