"""What changed in the columns of a contract: which are one and the same, and what each one now permits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from blueprint.changelog import entry_file, from_yaml
from blueprint.compat.change import Change, Context, change, texts
from blueprint.compat.concepts import of_versions, same
from blueprint.compat.domain import differences, of_column
from blueprint.compat.kinds import DEPRECATION_DAYS
from blueprint.compat.values import permitted
from blueprint.compat.verdicts import Bump
from blueprint.concept import Concept
from blueprint.contract import Column, Contract
from blueprint.load import Blueprint
from blueprint.rules import codes

_READING = (
    "header",
    "synonyms",
    "constant",
    "from_file_name",
    "pad_to",
    "date_formats",
    "decimal",
    "suffixes",
    "values",
    "flatten",
)
_TEXTS = ("title", "description", *_READING)


@dataclass(frozen=True)
class Matched:
    """The columns of two versions: pairs that are one and the same, those that are gone, and those that were added.

    ``as_old`` leads from each name of the new version to the name that the same column has in the old one.
    """

    pairs: tuple[tuple[Column, Column], ...]
    gone: tuple[Column, ...]
    added: tuple[Column, ...]
    as_old: Mapping[str, str] = field(default_factory=dict[str, str])


def matched(old: Contract, new: Contract) -> Matched:
    """Columns are one where their identity is the same, or where the new one states the old one's name as its alias."""
    by_identity = {c.identity: c for c in new.columns}
    by_alias = {a: c for c in new.columns for a in c.aliases}
    taken: set[str] = set()
    pairs: list[tuple[Column, Column]] = []
    gone: list[Column] = []
    for was in old.columns:
        now = by_identity.get(was.identity) or by_alias.get(was.name)
        if now is None or now.name in taken:
            gone.append(was)
        else:
            taken.add(now.name)
            pairs.append((was, now))
    added = tuple(c for c in new.columns if c.name not in taken)
    return Matched(tuple(pairs), tuple(gone), added, {now.name: was.name for was, now in pairs})


def of_columns(new: Contract, history: tuple[Contract, ...], match: Matched, context: Context) -> Iterator[Change]:
    """The changes of each column; ``history`` holds the versions before ``new``, oldest first."""
    for was in match.gone:
        yield _removed(was, history, context)
    for now in match.added:
        yield _added(now, context)
    for was, now in match.pairs:
        if was != now:
            yield from _column(was, now, match, context)
    order = [was for was, _ in match.pairs]
    place = {c.name: i for i, c in enumerate(new.columns)}
    if sorted(match.pairs, key=lambda pair: place[pair[1].name]) != list(match.pairs):
        yield change(7, "columns", [c.name for c in order], [c.name for c in new.columns if c.name in match.as_old])


def _removed(was: Column, history: tuple[Contract, ...], context: Context) -> Change:
    if was.required:
        return change(5, f"columns.{was.name}", was, None)
    since = _deprecated_since(was.identity, history, context.plan)
    holds = since is not None and since + timedelta(days=DEPRECATION_DAYS) <= context.today
    return change(4, f"columns.{was.name}", was, None, holds=holds)


def _deprecated_since(identity: str, history: tuple[Contract, ...], plan: Blueprint) -> date | None:
    """The day from which every version that was released marked the column as deprecated, as far as they all do so.

    A version cannot put that day before its own release.
    """
    since: date | None = None
    for version in reversed(history):
        column = next((c for c in version.columns if c.identity == identity), None)
        if column is None:
            continue
        if column.deprecated is None:
            break
        released = _released_on(version, plan)
        since = max(column.deprecated.since, released) if released else column.deprecated.since
    return since


def _released_on(version: Contract, plan: Blueprint) -> date | None:
    """The day of the release by the changelog; ``None`` for a draft, or where no changelog is kept."""
    file = plan.root / entry_file(version.dataset, version.version)
    return from_yaml(file).date if file.is_file() else None


def _added(now: Column, context: Context) -> Change:
    path = f"columns.{now.name}"
    if now.default is None:
        return change(2 if now.required else 1, path, None, now)
    fits = permitted(now.default, now, context.plan)
    return change(3, path, None, now, holds=fits) if now.required or not fits else change(1, path, None, now)


def _column(was: Column, now: Column, match: Matched, context: Context) -> Iterator[Change]:
    path = f"columns.{now.name}."
    if was.name != now.name:
        yield change(6, f"{path}name", was.name, now.name, holds=was.name in now.aliases)
    if lost := [a for a in was.aliases if a not in (*now.aliases, now.name)]:
        yield change(6, f"{path}aliases", lost, list(now.aliases), holds=False)
    if was.name == now.name and (served := [a for a in now.aliases if a not in was.aliases]):
        yield change(23, f"{path}aliases", list(was.aliases), served, bump=Bump.MINOR)
    if was.required != now.required:
        yield change(10 if now.required else 9, f"{path}required", was.required, now.required)
    elif now.required and was.default is not None and now.default is None:
        # rows from before the column was there lose their value
        yield change(10, f"{path}default", was.default, None)
    if was.default != now.default and now.default is not None:
        yield change(23, f"{path}default", was.default, now.default, bump=Bump.MINOR)
    if was.deprecated != now.deprecated:
        yield change(23, f"{path}deprecated", was.deprecated, now.deprecated, bump=Bump.MINOR)
    yield from _bound(was, now, match, context)
    if match.as_old.get(now.names or "") != was.names and now.names != was.names:
        number = 16 if was.names is None else 15 if now.names is None else 17
        yield change(number, f"{path}names", was.names, now.names, rules=(f"{now.name}-name",))
    yield from texts(was, now, _TEXTS, path)


def _bound(was: Column, now: Column, match: Matched, context: Context) -> Iterator[Change]:
    """What the column itself narrows, read with its former concept; then what another concept makes of it."""
    path = f"columns.{now.name}."
    before, after = context.plan.concept(was.concept), context.plan.concept(now.concept)
    yield from differences(of_column(was, before), of_column(now, before), context, path, now.name)
    yield from _dates(was, now, before, match, context)
    if was.timezone != now.timezone and before.type != "timestamp":
        yield from texts(was, now, ("timezone",), path)
    if was.concept == now.concept:
        return
    inner = tuple(differences(of_column(now, before), of_column(now, after), context, path, now.name))
    if before.concept == after.concept:
        told = tuple(c for c in of_versions(before, after, context) if c.kind.number == 23)
        yield change(29, f"{path}concept", was.concept, now.concept, holds=True, causes=(*inner, *told))
    else:
        holds = same(was.concept, now.concept, context.plan)
        bump = Bump.MINOR if holds else None
        yield change(30, f"{path}concept", was.concept, now.concept, holds=holds, causes=inner, bump=bump)


def _dates(was: Column, now: Column, concept: Concept, match: Matched, context: Context) -> Iterator[Change]:
    """Another date by which a dated code list is read permits other codes."""
    if match.as_old.get(now.as_of or "", now.as_of) == was.as_of:
        return
    path = f"columns.{now.name}.as_of"
    codelist = context.plan.codelists.get(concept.codelist or "")
    if codelist is None or not codelist.dated:
        yield from texts(was, now, ("as_of",), f"columns.{now.name}.")
        return
    before, after = codes(was, codelist), codes(now, codelist)
    if before is None or after is None:
        yield change(17, path, was.as_of, now.as_of, rules=(f"{now.name}-code",))
        return
    if before - after:
        yield change(16, path, was.as_of, now.as_of)
    if after - before:
        yield change(15, path, was.as_of, now.as_of)
    if before == after:
        yield change(23, path, was.as_of, now.as_of)


def reused(
    old: Contract, new: Contract, history: tuple[Contract, ...], match: Matched, context: Context
) -> Iterator[Change]:
    """Names and identities that were given to another column before, or were put out of use."""
    known = {(c.name, c.identity, c.aliases) for c in old.columns}
    present = {c.identity for c in new.columns}
    for column in new.columns:
        if (column.name, column.identity, column.aliases) in known:
            continue
        if found := _earlier_use(column, present, history, match, context):
            yield change(8, f"columns.{column.name}", found, column.name)


def _earlier_use(
    column: Column, present: set[str], history: tuple[Contract, ...], match: Matched, context: Context
) -> str | None:
    """The version and column that bore a name of ``column`` before and were something else."""
    labels = {column.name, column.identity}
    missed = False
    for version in reversed(history):
        if out := labels & set(version.reserved):
            return f"{version.ref}: reserved {', '.join(sorted(out))}"
        here = False
        for earlier in version.columns:
            if earlier.identity == column.identity:
                here = True
                another = missed and not _one_meaning(earlier.concept, column.concept, context)
            elif earlier.name in column.aliases:
                another = earlier.identity in present
            else:
                another = bool(labels & {earlier.name, *earlier.aliases, earlier.identity})
            if another:
                return f"{version.ref}: {earlier.name}"
        missed = missed or (not here and column.name not in match.as_old)
    return None


def _one_meaning(one: str, other: str, context: Context) -> bool:
    return one.partition("@")[0] == other.partition("@")[0] or same(one, other, context.plan)
