"""The values that a concept permits, or a column that narrows its concept, and how two such domains differ."""

from collections.abc import Iterator
from dataclasses import dataclass

from blueprint.compat.change import Change, Context, change
from blueprint.compat.codelists import same_meaning, within
from blueprint.concept import Classification, Concept
from blueprint.contract import Column
from blueprint.rules import bounds, lengths, patterns

_TRAVEL = list(Classification)
_LEVELS = (None, "shape", "checksum", "register")
_WIDER = {("int32", "integer"), ("float", "double"), ("date", "timestamp_local")}
_DECIMAL = (18, 6)
_MEASURES = ("unit", "crs", "currency", "calendar", "timezone")


@dataclass(frozen=True)
class Domain:
    """What one value may be: its type, its meaning as a measure, its limits and codes, and how far it may travel."""

    type: str
    digits: tuple[int, int] | None
    """Digits in all and after the point, of a decimal."""
    measures: tuple[str | None, ...]
    limits: tuple[float | None, ...]
    """Minimum, maximum, least and most characters."""
    patterns: frozenset[str]
    identifier: str | None
    validation: str | None
    codelist: str | None
    classification: Classification


def of_concept(concept: Concept) -> Domain:
    """The domain of ``concept`` itself."""
    limits = (concept.minimum, concept.maximum, concept.min_length, concept.max_length)
    return _domain(concept, None, limits, (concept.pattern,) if concept.pattern else ())


def of_column(column: Column, concept: Concept) -> Domain:
    """The domain of ``concept``, narrowed by ``column``."""
    zone = column.timezone if concept.type == "timestamp" else None
    return _domain(concept, zone, (*bounds(column, concept), *lengths(column, concept)), patterns(column, concept))


def _domain(concept: Concept, zone: str | None, limits: tuple[float | None, ...], shapes: tuple[str, ...]) -> Domain:
    digits = None
    if concept.type == "decimal":
        digits = _DECIMAL if concept.precision is None else (concept.precision, concept.scale or 0)
    return Domain(
        concept.type,
        digits,
        (concept.unit, concept.crs, concept.currency, concept.calendar, zone),
        limits,
        frozenset(shapes),
        concept.identifier,
        concept.validation,
        concept.codelist,
        concept.classification,
    )


def differences(old: Domain, new: Domain, context: Context, path: str = "", column: str = "") -> Iterator[Change]:
    """The changes from ``old`` to ``new``. ``column`` is the column whose rules replay would look at."""
    if old == new:
        return
    yield from _types(old, new, path)
    for name, was, now in zip(_MEASURES, old.measures, new.measures, strict=True):
        if was != now:
            yield change(14, f"{path}{name}", was, now)
    yield from _limits(old, new, path)
    yield from _shapes(old, new, path, column)
    if old.codelist != new.codelist:
        yield from _lists(old.codelist, new.codelist, context, f"{path}codelist")
    if old.classification != new.classification:
        raised = _TRAVEL.index(new.classification) > _TRAVEL.index(old.classification)
        holds = None if raised else False
        yield change(31 if raised else 32, f"{path}classification", old.classification, new.classification, holds=holds)


def _types(old: Domain, new: Domain, path: str) -> Iterator[Change]:
    if old.type != new.type:
        wider, narrower = (old.type, new.type) in _WIDER, (new.type, old.type) in _WIDER
        yield change(11 if wider else 12 if narrower else 13, f"{path}type", old.type, new.type)
    elif old.digits and new.digits and old.digits != new.digits:
        whole = new.digits[0] - new.digits[1] - (old.digits[0] - old.digits[1])
        fraction = new.digits[1] - old.digits[1]
        number = 11 if whole >= 0 and fraction >= 0 else 12 if whole <= 0 and fraction <= 0 else 13
        yield change(number, f"{path}precision", list(old.digits), list(new.digits))


def _limits(old: Domain, new: Domain, path: str) -> Iterator[Change]:
    names = ("minimum", "maximum", "min_length", "max_length")
    for name, was, now in zip(names, old.limits, new.limits, strict=True):
        if was == now:
            continue
        lower_is_looser = name.startswith("min")
        looser = now is None or (was is not None and (now < was) == lower_is_looser)
        yield change(15 if looser else 16, f"{path}{name}", was, now)


def _shapes(old: Domain, new: Domain, path: str, column: str) -> Iterator[Change]:
    dropped, added = old.patterns - new.patterns, new.patterns - old.patterns
    if dropped or added:
        number = 17 if dropped and added else 15 if dropped else 16
        rules = (f"{column}-pattern",) if column else ()
        yield change(number, f"{path}pattern", _one(dropped), _one(added), rules=rules)
    if old.identifier != new.identifier:
        number = 16 if old.identifier is None else 15 if new.identifier is None else 17
        yield change(number, f"{path}identifier", old.identifier, new.identifier, rules=_identified(column))
    elif old.validation != new.validation:
        tighter = _LEVELS.index(new.validation) > _LEVELS.index(old.validation)
        yield change(16 if tighter else 15, f"{path}validation", old.validation, new.validation)


def _identified(column: str) -> tuple[str, ...]:
    return (f"{column}-identifier",) if column else ()


def _one(shapes: frozenset[str]) -> str | None:
    return " & ".join(sorted(shapes)) or None


def _lists(old: str | None, new: str | None, context: Context, path: str) -> Iterator[Change]:
    """A concept that reads its codes from another list: the lists are held against each other with their dates."""
    known = context.plan.codelists
    if old is None or new is None:
        yield change(16 if old is None else 15, path, old, new)
        return
    if old not in known or new not in known:
        yield change(13, path, old, new)
        return
    was, now = known[old], known[new]
    meant = {e.code: e for e in was.entries}
    other = [e for e in now.entries if e.code in meant and not same_meaning(e, meant[e.code])]
    if other and not (was.dated and now.dated):
        yield change(21, path, *({"list": name, "codes": [e.code for e in other]} for name in (old, new)))
    grows, shrinks = not within(now, was), not within(was, now)
    if grows:
        yield change(15, path, old, new)
    if shrinks:
        yield change(16, path, old, new)
    if not (grows or shrinks or other):
        yield change(23, path, old, new)
