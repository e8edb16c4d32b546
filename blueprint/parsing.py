"""YAML of declarations, read in one pass: what PyYAML's safe loader reads, with repeated keys refused.

The parser is libyaml's where PyYAML was built with it. Building the values here instead of through PyYAML's general
constructor halves the time, and the nodes tell where in the file each value stands.
"""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STR, _SEQ, _MAP, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map", "merge"))
_IMPLICIT: Mapping[str, list[tuple[str, Any]]] = Resolver.yaml_implicit_resolvers
_kept: ContextVar[dict[Path, "Document"] | None] = ContextVar("_kept", default=None)


@dataclass(frozen=True)
class Document:
    """One YAML file: what it holds, and the nodes that it was built from; both ``None`` where it is empty."""

    content: Any
    node: Any


class _Composer(_BASE):
    """A safe loader that finds the type of a plain scalar without looking for paths, which nothing here declares."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            if implicit[0]:
                for tag, pattern in _IMPLICIT.get(value[:1], ()):
                    if pattern.match(value):
                        return tag
            return _STR
        return _SEQ if kind is yaml.SequenceNode else _MAP

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


def parse(text: str) -> Document:
    """The document in ``text``.

    >>> parse("name: bus-stops\\nkey: [stop_id]").content
    {'name': 'bus-stops', 'key': ['stop_id']}

    Raises yaml.YAMLError, with a mark where the place is known, also for a key that a mapping holds twice.
    """
    try:
        node = yaml.compose(text, Loader=_Composer)
        return Document(None if node is None else _Builder().value(node), node)
    except RecursionError:
        raise yaml.YAMLError("the document is nested too deeply") from None


def load(path: Path) -> Document:
    """The document in the file; within ``keeping`` each file is read once. Raises OSError, UnicodeError, yaml.YAMLError."""
    kept = _kept.get()
    if kept is None:
        return parse(path.read_text(encoding="utf-8"))
    if path not in kept:
        kept[path] = parse(path.read_text(encoding="utf-8"))
    return kept[path]


@contextmanager
def keeping() -> Iterator[None]:
    """Keep what ``load`` reads until the end of the block, in which no file may change. What it returns is not to be edited."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


class _Builder:
    """Values from nodes; an alias gives the same object as its anchor."""

    def __init__(self) -> None:
        self.built: dict[int, Any] = {}
        self.scalars = SafeConstructor()

    def value(self, node: Any) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.tag == _STR else self.scalars.construct_object(node)
        if id(node) in self.built:
            return self.built[id(node)]
        if isinstance(node, yaml.SequenceNode) and node.tag == _SEQ:
            listed: list[Any] = []
            self.built[id(node)] = listed
            listed.extend([self.value(item) for item in node.value])
            return listed
        if isinstance(node, yaml.MappingNode) and node.tag == _MAP:
            return self.mapping(node)
        return self.scalars.construct_document(node)  # tells of a tag that is not known

    def mapping(self, node: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        self.built[id(node)] = found
        own: set[Any] = set()
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                self.merge(found, value_node)
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self.value(key_node)
            if not isinstance(key, Hashable):
                raise ConstructorError(None, None, "a key must be a plain value", key_node.start_mark)
            if key in own:
                raise ConstructorError(None, None, f"the field {key!r} is there twice; keep one", key_node.start_mark)
            own.add(key)
            found[key] = self.value(value_node)
        return found

    def merge(self, found: dict[Any, Any], node: Any) -> None:
        """Take over the fields of ``<<: *anchor``; of several the first that has a field gives it."""
        value = self.value(node)
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                raise ConstructorError(None, None, "<< takes a group of fields or a list of them", node.start_mark)
            for key, given in one.items():
                found.setdefault(key, given)
