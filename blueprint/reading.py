"""Reading the files of declarations into models; what is wrong is told with its line."""

import csv
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from blueprint import parsing
from blueprint.codelist import CodeEntry
from blueprint.crosswalk import Pair
from blueprint.problems import Loc, Problem, near, position

Report = Callable[[Problem], None]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Model = TypeVar("_Model", bound=BaseModel)
_ENTRY_FIELDS = frozenset({"code", "vi", "en", "valid_from", "valid_to", "legal_basis", "successor"})
_PAIR_FIELDS = frozenset(
    {"old_code", "new_code", "relation", "area_weight", "population_weight", "weight_basis", "legal_basis"}
)
_MAX_BYTES = 20_000_000
_EXPECTED: Mapping[str, tuple[str, str]] = {
    "missing": ("thiếu trường bắt buộc này.", "this required field is missing."),
    "int_type": ("phải là số nguyên.", "must be a whole number."),
    "int_parsing": ("phải là số nguyên.", "must be a whole number."),
    "float_parsing": ("phải là số.", "must be a number."),
    "string_type": ("phải là văn bản; hãy đặt trong dấu nháy.", "must be text; put it in quotes."),
    "string_too_short": ("không được để trống.", "must not be empty."),
    "bool_parsing": ("phải là true hoặc false.", "must be true or false."),
    "model_type": ("phải là một nhóm trường.", "must be a group of fields."),
    "tuple_type": ("phải là một danh sách.", "must be a list."),
    "dict_type": ("phải là một nhóm trường.", "must be a group of fields."),
}


def declaration(
    path: Path, file: str, model: type[_Model], report: Report, extra: Mapping[str, Any] | None = None
) -> _Model | None:
    """The model that the YAML file declares, or ``None`` after ``report`` was told of every problem in it."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            report(_plain(file, "file-size", f"lớn hơn {_MAX_BYTES} byte", f"larger than {_MAX_BYTES} bytes"))
            return None
        content = parsing.load(path).content
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        report(_plain(file, "yaml", f"không phải YAML: {error.problem}", f"is not YAML: {error.problem}", line, column))
        return None
    except (yaml.YAMLError, UnicodeError, OSError) as error:
        report(_plain(file, "yaml", f"không đọc được: {error}", f"cannot be read: {error}"))
        return None
    if not isinstance(content, dict):
        came = type(content).__name__
        report(_plain(file, "yaml", f"phải là các trường YAML, không phải {came}", f"must be YAML fields, not {came}"))
        return None
    try:
        return model.model_validate({**content, **(extra or {})})
    except re.error as error:
        report(
            _plain(
                file,
                "pattern",
                f"có mẫu {error.pattern!r} sai: {error}",
                f"has a wrong pattern {error.pattern!r}: {error}",
            )
        )
        return None
    except ValidationError as error:
        for found in error.errors(include_url=False):
            report(_problem(path, file, model, found))
        return None


def _plain(file: str, rule: str, vi: str, en: str, line: int | None = None, column: int | None = None) -> Problem:
    return Problem(file, rule, f"Tệp {vi}.", f"The file {en}.", line, column)


def _problem(path: Path, file: str, model: type[BaseModel], found: Mapping[str, Any]) -> Problem:
    loc, known = _within(model, found["loc"])
    kind, context = str(found["type"]), found.get("ctx", {})
    came = "" if kind == "missing" or isinstance(found["input"], dict | list) else str(found["input"])[:200]
    if kind == "extra_forbidden":
        vi_near, en_near = near(str(loc[-1]), known)
        listed = ", ".join(sorted(known))
        vi = f"không có trường này; các trường được phép: {listed}.{vi_near}"
        en = f"there is no such field; allowed fields: {listed}.{en_near}"
    elif kind in ("literal_error", "enum"):
        vi, en = f"phải là một trong: {context.get('expected')}.", f"must be one of: {context.get('expected')}."
    elif kind == "string_pattern_mismatch":
        vi, en = f"phải có dạng {context.get('pattern')}.", f"must have the form {context.get('pattern')}."
    elif kind in _EXPECTED:
        vi, en = _EXPECTED[kind]
    else:
        vi, en = f"không hợp lệ: {found['msg']}.", f"is wrong: {found['msg']}."
    where = ".".join(map(str, loc))
    at = f"{where} = {came!r}" if came else where
    line, column = position(path, loc)
    return Problem(file, kind.replace("_", "-"), f"{at}: {vi}", f"{at}: {en}", line, column, where, came)


def _within(model: type[BaseModel], loc: Loc) -> tuple[Loc, frozenset[str]]:
    """``loc`` as it leads through the file, and the fields of the model at its parent.

    Where one of several models is declared, pydantic writes the kind by which it was chosen as a part of its own.
    """
    models: tuple[type[BaseModel], ...] = (model,)
    parts: list[str | int] = []
    known = frozenset(model.model_fields)
    for part in loc:
        if len(models) > 1 and isinstance(part, str):
            models = tuple(m for m in models if part in _kinds(m))
            continue
        known = frozenset(models[0].model_fields) if models else frozenset()
        parts.append(part)
        if part in known:
            models = _models(models[0].model_fields[str(part)].annotation)
    return tuple(parts), known


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation) if kind else ()


def _models(annotation: Any) -> tuple[type[BaseModel], ...]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(m for a in get_args(annotation) for m in _models(a))


def table(path: Path, file: str, row_model: Callable[[Mapping[str, str]], Any], report: Report) -> tuple[Any, ...]:
    """The rows of the CSV file as models; every row that is wrong is reported with its line and left out."""
    rows: list[Any] = []
    try:
        with path.open(encoding="utf-8", newline="") as opened:
            reader = csv.DictReader(opened, strict=True)
            for row in reader:
                try:
                    if None in row or None in row.values():
                        raise ValueError(
                            f"the row has another number of cells than the header ({len(reader.fieldnames or ())})"
                        )
                    rows.append(row_model(row))
                except (KeyError, ValueError) as error:
                    told = _row_error(error)
                    report(
                        Problem(
                            file,
                            "row",
                            f"Dòng {reader.line_num}: {told}",
                            f"Line {reader.line_num}: {told}",
                            reader.line_num,
                        )
                    )
    except (OSError, UnicodeError, csv.Error) as error:
        report(_plain(file, "csv", f"không đọc được: {error}", f"cannot be read: {error}"))
    return tuple(rows)


def _row_error(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']} ({str(e['input'])[:80]!r})"
            for e in error.errors(include_url=False)
        )
    return f"column {error} is missing" if isinstance(error, KeyError) else str(error)


_day = lru_cache(maxsize=4096)(date.fromisoformat)


def entry(row: Mapping[str, str]) -> CodeEntry:
    """One line of a code list's table."""
    return CodeEntry(
        code=row["code"],
        vi=row["vi"],
        en=row["en"],
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]) if row.get("valid_to") else None,
        legal_basis=row.get("legal_basis", ""),
        successor=tuple(row.get("successor", "").split()),
        attributes={k: v for k, v in row.items() if k not in _ENTRY_FIELDS and v},
    )


def pair(row: Mapping[str, str]) -> Pair:
    """One line of a crosswalk's table."""
    return Pair.model_validate(
        {
            **{k: row[k] for k in ("old_code", "new_code", "relation")},
            "area_weight": row.get("area_weight") or None,
            "population_weight": row.get("population_weight") or None,
            "weight_basis": row.get("weight_basis", ""),
            "legal_basis": row.get("legal_basis", ""),
            "attributes": {k: v for k, v in row.items() if k not in _PAIR_FIELDS and v},
        }
    )
