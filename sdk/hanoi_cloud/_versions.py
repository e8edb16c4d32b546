"""The published versions of a dataset, and what is known of each: its quality, its origin, and the changes announced."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import urljoin

from hanoi_cloud import _repr
from hanoi_cloud._files import Distribution
from hanoi_cloud._json import Json, day, integer, items, mapping, number, text
from hanoi_cloud._json import instant as moment
from hanoi_cloud._values import instant


@dataclass(frozen=True)
class Fault:
    """A rule that rows of the delivery broke, and how many did. Rows that broke an ``error`` are not in the version."""

    rule: str
    severity: str
    rows: int
    meaning: str
    meaning_en: str


@dataclass(frozen=True)
class Freshness:
    """Whether the newest data were as recent as promised when the version was made.

    ``state`` is fresh, due, late, paused or unknown. ``newest`` is the time of the newest data, ``expected_by`` when the
    next are due; None where nothing is known or promised.
    """

    state: str
    newest: datetime | None
    expected_by: datetime | None
    meaning: str
    meaning_en: str


@dataclass(frozen=True)
class Quality:
    """What the quality gate found in the delivery that a version was made of.

    ``validity`` is passed or passed-with-warnings; ``score`` goes from 0 to 100; ``measures`` holds the share of good rows,
    0 to 1, per dimension: validity, completeness, uniqueness, consistency.
    """

    validity: str
    score: float
    measures: dict[str, float]
    rows_received: int
    rows_accepted: int
    rows_quarantined: int
    faults: tuple[Fault, ...]
    freshness: Freshness | None

    def _repr_html_(self) -> str:
        return _repr.quality_html(self)


@dataclass(frozen=True)
class Provenance:
    """Where a version comes from: the SHA-256 of the delivered bytes, the contract that they were read by, the verdict of
    the gate, the hash of the content and the code that made it."""

    delivery: str
    contract: str
    gate: str
    content_hash: str
    code_version: str
    committed_at: datetime | None
    simulated: bool


@dataclass(frozen=True)
class Notice:
    """A breaking change that was announced.

    ``version`` of ``subject`` holds from ``effective``; ``former`` is served through ``former_until``, that day included.
    ``columns`` names the columns that it concerns, as ``dataset.column``.
    """

    subject: str
    version: str
    former: str
    effective: date | None
    former_until: date | None
    columns: tuple[str, ...]
    text: str
    text_en: str


@dataclass(frozen=True)
class Version:
    """One published version: it never changes, and stays readable."""

    id: str
    number: int
    rows: int | None
    committed_at: datetime | None
    contract: str
    simulated: bool
    distributions: tuple[Distribution, ...] = field(repr=False)
    quality: Quality | None = field(repr=False)
    provenance: Provenance = field(repr=False)

    @property
    def major(self) -> int | None:
        """The first number of the contract's version: it changes when readers would break."""
        return integer(self.contract.rpartition("@")[2].partition(".")[0])


def read_versions(said: Json, url: str) -> tuple[Version, ...]:
    """The versions that an index names, newest first; ``url`` is the address of the catalogue."""
    found = [_version(mapping(one), url) for one in items(said.get("versions"))]
    return tuple(sorted(found, key=lambda v: v.number, reverse=True))


def chosen(
    versions: Iterable[Version], version: str | None, as_of: str | date | None, major: int | None
) -> Version | None:
    """The newest version that is ``version``, was there at ``as_of``, and is of contract ``major``, as far as these are told.

    A day means its end in Asia/Ho_Chi_Minh. A version that was withdrawn has no files any more: it is passed over unless it is
    named.
    """
    until = None if as_of is None else end_of(as_of)
    for one in versions:
        if (version is not None and one.id != version) or (version is None and not one.distributions):
            continue
        if until is not None and (one.committed_at is None or one.committed_at >= until):
            continue
        if major is None or one.major == major:
            return one
    return None


def end_of(as_of: str | date) -> datetime | None:
    """The moment before which a version was there at ``as_of``: just after that time, or the end of that day.

    Raises ValueError for a text that is no day or time by ISO 8601.
    """
    if isinstance(as_of, str):
        as_of = date.fromisoformat(as_of) if len(as_of) <= 10 else datetime.fromisoformat(as_of)
    if isinstance(as_of, datetime):
        found = instant(as_of)
        return found + timedelta(microseconds=1) if found else None
    return instant(datetime.combine(as_of, time()) + timedelta(days=1))


def read_notices(said: str) -> tuple[Notice, ...]:
    """The notices that a catalogue tells of a dataset as JSON, newest first."""
    try:
        found = items(json.loads(said)) if said else []
    except ValueError:
        return ()
    return tuple(_notice(mapping(one)) for one in found)


def _version(said: Json, url: str) -> Version:
    committed = moment(said.get("committed_at"))
    return Version(
        id=text(said.get("id")),
        number=integer(said.get("number")) or 0,
        rows=integer(said.get("rows")),
        committed_at=committed,
        contract=text(said.get("contract")),
        simulated=said.get("simulated") is True,
        distributions=tuple(
            Distribution(
                format=text(f.get("format")).lower(),
                url=urljoin(f"{url}/", text(f.get("url"))),
                size=integer(f.get("bytes")),
                sha256=text(f.get("sha256")).lower(),
            )
            for f in map(mapping, items(said.get("files")))
        ),
        quality=_quality(mapping(said.get("quality"))),
        provenance=Provenance(
            delivery=text(said.get("delivery")),
            contract=text(said.get("contract")),
            gate=text(said.get("gate")),
            content_hash=text(said.get("content_hash")),
            code_version=text(said.get("code_version")),
            committed_at=committed,
            simulated=said.get("simulated") is True,
        ),
    )


def _quality(said: Json) -> Quality | None:
    if not said:
        return None
    rows, fresh = mapping(said.get("rows")), mapping(said.get("freshness"))
    measures = map(mapping, items(said.get("measures")))
    return Quality(
        validity=text(said.get("validity")),
        score=number(said.get("score")),
        measures={text(m.get("dimension")): number(m.get("share")) for m in measures},
        rows_received=integer(rows.get("received")) or 0,
        rows_accepted=integer(rows.get("accepted")) or 0,
        rows_quarantined=integer(rows.get("quarantined")) or 0,
        faults=tuple(
            Fault(text(f.get("rule")), text(f.get("severity")), integer(f.get("rows")) or 0, *_both(f))
            for f in map(mapping, items(said.get("faults")))
        ),
        freshness=Freshness(
            text(fresh.get("state")), moment(fresh.get("newest")), moment(fresh.get("expected_by")), *_both(fresh)
        )
        if fresh
        else None,
    )


def _notice(said: Json) -> Notice:
    return Notice(
        subject=text(said.get("subject")),
        version=text(said.get("version")),
        former=text(said.get("former")),
        effective=day(said.get("effective")),
        former_until=day(said.get("former_until")),
        columns=tuple(text(column) for column in items(said.get("columns"))),
        text=text(said.get("vi")),
        text_en=text(said.get("en")),
    )


def _both(said: Json) -> tuple[str, str]:
    return text(said.get("vi")), text(said.get("en"))
