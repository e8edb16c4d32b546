"""What changed between two versions of a crosswalk, pair by pair."""

from collections.abc import Iterator

from blueprint.compat.change import Change, Context, change, texts
from blueprint.compat.codelists import is_published
from blueprint.crosswalk import Crosswalk

_TEXTS = ("title", "definition", "source", "licence")
_WEIGHTS = ("area_weight", "population_weight")


def of_crosswalk(old: Crosswalk, new: Crosswalk, context: Context) -> Iterator[Change]:
    """The changes from ``old`` to ``new``: the eras it joins, then each pair.

    A pair whose relation or known weights are stated anew is a split that is told differently; it needs a source.
    """
    for field in ("crosswalk", "codelist", "former", "present"):
        was, now = getattr(old, field), getattr(new, field)
        if was != now:
            yield change(33, field, was, now)
    yield from texts(old, new, _TEXTS)
    if old.pairs == new.pairs:
        return
    published = is_published(f"crosswalks/{old.crosswalk}/{old.version}.csv", context)
    before = {(p.old_code, p.new_code): p for p in old.pairs}
    after = {(p.old_code, p.new_code): p for p in new.pairs}
    for key, was in before.items():
        path = f"pairs.{key[0]}-{key[1]}"
        now = after.get(key)
        if now is None:
            yield change(20, path, was, None, holds=not published)
        elif was != now:
            differing = {f: (getattr(was, f), getattr(now, f)) for f in ("relation", *_WEIGHTS)}
            restated = {f: values for f, values in differing.items() if values[0] != values[1]}
            filled = {f: values for f, values in restated.items() if values[0] is None}
            for field, (_, weight) in filled.items():
                yield change(1, f"{path}.{field}", None, weight)
            if len(restated) > len(filled):
                holds = bool(now.legal_basis or now.weight_basis or new.source)
                yield change(22, path, was, now, holds=holds)
            yield from texts(was, now, ("weight_basis", "legal_basis", "attributes"), f"{path}.")
    for key, now in after.items():
        if key not in before:
            yield change(18, f"pairs.{key[0]}-{key[1]}", None, now, holds=False)
