"""The expectation suite of a contract. Importing this module imports Great Expectations (seconds)."""

import sys
from collections.abc import Iterator
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.core import ExpectationSuite
from great_expectations.expectations.expectation import Expectation

from blueprint.contract import Column, Contract
from blueprint.load import Blueprint
from blueprint.rules import KEY_DUPLICATE, RowRule, bounds, codes, patterns, row_rules, type_rule
from blueprint.types import FLOATING, duckdb_type
from quality.metrics import ExpectRowsToSatisfySql

COLUMNS = "columns"
ROW_COUNT = "row-count"
_SEVERITY = {"error": "critical", "warning": "warning"}


def expectation_suite(contract: Contract, blueprint: Blueprint) -> ExpectationSuite:
    """Everything ``contract`` promises of an accepted set, as expectations.

    The ``meta`` of each holds ``rule`` (the id of ``blueprint.rules``), ``column``, ``vi`` and ``en``. Raises BlueprintError
    where the declarations contradict themselves.
    """
    expectations = [*_of_table(contract, blueprint), *_of_rows(contract, blueprint)]
    return ExpectationSuite(name=contract.ref, expectations=expectations)


def least_rows(contract: Contract) -> int:
    """The fewest rows that pass; an empty set never does."""
    return max(1, contract.gate.min_rows)


def _meta(rule: str, column: str | None, vi: str, en: str) -> dict[str, Any]:
    return {"rule": rule, "column": column, "vi": vi, "en": en}


def _of_table(contract: Contract, blueprint: Blueprint) -> Iterator[Expectation]:
    names = [c.name for c in contract.columns]
    listed = ", ".join(names)
    yield gxe.ExpectTableColumnsToMatchOrderedList(
        column_list=names,
        meta=_meta(COLUMNS, None, f"Các cột phải đúng thứ tự: {listed}.", f"The columns must be, in order: {listed}."),
    )
    least, most = least_rows(contract), contract.gate.max_rows
    yield gxe.ExpectTableRowCountToBeBetween(
        min_value=least,
        max_value=most,
        meta=_meta(
            ROW_COUNT,
            None,
            f"Số dòng phải từ {least}" + (f" đến {most}." if most is not None else " trở lên."),
            f"There must be {least} " + (f"to {most} rows." if most is not None else "rows or more."),
        ),
    )
    for column in contract.columns:
        kind = duckdb_type(blueprint.concept_of(column))
        yield gxe.ExpectColumnValuesToBeOfType(
            column=column.name,
            type_=kind,
            meta=_meta(
                type_rule(column.name),
                column.name,
                f"Cột {column.name} phải có kiểu {kind}.",
                f"Column {column.name} must be of type {kind}.",
            ),
        )
    if contract.key:
        key = ", ".join(contract.key)
        meta = _meta(
            KEY_DUPLICATE,
            contract.key[0] if len(contract.key) == 1 else None,
            f"Không được có hai dòng trùng khóa ({key}).",
            f"No two rows may share the key ({key}).",
        )
        if len(contract.key) == 1:
            yield gxe.ExpectColumnValuesToBeUnique(column=contract.key[0], meta=meta)
        else:
            yield gxe.ExpectCompoundColumnsToBeUnique(column_list=list(contract.key), meta=meta)


def _of_rows(contract: Contract, blueprint: Blueprint) -> Iterator[Expectation]:
    for rule in row_rules(contract, blueprint):
        common = {"meta": _meta(rule.id, rule.column, rule.vi, rule.en), "severity": _SEVERITY[rule.severity]}
        core = _core(rule, contract.column(rule.column), blueprint, common) if rule.column else None
        yield core or ExpectRowsToSatisfySql(sql=rule.good, rule=rule.id, **common)


def _core(rule: RowRule, column: Column, blueprint: Blueprint, common: dict[str, Any]) -> Expectation | None:
    """The expectation of Great Expectations' own that says what ``rule`` says, where there is one."""
    concept = blueprint.concept_of(column)
    if rule.kind == "required":
        return gxe.ExpectColumnValuesToNotBeNull(column=column.name, **common)
    if rule.kind == "range":
        low, high = bounds(column, concept)
        if concept.type in FLOATING:  # two bounds keep out infinities and NaN
            low = -sys.float_info.max if low is None else low
            high = sys.float_info.max if high is None else high
        return gxe.ExpectColumnValuesToBeBetween(
            column=column.name, min_value=_number(low), max_value=_number(high), **common
        )
    if rule.kind == "pattern":
        whole = [f"^(?:{p})$" for p in patterns(column, concept)]
        return gxe.ExpectColumnValuesToMatchRegexList(column=column.name, regex_list=whole, match_on="all", **common)
    if rule.kind == "code" and concept.codelist and concept.type == "string":
        allowed = codes(column, blueprint.codelist(concept.codelist))
        if allowed:
            return gxe.ExpectColumnValuesToBeInSet(column=column.name, value_set=sorted(allowed), **common)
    return None


def _number(bound: float | None) -> float | None:
    return int(bound) if bound is not None and abs(bound) < 2**53 and float(bound).is_integer() else bound
