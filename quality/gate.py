"""The gate: Great Expectations on DuckDB decides whether an accepted set may become a version.

Great Expectations takes seconds to import, so it is imported at the first call and not with this module.
"""

import contextlib
import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from blueprint.compile.gx import ROW_COUNT, percent
from blueprint.contract import Contract
from blueprint.errors import HanoiError
from blueprint.load import Blueprint
from blueprint.rules import comply, reference_rule, severities
from blueprint.sql import parquet
from quality.verdict import Check, Verdict, in_tenths

__all__ = ["Check", "GateError", "Verdict", "gate"]

QUARANTINE_SHARE = "quarantine-share"
# Counts, and no samples: with none asked for, the engine fetches none.
_COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}
# Of DuckDB: what does not fit, such as the keys of a set that is not in their order, is spilled to disk. Each thread needs
# about 100 MB to spill well, and the proof by order is read by one thread in any case.
_LIMITS = {"memory_limit": "192MB", "threads": 2}


class GateError(HanoiError):
    """The gate could not judge at all; a set that fails its checks is a Verdict, not an error."""


def gate(
    contract: Contract,
    blueprint: Blueprint,
    accepted: Path,
    *,
    rows_in: int,
    rows_quarantined: int,
    refused: Mapping[str, int] | None = None,
) -> Verdict:
    """Judge the Parquet file ``accepted`` by everything ``contract`` promises.

    The step that sorted the rows has already held each of them against the rules. The gate asks the file itself once
    more, in one scan and without trusting that step: it is the independent proof that what is about to be committed is
    what the contract says. Only what the accepted rows cannot show comes from the counts of that step: how many rows went
    to quarantine, and by which rule. So a rule's ``mostly`` means:

    - severity ``error``: each bad row is in quarantine whatever the share is, and the delivery is refused when fewer than
      that share of all its rows comply;
    - severity ``warning``: the rows are accepted, and the warning is raised when fewer than that share of the accepted
      rows comply, or at the first bad row where the contract states no share.

    Args:
        contract: the contract; its ``gate`` holds the limits of the set as a whole.
        blueprint: the concepts and code lists that the columns bind to.
        accepted: one Parquet file with the contract's columns in order, typed.
        rows_in: rows the delivery held.
        rows_quarantined: rows of them that went to quarantine.
        refused: how many of these broke each rule, as the step that sorted the rows counted them; a rule that is not
            named refused none. Absent, a share of an error rule cannot be judged where rows went to quarantine.

    Returns:
        The verdict, one check a rule and one a share of an error rule. It fails where a check of severity ``error``
        fails, where a rule cannot be evaluated, where there is no row at all, or where too large a share went to
        quarantine.

    Raises:
        GateError: ``accepted`` is missing or no Parquet, or the counts contradict each other.
        BlueprintError: the declarations contradict themselves.
    """
    if not 0 <= rows_quarantined <= rows_in:
        raise GateError(
            f"Số dòng cách ly là {rows_quarantined}, số dòng nhận được là {rows_in}; số dòng cách ly phải từ 0 đến số dòng nhận được.",
            f"{rows_quarantined} rows quarantined of {rows_in} received; it must be between 0 and the rows received.",
        )
    if wrong := {rule: n for rule, n in (refused or {}).items() if not 0 <= n <= rows_quarantined}:
        listed = ", ".join(f"{rule}: {n}" for rule, n in wrong.items())
        raise GateError(
            f"Số dòng bị từng quy tắc từ chối ({listed}) phải từ 0 đến số dòng cách ly là {rows_quarantined}.",
            f"The rows that each rule refused ({listed}) must be between 0 and the {rows_quarantined} rows quarantined.",
        )
    _readable(accepted)
    with _quiet():
        results = _validate(contract, blueprint, accepted)
    checks = [_check(result) for result in results]
    checks += _shares(contract, blueprint, rows_in, {} if refused is None and not rows_quarantined else refused)
    checks.append(_share(contract, rows_in, rows_quarantined))
    return Verdict(
        passed=all(c.passed or c.severity == "warning" for c in checks),
        dataset=contract.dataset,
        contract=contract.ref,
        rows=_rows(results),
        rows_in=rows_in,
        rows_quarantined=rows_quarantined,
        checks=tuple(checks),
    )


def _readable(accepted: Path) -> None:
    try:
        with duckdb.connect() as db:
            db.execute(f"DESCRIBE SELECT * FROM {parquet(accepted)}")
    except duckdb.Error as error:
        raise GateError(
            f"Không đọc được {accepted}: tệp không có hoặc không phải Parquet trọn vẹn. Hãy chạy lại bước chuẩn hóa.",
            f"{accepted} cannot be read: the file is missing or not a whole Parquet file. Run the conform step again.",
        ) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Great Expectations silent: a failed check is a result, and its log lines may hold values from the data."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read when Great Expectations is imported
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            # Great Expectations imports two modules that Python renamed; nothing of ours.
            for module in ("sre_constants", "sre_parse"):
                warnings.filterwarnings("ignore", f"module '{module}' is deprecated", DeprecationWarning)
            shown = warnings.showwarning
            try:
                yield
            finally:
                if warnings.showwarning is not shown:  # importing Great Expectations sends all warnings to the log
                    logging.captureWarnings(False)
    finally:
        logger.setLevel(level)


def _validate(contract: Contract, blueprint: Blueprint, accepted: Path) -> list[tuple[dict[str, Any], Any]]:
    """The suite's expectations in their order, each as (meta, result); the result is ``None`` where it is missing."""
    from quality.engine import ephemeral_context
    from quality.suite import expectation_suite

    suite = expectation_suite(contract, blueprint)
    source = ephemeral_context().data_sources.add_duckdb("accepted", **_LIMITS)
    try:
        # Not a validation definition: storing it, the suite and the result in the context takes longer than the checks.
        batch = source.add_parquet_asset("accepted", accepted).add_batch_definition_whole_table("all").get_batch()
        found = {r.expectation_config.meta["rule"]: r for r in batch.validate(suite, result_format=_COUNTS).results}
    finally:
        source.close()
    return [(e.meta, found.get(e.meta["rule"])) for e in suite.expectations]


def _check(found: tuple[dict[str, Any], Any]) -> Check:
    meta, result = found
    rule, column, vi, en = meta["rule"], meta["column"], meta["vi"], meta["en"]
    problem = _not_evaluated(result)
    if problem is not None:
        return Check(
            rule,
            column,
            "error",
            False,
            None,
            f"{vi} Không đánh giá được ({problem}): hãy kiểm tra quy tắc và các cột của tệp.",
            f"{en} It could not be evaluated ({problem}): check the rule and the columns of the file.",
        )
    severity = "error" if result.expectation_config.severity == "critical" else "warning"
    unexpected = result.result.get("unexpected_count")
    if unexpected and (severity == "warning" or not result.success):
        vi, en = f"{vi} Có {unexpected} dòng không đạt.", f"{en} {unexpected} rows do not comply."
    elif not result.success and rule == ROW_COUNT:
        vi, en = f"{vi} Có {_count(result)} dòng.", f"{en} There are {_count(result)} rows."
    return Check(rule, column, severity, bool(result.success), unexpected, vi, en)


def _count(result: Any) -> int:
    return int(result.result.get("observed_value") or 0)


def _rows(results: list[tuple[dict[str, Any], Any]]) -> int:
    return next((_count(r) for meta, r in results if meta["rule"] == ROW_COUNT and _not_evaluated(r) is None), 0)


def _not_evaluated(result: Any) -> str | None:
    """The kind of error that kept a rule from being evaluated. Only the kind: a message may quote the data."""
    if result is None:
        return "no result"
    messages = list(_messages(result.exception_info or {}))
    if not messages:
        return None
    kind = re.search(r"\b[A-Z]\w*(?: Error|Error|Exception)\b", " ".join(messages))
    return kind.group() if kind else "error"


def _messages(info: Mapping[str, Any]) -> Iterator[str]:
    if info.get("raised_exception"):
        yield str(info.get("exception_message"))
        return
    for inner in info.values():
        if isinstance(inner, Mapping):
            yield from _messages(inner)


def mostly_rule(rule: str) -> str:
    """The id of the check that enough rows of a delivery comply with the error rule ``rule``."""
    return f"{rule}-mostly"


def _shares(
    contract: Contract, blueprint: Blueprint, rows_in: int, refused: Mapping[str, int] | None
) -> Iterator[Check]:
    """One check for each error rule whose share the contract states."""
    known = severities(contract, blueprint)
    elsewhere = set(map(reference_rule, contract.references))  # these shares are judged with the references
    for rule, share in contract.gate.mostly.items():
        if rule in elsewhere or known.get(rule, "error") == "warning":
            continue
        vi = f"Ít nhất {percent(share, 'vi')} số dòng nhận được phải đạt quy tắc {rule}."
        en = f"At least {percent(share)} of the rows received must comply with the rule {rule}."
        if refused is None or rule not in known:
            vi += " Không đánh giá được: " + (
                "chưa có số dòng mà từng quy tắc từ chối."
                if rule in known
                else "hợp đồng không có quy tắc này trên từng dòng."
            )
            en += " It could not be evaluated: " + (
                "the rows that each rule refused were not given."
                if rule in known
                else "the contract has no such rule over one row."
            )
            yield Check(mostly_rule(rule), None, "error", False, None, vi, en)
            continue
        against = refused.get(rule, 0)
        passed = comply(rows_in, against, share)
        if not passed:
            vi = f"{vi} Có {against} trên {rows_in} dòng không đạt."
            en = f"{en} {against} of {rows_in} rows do not."
        yield Check(mostly_rule(rule), None, "error", passed, against, vi, en)


def _share(contract: Contract, rows_in: int, rows_quarantined: int) -> Check:
    share = rows_quarantined / rows_in if rows_in else 0.0
    most = contract.gate.max_quarantined
    en = f"At most {most:.1%} of the rows may go to quarantine; it is {share:.1%} ({rows_quarantined} of {rows_in})."
    vi = f"Tối đa {in_tenths(most)} số dòng được cách ly; thực tế {in_tenths(share)} ({rows_quarantined} trên {rows_in} dòng)."
    return Check(QUARANTINE_SHARE, None, "error", share <= most, None, vi, en)
