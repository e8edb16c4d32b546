"""Rows to hold against every target, and the verdict they must get: that of the row rules in DuckDB."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb

from blueprint import Blueprint, Contract
from blueprint.compile.fields import Field, fields
from blueprint.rules import RowRule, row_rules
from blueprint.sql import ident
from blueprint.types import NUMERIC, WHOLE
from dags.steps.casting import cast

Row = dict[str, Any]
_CORNERS = {
    "final-line-break": frozenset({"pattern"}),
    "empty-text": frozenset({"pattern", "code", "length"}),
    "fraction": frozenset({"type"}),
    "calendar": frozenset({"type"}),
}
"""Corner of a target -> the kinds of promise that a row which stands for it breaks by the reference."""


@dataclass
class Case:
    """A row as JSON holds it, with the kinds of promise that it breaks; none for a row that must be accepted."""

    row: Row
    corner: str | None = None
    broken: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)


def cell(value: Any) -> str | None:
    """``value`` as a delivered file writes it."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def judge(contract: Contract, plan: Blueprint, cases: list[Case]) -> None:
    """Fill in what each case breaks, by casting its cells as deliveries are and evaluating every rule of severity error."""
    rules = [r for r in row_rules(contract, plan) if r.severity == "error"]
    names = [c.name for c in contract.columns]
    known = {f.name: f for f in fields(contract, plan)}
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"CREATE TABLE raw (n INTEGER, {', '.join(f'{ident(n)} VARCHAR' for n in names)})")
        rows = [[i, *(cell(case.row.get(n)) for n in names)] for i, case in enumerate(cases)]
        db.executemany(f"INSERT INTO raw VALUES ({', '.join('?' * (len(names) + 1))})", rows)
        iso = [c.model_copy(update={"date_formats": ()}) for c in contract.columns]
        typed = ", ".join(f"{cast(c, plan.concept_of(c))} AS {ident(c.name)}" for c in iso)
        db.execute(f"CREATE TABLE typed AS SELECT n, {typed} FROM raw")
        unread: list[set[str]] = [set() for _ in cases]  # a cell that is not of its type says nothing to the rules
        for name in names:
            lost = f"raw.{ident(name)} IS NOT NULL AND typed.{ident(name)} IS NULL"
            for (n,) in db.execute(f"SELECT n FROM raw JOIN typed USING (n) WHERE {lost}").fetchall():
                cases[n].broken.add("type")
                unread[n].add(name)
        for rule in rules:
            for (n,) in db.execute(f"SELECT n FROM typed WHERE NOT {rule.good}").fetchall():
                if unread[n].isdisjoint(rule.columns):
                    cases[n].broken.add(kind_of(rule, known))
                    cases[n].rules.add(rule.id)
    for case in cases:
        if set(case.row) - set(names):
            case.broken.add("columns")
        stands_for = _CORNERS.get(case.corner or "", frozenset())
        if case.corner and case.broken & stands_for:
            case.broken = (case.broken - stands_for) | {case.corner}


def kind_of(rule: RowRule, known: dict[str, Field]) -> str:
    """The kind by which ``Limit.covers`` names what a broken ``rule`` is."""
    return "dated-code" if rule.kind == "code" and known[rule.column or ""].dated_by else rule.kind


def values(of: Field, chance: random.Random) -> Iterator[tuple[Any, str | None]]:
    """Values for a column, good and bad, at and beside every edge; with the corner that one stands for."""
    yield None, None
    if of.entries is not None:
        yield from _codes(of, chance)
    if of.type in NUMERIC:
        yield from _numbers(of, chance)
    if of.type == "string":
        yield from _texts(of, chance)
    plain, impossible = _OTHERS.get(of.type, ((), None))
    yield from ((value, None) for value in plain)
    if impossible:
        yield impossible, "calendar"


_OTHERS: dict[str, tuple[tuple[Any, ...], str | None]] = {
    "boolean": ((True, False, "maybe"), None),
    "date": (("2024-02-29", "2025-06-30", "2025-07-01", "2026-13-01", "hôm nay"), "2026-02-30"),
    "timestamp": (
        ("2025-07-01T00:00:00+07:00", "2025-06-30T23:59:59+07:00", "2025-06-30T17:00:00Z", "hôm nay"),
        "2026-02-30T00:00:00Z",
    ),
    "timestamp_local": (
        ("2025-06-30T23:59:59", "2025-07-01T00:00:00", "2026-01-01T25:00:00", "nay"),
        "2026-02-30T00:00:00",
    ),
}


def _codes(of: Field, chance: random.Random) -> Iterator[tuple[Any, str | None]]:
    codes = [e.code for e in of.codelist.entries] if of.codelist else []
    for code in [*chance.sample(codes, min(6, len(codes))), codes[0], codes[-1]]:
        yield of.json(code), None
    if of.type == "string":
        yield from (("zzz", None), (codes[0].upper() + " ", None), ("", "empty-text"))
    else:
        yield 99, None


def _numbers(of: Field, chance: random.Random) -> Iterator[tuple[Any, str | None]]:
    step = 1 if of.type in WHOLE else 0.25
    for edge in [e for e in (of.low, of.high) if e is not None]:
        yield from ((value, None) for value in (edge, edge - step, edge + step))
    yield from ((value, None) for value in (0, -1, chance.randint(-50, 200), "abc", "--1"))
    if of.type in WHOLE:
        yield 1.5, "fraction"
        yield from ((bound, None) for bound in of.type_bounds or ())
        yield 2**63 if of.type == "integer" else 2**31, None
    else:
        yield from ((value, None) for value in (0.5, -0.25, 1e3))


_TEXTS = [
    "29A",
    "29B",
    "Đ12",
    "123",
    "123-a_Z",
    "a b",
    "a\tb",
    "1.5",
    "1x5",
    "a+b",
    "aab",
    "c\\d",
    "00004",
    "tên 00008",
]
_TEXTS += ["tên mới 00008", "0100109106", "0100109107", "0100109106-001"]


def _texts(of: Field, chance: random.Random) -> Iterator[tuple[Any, str | None]]:
    seeds = [s for s in (*of.concept.examples, *of.examples) if isinstance(s, str)]
    seeds += chance.sample(_TEXTS, 9)
    for seed in dict.fromkeys(seeds):
        yield from ((seed, None), (f"{seed}x", None), (f"x{seed}", None))
        yield seed + "\n", "final-line-break"
    yield from (
        (v, None)
        for v in ("１２３", "a\u00a0b", "a\vb", "a\u2028b", "ab", "abcd", "abcde", "ấấấấ", "🙂🙂🙂🙂🙂", "x" * 300)
    )


def corpus(contract: Contract, plan: Blueprint, good: Row, extra: int = 150) -> list[Case]:
    """Each value of each column in an otherwise good row, then ``extra`` rows of mixed values; every case judged."""
    chance = random.Random(contract.ref)  # noqa: S311 - repeatable rows, no secrets
    columns = fields(contract, plan)
    pools = {f.name: list(values(f, chance)) for f in columns}
    cases = [Case(dict(good)), Case({**good, "not_a_column": "x"})]
    for name, pool in pools.items():
        cases += [Case({**good, name: value}, corner) for value, corner in pool if value != good[name]]
    for _ in range(extra):
        mixed = dict(good)
        for name in chance.sample(list(pools), min(3, len(pools))):
            mixed[name] = chance.choice([value for value, corner in pools[name] if corner is None])
        cases.append(Case(mixed))
    judge(contract, plan, cases)
    assert not cases[0].broken, f"the row to start from is not good: {cases[0].broken} {cases[0].rules}"
    return cases
