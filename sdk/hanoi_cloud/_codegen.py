"""A typed model of a dataset's rows as Python source, and rows that are checked against such a model."""

import dataclasses
import keyword
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_type_hints

from hanoi_cloud._exceptions import ModelMismatch

if TYPE_CHECKING:
    from hanoi_cloud._dataset import Column, Dataset

Style = Literal["dataclass", "pydantic"]
Model = TypeVar("Model")
_TYPES: Mapping[str, tuple[type, str]] = {
    "string": (str, ""),
    "integer": (int, ""),
    "decimal": (Decimal, "from decimal import Decimal"),
    "double": (float, ""),
    "boolean": (bool, ""),
    "date": (date, "from datetime import date"),
    "timestamp": (datetime, "from datetime import datetime"),
}


def source_of(dataset: "Dataset", style: Style = "dataclass") -> str:
    """The source of a module with one class, whose instances are rows of ``dataset`` in its version.

    A column that the dictionary does not promise in every row may be None.
    """
    name = "".join(part.capitalize() for part in dataset.id.split("-"))
    imports = {_TYPES[c.type][1] for c in dataset.columns if c.type in _TYPES} - {""}
    merged = _merged(imports)
    needed = (
        "from dataclasses import dataclass" if style == "dataclass" else "from pydantic import BaseModel, ConfigDict"
    )
    if style == "dataclass":
        head = ["@dataclass(frozen=True, kw_only=True)", f"class {name}:"]
        config = []
    else:
        head = [f"class {name}(BaseModel):"]
        config = ['    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)', ""]
    lines = [
        f'"""Rows of {dataset.id} {dataset.version}. Written by `hanoi codegen {dataset.id}`; do not edit."""',
        "",
        *sorted({*merged, needed, "from typing import ClassVar"}),
        "",
        "",
        *head,
        f'    """{_one_line(dataset.title)} / {_one_line(dataset.title_en)}"""',
        "",
        *config,
        f"    dataset: ClassVar[str] = {dataset.id!r}",
        f"    version: ClassVar[str] = {dataset.version!r}",
        "",
    ]
    for column in dataset.columns:
        lines += _field(column, dataset.id)
    return "\n".join(lines) + "\n"


def checked_rows(dataset: "Dataset", model: type[Model], rows: Iterator[Mapping[str, Any]]) -> Iterator[Model]:
    """Each row as an instance of ``model``.

    Raises ModelMismatch before the first where a field of the model is no column of the dataset or of another type.
    """
    fields = fields_of(model)
    columns = {column.name: column for column in dataset.columns}
    wrong = [_compared(name, hint, columns.get(name)) for name, hint in fields.items()]
    if faults := [fault for fault in wrong if fault]:
        raise ModelMismatch(dataset.id, dataset.version, model.__name__, faults)
    return (model(**row) for row in rows)


def fields_of(model: type[Any]) -> dict[str, Any]:
    """The fields of a dataclass or pydantic model, and their types."""
    hints = get_type_hints(model)
    if dataclasses.is_dataclass(model):
        names: Sequence[str] = [field.name for field in dataclasses.fields(model)]
    else:
        names = list(getattr(model, "model_fields", {}))
    if not names:
        raise TypeError(f"{model.__name__} is no dataclass and no pydantic model: it has no fields")
    return {name: hints[name] for name in names}


def _compared(name: str, hint: Any, column: "Column | None") -> str:
    """What is wrong about a field; nothing where the column is of its type, and is promised where it may not be None."""
    if column is None:
        return f"{name}: no such column"
    wanted = _TYPES[column.type][0] if column.type in _TYPES else None
    kinds = get_args(hint) or (hint,)
    if wanted is not None and wanted not in kinds:
        return f"{name}: {column.type} ({wanted.__name__}) does not fit {_shown(hint)}"
    if not column.required and type(None) not in kinds:
        return f"{name}: may be missing, and {_shown(hint)} takes no None"
    return ""


def _field(column: "Column", dataset: str) -> list[str]:
    kind = _TYPES[column.type][0].__name__ if column.type in _TYPES else "object"
    if keyword.iskeyword(column.name):
        raise ModelMismatch(dataset, "", column.name, [f"{column.name}: a word of Python names no field"])
    optional = "" if column.required else " | None"
    unit = f" ({column.unit})" if column.unit and column.unit != "1" else ""
    told = f"{_one_line(column.title)} / {_one_line(column.title_en)}{unit}"
    return [f"    {column.name}: {kind}{optional}", f'    """{told}"""']


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', "'")


def _merged(imports: set[str]) -> set[str]:
    """Two imports from ``datetime`` as one line."""
    both = {"from datetime import date", "from datetime import datetime"}
    return imports - both | {"from datetime import date, datetime"} if both <= imports else imports


def _shown(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)
