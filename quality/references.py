"""References: whether the values of an accepted set are there in the key of the dataset that its contract names.

Each reference of a contract is one check of severity ``error`` over the accepted rows, made by one query against the newest
version of the other dataset. A row with a null in any of the columns refers to nothing and complies, as SQL's MATCH SIMPLE
has it. Values are compared as they are: text letter by letter, numbers by what they are worth.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from blueprint.compile.gx import percent
from blueprint.contract import Contract, Reference
from blueprint.errors import BlueprintError
from blueprint.load import Blueprint
from blueprint.rules import comply, reference_rule
from blueprint.sql import ident, parquet
from quality.gate import GateError
from quality.verdict import Check

if TYPE_CHECKING:
    from lake import Lake, Version

_SCALE = re.compile(r"DECIMAL\(\d+,(\d+)\)")
_WHOLE = {"INTEGER": 0, "BIGINT": 0}
_WIDER = frozenset({("FLOAT", "DOUBLE"), ("INTEGER", "DOUBLE"), ("DATE", "TIMESTAMP")})


def judge_references(contract: Contract, blueprint: Blueprint, accepted: Path, lake: "Lake") -> tuple[Check, ...]:
    """Hold the Parquet file ``accepted`` against the datasets that ``contract`` refers to, as they are in ``lake`` now.

    A dataset that refers to itself is judged as it will be once the rows are committed: by the accepted rows, and by those
    of the newest version whose partitions the delivery does not replace. Rows that are in the lake already are not judged
    again, so that a key that goes from the other dataset leaves them behind.

    Where types differ, a value is cast to the type of the key, if that cast never changes what a value is worth.

    Returns:
        One check a reference, in the contract's order; none where it has no reference. ``unexpected`` counts the rows
        whose values are not in the key; the check passes where ``gate.mostly`` states a share under its id and at least
        that share of all accepted rows comply. A dataset that has no version yet, or whose newest version lacks the key's
        columns, fails the check whatever the share is; ``unexpected`` is ``None`` then.

    Raises:
        GateError: ``accepted`` is no Parquet or lacks a column, or two types cannot be compared.
        BlueprintError: a reference names more columns than the key has, or fewer.
    """
    if not contract.references:
        return ()
    from lake.folders import scratch
    from lake.sql import connection

    with (
        scratch(lake.root / "spill" / f"{contract.dataset}--references-{os.getpid()}") as spill,
        connection(spill) as con,
    ):
        judge = _Judge(contract, blueprint, accepted, lake, con)
        return tuple(judge.check(reference) for reference in dict.fromkeys(contract.references))


@dataclass(frozen=True)
class _Keys:
    """Where the key of a reference is: ``query`` gives its columns, in order, of the types ``kinds``."""

    query: str
    kinds: tuple[str, ...]
    vi: str
    en: str


class _Missing(Exception):
    """There is no key to compare with; says why in both languages."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi, self.en = vi, en


class _Judge:
    """The checks of one accepted set."""

    def __init__(
        self,
        contract: Contract,
        blueprint: Blueprint,
        accepted: Path,
        lake: "Lake",
        con: duckdb.DuckDBPyConnection,
    ) -> None:
        self.contract, self.blueprint, self.lake, self.con = contract, blueprint, lake, con
        self.rows = f"SELECT * FROM {parquet(accepted)}"
        try:
            self.kinds = self._kinds(self.rows)
        except duckdb.Error as error:
            raise GateError(
                f"Không đọc được {accepted}: tệp không có hoặc không phải Parquet trọn vẹn. Hãy chạy lại bước chuẩn hóa.",
                f"{accepted} cannot be read: the file is missing or not a whole Parquet file. Run the conform step again.",
            ) from error

    def check(self, reference: Reference) -> Check:
        """The check of one reference."""
        self._fits(reference)
        rule = reference_rule(reference)
        column = reference.columns[0] if len(reference.columns) == 1 else None
        named, to = ", ".join(reference.columns), ", ".join(reference.to)
        vi = f"Giá trị ở {named} phải có trong khóa ({to}) của bộ dữ liệu {reference.dataset}"
        en = f"The values of {named} must be in the key ({to}) of the dataset {reference.dataset}"
        try:
            keys = self._own(reference) if reference.dataset == self.contract.dataset else self._other(reference)
        except _Missing as missing:
            return Check(rule, column, "error", False, None, f"{vi}. {missing.vi}", f"{en}. {missing.en}")
        rows, against = self._counted(reference, keys)
        vi, en = f"{vi} ({keys.vi}).", f"{en} ({keys.en})."
        share = self.contract.gate.mostly.get(rule)
        if share is not None:
            vi += f" Ít nhất {percent(share, 'vi')} số dòng phải đạt."
            en += f" At least {percent(share)} of the rows must comply."
        passed = not against if share is None else comply(rows, against, share)
        if against:
            vi, en = f"{vi} Có {against} trên {rows} dòng không đạt.", f"{en} {against} of {rows} rows do not comply."
        if not passed:
            vi += " Hãy sửa các dòng đó"
            en += " Correct these rows"
            if reference.dataset != self.contract.dataset:
                vi += f", hoặc nạp trước bản mới của {reference.dataset}: hanoi ingest {reference.dataset}"
                en += f", or ingest a newer {reference.dataset} first: hanoi ingest {reference.dataset}"
            vi, en = f"{vi}.", f"{en}."
        return Check(rule, column, "error", passed, against, vi, en)

    def _fits(self, reference: Reference) -> None:
        own, to = len(reference.columns), len(reference.to)
        if own != to:
            raise BlueprintError(
                f"{self.contract.ref}: tham chiếu đến {reference.dataset} có {own} cột ở columns và {to} cột ở to; "
                "hai bên phải bằng nhau.",
                f"{self.contract.ref}: the reference to {reference.dataset} has {own} columns and {to} in to; "
                "it takes as many of both.",
            )
        used = reference.columns
        if reference.dataset == self.contract.dataset:
            used += (*reference.to, *filter(None, [self.contract.partition]))
        if absent := [name for name in used if name not in self.kinds]:
            raise GateError(
                f"{self.contract.ref}: tệp đã chuẩn hóa thiếu cột {', '.join(absent)} để xét tham chiếu đến "
                f"{reference.dataset}. Hãy chạy lại bước chuẩn hóa.",
                f"{self.contract.ref}: the conformed file lacks {', '.join(absent)}, by which the reference to "
                f"{reference.dataset} is judged. Run the conform step again.",
            )

    def _kinds(self, query: str) -> dict[str, str]:
        return {str(name): str(kind) for name, kind, *_ in self.con.execute(f"DESCRIBE {query}").fetchall()}

    def _other(self, reference: Reference) -> _Keys:
        """The key of another dataset, in its newest version."""
        version = self.lake.current(reference.dataset)
        if version is None:
            raise _Missing(
                f"{reference.dataset} chưa có phiên bản nào; hãy nạp trước: hanoi ingest {reference.dataset}.",
                f"{reference.dataset} has no version yet; ingest it first: hanoi ingest {reference.dataset}.",
            )
        names = self._names(version, reference.to)
        query = self.lake.select(version, names)
        kinds = self._kinds(query)
        return _Keys(query, tuple(kinds[n] for n in names), f"phiên bản {version.id}", f"version {version.id}")

    def _own(self, reference: Reference) -> _Keys:
        """The key of this dataset as it will be: the accepted rows, and those of partitions that stay."""
        kinds = tuple(self.kinds[name] for name in reference.to)
        accepted = f"SELECT {_listed(reference.to)} FROM ({self.rows})"
        version = self.lake.current(reference.dataset) if self.contract.partition else None
        if version is None:
            return _Keys(accepted, kinds, "trong chính các dòng được nhận", "among the accepted rows themselves")
        return _Keys(
            f"{accepted} UNION ALL {self._staying(version, reference.to, kinds)}",
            kinds,
            f"trong chính các dòng được nhận và phiên bản {version.id}",
            f"among the accepted rows themselves and version {version.id}",
        )

    def _staying(self, version: "Version", to: Sequence[str], kinds: Sequence[str]) -> str:
        """A query for the key of the rows of ``version`` whose partitions the accepted rows do not bring."""
        from lake.partitions import Partitioning

        how = Partitioning.of(self.contract, self.kinds)
        if how is None:
            raise AssertionError("only a contract with a partition has rows that stay")
        *names, split = self._names(version, (*to, how.column))
        rows = self.lake.select(version)
        there = self._kinds(rows)
        casts = self._casts([there[n] for n in names], kinds, version.dataset)
        key = ", ".join(cast.format(ident(name)) for name, cast in zip(names, casts, strict=True))
        before = Partitioning(split, there[split], how.by)
        return (
            f"SELECT {key} FROM ({rows}) WHERE {before.unit} NOT IN "
            f"(SELECT {how.unit} FROM ({self.rows}) WHERE {ident(how.column)} IS NOT NULL)"
        )

    def _names(self, version: "Version", names: Sequence[str]) -> list[str]:
        """What ``names`` of the newest contract were called when ``version`` was written."""
        written = {c.ref: c for c in self.blueprint.contract_versions.get(version.dataset, ())}.get(version.contract)
        newest = (
            self.contract
            if version.dataset == self.contract.dataset
            else self.blueprint.contracts.get(version.dataset, written)
        )
        found = list(names)
        if written and newest:
            fields = {c.identity: c.name for c in written.columns}
            now = {c.name: c.identity for c in newest.columns}
            found = [fields.get(now.get(name, ""), name) for name in names]
        if absent := sorted({*found} - {*self._kinds(self.lake.select(version))}):
            raise _Missing(
                f"Phiên bản {version.id} không có cột {', '.join(absent)}; hãy nạp lại: hanoi ingest {version.dataset}.",
                f"Version {version.id} has no column {', '.join(absent)}; ingest it again: hanoi ingest {version.dataset}.",
            )
        return found

    def _counted(self, reference: Reference, keys: _Keys) -> tuple[int, int]:
        """The accepted rows, and those of them whose values are not in the key."""
        own = [self.kinds[name] for name in reference.columns]
        casts = self._casts(own, keys.kinds, reference.dataset)
        quoted = [ident(name) for name in reference.columns]
        there = " AND ".join(f"{name} IS NOT NULL" for name in quoted)
        values = [f"{cast.format(name)} AS v{n}" for n, (name, cast) in enumerate(zip(quoted, casts, strict=True))]
        same = " AND ".join(f"refers.v{n} = key.k{n}" for n in range(len(quoted)))
        named = ", ".join(f"k{n}" for n in range(len(quoted)))
        found = self.con.execute(
            f"SELECT (SELECT count(*) FROM ({self.rows})), (SELECT count(*) FROM "
            f"(SELECT {', '.join(values)} FROM ({self.rows}) WHERE {there}) AS refers "
            f"ANTI JOIN ({keys.query}) AS key({named}) ON {same})"
        ).fetchone()
        rows, against = found or (0, 0)
        return int(rows), int(against)

    def _casts(self, own: Sequence[str], to: Sequence[str], dataset: str) -> list[str]:
        return list(_exact_casts(own, to, self.contract.ref, dataset))


def _exact_casts(own: Sequence[str], to: Sequence[str], contract: str, dataset: str) -> Iterator[str]:
    """How a value of each type in ``own`` is written as the type in ``to``, with ``{}`` for the value."""
    for kind, wanted in zip(own, to, strict=True):
        if not is_exact(kind, wanted):
            raise GateError(
                f"{contract}: giá trị kiểu {kind} không so chính xác được với khóa kiểu {wanted} của {dataset}; hãy khai "
                "báo hai cột cùng một kiểu.",
                f"{contract}: values of type {kind} cannot be compared exactly with the key of {dataset}, of type {wanted}; "
                "declare both columns of one type.",
            )
        # What a narrower type cannot hold is null, which equals no key: that is what it means here as well.
        yield "{}" if kind == wanted else f"TRY_CAST({{}} AS {wanted})"


def is_exact(kind: str, to: str) -> bool:
    """Whether a cast from the DuckDB type ``kind`` to the type ``to`` gives the same value or nothing.

    >>> is_exact("BIGINT", "INTEGER"), is_exact("DECIMAL(9,2)", "DECIMAL(18,1)"), is_exact("BIGINT", "DOUBLE")
    (True, False, False)
    """
    if kind == to or (kind, to) in _WIDER:
        return True
    from_scale, to_scale = (int(m[1]) if (m := _SCALE.fullmatch(k)) else _WHOLE.get(k) for k in (kind, to))
    return from_scale is not None and to_scale is not None and from_scale <= to_scale


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(ident, names))
