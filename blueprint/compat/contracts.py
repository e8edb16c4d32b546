"""What changed between two versions of a contract: its identity, columns, keys, rules and thresholds."""

import re
from collections.abc import Iterator, Mapping

from blueprint.compat.change import Change, Context, change, texts
from blueprint.compat.columns import Matched, matched, of_columns, reused
from blueprint.contract import Contract, Rule

_IDENTITY = ("dataset", "agency", "theme")
_TEXTS = (
    "title",
    "description",
    "licence",
    "source_note",
    "frequency",
    "keywords",
    "temporal",
    "spatial",
    "sources",
    "reserved",
    "compatibility",
    "known_flaws",
    "freshness",
    "schedule",
    "after",
    "publish",
)
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\w+|\s+|.", re.DOTALL)


def of_contract(old: Contract, new: Contract, context: Context) -> Iterator[Change]:
    """The changes from ``old`` to ``new``; names of an earlier version count as used."""
    for field in _IDENTITY:
        was, now = getattr(old, field), getattr(new, field)
        if was != now:
            yield change(33, field, was, now)
    match = matched(old, new)
    versions = context.plan.contract_versions.get(new.dataset, ())
    history = tuple(v for v in versions if v.number < new.number and v.version != old.version)
    history = tuple(sorted((*history, old), key=lambda v: v.number))
    yield from reused(old, new, history, match, context)
    yield from of_columns(new, history, match, context)
    yield from _keys(old, new, match)
    yield from _rules(old, new, match)
    yield from _thresholds(old, new, match, context)
    yield from texts(old, new, _TEXTS)
    if match.as_old.get(new.partition or "", new.partition) != old.partition:
        yield from texts(old, new, ("partition",))
    yield from texts(old, new, ("partition_by",))


def _keys(old: Contract, new: Contract, match: Matched) -> Iterator[Change]:
    def as_old(names: tuple[str, ...]) -> frozenset[str]:
        # a column that is new bears a mark, so that it is never taken for a column that went and had its name
        return frozenset(match.as_old.get(n, f"+{n}") for n in names)

    was, now = frozenset(old.key), as_old(new.key)
    if was != now:
        yield change(24 if not was else 25 if not now else 26, "key", old.key, new.key)
    sets, other = {frozenset(u): u for u in old.unique}, {as_old(u): u for u in new.unique}
    yield from (change(25, "unique", names, None) for columns, names in sets.items() if columns not in other)
    yield from (change(24, "unique", None, names) for columns, names in other.items() if columns not in sets)
    before = {(frozenset(zip(r.columns, r.to, strict=False)), r.dataset): r for r in old.references}
    after = {
        (frozenset((match.as_old.get(c, f"+{c}"), t) for c, t in zip(r.columns, r.to, strict=False)), r.dataset): r
        for r in new.references
    }
    yield from (change(25, f"references.{r.dataset}", r, None) for key, r in before.items() if key not in after)
    yield from (change(24, f"references.{r.dataset}", None, r) for key, r in after.items() if key not in before)


def _rules(old: Contract, new: Contract, match: Matched) -> Iterator[Change]:
    """Rules by id. A rule of severity ``warning`` refuses no row, so only its coming to refuse or ceasing to counts."""
    before, after = {r.id: r for r in old.rules}, {r.id: r for r in new.rules}
    for name, was in before.items():
        if name not in after:
            yield change(15 if was.severity == "error" else 23, f"rules.{name}", was, None)
    for name, now in after.items():
        was = before.get(name)
        if was is None:
            yield change(16 if now.severity == "error" else 23, f"rules.{name}", None, now, rules=(name,))
        elif was != now:
            yield from _rule(was, now, match)


def _rule(was: Rule, now: Rule, match: Matched) -> Iterator[Change]:
    path = f"rules.{now.id}."
    if was.severity != now.severity:
        number = 27 if now.severity == "error" else 28
        yield change(number, f"{path}severity", was.severity, now.severity, rules=(now.id,))
    elif written(now.sql, match.as_old) != written(was.sql, {}):
        if now.severity == "error":
            yield change(17, f"{path}sql", was.sql, now.sql, rules=(now.id,))
        else:
            yield from texts(was, now, ("sql",), path)
    if (columns := tuple(match.as_old.get(c, c) for c in now.columns)) != was.columns:
        yield change(23, f"{path}columns", was.columns, columns)
    yield from texts(was, now, ("message",), path)


def written(sql: str, as_old: Mapping[str, str]) -> tuple[str, ...]:
    """``sql`` as words, with columns under their former names and without blanks.

    A text with comments or dollar quotes, where a line break may mean something, stays as it is written.

    >>> written('ward  = "b"', {"b": "a"}) == written("ward = a", {})
    True
    """
    if any(mark in sql for mark in ("--", "/*", "$")):
        return (sql.strip(),)
    tokens = [t for t in _TOKEN.findall(sql) if not t.isspace()]
    words: list[str] = []
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        name = token[1:-1] if token[0] == '"' else token
        called = following == "("  # the name of a function, whatever columns are called
        words.append(token if token[0] == "'" or called else as_old.get(name, name))
    return tuple(words)


def _thresholds(old: Contract, new: Contract, match: Matched, context: Context) -> Iterator[Change]:
    was, now = old.gate, new.gate
    codelist = context.plan.codelists.get("frequencies")
    days = (
        {e.code: float(e.attributes["days"]) for e in codelist.entries if e.attributes.get("days")} if codelist else {}
    )
    ages = [g.max_age_days or days.get(c.frequency) for g, c in ((was, old), (now, new))]
    yield from _threshold("gate.min_rows", was.min_rows, now.min_rows, more_is_tighter=True)
    yield from _threshold("gate.max_rows", was.max_rows, now.max_rows, more_is_tighter=False)
    yield from _threshold("gate.max_quarantined", was.max_quarantined, now.max_quarantined, more_is_tighter=False)
    yield from _threshold("gate.max_age_days", *ages, more_is_tighter=False)
    after = {match.as_old.get(n, f"+{n}"): (n, share) for n, share in now.complete.items()}
    gone = {c.name for c in match.gone}
    for name in dict.fromkeys([*was.complete, *after]):
        here, share = after.get(name, (name, None))
        if name not in gone:
            yield from _threshold(f"gate.complete.{here}", was.complete.get(name), share, more_is_tighter=True)
    yield from _shares(old, new, match)


def _shares(old: Contract, new: Contract, match: Matched) -> Iterator[Change]:
    """The least shares of rows that comply; that of a warning refuses no delivery, so only its statement changes."""
    was, warnings = old.gate.mostly, {r.id for r in new.rules if r.severity == "warning"}
    own = {r.id for r in new.rules}
    now = {r if r in own else _former_rule(r, match): (r, share) for r, share in new.gate.mostly.items()}
    for former in dict.fromkeys([*was, *now]):
        rule, share = now.get(former, (former, None))
        if rule not in warnings:
            yield from _threshold(f"gate.mostly.{rule}", was.get(former), share, more_is_tighter=True)
        elif was.get(former) != share:
            yield change(23, f"gate.mostly.{rule}", was.get(former), share)


def _former_rule(rule: str, match: Matched) -> str:
    """The id of a column's ``rule`` before the column was renamed."""
    name, _, kind = rule.partition("-")
    return f"{match.as_old[name]}-{kind}" if name in match.as_old else rule


def _threshold(path: str, was: float | None, now: float | None, *, more_is_tighter: bool) -> Iterator[Change]:
    """No threshold is the loosest one."""
    if was == now:
        return
    tighter = was is None or (now is not None and (now > was) == more_is_tighter)
    yield change(27 if tighter else 28, path, was, now)
