"""What changed between two versions of a code list, its entries read with the dates between which they hold."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from blueprint.codelist import CodeEntry, CodeList
from blueprint.compat.change import Change, Context, change, texts
from blueprint.released import recorded

_TEXTS = ("title", "definition", "source", "licence", "compatibility")
_NONE = "none"
Span = tuple[date, date]


def of_codelist(old: CodeList, new: CodeList, context: Context) -> Iterator[Change]:
    """The changes from ``old`` to ``new``: its head, then code by code."""
    if old.codelist != new.codelist:
        yield change(33, "codelist", old.codelist, new.codelist)
    yield from texts(old, new, _TEXTS)
    for field, loosens in (("open", new.open), ("dated", old.dated)):
        was, now = getattr(old, field), getattr(new, field)
        if was != now:
            yield change(15 if loosens else 16, field, was, now)
    if old.entries != new.entries:
        yield from _entries(old, new, context)


def _entries(old: CodeList, new: CodeList, context: Context) -> Iterator[Change]:
    pairs, gone, added = _matched(old.entries, new.entries)
    retired = [(was, now) for was, now in pairs if was.valid_to is None and now.valid_to is not None]
    merged = _merged_or_split(retired, context, new.codelist)
    published = is_published(f"codelists/{old.codelist}/{old.version}.csv", context)
    for was in gone:
        yield change(20, f"entries.{was.code}", was, None, holds=not published)
    for was, now in pairs:
        if was != now:
            yield from _entry(was, now, merged.get(now.code), published, was_open=old.open)
    followed = {code for holds, now in merged.values() if holds for code in now.successor}
    known = {e.code: e for e in old.entries}
    for now in added:
        former = known.get(now.code)
        if former and not new.dated and not same_meaning(former, now):
            yield change(21, f"entries.{now.code}", former, now)
        elif now.code not in followed:
            yield change(18, f"entries.{now.code}", None, now, holds=old.open)


def _entry(
    was: CodeEntry, now: CodeEntry, merge: "tuple[bool, CodeEntry] | None", published: bool, was_open: bool
) -> Iterator[Change]:
    path = f"entries.{now.code}"
    if now.valid_from != was.valid_from:
        earlier = now.valid_from < was.valid_from
        holds = was_open if earlier else not published
        yield change(18 if earlier else 20, f"{path}.valid_from", was.valid_from, now.valid_from, holds=holds)
    retired = was.valid_to is None and now.valid_to is not None
    if retired:
        if merge is not None:
            yield change(22, f"{path}.valid_to", None, now, holds=merge[0])
        else:
            holds = bool(now.legal_basis and now.successor)
            yield change(19, f"{path}.valid_to", None, now, holds=holds)
    elif was.valid_to != now.valid_to:
        later = now.valid_to is None or (was.valid_to is not None and now.valid_to > was.valid_to)
        holds = was_open if later else not published
        yield change(18 if later else 20, f"{path}.valid_to", was.valid_to, now.valid_to, holds=holds)
    if not same_meaning(was, now):
        yield change(21, path, {"vi": was.vi, "en": was.en}, {"vi": now.vi, "en": now.en})
    else:
        yield from texts(was, now, ("vi", "en"), f"{path}.")
    stated = ("attributes",) if retired else ("legal_basis", "successor", "attributes")  # they belong to the retirement
    yield from texts(was, now, stated, f"{path}.")


def _matched(
    old: Sequence[CodeEntry], new: Sequence[CodeEntry]
) -> tuple[list[tuple[CodeEntry, CodeEntry]], list[CodeEntry], list[CodeEntry]]:
    """Entries of both versions that are one and the same, those that are gone, and those that were added.

    One code may hold in several eras, so its entries are matched by first day, then by meaning.
    """
    left: dict[str, list[CodeEntry]] = {}
    for entry in new:
        left.setdefault(entry.code, []).append(entry)
    pairs: list[tuple[CodeEntry, CodeEntry]] = []
    unmatched: list[CodeEntry] = []
    for was in old:
        same = next((e for e in left.get(was.code, ()) if e.valid_from == was.valid_from), None)
        if same is None:
            unmatched.append(was)
        else:
            left[was.code].remove(same)
            pairs.append((was, same))
    gone: list[CodeEntry] = []
    for was in unmatched:
        same = next((e for e in left.get(was.code, ()) if same_meaning(was, e)), None)
        if same is None:
            gone.append(was)
        else:
            left[was.code].remove(same)
            pairs.append((was, same))
    return pairs, gone, [entry for entries in left.values() for entry in entries]


def _merged_or_split(
    retired: list[tuple[CodeEntry, CodeEntry]], context: Context, codelist: str
) -> dict[str, tuple[bool, CodeEntry]]:
    """The codes retired by a merger or a split -> whether a crosswalk tells where each goes, and the entry."""
    followers = Counter(code for _, now in retired for code in set(now.successor) - {_NONE})
    found: dict[str, tuple[bool, CodeEntry]] = {}
    for _, now in retired:
        successors = set(now.successor) - {_NONE}
        if len(successors) > 1 or any(followers[code] > 1 for code in successors):
            found[now.code] = (_told(now, successors, context, codelist), now)
    return found


def _told(retired: CodeEntry, successors: set[str], context: Context, codelist: str) -> bool:
    """Whether one crosswalk leads from ``retired`` to each of its successors, with relation and source."""
    walks = [w for w in context.plan.crosswalks.values() if w.codelist == codelist and w.former == retired.valid_to]
    return any(
        successors
        <= {p.new_code for p in w.pairs if p.old_code == retired.code and p.relation and (p.legal_basis or w.source)}
        for w in walks
    )


def is_published(file: str, context: Context) -> bool:
    """Whether ``file`` is in the lock of released declarations; where there is no lock, everything counts as published."""
    lock = recorded(context.plan.root)
    return not lock or file in lock


def same_meaning(one: CodeEntry, other: CodeEntry) -> bool:
    """Whether two names of a code may mean the same thing.

    A translation or a spelling is corrected in one language; a code whose Vietnamese and English names both differ
    names another thing. Case, spaces, punctuation and the place of tone marks do not count.
    """
    return fold(one.vi) == fold(other.vi) or fold(one.en) == fold(other.en)


def fold(name: str) -> str:
    """``name`` without what spelling varies in: case, spaces, punctuation, and on which vowel a tone mark stands.

    >>> fold("Phường Yên Hoà") == fold("phường Yên Hòa")
    True
    """
    letters = unicodedata.normalize("NFD", name.casefold())
    words = re.findall(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*", letters)
    return " ".join("".join(sorted(w, key=lambda c: c in _TONES)) for w in words)


_TONES = "\u0300\u0301\u0303\u0309\u0323"


def coverage(codelist: CodeList) -> dict[str, list[Span]]:
    """Each code -> the spans of days in which it may be used, joined where they touch; all days for a list without dates."""
    found: dict[str, list[Span]] = {}
    for entry in sorted(codelist.entries, key=lambda e: (e.code, e.valid_from)):
        start, end = (entry.valid_from, entry.valid_to or date.max) if codelist.dated else (date.min, date.max)
        spans = found.setdefault(entry.code, [])
        if spans and (spans[-1][1] == date.max or start <= spans[-1][1] + timedelta(days=1)):
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return found


def within(inner: CodeList, outer: CodeList) -> bool:
    """Whether every code of ``inner`` may be used in ``outer`` on all of its days."""
    allowed = coverage(outer)
    return all(
        any(start <= first and last <= end for start, end in allowed.get(code, ()))
        for code, spans in coverage(inner).items()
        for first, last in spans
    )
