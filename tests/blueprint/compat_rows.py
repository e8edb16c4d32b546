"""Random contracts, changes and rows, and two evaluators that tell whether a contract takes a set of rows.

``accepts`` reads the set in plain Python; ``passes`` lets DuckDB read it through the contract's row rules.
"""

import random
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import duckdb

from blueprint import Blueprint, BlueprintError, Column, Concept, Contract, Gate, Rule
from blueprint.rules import row_rules
from blueprint.sql import ident, literal
from blueprint.types import duckdb_type
from tests.blueprint.compat_builders import (
    FIRST,
    LAST,
    START,
    codelist,
    column,
    concept,
    contract,
    entry,
    plan,
    text,
)

Row = dict[str, Any]
CONCEPTS = [
    concept("count@1", "int32", minimum=0, maximum=6),
    concept("count@2", "integer", minimum=0, maximum=6),
    concept("count@3", "int32", minimum=0, maximum=8),
    concept("count@4", "int32", minimum=1, maximum=6),
    concept("count@5", "int32", minimum=0, maximum=6, unit="m"),
    concept("tally@1", "int32", minimum=0, maximum=6, same_as=("count@1",)),
    concept("word@1"),
    concept("word@2", max_length=2),
    concept("word@3", pattern="[a-c]*"),
    concept("word@4", pattern="[a-b]*"),
    concept("word@5", definition=text("said better")),
    concept("code@1", codelist="colours"),
    concept("code@2", codelist="shades"),
    concept("code@3", codelist="tints"),
    concept("ward@1", codelist="wards"),
    concept("day@1", "date"),
    concept("day@2", "timestamp_local"),
]
LISTS = [
    codelist("r", "g", ref="colours@1"),
    codelist("r", "g", "b", ref="shades@1"),
    codelist("r", "y", ref="tints@1"),
    codelist(entry("r", end=LAST), entry("g", FIRST), entry("b"), ref="wards@1", dated=True),
]
KNOWN: Blueprint = plan(*CONCEPTS, *LISTS)
OF_KIND = {
    name: [c.ref for c in CONCEPTS if c.concept == name] for name in ("count", "tally", "word", "code", "ward", "day")
}
VALUES: dict[str, list[Any]] = {
    "string": ["", "a", "ab", "abc", "c", "d", "r", "g", "b", "y"],
    "int32": [-1, 0, 1, 3, 6, 7, 8, 9, 2**31 - 1],
    "integer": [-1, 0, 1, 3, 6, 7, 8, 9, 2**31, 2**40],
    "date": [START, LAST, FIRST, date(2026, 1, 1)],
    "timestamp_local": [datetime(2020, 1, 1), datetime(2025, 6, 30, 12), datetime(2025, 7, 1)],
}
DAYS = ("2025-01-01", "2026-01-01")
RULES = {"x": "a <> 'ab'", "y": "a IS NULL OR length(a) < 3"}
PYTHON_RULES: dict[str, Callable[[Any], bool]] = {
    RULES["x"]: lambda a: a is None or a != "ab",
    RULES["y"]: lambda a: a is None or len(a) < 3,
}


def rule(name: str, sql: str, severity: Any = "error") -> Rule:
    return Rule(id=f"own-{name}", sql=sql, columns=("a",), severity=severity, message=text(name))


# -- one evaluator in Python -----------------------------------------------------------------------------------------


def accepts(contract: Contract, rows: list[Row], known: Blueprint = KNOWN) -> bool:
    """Whether ``contract`` takes the whole set ``rows``; keys that it does not know are ignored."""
    read = [_read(contract, row) for row in rows]
    if any(row is None for row in read):
        return False
    full = [row for row in read if row is not None]
    return (
        all(_row(contract, row, known) for row in full)
        and all(_distinct(full, columns) for columns in (contract.key, *contract.unique) if columns)
        and _gate(contract.gate, full)
    )


def _read(contract: Contract, row: Row) -> Row | None:
    """``row`` under the names of ``contract``: a former name stands for the present one, a missing value is its default."""
    found: Row = {}
    for c in contract.columns:
        names = [n for n in (c.name, *c.aliases) if n in row]
        found[c.name] = row[names[0]] if names else _filling(c)
    return found


def _filling(c: Column) -> Any:
    """The default of ``c`` as a value of its type, or as it stands where it is none."""
    kinds: dict[str, Any] = {"date": date, "timestamp_local": datetime}
    of = kinds.get(KNOWN.concept_of(c).type)
    try:
        return of.fromisoformat(c.default) if of and c.default is not None else c.default
    except ValueError:
        return c.default


def _row(contract: Contract, row: Row, known: Blueprint) -> bool:
    for c in contract.columns:
        value = row[c.name]
        if value is None:
            if c.required:
                return False
        elif not _value(c, value, row, known.concept_of(c), known):
            return False
    return all(PYTHON_RULES[r.sql](row["a"]) for r in contract.rules if r.severity == "error" and "a" in row)


def _value(c: Column, value: Any, row: Row, of: Concept, known: Blueprint) -> bool:
    if not _typed(value, of.type):
        return False
    if of.type in ("int32", "integer"):
        lows = [b for b in (of.minimum, c.minimum) if b is not None]
        highs = [b for b in (of.maximum, c.maximum) if b is not None]
        return all(value >= b for b in lows) and all(value <= b for b in highs)
    if of.type != "string":
        return True
    lengths = [n for n in (of.max_length, c.max_length) if n is not None]
    if any(len(value) > n for n in lengths):
        return False
    if not all(re.fullmatch(p, value) for p in (of.pattern, c.pattern) if p):
        return False
    return of.codelist is None or _coded(c, value, row, of, known)


def _coded(c: Column, value: str, row: Row, of: Concept, known: Blueprint) -> bool:
    entries = [e for e in known.codelists[of.codelist or ""].entries if e.code == value]
    if not known.codelists[of.codelist or ""].dated:
        return bool(entries)
    day = row.get(c.as_of or "") if not re.match(r"\d", c.as_of or "") else date.fromisoformat(c.as_of or "")
    if day is None:
        return False
    day = day.date() if isinstance(day, datetime) else day
    return any(e.valid_from <= day and (e.valid_to is None or day <= e.valid_to) for e in entries)


def _typed(value: Any, kind: str) -> bool:
    """Whether ``value`` is of the type ``kind``, or of a narrower one that it holds."""
    if kind in ("int32", "integer"):
        return isinstance(value, int) and (kind == "integer" or -(2**31) <= value < 2**31)
    if kind == "date":
        return isinstance(value, date) and not isinstance(value, datetime)
    return isinstance(value, date) if kind == "timestamp_local" else isinstance(value, str)


def _distinct(rows: list[Row], columns: tuple[str, ...]) -> bool:
    found = [tuple(row[c] for c in columns) for row in rows]
    return len(set(found)) == len(found)


def _gate(gate: Gate, rows: list[Row]) -> bool:
    def share(name: str) -> float:
        return sum(row[name] is not None for row in rows) / len(rows) if rows else 1.0

    return gate.min_rows <= len(rows) <= (gate.max_rows or 10**9) and all(
        share(c) >= least for c, least in gate.complete.items()
    )


# -- the other: the contract's own row rules in DuckDB ------------------------------------------------------------------


def passes(contract: Contract, rows: list[Row], known: Blueprint = KNOWN) -> bool:
    """Whether every row rule of ``contract`` holds in DuckDB for ``rows``, which are of its types."""
    read = [_read(contract, row) for row in rows]
    kinds = [
        f"CAST({ident(c.name)} AS {duckdb_type(known.concept_of(c))}) AS {ident(c.name)}" for c in contract.columns
    ]
    names = ", ".join(ident(c.name) for c in contract.columns)
    values = ", ".join("(" + ", ".join(literal(row[c.name]) for c in contract.columns) + ")" for row in read if row)
    good = " AND ".join(r.good for r in row_rules(contract, known) if r.severity == "error") or "true"
    found = CONNECTION.execute(
        f"SELECT count(*) FROM (SELECT {', '.join(kinds)} FROM (VALUES {values}) t({names})) WHERE NOT ({good})"
    ).fetchone()
    return found == (0,)


CONNECTION = duckdb.connect()


# -- random contracts, mutations and rows -------------------------------------------------------------------------------


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - made-up data needs no secrets


def random_contract(rng: random.Random) -> Contract:
    columns = [column("a", rng.choice(OF_KIND["word"][:4]), required=rng.random() < 0.4)]
    columns += [_column(name, rng) for name in ("b", "c", "d")[: rng.randint(0, 3)]]
    names = [c.name for c in columns]
    rules = tuple(rule(n, sql, rng.choice(("error", "warning"))) for n, sql in RULES.items() if rng.random() < 0.3)
    return contract(
        *columns,
        key=tuple(rng.sample(names, 1)) if rng.random() < 0.3 else (),
        unique=(tuple(rng.sample(names, 1)),) if rng.random() < 0.2 else (),
        rules=rules,
        gate=_any_gate(names, rng),
        reserved=("z",) if rng.random() < 0.2 else (),
    )


def _any_gate(names: list[str], rng: random.Random) -> Gate:
    complete = {rng.choice(names): rng.choice((0.3, 0.7))} if rng.random() < 0.3 else {}
    return Gate(min_rows=rng.choice((0, 1, 2)), max_rows=rng.choice((None, 2, 3)), complete=complete)


def _column(name: str, rng: random.Random) -> Column:
    kind = rng.choice(("count", "code", "ward", "day", "word"))
    more: Row = {"required": rng.random() < 0.4}
    if kind == "count":
        more |= {"minimum": rng.choice((None, 0, 2)), "maximum": rng.choice((None, 5, 6))}
    if kind == "word":
        more |= {"max_length": rng.choice((None, 1, 2)), "pattern": rng.choice((None, "[a-z]*", "a*"))}
    if kind == "ward":
        more["as_of"] = rng.choice(DAYS)
    return column(name, rng.choice(OF_KIND[kind]), **more)


def mutate(old: Contract, rng: random.Random) -> Contract:
    """One random change; the same contract where it would not be a valid one."""
    try:
        changed = rng.choice(MUTATIONS)(old, rng)
        new = Contract.model_validate(changed.model_dump())
        row_rules(new, KNOWN)  # refuses limits that contradict each other
    except (ValueError, BlueprintError):
        return old
    return new


def with_column(old: Contract, index: int, **more: Any) -> Contract:
    columns = list(old.columns)
    columns[index] = columns[index].model_copy(update=more)
    return old.model_copy(update={"columns": tuple(columns)})


def _add(old: Contract, rng: random.Random) -> Contract:
    new = _column(rng.choice(("e", "f", "z")), rng)
    if rng.random() < 0.5:
        value = rng.choice(VALUES[KNOWN.concept_of(new).type])
        new = new.model_copy(update={"default": value if isinstance(value, str | int) else str(value)})
    reserved = tuple(name for name in old.reserved if name != new.name)
    return old.model_copy(update={"columns": (*old.columns, new), "reserved": reserved})


def _remove(old: Contract, rng: random.Random) -> Contract:
    if len(old.columns) < 2:
        return old
    return old.model_copy(update={"columns": old.columns[:-1]})


def _rename(old: Contract, rng: random.Random) -> Contract:
    index = rng.randrange(len(old.columns))
    was = old.columns[index]
    if was.name == "a":  # the rules of these tests read it by this name
        return old
    name = rng.choice(("n", "m"))
    aliases = (was.name, *was.aliases) if rng.random() < 0.7 else was.aliases
    moved = {
        "key": tuple(name if k == was.name else k for k in old.key),
        "unique": tuple(tuple(name if k == was.name else k for k in u) for u in old.unique),
        "gate": old.gate.model_copy(
            update={"complete": {name if k == was.name else k: v for k, v in old.gate.complete.items()}}
        ),
    }
    return with_column(old, index, name=name, field=was.identity, aliases=aliases).model_copy(update=moved)


def _rebind(old: Contract, rng: random.Random) -> Contract:
    index = rng.randrange(len(old.columns))
    kind = old.columns[index].concept.partition("@")[0]
    kinds = ["count", "tally"] if kind in ("count", "tally") else [kind]
    return with_column(old, index, concept=rng.choice([ref for k in kinds for ref in OF_KIND[k]]))


def _narrow(old: Contract, rng: random.Random) -> Contract:
    index = rng.randrange(len(old.columns))
    of = KNOWN.concept_of(old.columns[index])
    if of.concept in ("count", "tally"):
        return with_column(old, index, **{rng.choice(("minimum", "maximum")): rng.choice((None, 1, 2, 3, 5, 6, 7))})
    if of.concept == "word":
        if rng.random() < 0.5:
            return with_column(old, index, max_length=rng.choice((None, 1, 2, 3)))
        return with_column(old, index, pattern=rng.choice((None, "[a-z]*", "a*")))
    return with_column(old, index, as_of=rng.choice(DAYS)) if of.concept == "ward" else old


def _require(old: Contract, rng: random.Random) -> Contract:
    index = rng.randrange(len(old.columns))
    return with_column(old, index, required=not old.columns[index].required)


def _retitle(old: Contract, rng: random.Random) -> Contract:
    return with_column(old, rng.randrange(len(old.columns)), title=text(rng.choice(("one", "two"))))


def _reorder(old: Contract, rng: random.Random) -> Contract:
    return old.model_copy(update={"columns": tuple(rng.sample(old.columns, len(old.columns)))})


def _rekey(old: Contract, rng: random.Random) -> Contract:
    names = [c.name for c in old.columns]
    chosen = tuple(rng.sample(names, rng.randint(0, min(2, len(names)))))
    return old.model_copy(update={"key": chosen} if rng.random() < 0.5 else {"unique": (chosen,) if chosen else ()})


def _rerule(old: Contract, rng: random.Random) -> Contract:
    name, sql = rng.choice(list(RULES.items()))
    rest = tuple(r for r in old.rules if r.id != f"own-{name}")
    if len(rest) < len(old.rules) and rng.random() < 0.3:
        return old.model_copy(update={"rules": rest})
    written = rng.choice((sql, sql, RULES["x"] if name == "y" else RULES["y"]))
    return old.model_copy(update={"rules": (*rest, rule(name, written, rng.choice(("error", "warning"))))})


def _regate(old: Contract, rng: random.Random) -> Contract:
    return old.model_copy(update={"gate": _any_gate([c.name for c in old.columns], rng)})


MUTATIONS: list[Callable[[Contract, random.Random], Contract]] = [
    _add, _remove, _rename, _rebind, _narrow, _require, _retitle, _reorder, _rekey, _rerule, _regate,
]  # fmt: skip


def random_rows(contract: Contract, rng: random.Random) -> list[Row]:
    """Rows whose values often are at the edge of what ``contract`` takes; some carry columns that it does not know."""
    rows = []
    for _ in range(rng.randint(1, 3)):
        row = {}
        for c in contract.columns:
            of = KNOWN.concept_of(c)
            likely = [v for v in VALUES[of.type] if _value(c, v, {}, of, KNOWN)]
            pool = likely if likely and rng.random() < 0.93 else VALUES[of.type]
            row[c.name] = None if rng.random() < (0.02 if c.required else 0.3) else rng.choice(pool)
        rows.append(row)
    return rows


def served(contract: Contract, rows: list[Row], holder: Contract) -> list[Row]:
    """``rows`` of ``contract`` as a holder of an older contract gets them: former names served, unknown columns left out."""
    known = {c.name for c in holder.columns}
    out = []
    for row in rows:
        full = {n: row[c.name] for c in contract.columns for n in (c.name, *c.aliases)}
        out.append({n: v for n, v in full.items() if n in known})
    return out


def counterexample(
    giver: Contract, taker: Contract, rng: random.Random, *, forward: bool, tries: int = 12
) -> list[Row]:
    """A random row set that ``giver`` takes and ``taker`` does not, as both evaluators say; empty where none was found."""
    for _ in range(tries):
        rows = random_rows(giver, rng)
        if not accepts(giver, rows):
            continue
        assert passes(giver, rows), "the evaluators disagree"
        seen = served(giver, rows, taker) if forward else rows
        taken = accepts(taker, seen)
        if taken:
            assert passes(taker, seen), "the evaluators disagree"
        else:
            return seen
    return []
