"""Problems of declarations: what came, what is allowed, and in which file and line."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from blueprint import parsing

Loc = Sequence[str | int]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a declaration.

    ``file`` is relative to the Blueprint's folder; ``line`` and ``column`` count from 1; ``path`` is where in the
    declaration, such as ``columns.3.concept``; ``came`` is what stands there. ``vi`` and ``en`` say what is allowed and
    what to do.
    """

    file: str
    rule: str
    vi: str
    en: str
    line: int | None = None
    column: int | None = None
    path: str = ""
    came: str = ""
    severity: Literal["error", "warning"] = "error"

    @property
    def place(self) -> str:
        """``file:line:column`` as editors understand it."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def near(value: str, known: Iterable[str]) -> tuple[str, str]:
    """What may have been meant, in Vietnamese and English; two empty texts where nothing is close."""
    found = difflib.get_close_matches(value, sorted(set(known)), n=3)
    listed = ", ".join(found)
    return (f" Gần giống: {listed}.", f" Close to it: {listed}.") if found else ("", "")


def position(path: Path, loc: Loc) -> tuple[int | None, int | None]:
    """Line and column, from 1, of the node at ``loc`` of a YAML file; of the nearest node above it where it is missing.

    A key that does not belong is found as itself, not as its value.
    """
    try:
        node = parsing.load(path).node
    except (OSError, UnicodeError, yaml.YAMLError):
        return None, None
    mark = node.start_mark if node else None
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:
                break
            mark, node = pair[0].start_mark, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            mark = node.start_mark
        else:
            break
    return (mark.line + 1, mark.column + 1) if mark else (None, None)
