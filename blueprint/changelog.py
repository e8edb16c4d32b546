"""The changelog: one file a released version, ``changelog/<subject>/<version>.yaml``, with what changed and what was announced.

An entry counts once the lock of released declarations names its file; one that a broken-off release left behind does not.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from blueprint import parsing, released
from blueprint.codelist import CodeList
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk
from blueprint.days import today
from blueprint.errors import BlueprintError
from blueprint.indicator import Indicator
from blueprint.load import ROOT, Blueprint
from blueprint.subjects import file_of, subject_of
from blueprint.text import NonEmpty

FOLDER = "changelog"
_Named = TypeVar("_Named", CodeList, Crosswalk)
_Numbered = TypeVar("_Numbered", Contract, Indicator)
Bump = Literal["initial", "patch", "minor", "major"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Part):
    """One change against the version before, as the compatibility rules judged it."""

    rule: NonEmpty
    path: str = ""
    verdict: Literal["allowed", "refused", "undetermined"]
    vi: NonEmpty
    en: NonEmpty


class Notice(_Part):
    """What is announced with a breaking version.

    The version holds from ``effective``; ``former``, the version before it, is served through ``former_until``, that
    day included. ``concerned`` names datasets, ``columns`` their columns as ``dataset.column``, ``indicators`` what is
    computed from them as ``name@version``, ``organisations`` agencies by their code. Days are those of Asia/Ho_Chi_Minh.
    """

    former: NonEmpty
    effective: dt.date
    former_until: dt.date
    concerned: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    vi: NonEmpty
    en: NonEmpty

    @model_validator(mode="after")
    def _leaves_time(self) -> Self:
        if self.former_until < self.effective:
            raise ValueError(f"former_until ({self.former_until}) is before effective ({self.effective})")
        return self


class Release(_Part):
    """One released version: when, how large the step was, what changed, and the notice that a breaking one gives.

    ``files`` are the files that the release locked, relative to the Blueprint's folder.
    """

    subject: NonEmpty
    version: NonEmpty
    date: dt.date
    bump: Bump
    files: Annotated[tuple[str, ...], Field(min_length=1)]
    changes: tuple[Change, ...] = ()
    notice: Notice | None = None
    approved_by: tuple[NonEmpty, ...] = ()

    @model_validator(mode="after")
    def _breaking_is_announced(self) -> Self:
        if (self.bump == "major") != (self.notice is not None):
            raise ValueError("a major version needs a notice, and no other version has one")
        return self

    @property
    def ref(self) -> str:
        return f"{self.subject}@{self.version}"

    @property
    def holds_from(self) -> dt.date:
        """The first day of this version: that of its notice, or of its release."""
        return self.notice.effective if self.notice else self.date


def entry_file(subject: str, version: str) -> str:
    """Where the entry of one version lies, relative to the Blueprint's folder.

    >>> entry_file("concept:instant", "1")
    'changelog/concept.instant/1.yaml'
    """
    return f"{FOLDER}/{subject.replace(':', '.')}/{version}.yaml"


def as_yaml(entry: Release) -> str:
    """``entry`` as the text of its file."""
    content = entry.model_dump(exclude_defaults=True)
    return yaml.safe_dump(_plain(content), allow_unicode=True, sort_keys=False, width=120)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value


def from_yaml(path: Path) -> Release:
    """The entry in ``path``. Raises BlueprintError where it is not one."""
    try:
        return Release.model_validate(parsing.load(path).content)
    except (OSError, UnicodeError, yaml.YAMLError, ValidationError) as error:
        raise BlueprintError(
            f"{path}: không phải một mục của nhật ký thay đổi: {error}", f"{path} is not a changelog entry: {error}"
        ) from error


def changelog(root: Path = ROOT, lock: Mapping[str, str] | None = None) -> tuple[Release, ...]:
    """Every released version under ``root``, newest first; those of one day by subject, the later version first.

    ``lock`` is the lock of released declarations where it was read already.
    """
    known = released.recorded(root) if lock is None else lock
    return newest_first(from_yaml(root / file) for file in known if file.startswith(f"{FOLDER}/"))


def newest_first(entries: Iterable[Release]) -> tuple[Release, ...]:
    """``entries`` in the order of a changelog."""
    by_version = sorted(entries, key=lambda e: tuple(map(int, e.version.split("."))), reverse=True)
    return tuple(sorted(sorted(by_version, key=lambda e: e.subject), key=lambda e: e.date, reverse=True))


def served(
    plan: Blueprint, dataset: str, day: dt.date | None = None, entries: Iterable[Release] | None = None
) -> tuple[Contract, ...]:
    """The contract versions of ``dataset`` that are served on ``day``, oldest first: the newest of each living major.

    A version is served from the day of its release, a breaking one from the effective day of its notice; a former major
    is served until that notice ends it. Drafts are not served. ``entries`` is the changelog where it was read already;
    ``day`` is today in Asia/Ho_Chi_Minh where none is given.

    >>> from blueprint import blueprint
    >>> [c.version for c in served(blueprint(), "bus-routes")]
    ['1.0.0']
    """
    on = day or today()
    own = [e for e in (changelog(plan.root) if entries is None else entries) if e.subject == dataset]
    started = {e.version for e in own if e.holds_from <= on}
    ends: dict[int, dt.date] = {}
    for entry in own:
        if entry.notice:
            major = int(entry.notice.former.split(".")[0])
            ends[major] = max(ends.get(major, dt.date.min), entry.notice.former_until)
    newest: dict[int, Contract] = {}
    for contract in plan.contract_versions.get(dataset, ()):
        major = contract.number[0]
        if contract.version in started and on <= ends.get(major, dt.date.max):
            newest[major] = contract
    return tuple(newest[major] for major in sorted(newest))


def in_force(plan: Blueprint, day: dt.date | None = None) -> Blueprint:
    """``plan`` with the declarations by name that hold on ``day``: released ones, and majors once they are effective.

    What was never released stands as it is, so that a new dataset can be tried before its release. All versions stay at hand
    in the ``_versions``. ``day`` is today in Asia/Ho_Chi_Minh where none is given.
    """
    lock = released.recorded(plan.root)
    on = day or today()

    def newest(versions: Sequence[_Named]) -> _Named:
        return next((v for v in reversed(versions) if file_of(v) in lock), versions[-1])

    def holding(versions: Sequence[_Numbered]) -> _Numbered:
        known = [c for c in versions if file_of(c) in lock]
        if len({c.number[0] for c in known}) > 1:  # only a new major waits for its day
            entries = ((c, plan.root / entry_file(subject_of(c), c.version)) for c in known)
            known = [c for c, file in entries if from_yaml(file).holds_from <= on]
        return known[-1] if known else versions[-1]

    return replace(
        plan,
        contracts={name: holding(versions) for name, versions in plan.contract_versions.items()},
        codelists={name: newest(versions) for name, versions in plan.codelist_versions.items()},
        crosswalks={name: newest(versions) for name, versions in plan.crosswalk_versions.items()},
        indicators={name: holding(versions) for name, versions in plan.indicator_versions.items()},
    )


def live(plan: Blueprint, day: dt.date | None = None) -> Iterator[Contract]:
    """Every contract version that is served on ``day``, and every draft."""
    lock = released.recorded(plan.root)
    entries = changelog(plan.root, lock)
    for dataset in plan.contracts:
        held = served(plan, dataset, day, entries)
        for contract in plan.contract_versions.get(dataset, (plan.contracts[dataset],)):
            if contract in held or file_of(contract) not in lock:
                yield contract
