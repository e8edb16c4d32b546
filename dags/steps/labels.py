"""Types and labels as one DuckDB query: what each row's cells are, and which rules it breaks."""

from collections.abc import Collection, Mapping, Sequence

from blueprint import Blueprint, Column, Contract
from blueprint.rules import ROW_WIDTH, SUPERSEDED, RowRule, row_rules, type_rule
from blueprint.sql import ident, literal
from dags.sources.rows import Batch
from dags.steps.casting import attempt, cast, certain, clear, confirm, sure

ID, FITS, STANDS, HASH, RULES, WARNINGS = "_id", "_width_fits", "_stands", "_hash", "_rules", "_warnings"


class Labeller:
    """The query that types and judges a batch of rows.

    It gives the contract's columns in their types but for those that are ``settled``; ``_hash``, which is equal for equal
    keys; ``_rules``, the ids of the broken rules of severity ``error``, null where there are none; ``_warnings`` in the
    same way; and ``_id``: a rule that is held against a long list becomes a join, which keeps no order of the rows.
    """

    def __init__(self, contract: Contract, blueprint: Blueprint) -> None:
        self.contract = contract
        self.concepts = {c.name: blueprint.concept_of(c) for c in contract.columns}
        rules = row_rules(contract, blueprint)
        self.errors = [r for r in rules if r.severity == "error"]
        self.warnings = [r for r in rules if r.severity == "warning"]

    def query(self, batch: Batch, table: str, settled: Collection[str] = ()) -> str:
        """The query over ``table``, which holds the texts of ``batch``, ``_width_fits`` and ``_stands``.

        Of the columns that are ``settled`` it holds the values, in their types, and not the texts.
        """
        columns = self.contract.columns
        open_ones = [c for c in columns if c.name not in settled]
        fallible = [c for c in open_ones if self.concepts[c.name].type != "string" or c.name in batch.unclear]
        tries = {c.name: sql for c in open_ones if c.name in batch.texts and (sql := attempt(c, self.concepts[c.name]))}
        names = {c.name: ident(c.name) for c in columns}
        texts = [names[c.name] if c.name in settled else f"{_text(c, batch)} AS {names[c.name]}" for c in columns]
        tried = [f"{sql} AS {_tried(name)}" for name, sql in tries.items()]
        typed = [
            names[c.name] if c.name in settled else f"{self._typed(c, tries, batch)} AS {names[c.name]}"
            for c in columns
        ]
        there = [f"{ident(c.name)} IS NOT NULL AS {_there(c)}" for c in fallible]
        key = ", ".join(map(ident, self.contract.key))
        flags = (ID, FITS) if batch.stands is None else (ID, FITS, STANDS)
        broken = _listed(self._broken(fallible, all_fit=batch.fits is None, all_stand=batch.stands is None))
        told = [*(names[c.name] for c in open_ones), ID]
        return (
            f"WITH texts AS (SELECT {_joined(texts, *flags)} FROM {table}), "
            f"tried AS (SELECT {_joined(['*'], *tried)} FROM texts), "
            f"typed AS (SELECT {_joined(typed, *there, *flags)} FROM tried) "
            f"SELECT {_joined(told, f'hash({key}) AS {HASH}', f'{broken} AS {RULES}')}, "
            f"{_listed([(r.good, r.id) for r in self.warnings])} AS {WARNINGS} FROM typed"
        )

    def _typed(self, column: Column, tries: Mapping[str, str], batch: Batch) -> str:
        concept, tried = self.concepts[column.name], _tried(column.name)
        if column.name not in tries:
            return clear(column) if concept.type == "string" and column.name in batch.unclear else cast(column, concept)
        shape = batch.shapes.get(column.name)
        if shape and sure(column, concept, shape):
            return certain(column, concept, tried, shape)
        return confirm(column, concept, tried)

    def _broken(self, fallible: Sequence[Column], *, all_fit: bool, all_stand: bool) -> list[tuple[str, str]]:
        """Predicates that are never null, true for good rows, and the id of the rule each stands for.

        The texts of ``fallible`` columns may be of another type than theirs.
        """
        width = [] if all_fit else [(FITS, ROW_WIDTH)]
        if not all_stand:
            width = [(STANDS, SUPERSEDED), *width]
        types = [(f"NOT {_failed(c)}", type_rule(c.name)) for c in fallible]
        return width + types + [(_good(r, fallible), r.id) for r in self.errors]


def _good(rule: RowRule, fallible: Sequence[Column]) -> str:
    """The rule's predicate; a cell that is of another type is there, so it is not called missing as well."""
    for column in fallible:
        if rule.kind == "required" and rule.column == column.name:
            return f"({rule.good} OR {_failed(column)})"
    return rule.good


def _text(column: Column, batch: Batch) -> str:
    name = ident(column.name)
    if column.name in batch.constants:
        return f"CAST({literal(batch.constants[column.name])} AS VARCHAR)"
    nulls = [null for null in sorted(batch.nulls) if (shape := batch.shapes.get(column.name)) and shape.may_be(null)]
    return f"CASE WHEN {name} NOT IN ({', '.join(map(literal, nulls))}) THEN {name} END" if nulls else name


def _tried(name: str) -> str:
    return ident(f"_tried_{name}")


def _there(column: Column) -> str:
    return ident(f"_there_{column.name}")


def _failed(column: Column) -> str:
    return f"({_there(column)} AND {ident(column.name)} IS NULL)"


def _joined(first: Sequence[str], *others: str) -> str:
    return ", ".join((*first, *others))


def _listed(rules: Sequence[tuple[str, str]]) -> str:
    """The ids of the rules whose predicate is false; null where there are none, so that good rows cost no list."""
    if not rules:
        return "NULL::VARCHAR[]"
    each = ", ".join(f"CASE WHEN NOT {good} THEN {literal(rule)} END" for good, rule in rules)
    return (
        f"CASE WHEN NOT ({' AND '.join(good for good, _ in rules)}) "
        f"THEN list_filter([{each}], lambda x: x IS NOT NULL) END"
    )
