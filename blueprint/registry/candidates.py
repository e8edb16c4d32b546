"""A JSON Schema that a client proposes, read as the contract that would compile to it.

So a schema is judged by the same rules as a contract. What a contract cannot say is not guessed: it is told, and the
schema is then not called compatible.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import ValidationError

from blueprint.codelist import CodeEntry, CodeList
from blueprint.compile import json_schema
from blueprint.concept import Classification, Concept
from blueprint.contract import Column, Contract
from blueprint.load import Blueprint
from blueprint.text import Bilingual

_NOTES = frozenset(
    {"title", "description", "examples", "deprecated", "default", "readOnly", "$comment", "x-hanoi", "$schema", "$id"}
)
_READ = frozenset({"type", "format", "minimum", "maximum", "minLength", "maxLength", "pattern", "allOf", "enum"})
_TOP = _NOTES | {"type", "properties", "required", "additionalProperties", "x-hanoi"}
_TYPES: Mapping[tuple[str, str | None], str] = {
    ("string", None): "string",
    ("string", "date"): "date",
    ("string", "date-time"): "timestamp",
    ("integer", None): "integer",
    ("integer", "int64"): "integer",
    ("integer", "int32"): "int32",
    ("number", None): "double",
    ("number", "double"): "double",
    ("number", "float"): "float",
    ("number", "decimal"): "decimal",
    ("boolean", None): "boolean",
}


@dataclass(frozen=True)
class Candidate:
    """A schema as a contract.

    ``plan`` holds the concepts made for it; ``codelists`` are the pairs of lists, former and proposed, whose codes
    differ; ``unread`` says in Vietnamese and English what no contract can say.
    """

    contract: Contract
    plan: Blueprint
    codelists: tuple[tuple[CodeList, CodeList], ...]
    unread: tuple[tuple[str, str], ...]


def read(schema: Mapping[str, Any], base: Contract, plan: Blueprint) -> Candidate:
    """``schema`` as a successor of ``base``: columns that it leaves as they were stay bound as they are."""
    return _Reader(base, plan).read(schema)


class _Reader:
    def __init__(self, base: Contract, plan: Blueprint) -> None:
        self.base, self.plan = base, plan
        self.was: dict[str, Any] = json_schema.schema(base, plan)
        self.concepts: dict[str, Concept] = {}
        self.codelists: list[tuple[CodeList, CodeList]] = []
        self.unread: list[tuple[str, str]] = []

    def tell(self, path: str, vi: str, en: str) -> None:
        self.unread.append((f"{path}: {vi}", f"{path}: {en}"))

    def read(self, schema: Mapping[str, Any]) -> Candidate:
        for keyword in sorted(set(schema) - _TOP):
            self.tell(
                f"$.{keyword}", "hợp đồng không diễn đạt được từ khóa này.", "a contract cannot say this keyword."
            )
        if schema.get("type") != "object":
            self.tell("$.type", "phải là object: một dòng là một đối tượng.", "must be object: a row is one object.")
        properties = _group(schema.get("properties"))
        if properties is None:
            properties = {}
            self.tell("$.properties", "phải là các cột.", "must be the columns.")
        required = {n for n in _list(schema.get("required")) if isinstance(n, str)}
        old = {c.name: c for c in self.base.columns}
        columns: list[Column] = []
        for name, value in properties.items():
            content = _group(value)
            if content is None:
                self.tell(f"$.properties.{name}", "phải là một lược đồ.", "must be a schema.")
                continue
            made = (
                self.changed(old[name], content, name in required)
                if name in old
                else self.added(name, content, name in required)
            )
            if made is not None:
                columns.append(made)
        kept = {c.name for c in columns}
        left = tuple(c for c in self.base.columns if c.name not in kept and c.name in properties)
        contract = self.base.model_copy(
            update={**_without(self.base, kept | {c.name for c in left}), "columns": (*columns, *left)}
        )
        major, minor, patch = self.base.number
        contract = contract.model_copy(update={"version": f"{major}.{minor}.{patch + 1}"})
        grown = replace(self.plan, concepts={**self.plan.concepts, **self.concepts})
        return Candidate(contract, grown, tuple(self.codelists), tuple(self.unread))

    def optional(self, path: str, content: Mapping[str, Any], required: bool) -> bool:
        """Whether a column may be empty, after telling what lies between required and optional."""
        kinds = content.get("type")
        nullable = isinstance(kinds, list) and "null" in kinds
        if required and nullable:
            self.tell(path, "bắt buộc có mặt nhưng được null.", "must be there and yet may be null.")
        elif not required and not nullable:
            self.tell(path, "có thể vắng mặt nhưng không được null.", "may be absent and yet not null.")
        return nullable or not required

    def changed(self, column: Column, content: Mapping[str, Any], required: bool) -> Column | None:
        path = f"$.properties.{column.name}"
        was = self.was["properties"][column.name]
        same_need = (_nullable(content), required) == (_nullable(was), column.required)
        optional = not column.required if same_need else self.optional(path, content, required)
        column = column.model_copy(update={"required": not optional})
        if _bare(content) == _bare(was):
            return column
        if "enum" in content or "enum" in was:
            self.codes(path, column, content, was)
            rest, before = ({k: v for k, v in _bare(s).items() if k != "enum"} for s in (content, was))
            if rest == before:
                return column
        concept = self.plan.concept_of(column)
        read = self.domain(path, content)
        if read is None:
            return column
        for keyword, value in read.items():
            if content.get(_KEYWORDS.get(keyword, "")) == was.get(_KEYWORDS.get(keyword, ""), None):
                read[keyword] = _effective(column, concept, keyword, value)
        version = (
            max(c.version for c in self.plan.concepts.values() if c.concept == concept.concept) + len(self.concepts) + 1
        )
        made = concept.model_copy(update={"version": version, "precision": None, "scale": None, **read})
        if made.type == "decimal" == concept.type:
            made = made.model_copy(update={"precision": concept.precision, "scale": concept.scale})
        self.concepts[made.ref] = made
        moved = dict.fromkeys(("minimum", "maximum", "min_length", "max_length", "pattern"))
        return column.model_copy(update={"concept": made.ref, **moved})

    def added(self, name: str, content: Mapping[str, Any], required: bool) -> Column | None:
        path = f"$.properties.{name}"
        optional = self.optional(path, content, required)
        read = self.domain(path, content)
        if "enum" in content:
            self.tell(f"{path}.enum", "mã phải nằm trong một danh mục.", "codes belong in a code list.")
        if read is None:
            return None
        title = Bilingual(vi=str(content.get("title") or name)[:200], en=str(content.get("title") or name)[:200])
        try:
            concept = Concept(
                concept=f"proposed-{len(self.concepts) + 1}",
                version=1,
                title=title,
                definition=title,
                classification=Classification.OPEN,
                source="proposal",
                **read,
            )
            default = content.get("default")
            column = Column(name=name, concept=concept.ref, title=title, required=not optional, default=default)
        except ValidationError as error:
            told = "; ".join(e["msg"] for e in error.errors())[:200]
            self.tell(path, f"không làm thành cột được: {told}.", f"cannot be a column: {told}.")
            return None
        self.concepts[concept.ref] = concept
        return column

    def domain(self, path: str, content: Mapping[str, Any]) -> dict[str, Any] | None:
        """The type and bounds of a property as a concept says them; ``None`` where it cannot."""
        for keyword in sorted(set(content) - _READ - _NOTES):
            self.tell(
                f"{path}.{keyword}", "hợp đồng không diễn đạt được từ khóa này.", "a contract cannot say this keyword."
            )
        kinds = content.get("type")
        names = [k for k in _list(kinds) if k != "null"] or [kinds]
        form = content.get("format")
        kind = _TYPES.get((names[0], form)) if len(names) == 1 and isinstance(names[0], str) else None
        if kind is None:
            self.tell(f"{path}.type", "không có kiểu cột này.", "there is no such type of column.")
            return None
        patterns = content.get("pattern")
        if "allOf" in content or not isinstance(patterns, str | None):
            self.tell(path, "chỉ đọc được một pattern.", "only one pattern can be read.")
            patterns = None
        found: dict[str, Any] = {"type": kind, "pattern": _unanchored(patterns) if patterns else None}
        numbers = {"minimum": "minimum", "maximum": "maximum", "min_length": "minLength", "max_length": "maxLength"}
        for field, keyword in numbers.items():
            value = content.get(keyword)
            if not isinstance(value, int | float | None) or isinstance(value, bool):
                self.tell(f"{path}.{keyword}", "phải là số.", "must be a number.")
                value = None
            found[field] = None if (field, value) in _OF_TYPE.get(kind, ()) else value
        return found

    def codes(self, path: str, column: Column, content: Mapping[str, Any], was: Mapping[str, Any]) -> None:
        concept = self.plan.concept_of(column)
        listed = self.plan.codelists.get(concept.codelist or "")
        new, old = content.get("enum"), was.get("enum")
        if listed is None or not isinstance(new, list) or not isinstance(old, list):
            self.tell(f"{path}.enum", "mã phải nằm trong một danh mục.", "codes belong in a code list.")
            return
        now, before = ({str(v) for v in _list(s.get("enum")) if v is not None} for s in (content, was))
        if now == before:
            return
        entries = [e for e in listed.entries if e.code in now or e.code not in before]
        first = max(e.valid_from for e in listed.entries)
        entries += [CodeEntry(code=c, vi=c, en=c, valid_from=first) for c in sorted(now - before)]
        proposed = listed.model_copy(update={"version": listed.version + 1, "entries": tuple(entries)})
        self.codelists.append((listed, proposed))


_KEYWORDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
_OF_TYPE: Mapping[str, tuple[tuple[str, float], ...]] = {
    "integer": (("minimum", -(2**63)), ("maximum", 2**63 - 1)),
    "int32": (("minimum", -(2**31)), ("maximum", 2**31 - 1)),
}
"""Bounds that the type itself sets and the compiled schema writes out."""


def _effective(column: Column, concept: Concept, keyword: str, value: Any) -> Any:
    """What the column and its concept together say, for a keyword that the schema leaves as it was."""
    if keyword == "pattern":
        return column.pattern or concept.pattern
    return value


def _group(value: Any) -> dict[str, Any] | None:
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def _list(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else []


def _bare(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What a property asks of a value, without notes and without whether it may be null."""
    found = {k: v for k, v in schema.items() if k not in _NOTES}
    if isinstance(found.get("type"), list):
        kinds = [k for k in found["type"] if k != "null"]
        found["type"] = kinds[0] if len(kinds) == 1 else kinds
    if isinstance(found.get("enum"), list):
        found["enum"] = sorted((v for v in found["enum"] if v is not None), key=str)
    return found


def _nullable(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type")
    return isinstance(kinds, list) and "null" in kinds


def _unanchored(pattern: str) -> str:
    return (
        pattern[1:-1] if pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith("\\$") else pattern
    )


def _without(contract: Contract, kept: set[str]) -> dict[str, Any]:
    """The parts of a contract that name columns, without those that name one that is gone."""

    def all_kept(names: Iterable[str]) -> bool:
        return set(names) <= kept

    own = {r.id: all_kept(r.columns) for r in contract.rules}
    gone = {c.name for c in contract.columns} - kept
    unjudged = {r for r in contract.gate.mostly if not own.get(r, r.partition("-")[0] not in gone)}
    return {
        "key": tuple(n for n in contract.key if n in kept),
        "rules": tuple(r for r in contract.rules if all_kept(r.columns)),
        "unique": tuple(u for u in contract.unique if all_kept(u)),
        "references": tuple(r for r in contract.references if all_kept(r.columns)),
        "partition": contract.partition if contract.partition in kept else None,
        "partition_by": contract.partition_by if contract.partition in kept else "value",
        "gate": contract.gate.model_copy(
            update={
                "complete": {k: v for k, v in contract.gate.complete.items() if k in kept},
                "mostly": {k: v for k, v in contract.gate.mostly.items() if k not in unjudged},
            }
        ),
    }
