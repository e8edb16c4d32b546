"""Small declarations for the tests of compatibility: one line each, everything else filled in."""

from datetime import date
from pathlib import Path
from typing import Any

from blueprint import Bilingual, Blueprint, CodeEntry, CodeList, Column, Concept, Contract, Crosswalk, Gate, Pair

TODAY = date(2026, 6, 1)
START, LAST, FIRST = date(2020, 1, 1), date(2025, 6, 30), date(2025, 7, 1)
NOWHERE = Path("/nonexistent")


def text(value: str) -> Bilingual:
    return Bilingual(vi=f"{value} (vi)", en=value)


def concept(ref: str = "thing@1", kind: Any = "string", **more: Any) -> Concept:
    name, _, version = ref.partition("@")
    filled: dict[str, Any] = {"title": text(name), "definition": text(name), "classification": "open", "source": "test"}
    return Concept(concept=name, version=int(version), type=kind, **filled | more)


def entry(code: str, start: date = START, end: date | None = None, **more: Any) -> CodeEntry:
    filled: dict[str, Any] = {"vi": f"tên {code}", "en": f"name {code}"}
    return CodeEntry(code=code, valid_from=start, valid_to=end, **filled | more)


def codelist(*entries: CodeEntry | str, ref: str = "list@1", **more: Any) -> CodeList:
    name, _, version = ref.partition("@")
    filled: dict[str, Any] = {"title": text(name), "definition": text(name), "source": "test"}
    held = tuple(e if isinstance(e, CodeEntry) else entry(e) for e in entries)
    return CodeList(codelist=name, version=int(version), entries=held, **filled | more)


def crosswalk(*pairs: Pair, ref: str = "walk@1", **more: Any) -> Crosswalk:
    name, _, version = ref.partition("@")
    filled: dict[str, Any] = {"title": text(name), "definition": text(name), "source": "test", "codelist": "list"}
    filled |= {"former": LAST, "present": FIRST}
    return Crosswalk(crosswalk=name, version=int(version), pairs=pairs, **filled | more)


def pair(old: str, new: str, relation: Any = "full", **more: Any) -> Pair:
    return Pair(old_code=old, new_code=new, relation=relation, **more)


def column(name: str = "a", of: str = "thing@1", **more: Any) -> Column:
    return Column(name=name, concept=of, title=more.pop("title", text("column")), **more)


def contract(*columns: Column, version: str = "1.0.0", **more: Any) -> Contract:
    filled: dict[str, Any] = {
        "dataset": "tiny",
        "agency": "office",
        "title": text("tiny"),
        "description": text("tiny"),
        "theme": "theme",
        "licence": "free",
        "source_note": text("tiny"),
        "frequency": "never",
        "keywords": {"vi": (), "en": ()},
        "key": (),
        "sources": (),
        "gate": Gate(),
    }
    return Contract(version=version, columns=columns or (column(),), **filled | more)


def plan(*declarations: Any, root: Path = NOWHERE) -> Blueprint:
    """A Blueprint of these declarations, and of the concept ``thing@1`` of plain text where no other is given."""
    concepts = {c.ref: c for c in declarations if isinstance(c, Concept)}
    concepts.setdefault("thing@1", concept())
    lists: dict[str, list[CodeList]] = {}
    contracts: dict[str, list[Contract]] = {}
    walks: dict[str, list[Crosswalk]] = {}
    for d in declarations:
        if isinstance(d, CodeList):
            lists.setdefault(d.codelist, []).append(d)
        elif isinstance(d, Contract):
            contracts.setdefault(d.dataset, []).append(d)
        elif isinstance(d, Crosswalk):
            walks.setdefault(d.crosswalk, []).append(d)
    return Blueprint(
        root,
        concepts,
        {n: max(v, key=lambda c: c.version) for n, v in lists.items()},
        {n: max(v, key=lambda c: c.number) for n, v in contracts.items()},
        {n: max(v, key=lambda c: c.version) for n, v in walks.items()},
        {n: tuple(sorted(v, key=lambda c: c.version)) for n, v in lists.items()},
        {n: tuple(sorted(v, key=lambda c: c.number)) for n, v in contracts.items()},
        {n: tuple(sorted(v, key=lambda c: c.version)) for n, v in walks.items()},
    )
