"""Where the records are in a JSON or XML document that no contract describes yet."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from dags.sources.formats.json_text import Document
from dags.sources.texts import pieces

_DEEPEST = 4
_SAMPLE = 50
"""Elements of a list by which it is judged whether it holds records."""
_KEYED = 3
"""Objects under different names from which these are taken for ids."""
_HALF = 0.5


@dataclass(frozen=True)
class Found:
    """Records at ``path``, in the words of a contract's ``records``; ``is_keyed`` where an object has them by their ids."""

    path: str
    count: int
    is_keyed: bool = False


def in_json(path: Path, name: str, encoding: str) -> list[Found]:
    """The places where the JSON document at ``path`` has records, most of them first.

    Lists inside records come after those that hold them, however long they are.
    """
    document = Document(pieces(path, encoding), name)
    found = list(_at(document, document.peek(), ""))
    document.end()
    outer = [place for place in found if "*" not in place.path]
    inner = [place for place in found if "*" in place.path]
    return [place for places in (outer, inner) for place in sorted(places, key=lambda p: -p.count)]


def _at(document: Document, first: str, path: str) -> Iterator[Found]:
    """What the value that comes next holds; it is read to its end."""
    if first == "[":
        yield from _of_list((document.value() for _ in document.elements()), path)
    elif first == "{" and path.count(".") < _DEEPEST:
        objects, names, inside = 0, 0, []
        for member in document.members():
            names += 1
            if document.peek() == "{":
                value = document.value()
                objects += 1
                inside += [] if names > _SAMPLE else _within(value, _joined(path, member))
            else:
                inside += _at(document, document.peek(), _joined(path, member))
        if objects == names >= _KEYED:
            yield Found(path, objects, is_keyed=True)
        else:
            yield from inside
    else:
        document.skip()


def _within(value: Any, path: str) -> Iterator[Found]:
    """What a value that was read whole holds."""
    if isinstance(value, list):
        yield from _of_list(iter(value), path)
    elif isinstance(value, dict) and path.count(".") < _DEEPEST:
        if len(value) >= _KEYED and all(isinstance(held, dict) for held in value.values()):
            yield Found(path, len(value), is_keyed=True)
        else:
            for member, held in value.items():
                yield from _within(held, _joined(path, member))


def _of_list(elements: Iterator[Any], path: str) -> Iterator[Found]:
    count, records = 0, 0
    inside: Counter[str] = Counter()
    for element in elements:
        count += 1
        if isinstance(element, dict):
            records += 1
            for member, held in element.items():
                if isinstance(held, list) and held and all(isinstance(one, dict) for one in held[:_SAMPLE]):
                    inside[member] += len(held)
    if count and records == count:
        yield Found(path, count)
        for member, total in inside.items():
            yield Found(_joined(_joined(path, "*"), member), total)


def _joined(path: str, member: str) -> str:
    return f"{path}.{member}" if path else member


class _Stopped(Exception):
    """The document asks for what no reader takes."""


def _stop(*_: object) -> NoReturn:
    raise _Stopped


def in_xml(path: Path, encoding: str) -> Found | None:
    """The outermost element that the XML document at ``path`` repeats about as often as any; ``None`` where none is.

    Damage and dangers are left to the reader, which refuses them.
    """
    counted: Counter[str] = Counter()
    around: list[str] = []

    def start(tag: str, _: dict[str, str]) -> None:
        around.append(tag.rpartition(":")[2])
        if len(around) <= _DEEPEST:
            counted["/".join(around)] += 1

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: around.pop()
    parser.StartDoctypeDeclHandler = _stop
    with suppress(expat.ExpatError, _Stopped):
        for piece in pieces(path, encoding):
            parser.Parse(piece, False)
    repeated = Counter({element: count for element, count in counted.items() if count > 1})
    if not repeated:
        return None
    most = max(repeated.values())
    chosen = min((e for e, count in repeated.items() if count >= _HALF * most), key=lambda e: e.count("/"))
    return Found(chosen, repeated[chosen])
