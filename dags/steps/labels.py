"""Types and labels as one DuckDB query: what each row's cells are, and which rules it breaks."""

from collections.abc import Sequence

from blueprint import Blueprint, Column, Contract
from blueprint.concept import Concept
from blueprint.rules import ROW_WIDTH, SUPERSEDED, RowRule, row_rules, type_rule
from blueprint.sql import ident, literal
from dags.sources.rows import Batch
from dags.sources.shapes import Shape
from dags.steps.casting import attempt, cast, certain, clear, confirm, sure

ID, FITS, STANDS, HASH, RULES, WARNINGS = "_id", "_width_fits", "_stands", "_hash", "_rules", "_warnings"


class Labeller:
    """The query that types and judges a batch of rows.

    It gives the contract's columns in their types; ``_id``; ``_hash``, which is equal for equal keys; ``_rules``, the
    ids of the broken rules of severity ``error``, null where there are none; and ``_warnings`` in the same way.
    """

    def __init__(self, contract: Contract, blueprint: Blueprint) -> None:
        self.contract = contract
        self._unclear: frozenset[str] = frozenset()
        self.concepts = {c.name: blueprint.concept_of(c) for c in contract.columns}
        rules = row_rules(contract, blueprint)
        self.errors = [r for r in rules if r.severity == "error"]
        self.warnings = [r for r in rules if r.severity == "warning"]

    def query(self, batch: Batch, table: str) -> str:
        """The query over ``table``, which holds the texts of ``batch``, ``_id``, ``_width_fits`` and ``_stands``."""
        columns = self.contract.columns
        self._unclear = batch.unclear
        tries = {c.name: sql for c in columns if c.name in batch.texts and (sql := attempt(c, self._concept(c)))}
        texts = [f"{_text(c, batch)} AS {ident(c.name)}" for c in columns]
        tried = [f"{sql} AS {_tried(name)}" for name, sql in tries.items()]
        typed = [f"{self._typed(c, tries, batch.shapes.get(c.name))} AS {ident(c.name)}" for c in columns]
        there = [f"{ident(c.name)} IS NOT NULL AS {_there(c)}" for c in self._fallible()]
        names = [ident(c.name) for c in columns]
        key = ", ".join(map(ident, self.contract.key))
        flags = (ID, FITS) if batch.stands is None else (ID, FITS, STANDS)
        broken = _listed(self._broken(all_fit=batch.fits is None, all_stand=batch.stands is None))
        return (
            f"WITH texts AS (SELECT {_joined(texts, *flags)} FROM {table}), "
            f"tried AS (SELECT {_joined(['*'], *tried)} FROM texts), "
            f"typed AS (SELECT {_joined(typed, *there, *flags)} FROM tried) "
            f"SELECT {_joined(names, ID)}, hash({key}) AS {HASH}, {broken} AS {RULES}, "
            f"{_listed([(r.good, r.id) for r in self.warnings])} AS {WARNINGS} FROM typed"
        )

    def _concept(self, column: Column) -> Concept:
        return self.concepts[column.name]

    def _fallible(self) -> list[Column]:
        """The columns whose text may be of another type than theirs."""
        return [c for c in self.contract.columns if self._concept(c).type != "string" or c.name in self._unclear]

    def _typed(self, column: Column, tries: dict[str, str], shape: Shape | None) -> str:
        concept, tried = self._concept(column), _tried(column.name)
        if column.name not in tries:
            return clear(column) if concept.type == "string" and column.name in self._unclear else cast(column, concept)
        return (
            certain(column, concept, tried, shape)
            if shape and sure(column, concept, shape)
            else confirm(column, concept, tried)
        )

    def _broken(self, *, all_fit: bool, all_stand: bool) -> list[tuple[str, str]]:
        """Predicates that are never null, true for good rows, and the id of the rule each stands for."""
        width = [] if all_fit else [(FITS, ROW_WIDTH)]
        if not all_stand:
            width = [(STANDS, SUPERSEDED), *width]
        types = [(f"NOT {_failed(c)}", type_rule(c.name)) for c in self._fallible()]
        return width + types + [(self._good(r), r.id) for r in self.errors]

    def _good(self, rule: RowRule) -> str:
        """The rule's predicate; a cell that is of another type is there, so it is not called missing as well."""
        for column in self._fallible():
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
