"""What may leave the platform: nothing but what is open now and was open when the version was made."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from blueprint import Bilingual, Blueprint, Column, Contract
from blueprint.changelog import Notice, Release
from blueprint.rules import KEY_CONFLICT, KEY_DUPLICATE, ROW_WIDTH, SUPERSEDED
from catalog.publisher.errors import CatalogueError
from lake import Version
from quality.report import QualityResult

_OF_THE_ROW = frozenset({ROW_WIDTH, KEY_DUPLICATE, KEY_CONFLICT, SUPERSEDED})
"""Rules whose words are the same for every dataset and name no column."""
_CHANGED = Bilingual(
    vi="Có thay đổi không tương thích, chạm cả tới cột không công bố; hãy hỏi cơ quan cung cấp.",
    en="A breaking change, which also touches columns that are not published; ask the agency.",
)


def made_by(contract: Contract, plan: Blueprint, version: Version) -> Contract:
    """The contract that ``version`` was made by: ``contract``, which is in force, or a former one of its dataset.

    Raises:
        CatalogueError: it is not known any more, so nobody can say which of its columns were open.
    """
    if version.contract == contract.ref:
        return contract
    former = {c.ref: c for c in plan.contract_versions.get(contract.dataset, ())}.get(version.contract)
    if former is None:
        raise CatalogueError(
            f"{contract.dataset} {version.id}: không còn hợp đồng {version.contract} của phiên bản này nên không biết cột nào được "
            "phép công bố. Hãy nạp lại bộ dữ liệu theo hợp đồng hiện hành.",
            f"{contract.dataset} {version.id}: its contract {version.contract} is not known any more, so nobody can say which of "
            "its columns were open. Ingest the dataset again under the contract in force.",
        )
    return former


def open_columns(contract: Contract, plan: Blueprint, version: Version) -> tuple[Column, ...]:
    """The columns of ``version`` that may leave: bound to an open concept in the contract that made it, and in the one in force.

    A column is the same one under its name, its lasting identity and its former names. One that is no longer in the contract
    in force does not leave again.

    Raises:
        CatalogueError: see ``made_by``.
    """
    made = made_by(contract, plan, version)
    now = plan.open_columns(contract)
    if made is contract:
        return now
    is_open = {name for c in now for name in _names(c)}
    is_closed = {name for c in contract.columns if c not in now for name in _names(c)}
    return tuple(c for c in plan.open_columns(made) if _names(c) & is_open and not _names(c) & is_closed)


def told_of(version: Version, contract: Contract, plan: Blueprint) -> Version:
    """``version`` as everybody may know it: without the hashes of its content and of its delivery where some of that is not
    open, for who knows the rest could find it by trying."""
    if len(open_columns(contract, plan, version)) == len(made_by(contract, plan, version).columns):
        return version
    return replace(version, content_hash="", delivery="")


def _names(column: Column) -> set[str]:
    return {column.name, column.identity, *column.aliases}


def open_key(contract: Contract, columns: Iterable[Column]) -> list[str]:
    """The key where it is published whole; a part of it would not tell rows apart."""
    names = {c.name for c in columns}
    return list(contract.key) if names.issuperset(contract.key) else []


def quality_told(result: QualityResult, contract: Contract, columns: Iterable[Column]) -> dict[str, Any]:
    """What may be told to everybody: marks, score, and how many rows broke which rule; never a value that came.

    ``contract`` made the version. A rule is told where all that it reads is among the open ``columns``, and the freshness where
    what it is judged by is.
    """
    names = {c.name for c in columns}
    all_open = names.issuperset(c.name for c in contract.columns)
    fresh = result.marks.freshness if _judged_by(contract) <= names else None
    return {
        "validity": result.marks.validity,
        "score": result.score.shown,
        "measures": [m.model_dump(mode="json") for m in result.score.measures],
        "freshness": fresh.model_dump(mode="json") if fresh else None,
        "rows": result.rows.model_dump(),
        "faults": [
            {"rule": f.rule, "severity": f.severity, "rows": f.rows, "vi": f.vi, "en": f.en}
            for f in result.faults
            if all_open or f.rule in _OF_THE_ROW or (f.columns and {c.name for c in f.columns} <= names)
        ],
    }


def _judged_by(contract: Contract) -> set[str]:
    promise = contract.freshness
    return {*filter(None, (promise.column,)), *promise.by} if promise else set()


def announced(contract: Contract, plan: Blueprint, entries: Iterable[Release]) -> list[dict[str, Any]]:
    """The announced breaking changes of the dataset, and those of other subjects that concern its open columns; newest first.

    A notice names the dataset's open columns and no others; its own words are told where it names no other column.
    """
    versions = plan.contract_versions.get(contract.dataset, (contract,))
    were_open = {c.name for v in versions for c in plan.open_columns(v)}
    closed = {c.name for v in versions for c in v.columns if c not in plan.open_columns(v)}
    concerning = (e for e in entries if e.subject == contract.dataset or _concerns(contract, e.notice))
    found = (_told(contract, were_open - closed, e, e.notice) for e in concerning if e.notice)
    return [told for told in found if told is not None]


def _concerns(contract: Contract, notice: Notice | None) -> bool:
    return notice is not None and contract.dataset in notice.concerned


def _told(contract: Contract, open_names: set[str], entry: Release, notice: Notice) -> dict[str, Any] | None:
    own = [c for c in notice.columns if c.startswith(f"{contract.dataset}.")]
    told = [c for c in own if c.removeprefix(f"{contract.dataset}.") in open_names]
    if own and not told:
        return None
    return {
        "subject": entry.subject,
        "version": entry.version,
        "announced": entry.date.isoformat(),
        **notice.model_dump(mode="json"),
        "columns": told,
        **({} if told == own else _CHANGED.model_dump()),
    }
