"""DuckDB: a table that takes only rows that keep the contract."""

from collections.abc import Iterator

from blueprint.compile.fields import Field, fields
from blueprint.contract import Contract
from blueprint.load import Blueprint
from blueprint.rules import RowRule, row_rules
from blueprint.sql import ident, literal


def create_table(contract: Contract, plan: Blueprint, name: str | None = None) -> str:
    """``CREATE TABLE`` for ``contract`` under ``name``, or its dataset's, with its comments.

    Every rule of severity ``error`` is a constraint named by its rule id; DuckDB reads the names and does not keep them.
    A key with a column that may be empty is UNIQUE and not a PRIMARY KEY, which would fill it.

    >>> from blueprint import blueprint
    >>> print(create_table(blueprint().contract("bus-routes"), blueprint()).splitlines()[1])
      "route_id" VARCHAR NOT NULL,
    """
    table = ident(name or contract.dataset)
    columns = fields(contract, plan)
    lines = [f"{ident(f.name)} {f.duckdb_type}{' NOT NULL' if f.required else ''}" for f in columns]
    lines += [
        _check(rule) for rule in row_rules(contract, plan) if rule.severity == "error" and rule.kind != "required"
    ]
    lines += _unique(contract)
    body = ",\n".join(f"  {line}" for line in lines)
    return "\n".join([f"CREATE TABLE {table} (\n{body}\n);", *_comments(table, contract, columns)])


def text(contract: Contract, plan: Blueprint) -> str:
    return create_table(contract, plan)


def _check(rule: RowRule) -> str:
    end = "\n  " if "--" in rule.sql else ""  # a line break ends a comment that a rule may close with
    return f"CONSTRAINT {ident(rule.id)} CHECK ({rule.sql}{end})"


def _unique(contract: Contract) -> Iterator[str]:
    for columns in dict.fromkeys([*filter(None, [contract.key]), *contract.unique]):
        whole = columns == contract.key and all(contract.column(c).required for c in columns)
        yield f"{'PRIMARY KEY' if whole else 'UNIQUE'} ({', '.join(map(ident, columns))})"


def _comments(table: str, contract: Contract, columns: tuple[Field, ...]) -> Iterator[str]:
    yield f"COMMENT ON TABLE {table} IS {literal(f'{contract.title.vi} / {contract.title.en} ({contract.ref})')};"
    for field in columns:
        said = [f"{field.column.title.vi} / {field.column.title.en}", field.column.concept, *field.meaning.values()]
        said.append(field.classification.value)
        yield f"COMMENT ON COLUMN {table}.{ident(field.name)} IS {literal('; '.join(said))};"
