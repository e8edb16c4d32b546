"""What changed between two versions of a concept, and which concepts mean the same."""

from collections.abc import Iterator

from blueprint.compat.change import Change, Context, change, texts
from blueprint.compat.domain import differences, of_concept
from blueprint.concept import Concept
from blueprint.load import Blueprint

_TEXTS = ("title", "definition", "source", "examples", "same_as", "compatibility")


def of_versions(old: Concept, new: Concept, context: Context) -> Iterator[Change]:
    """The changes from ``old`` to ``new``, two versions of one concept."""
    if old.concept != new.concept:
        yield change(33, "concept", old.concept, new.concept)
    yield from differences(of_concept(old), of_concept(new), context)
    yield from texts(old, new, _TEXTS)


def same(one: str, other: str, plan: Blueprint) -> bool:
    """Whether ``same_as`` leads from the concept reference ``one`` to ``other``, in either direction and over several.

    Versions of one concept count as one: what differs between them is judged on its own.
    """
    links: dict[str, set[str]] = {}
    for concept in plan.concepts.values():
        for ref in concept.same_as:
            left, right = concept.concept, ref.partition("@")[0]
            links.setdefault(left, set()).add(right)
            links.setdefault(right, set()).add(left)
    wanted = other.partition("@")[0]
    seen: set[str] = set()
    left = [one.partition("@")[0]]
    while left:
        name = left.pop()
        if name == wanted:
            return True
        seen.add(name)
        left += links.get(name, set()) - seen
    return False
