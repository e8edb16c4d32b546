"""What DuckDB says to the SQL of rules and to patterns, before any data is there."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from blueprint.concept import Concept
from blueprint.contract import Contract, Rule
from blueprint.lint_rules import At
from blueprint.load import Blueprint
from blueprint.problems import Problem
from blueprint.sql import ident, literal
from blueprint.subjects import Declaration, file_of
from blueprint.types import duckdb_type

if TYPE_CHECKING:
    import duckdb


def of_contracts(contracts: Iterable[Contract], plan: Blueprint, at: At) -> Iterator[Problem]:
    """Findings in the rules and patterns of ``contracts`` and in the patterns of all concepts."""
    chosen = [c for c in contracts if all(column.concept in plan.concepts for column in c.columns)]
    shapes = [shape for declaration in (*plan.concepts.values(), *chosen) for shape in _shapes(declaration)]
    if not shapes and not any(c.rules for c in chosen):
        return
    import duckdb

    # Rules are expressions over a row; none may read a file or reach out.
    with duckdb.connect(config={"enable_external_access": "false", "threads": "1"}) as db:
        asked: dict[tuple[str, ...], str | None] = {}
        for pattern, declaration, loc in shapes:
            query = f"SELECT regexp_full_match('', {literal(pattern)})"
            if told := _remembered(db, asked, query):
                vi, en = f"DuckDB không đọc được mẫu: {told}", f"DuckDB cannot read the pattern: {told}"
                yield _problem("pattern", declaration, loc, vi, en, pattern, at)
        for contract in chosen:
            types = {c.name: duckdb_type(plan.concept_of(c)) for c in contract.columns}
            for i, rule in enumerate(contract.rules):
                if "{codelist:" not in rule.sql and "{crosswalk:" not in rule.sql:
                    yield from _of_rule(db, asked, contract, i, rule, types, at)


def _of_rule(
    db: "duckdb.DuckDBPyConnection",
    asked: dict[tuple[str, ...], str | None],
    contract: Contract,
    index: int,
    rule: Rule,
    types: dict[str, str],
    at: At,
) -> Iterator[Problem]:
    named = {name: types[name] for name in rule.columns}
    if _remembered(db, asked, *_query(rule, named)) is None:
        return
    told = _remembered(db, asked, *_query(rule, types))
    if told is None:
        vi = f"biểu thức dùng cột không có trong columns ({', '.join(rule.columns)}); hãy thêm vào."
        en = f"the expression uses a column that is not among columns ({', '.join(rule.columns)}); add it."
        yield _problem("sql-columns", contract, ["rules", index, "columns"], vi, en, rule.id, at)
    else:
        vi = f"DuckDB không nhận biểu thức: {told} Các cột: {', '.join(types)}."
        en = f"DuckDB refuses the expression: {told} Columns: {', '.join(types)}."
        yield _problem("sql", contract, ["rules", index, "sql"], vi, en, rule.sql, at)


def _query(rule: Rule, types: dict[str, str]) -> tuple[str, str]:
    row = ", ".join(f"CAST(NULL AS {kind}) AS {ident(name)}" for name, kind in types.items())
    return f"SELECT ({rule.sql}\n) AS good FROM (SELECT {row})", "BOOLEAN"


def _remembered(
    db: "duckdb.DuckDBPyConnection", asked: dict[tuple[str, ...], str | None], query: str, wanted: str = ""
) -> str | None:
    """What is wrong with ``query``; versions of a contract share most of their rules, so each is asked once."""
    if (query, wanted) not in asked:
        asked[query, wanted] = _asked(db, query, wanted)
    return asked[query, wanted]


def _asked(db: "duckdb.DuckDBPyConnection", query: str, wanted: str) -> str | None:
    import duckdb

    try:
        if not wanted:
            db.execute(query)
            return None
        found = db.execute(f"DESCRIBE {query}").fetchone()
    except duckdb.Error as error:
        return str(error).partition("\n\nLINE")[0].replace("\n", " ")
    came = str(found[1]) if found else ""
    return None if came in (wanted, '"NULL"') else f"it is {came} and must be true or false."


def _shapes(declaration: Declaration) -> Iterator[tuple[str, Declaration, list[str | int]]]:
    if isinstance(declaration, Concept) and declaration.pattern:
        yield declaration.pattern, declaration, ["pattern"]
    if isinstance(declaration, Contract):
        for i, column in enumerate(declaration.columns):
            if column.pattern:
                yield column.pattern, declaration, ["columns", i, "pattern"]


def _problem(rule: str, declaration: Declaration, loc: list[str | int], vi: str, en: str, came: str, at: At) -> Problem:
    file = file_of(declaration)
    line, column = at(file, loc)
    where = ".".join(map(str, loc))
    return Problem(file, rule, f"{where}: {vi}", f"{where}: {en}", line, column, where, came[:200])
