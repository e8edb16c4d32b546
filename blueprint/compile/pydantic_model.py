"""pydantic: a module of source with one class, one instance a row, that needs nothing but pydantic."""

import json
import keyword
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from blueprint.compile.fields import Field, class_name, fields
from blueprint.compile.regex import shared
from blueprint.compile.targets import TARGETS
from blueprint.concept import Classification
from blueprint.contract import Contract
from blueprint.load import Blueprint
from blueprint.rules import row_rules
from blueprint.types import FLOATING, NUMERIC

if TYPE_CHECKING:
    from pydantic import BaseModel

_TYPES = {
    "string": "str",
    "integer": "int",
    "int32": "int",
    "decimal": "Decimal",
    "double": "float",
    "float": "float",
    "boolean": "bool",
    "date": "dt.date",
    "timestamp": "AwareDatetime",
    "timestamp_local": "NaiveDatetime",
}
_USED = frozenset({"dt", "str", "int", "float", "bool"})
"""Names in the body of the class; a column of that name would hide them from the columns below."""

_ONE_OF = '''
def _one_of(codes: frozenset[str], codelist: str) -> AfterValidator:
    """The value is one of ``codes``; an empty one is left to whether the column is required."""

    def check(value: Any) -> Any:
        if value is not None and _text(value) not in codes:
            raise ValueError(f"must be a code of {codelist}")
        return value

    return AfterValidator(check)
'''
_TEXT = '''
def _text(value: Any) -> str:
    """A code as its list writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
'''
_MATCHING = '''
def _matching(pattern: str) -> AfterValidator:
    """The whole value matches ``pattern``."""

    def check(value: Any) -> Any:
        if value is not None and re.fullmatch(pattern, value) is None:
            raise ValueError(f"must have the form {pattern}")
        return value

    return AfterValidator(check)
'''
_HOLDS = '''
def _holds(column: str, value: Any, spans: Spans, day: dt.date | None) -> None:
    """The code ``value`` holds on ``day``; a code without a day means nothing."""
    if value is None:
        return
    known = spans.get(_text(value), ())
    if day is None or not any(start <= day and (end is None or day <= end) for start, end in known):
        raise ValueError(f"{column} must be a code that holds on {day}")
'''


def model(contract: Contract, plan: Blueprint) -> "type[BaseModel]":
    """The class that ``source`` defines.

    >>> from blueprint import blueprint
    >>> model(blueprint().contract("bus-routes"), blueprint()).__name__
    'BusRoutes'
    """
    name = class_name(contract)
    space: dict[str, Any] = {"__name__": f"hanoi.{name}"}
    exec(compile(source(contract, plan), f"<{contract.ref}>", "exec"), space)  # noqa: S102 (our own source, names validated)
    return cast("type[BaseModel]", space[name])


def text(contract: Contract, plan: Blueprint) -> str:
    return source(contract, plan)


def source(contract: Contract, plan: Blueprint) -> str:
    """A module whose one class holds a row of ``contract``: strict types, no further columns, codes as of their date.

    A column whose name Python or pydantic keeps for itself gets an underscore and keeps its name as alias.
    """
    columns = fields(contract, plan)
    parts = [_docstring(contract, plan), _imports(columns), *_tables(columns), *_helpers(columns)]
    parts.append(_class(contract, columns))
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _docstring(contract: Contract, plan: Blueprint) -> str:
    lines = [f"{contract.title.vi} / {contract.title.en}", ""]
    lines += _wrapped(
        f"Contract {contract.ref} of the Hà Nội Digital Data Blueprint, compiled: change the contract, not this."
    )
    lines += ["", "Not checked here:", ""]
    for limit in TARGETS["pydantic"].limits:
        lines += _wrapped(f"- {limit.en}")
    rules = [r for r in row_rules(contract, plan) if r.kind == "contract"]
    if rules:
        lines += ["", "Rules in SQL:", ""]
        for rule in rules:
            lines += _wrapped(f"- {rule.id} ({rule.severity}): {rule.en}")
    body = "\n".join(lines).replace("\\", "\\\\").replace('"', '\\"')
    return f'"""{body}\n"""'


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, 110, subsequent_indent="  " if line.startswith("-") else "", break_long_words=False)


def _imports(columns: tuple[Field, ...]) -> str:
    types = {f.type for f in columns}
    coded, dated = any(f.entries is not None for f in columns), any(f.dated_by for f in columns)
    names = {"BaseModel", "ConfigDict", "Field"}
    names |= (
        {"AfterValidator"} if any(f.patterns or (f.entries is not None and not f.dated_by) for f in columns) else set()
    )
    names |= {"model_validator"} if dated else set()
    names |= {"AwareDatetime"} if "timestamp" in types else set()
    names |= {"NaiveDatetime"} if "timestamp_local" in types else set()
    zones = any(f.type == "timestamp" and any(d.dated_by == f.name for d in columns) for f in columns)
    validators = coded or any(f.patterns for f in columns)
    standard = [
        "import datetime as dt" if dated or "date" in types else "",
        "import re" if any(f.patterns for f in columns) else "",
        "from decimal import Decimal" if "decimal" in types else "",
        f"from typing import {', '.join(['Annotated', *(['Any'] if validators else []), *(['Self'] if dated else [])])}",
        "from zoneinfo import ZoneInfo" if zones else "",
    ]
    used = "\n".join(filter(None, standard))
    return f"{used}\n\nfrom pydantic import {', '.join(sorted(names, key=lambda n: (n[0].islower(), n)))}"


def _tables(columns: tuple[Field, ...]) -> Iterator[str]:
    if any(f.dated_by for f in columns):
        yield "Spans = dict[str, tuple[tuple[dt.date, dt.date | None], ...]]"
    for field in columns:
        if field.dated_by:
            yield _spans(field)
        elif field.entries is not None:
            codes = "".join(f"        {_python(e.code)},  # {_one_line(e.vi)}\n" for e in field.entries)
            held = f"\n    {{\n{codes}    }}\n" if codes else ""
            yield f"{_constant(field)}: frozenset[str] = frozenset({held})"


def _spans(field: Field) -> str:
    lines: list[str] = []
    for code, spans in field.spans.items():
        listed = "".join(f"({_date(start)}, {_date(end) if end else None}), " for start, end in spans)
        lines.append(f"    {_python(code)}: ({listed.rstrip(' ')}),")
    return f"{_constant(field)}: Spans = {{\n" + "\n".join(lines) + "\n}"


def _date(day: Any) -> str:
    return f"dt.date({day.year}, {day.month}, {day.day})"


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _constant(field: Field) -> str:
    return f"{field.name.upper()}_{'SPANS' if field.dated_by else 'CODES'}"


def _helpers(columns: tuple[Field, ...]) -> Iterator[str]:
    dated = any(f.dated_by for f in columns)
    fixed = any(f.entries is not None and not f.dated_by for f in columns)
    if dated or fixed:
        yield _TEXT
    if fixed:
        yield _ONE_OF
    if any(f.patterns for f in columns):
        yield _MATCHING
    if dated:
        yield _HOLDS


def _class(contract: Contract, columns: tuple[Field, ...]) -> str:
    head = f'class {class_name(contract)}(BaseModel):\n    """One row of {contract.ref}."""\n'
    hidden = any(f.classification is not Classification.OPEN for f in columns)  # an error may end in a log
    options = f'extra="forbid", strict=True, frozen=True{", hide_input_in_errors=True" if hidden else ""}'
    config = f"    model_config = ConfigDict({options})\n"
    body = "\n".join(_attribute(field) for field in columns)
    return "\n".join([head, config, body, *_as_of(columns)])


def _attribute(field: Field) -> str:
    name, column = _attribute_name(field.name), field.column
    options: list[tuple[str, Any]] = [("alias", field.name)] if name != field.name else []
    options += [("title", column.title.vi), ("description", f"{column.title.en}. {field.description.en}")]
    given = [f"{key}={_python(_one_line(value))}" for key, value in options]
    given += [f"{key}={value}" for key, value in _constraints(field)]
    if field.examples:
        given.append(f"examples=[{', '.join(map(_python, field.examples))}]")
    meaning = {"concept": column.concept, "classification": field.classification.value, **field.meaning}
    given.append(f"json_schema_extra={{{', '.join(f'{_python(k)}: {_python(v)}' for k, v in meaning.items())}}}")
    checks = [f"_matching({_python(shared(p))})" for p in field.patterns]
    if field.codelist is not None and not field.dated_by:
        checks.append(f"_one_of({_constant(field)}, {_python(field.codelist.ref)})")
    kind = _TYPES[field.type] + ("" if field.required else " | None")
    inner = ",\n            ".join(given)
    more = "".join(f"\n        {check}," for check in checks)
    end = "" if field.required else " = None"
    return (
        f"    {name}: Annotated[\n        {kind},\n        Field(\n            {inner},\n        ),{more}\n    ]{end}"
    )


def _constraints(field: Field) -> Iterator[tuple[str, str]]:
    if field.type in NUMERIC:
        low, high = field.type_bounds or (None, None)
        digits = 10 ** (field.digits[0] - field.digits[1]) if field.type == "decimal" else None
        yield from _bound("ge", field, field.low if field.low is not None else low)
        yield from _bound("le", field, field.high if field.high is not None else high)
        if digits and field.low is None:
            yield "gt", str(-digits)
        if digits and field.high is None:
            yield "lt", str(digits)
        if field.type in FLOATING and field.bounded:
            yield "allow_inf_nan", "False"
    if field.min_length:
        yield "min_length", str(field.min_length)
    if field.max_length is not None:
        yield "max_length", str(field.max_length)


def _bound(name: str, field: Field, bound: int | float | None) -> Iterator[tuple[str, str]]:
    if bound is not None:
        exact = field.type == "decimal" and not isinstance(bound, int)
        yield name, f'Decimal("{bound!r}")' if exact else repr(bound)


def _as_of(columns: tuple[Field, ...]) -> Iterator[str]:
    dated = [f for f in columns if f.dated_by]
    if not dated:
        return
    kinds = {f.name: f.type for f in columns}
    yield '\n    @model_validator(mode="after")\n    def _codes_hold_on_their_day(self) -> Self:'
    for field in dated:
        by = f"self.{_attribute_name(field.dated_by or '')}"
        kind = kinds[field.dated_by or ""]
        day = by
        if kind == "timestamp":
            day = f"{by} and {by}.astimezone(ZoneInfo({_python(field.zone)})).date()"
        elif kind == "timestamp_local":
            day = f"{by} and {by}.date()"
        value = f"self.{_attribute_name(field.name)}"
        yield f'        _holds("{field.name}", {value}, {_constant(field)}, {day})'
    yield "        return self"


def _attribute_name(name: str) -> str:
    from pydantic import BaseModel

    taken = keyword.iskeyword(name) or name in _USED or hasattr(BaseModel, name)
    return f"{name}_" if taken or name.startswith("model_") else name


def _python(value: str | int | float | bool) -> str:
    """``value`` as Python writes it, text in double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
