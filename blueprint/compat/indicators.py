"""What changed between two versions of an indicator: its words, or the figure itself."""

from collections.abc import Iterator
from dataclasses import replace

from blueprint.compat.change import Change, Context, change, plain, texts
from blueprint.compat.concepts import of_versions, same
from blueprint.compat.contracts import written
from blueprint.compat.kinds import KINDS, Kind
from blueprint.compat.verdicts import Bump
from blueprint.concept import ConceptRef
from blueprint.indicator import Indicator
from blueprint.text import Bilingual

_TEXTS = ("title", "definition", "source", "compatibility")


def _as_major(number: int, slug: str, vi: str, en: str) -> Kind:
    """The kind ``number`` as it is for a figure: refused by every mode, so that it takes a new major version."""
    return replace(
        KINDS[number],
        id=slug,
        cells=("N", "N", "N"),
        bump=Bump.MAJOR,
        title=Bilingual(vi=vi, en=en),
        hint=Bilingual(
            vi="phát hành thành phiên bản chính (major) mới: số liệu trước và sau không so sánh được với nhau",
            en="release it as a new major version: the figures before and after do not compare",
        ),
    )


_FORMULA = _as_major(17, "formula-changed", "đổi cách tính hoặc dữ liệu nguồn", "formula or source data changed")
_PERIOD = _as_major(14, "period-changed", "đổi kỳ báo cáo", "reporting period changed")


def of_indicator(old: Indicator, new: Indicator, context: Context) -> Iterator[Change]:
    """The changes from ``old`` to ``new``. Only words may change without a new major version."""
    if old.indicator != new.indicator:
        yield change(33, "indicator", old.indicator, new.indicator)
    yield from _bound("value", old.value, new.value, context)
    if old.period != new.period:
        yield Change(_PERIOD, "period", old.period, new.period)
    if old.per != new.per:
        yield change(14, "per", old.per, new.per)
    yield from _groups(old, new, context)
    yield from _formula(old, new)
    yield from texts(old, new, _TEXTS)


def _groups(old: Indicator, new: Indicator, context: Context) -> Iterator[Change]:
    was, now = ({g.name: g.concept for g in one.groups} for one in (old, new))
    if was.keys() != now.keys():
        yield change(26, "groups", [*was], [*now])
    elif [*was] != [*now]:
        yield change(7, "groups", [*was], [*now])
    for name in now.keys() & was.keys():
        yield from _bound(f"groups.{name}.concept", was[name], now[name], context)


def _formula(old: Indicator, new: Indicator) -> Iterator[Change]:
    was, now = ({r.dataset: r for r in one.datasets} for one in (old, new))
    for name in dict.fromkeys([*was, *now]):
        before, after = was.get(name), now.get(name)
        if before is None or after is None or before.major != after.major:
            yield Change(_FORMULA, f"datasets.{name}", plain(before), plain(after))
        elif {*before.columns} != {*after.columns}:
            yield change(23, f"datasets.{name}.columns", before.columns, after.columns)
    if written(old.sql, {}) != written(new.sql, {}):
        yield Change(_FORMULA, "sql", old.sql, new.sql)
    else:
        yield from texts(old, new, ("sql",))


def _bound(path: str, was: ConceptRef, now: ConceptRef, context: Context) -> Iterator[Change]:
    """Another concept, or another version of it, which hands its own changes on."""
    if was == now:
        return
    before, after = context.plan.concept(was), context.plan.concept(now)
    causes = tuple(of_versions(before, after, context))
    if before.concept == after.concept:
        yield change(29, path, was, now, holds=True, causes=causes)
    else:
        meant = same(was, now, context.plan)
        causes = tuple(c for c in causes if c.kind.number != 33)
        yield change(30, path, was, now, holds=meant, causes=causes, bump=Bump.MINOR if meant else None)
