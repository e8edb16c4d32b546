"""The OpenAPI 3.1 documents: one of the whole API, and one of each dataset with its own columns and examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import aggregate, diff, filters, groups, parameters, selection, units
from .about import LISTED, MOST_LISTED
from .cursor import Cursor
from .formats import FORMATS, has_shapes
from .problems import CODES, PROBLEM
from .tiers import TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .columns import Column
    from .versions import Version

Json = dict[str, Any]

_NUMBER = "(eq|neq|gt|gte|lt|lte)"
_DAY = "[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_VALUES = {
    "integer": "-?[0-9]{1,18}",
    "decimal": r"-?[0-9]{1,18}(\.[0-9]{1,18})?",
    "float": r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?",
    "boolean": "(true|false)",
    "date": _DAY,
    "time": _CLOCK,
    "moment": f"{_DAY}(T{_CLOCK}(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?)?",
    "local": f"{_DAY}(T{_CLOCK})?",
}
_NAMED = 200
"""Versions that a document names; older ones answer too."""
_SMALL = {"TINYINT": 2, "UTINYINT": 2, "SMALLINT": 4, "USMALLINT": 4, "INTEGER": 9, "UINTEGER": 9}
_EXAMPLES = {
    "text": "eq.A", "integer": "gte.10", "decimal": "gte.10.5", "float": "gte.10.5", "boolean": "eq.true",
    "date": "gte.2025-01-01", "time": "gte.07:00:00", "moment": "gte.2025-01-01T00:00:00+07:00",
    "local": "gte.2025-01-01T00:00:00", "other": "is.not_null",
}  # fmt: skip
_TEXT = {"vi": {"type": "string"}, "en": {"type": "string"}}


def whole(datasets: Sequence[str]) -> Json:
    """Return the document of the whole API; `datasets` are examples."""
    path = {
        "name": "dataset", "in": "path", "required": True, "description": "Tên bộ dữ liệu / Name of the dataset",
        "schema": {"type": "string", "pattern": "^[a-z0-9-]{2,100}$"},
    }  # fmt: skip
    if datasets:
        path["examples"] = {name: {"value": name} for name in datasets[:3]}
    base = "/api/v1/datasets/{dataset}"
    paths: Json = {
        "/api/v1/datasets": {"get": _operation(
            "datasets", "Tìm bộ dữ liệu / Find datasets", _listing(), _json(_object({
                "count": {"type": "integer"}, "next": {"type": ["string", "null"]},
                "datasets": {"type": "array", "items": {"$ref": "#/components/schemas/Dataset"}},
            })))},
    }  # fmt: skip
    generic = _filter_of_any()
    for name, operation in _operations(None, None).items():
        if name in ("records", "aggregate", "export"):
            operation["parameters"].append(generic)
        operation["parameters"].insert(0, path)
        paths[f"{base}/{name}" if name else base] = {"get": operation}
    return _document("Hà Nội Cloud", paths, {"Dataset": _dataset()})


def of_dataset(version: Version, title: Mapping[str, str], columns: Mapping[str, Column], ids: Sequence[str]) -> Json:
    """Return the document of one dataset, with the columns of a version; `ids` are the newest versions."""
    base = f"/api/v1/datasets/{version.dataset}"
    operations = _operations(columns, ids)
    paths = {f"{base}/{name}" if name else base: {"get": operation} for name, operation in operations.items()}
    name = f"{title.get('vi') or version.dataset} / {title.get('en') or version.dataset}"
    record = {column.name: {**column.schema, **_said(column)} for column in columns.values()}
    document = _document(name, paths, {"Dataset": _dataset(), "Record": {"type": "object", "properties": record}})
    document["x-hanoi-version"] = version.id
    return document


def _operations(columns: Mapping[str, Column] | None, ids: Sequence[str] | None) -> Json:
    chosen = _version_parameters(ids)
    around = {"dataset": {"type": "string"}, "version": {"type": "string"}, "count": {"type": "integer"},
              "next": {"type": ["string", "null"]}}  # fmt: skip
    record = {"$ref": "#/components/schemas/Record"} if columns is not None else {"type": "object"}
    filtered = [_filter(column, name) for name, column in _filterable(columns).items()]
    pages = [_integer("limit", "Số dòng tối đa / Rows at most", selection.ROWS, selection.MOST_ROWS), _cursor()]
    names = None if columns is None else list(columns)
    sortable = None if columns is None else [c.name for c in columns.values() if c.family != "other"]
    shown = [_list("select", "Các cột / Columns", names)]
    sort = [_list("sort", "Thứ tự: cột, cột.asc hoặc cột.desc / Order", _ways(sortable), selection.MOST_SORTED)]
    forms = [name for name in FORMATS if name != "geojson" or columns is None or has_shapes(columns)]
    form = {"name": "format", "in": "query", "description": "Định dạng / Format",
            "schema": {"type": "string", "enum": forms, "default": "csv"}}  # fmt: skip
    total = {"name": "total", "in": "query", "description": "Đếm cả các dòng của mọi trang / Count the rows of all pages",
             "schema": {"type": "string", "enum": ["true", "false"], "default": "false"}}  # fmt: skip
    binary = {FORMATS[name].media_type.partition(";")[0]: {"schema": {}} for name in forms}
    return {
        "": _operation("dataset", "Một bộ dữ liệu / One dataset", [], _json({"$ref": "#/components/schemas/Dataset"})),
        "versions": _operation("versions", "Các phiên bản / The versions", [], _json(_object(
            {"dataset": {"type": "string"}, "versions": {"type": "array", "items": {"type": "object"}}}))),
        "schema": _operation("schema", "Các cột của một phiên bản / The columns of a version", chosen, _json(_object(
            {**around, "columns": {"type": "array", "items": {"type": "object"}}}, ("dataset", "version", "columns")))),
        "quality": _operation("quality", "Chất lượng của một phiên bản / The quality of a version", chosen, _json(_object(
            {"dataset": {"type": "string"}, "version": {"type": "string"}}))),
        "records": _operation(
            "records", "Các dòng / Rows", [*chosen, *shown, *sort, *pages, total, *filtered],
            _json(_object({**around, "records": {"type": "array", "items": record}}, (*around, "records")))),
        "aggregate": _operation(
            "aggregate", "Gộp nhóm / Groups", [*chosen, *_grouping(columns), *filtered],
            _json(_object({**around, "groups": {"type": "array", "items": {"type": "object"}}}, (*around, "groups")))),
        "diff": _operation("diff", "Khác nhau giữa hai phiên bản / The difference of two versions", _compared(ids), _json(
            _object({**around, "from": {"type": "string"}, "to": {"type": "string"}, "counts": {"type": "object"},
                     "changes": {"type": "array", "items": {"type": "object"}}}))),
        "export": _operation(
            "export", "Xuất thành tệp / Export as a file", [*chosen, form, *shown, *sort, *filtered], binary),
    }  # fmt: skip


def _grouping(columns: Mapping[str, Column] | None) -> list[Json]:
    by = reckoned = None
    if columns is not None:
        by = [way for column in columns.values() for way in groups.ways(column)]
        reckoned = ["count", *(way for column in columns.values() for way in groups.reckonings(column))]
    return [
        _list("group", "Nhóm theo cột hoặc cột.month… / Columns or time buckets", by, selection.MOST_SORTED),
        _list("measure", "Phép tính: count, cột.avg… / Measures", reckoned, groups.MOST),
        {"name": "sort", "in": "query", "description": "Thứ tự theo tên trong kết quả, ví dụ count.desc / Order by names of the "
         "answer", "schema": {"type": "string"}},
        {"name": "zone", "in": "query", "description": "Múi giờ của các mốc thời gian / Zone of the time buckets",
         "schema": {"type": "string", "enum": list(groups.ZONES), "default": groups.ZONES[0]}},
        {"name": "weight", "in": "query", "description": "Chia phường, xã cũ theo dân số hay diện tích / Divide former wards by",
         "schema": {"type": "string", "enum": list(units.WEIGHTS), "default": units.WEIGHTS[0]}},
        _integer("limit", "Số nhóm tối đa / Groups at most", aggregate.GROUPS, selection.MOST_ROWS),
        _cursor(),
    ]  # fmt: skip


def _filterable(columns: Mapping[str, Column] | None) -> dict[str, Column]:
    own = {
        *parameters.VERSIONS,
        "select",
        "sort",
        "limit",
        "cursor",
        "total",
        "group",
        "measure",
        "zone",
        "weight",
        "format",
    }
    return {f"{parameters.PREFIX}{n}" if n in own else n: column for n, column in (columns or {}).items()}


def _filter(column: Column, name: str) -> Json:
    states = r"is\.(null|not_null)"
    if column.family == "other":
        pattern = f"^{states}$"
    elif column.family == "text":
        inner = r'[^",\\\u0000\u000a\u000d]{1,50}'
        pattern = rf"^((eq|neq|gt|gte|lt|lte|contains|starts)\.[^\u0000]{{0,500}}|in\.\({inner}(,{inner}){{0,20}}\)|{states})$"
    else:
        value = _VALUES[column.family]
        if column.kind in _SMALL:
            value = f"{'' if column.kind.startswith('U') else '-?'}[0-9]{{1,{_SMALL[column.kind]}}}"
        pattern = rf"^({_NUMBER}\.{value}|in\.\({value}(,{value}){{0,20}}\)|{states})$"
    said = _said(column)
    example = column.described.get("example")
    shown = f"eq.{example}" if example and column.family == "text" else _EXAMPLES[column.family]
    return {
        "name": name, "in": "query", "description": f"{said.get('description', column.name)} ({', '.join(filters.OPERATORS)})",
        "schema": {"type": "string", "pattern": pattern}, "example": shown,
    }  # fmt: skip


def _filter_of_any() -> Json:
    return {
        "name": "filters", "in": "query", "style": "form", "explode": True,
        "description": "Lọc: cột=toán_tử.giá_trị, ví dụ pm25=gte.35. Xem OpenAPI riêng của bộ dữ liệu. / Filters: "
        "column=operator.value. See the dataset's own document.",
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    }  # fmt: skip


def _version_parameters(ids: Sequence[str] | None) -> list[Json]:
    version: Json = {"type": "string", "pattern": "^[0-9]{1,18}-[0-9a-f]{8}$"}
    if ids:
        version = {"type": "string", "enum": list(ids[:_NAMED])}
    return [
        {"name": "version", "in": "query", "description": "Mã phiên bản / Version", "schema": version},
        {"name": "as_of", "in": "query", "description": "Phiên bản có ở ngày đó (giờ Hà Nội) / The version of that day",
         "schema": {"type": "string", "pattern": f"^{_DAY}$"}},
        {"name": "major", "in": "query", "description": "Số đầu của phiên bản hợp đồng / Major version of the contract",
         "schema": {"type": "integer", "minimum": 0, "maximum": 99999}},
    ]  # fmt: skip


def _compared(ids: Sequence[str] | None) -> list[Json]:
    version = _version_parameters(ids)[0]
    return [
        {**version, "name": "from", "description": "Phiên bản trước / The former version"},
        {**version, "name": "to", "description": "Phiên bản sau / The later version"},
        _integer("limit", "Số dòng tối đa / Rows at most", selection.ROWS, diff.ROWS),
        _cursor(),
    ]


def _listing() -> list[Json]:
    return [
        {"name": "q", "in": "query", "description": "Từ cần tìm / Words", "schema": {"type": "string", "maxLength": 200}},
        {"name": "organisation", "in": "query", "description": "Tên đơn vị / Name of the agency",
         "schema": {"type": "string", "pattern": "^[a-z0-9_-]{1,100}$"}},
        _integer("limit", "Số bộ dữ liệu tối đa / Datasets at most", LISTED, MOST_LISTED),
        {"name": "offset", "in": "query", "description": "Bỏ qua / Skip",
         "schema": {"type": "integer", "minimum": 0, "maximum": 100_000, "default": 0}},
    ]  # fmt: skip


def _list(name: str, description: str, values: Sequence[str] | None, most: int | None = None) -> Json:
    if values is None:
        return {"name": name, "in": "query", "description": description, "schema": {"type": "string"}}
    items: Json = {
        "type": "array",
        "items": {"type": "string", "enum": list(values)},
        "uniqueItems": True,
        "minItems": 1,
    }
    if most:
        items["maxItems"] = most
    return {"name": name, "in": "query", "description": description, "style": "form", "explode": False, "schema": items}


def _ways(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [way for name in names for way in (name, f"{name}.asc", f"{name}.desc")]


def _integer(name: str, description: str, default: int, most: int) -> Json:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _cursor() -> Json:
    return {
        "name": "cursor", "in": "query",
        "description": "Con trỏ của trang sau, lấy từ `next` / Cursor of the next page, taken from `next`",
        "schema": {"type": "string", "maxLength": 300}, "example": str(Cursor("1-00000000", "0" * 16, 99)),
    }  # fmt: skip


def _operation(name: str, summary: str, given: list[Json], content: Json) -> Json:
    return {
        "operationId": name, "summary": summary, "parameters": list(given),
        "responses": {
            "200": {"description": "Kết quả / Answer", "content": content},
            "304": {"description": "Bản đang có vẫn đúng / What the caller has still holds"},
            **{str(status): {"$ref": "#/components/responses/Problem"} for status in sorted({c[0] for c in CODES.values()})},
        },
    }  # fmt: skip


def _document(title: str, paths: Json, schemas: Json) -> Json:
    limits = "; ".join(f"{tier}: {', '.join(f'{k} {v}' for k, v in kinds.items())}" for tier, kinds in TIERS.items())
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"API dữ liệu / Data API: {title}", "version": "1.0.0",
            "description": f"Chỉ đọc, không cần khóa; có khóa thì được gọi nhiều hơn. / Read only, without a key; a key gives "
            f"more calls. {limits}.",
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "Authorization"}},
            "schemas": {"Problem": _problem(), **schemas},
            "responses": {"Problem": {
                "description": "Không trả lời được, và vì sao / No answer, and why",
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }},
        },
    }  # fmt: skip


def _problem() -> Json:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail", "instance", "vi", "en")}
    return _object({**texts, "status": {"type": "integer"}, "code": {"type": "string", "enum": sorted(CODES)}})


def _dataset() -> Json:
    described = {"name": {"type": "string"}, "title": {"type": "object", "properties": _TEXT},
                 "description": {"type": "object", "properties": _TEXT}}  # fmt: skip
    return _object(described)


def _object(properties: Json, required: Sequence[str] | None = None) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties if required is None else required)}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _said(column: Column) -> Json:
    title, unit = column.described.get("title"), column.described.get("unit")
    if not isinstance(title, dict):
        return {}
    return {"description": f"{title.get('vi', '')} / {title.get('en', '')}{f' ({unit})' if unit else ''}"}
