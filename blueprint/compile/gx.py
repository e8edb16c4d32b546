"""Great Expectations: the suite of a contract, as configurations, without importing Great Expectations (seconds).

``quality.suite`` makes expectations of them; a rule that Great Expectations has no expectation for is
``expect_rows_to_satisfy_sql`` of ``quality.metrics``.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any, Literal

from blueprint.contract import Column, Contract
from blueprint.load import Blueprint
from blueprint.rules import KEY_DUPLICATE, RowRule, bounds, codes, patterns, row_rules, type_rule
from blueprint.types import FLOATING, duckdb_type

COLUMNS = "columns"
ROW_COUNT = "row-count"
_SEVERITY = {"error": "critical", "warning": "warning"}
Configuration = dict[str, Any]


def expectations(contract: Contract, plan: Blueprint) -> list[Configuration]:
    """Everything ``contract`` promises of an accepted set, in order, each as ``type``, ``kwargs``, ``meta``, ``severity``.

    A share that the contract states of a warning is the expectation's ``mostly``. One of an error is not in the suite: the
    rows of an accepted set comply without exception, and the share is of the rows of the delivery.

    The ``meta`` of each holds ``rule`` (the id of ``blueprint.rules``), ``column``, ``vi`` and ``en``. Raises BlueprintError
    where the declarations contradict themselves.

    >>> from blueprint import blueprint
    >>> expectations(blueprint().contract("bus-routes"), blueprint())[0]["type"]
    'expect_table_columns_to_match_ordered_list'
    """
    return [*_of_table(contract, plan), *_of_rows(contract, plan)]


def suite(contract: Contract, plan: Blueprint) -> dict[str, Any]:
    """The suite as Great Expectations keeps suites: ``ExpectationSuite(**suite(...))`` is one."""
    return {
        "name": contract.ref,
        "expectations": expectations(contract, plan),
        "meta": {"contract": contract.ref, "title": contract.title.model_dump()},
    }


def text(contract: Contract, plan: Blueprint) -> str:
    return json.dumps(suite(contract, plan), ensure_ascii=False, indent=1)


def least_rows(contract: Contract) -> int:
    """The fewest rows that pass; an empty set never does."""
    return max(1, contract.gate.min_rows)


def percent(share: float, language: Literal["vi", "en"] = "en") -> str:
    """A share as a percentage with as many decimals as it has, at most four.

    >>> percent(0.995), percent(0.995, "vi"), percent(1)
    ('99.5%', '99,5 %', '100%')
    """
    said = f"{share * 100:.4f}".rstrip("0").rstrip(".")
    return f"{said.replace('.', ',')} %" if language == "vi" else f"{said}%"


def _meta(rule: str, column: str | None, vi: str, en: str) -> dict[str, Any]:
    return {"rule": rule, "column": column, "vi": vi, "en": en}


def _expect(kind: str, meta: dict[str, Any], severity: str = "critical", **kwargs: Any) -> Configuration:
    return {"type": f"expect_{kind}", "kwargs": kwargs, "meta": meta, "severity": severity}


def _of_table(contract: Contract, plan: Blueprint) -> Iterator[Configuration]:
    names = [c.name for c in contract.columns]
    listed = ", ".join(names)
    meta = _meta(COLUMNS, None, f"Các cột phải đúng thứ tự: {listed}.", f"The columns must be, in order: {listed}.")
    yield _expect("table_columns_to_match_ordered_list", meta, column_list=names)
    least, most = least_rows(contract), contract.gate.max_rows
    meta = _meta(
        ROW_COUNT,
        None,
        f"Số dòng phải từ {least}" + (f" đến {most}." if most is not None else " trở lên."),
        f"There must be {least} " + (f"to {most} rows." if most is not None else "rows or more."),
    )
    yield _expect("table_row_count_to_be_between", meta, min_value=least, max_value=most)
    for column in contract.columns:
        kind = duckdb_type(plan.concept_of(column))
        vi, en = f"Cột {column.name} phải có kiểu {kind}.", f"Column {column.name} must be of type {kind}."
        meta = _meta(type_rule(column.name), column.name, vi, en)
        yield _expect("column_values_to_be_of_type", meta, column=column.name, type_=kind)
    if contract.key:
        listed = ", ".join(contract.key)
        vi, en = f"Không được có hai dòng trùng khóa ({listed}).", f"No two rows may share the key ({listed})."
        yield _unique(contract.key, KEY_DUPLICATE, vi, en)
    for columns in contract.unique:
        listed = ", ".join(columns)
        vi, en = f"Không được có hai dòng trùng {listed}.", f"No two rows may share {listed}."
        yield _unique(columns, f"unique-{'-'.join(columns)}", vi, en, ignore_row_if="any_value_is_missing")
    for name, share in contract.gate.complete.items():
        vi, en = (
            f"Cột {name} phải có giá trị ở ít nhất {share:.1%} số dòng.",
            f"Column {name} must hold a value in {share:.1%} of rows.",
        )
        yield _expect(
            "column_values_to_not_be_null", _meta(f"{name}-complete", name, vi, en), column=name, mostly=share
        )


def _unique(columns: tuple[str, ...], rule: str, vi: str, en: str, **compound: Any) -> Configuration:
    if len(columns) == 1:
        return _expect("column_values_to_be_unique", _meta(rule, columns[0], vi, en), column=columns[0])
    meta = _meta(rule, None, vi, en)
    return _expect("compound_columns_to_be_unique", meta, column_list=list(columns), **compound)


def _of_rows(contract: Contract, plan: Blueprint) -> Iterator[Configuration]:
    for rule in row_rules(contract, plan):
        meta, severity = _meta(rule.id, rule.column, rule.vi, rule.en), _SEVERITY[rule.severity]
        core = _core(rule, contract.column(rule.column), plan) if rule.column else None
        kind, kwargs = core or ("rows_to_satisfy_sql", {"sql": rule.good, "rule": rule.id})
        if rule.severity == "warning" and (share := contract.gate.mostly.get(rule.id)) is not None:
            kwargs["mostly"] = share
            meta["vi"] += f" Cảnh báo khi dưới {percent(share, 'vi')} số dòng đạt."
            meta["en"] += f" Warns when fewer than {percent(share)} of the rows comply."
        yield _expect(kind, meta, severity, **kwargs)


def _core(rule: RowRule, column: Column, plan: Blueprint) -> tuple[str, dict[str, Any]] | None:
    """The expectation of Great Expectations' own that says what ``rule`` says, where there is one."""
    concept, name = plan.concept_of(column), column.name
    if rule.kind == "required":
        return "column_values_to_not_be_null", {"column": name}
    if rule.kind == "range" and concept.type != "float":  # it would compare 32 bits with 64: 0.1 is over 0.1
        low, high = bounds(column, concept)
        if concept.type in FLOATING:  # two bounds keep out infinities and NaN
            low = -sys.float_info.max if low is None else low
            high = sys.float_info.max if high is None else high
        return "column_values_to_be_between", {"column": name, "min_value": _number(low), "max_value": _number(high)}
    if rule.kind == "pattern":
        whole = [f"^(?:{p})$" for p in patterns(column, concept)]
        return "column_values_to_match_regex_list", {"column": name, "regex_list": whole, "match_on": "all"}
    if rule.kind == "code" and concept.codelist and concept.type == "string":
        allowed = codes(column, plan.codelist(concept.codelist))
        if allowed:
            return "column_values_to_be_in_set", {"column": name, "value_set": sorted(allowed)}
    return None


def _number(bound: float | None) -> float | None:
    return int(bound) if bound is not None and abs(bound) < 2**53 and float(bound).is_integer() else bound
