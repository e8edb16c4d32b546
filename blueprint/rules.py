"""The rules of a contract over one row, as DuckDB predicates over its typed columns.

The step that sorts rows into accepted and quarantined and the gate that judges the accepted set both start from here,
so one rule has one id, one message and one meaning.
"""

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from typing import Literal

from blueprint import example
from blueprint.codelist import CodeList
from blueprint.concept import Classification, Concept
from blueprint.contract import Column, Contract, Reference
from blueprint.damage import damaged_sql
from blueprint.errors import BlueprintError
from blueprint.identifiers import explain, good_sql
from blueprint.load import Blueprint
from blueprint.sql import ident, literal, member
from blueprint.types import DATED, FLOATING, NUMERIC, WHOLE
from blueprint.units.names import name_holds_sql

KEY_DUPLICATE = "key-duplicate"
KEY_CONFLICT = "key-conflict"
ROW_WIDTH = "row-width"
SUPERSEDED = "superseded"
"""The reason of a row whose key a row has taken that the agency mended."""
Severity = Literal["error", "warning"]
Kind = Literal["required", "range", "length", "pattern", "identifier", "code", "name", "damaged-letters", "contract"]
_LISTED = 8


def type_rule(column: str) -> str:
    """The id of the rule that a cell can be read as its column's type."""
    return f"{column}-type"


def reference_rule(reference: Reference) -> str:
    """The id of the check of a reference; the colon keeps it apart from the ids of all rules over one row.

    >>> reference_rule(Reference(columns=("ward_code", "day"), dataset="wards", to=("code", "day")))
    'reference:ward_code-day:wards'
    """
    return f"reference:{'-'.join(reference.columns)}:{reference.dataset}"


@dataclass(frozen=True)
class RowRule:
    """One rule over one row.

    ``sql`` is true for good rows and false for bad ones; null counts as good, which ``good`` makes explicit. ``vi`` and
    ``en`` say what is allowed, with a made-up example where there is one.
    """

    id: str
    column: str | None
    columns: tuple[str, ...]
    severity: Severity
    sql: str
    vi: str
    en: str
    kind: Kind

    @property
    def good(self) -> str:
        """The predicate as a boolean that is never null."""
        return f"coalesce(({self.sql}\n), true)"  # the line break ends a comment that a rule may close with


def row_rules(contract: Contract, blueprint: Blueprint) -> tuple[RowRule, ...]:
    """Every rule of ``contract`` over one row, column by column, then the contract's own rules.

    Raises BlueprintError where the declarations contradict themselves: two rules of one id, a range on text, a pattern
    on a number, a dated code list without a date to read it by.
    """
    rules = [
        rule
        for column in contract.columns
        for rule in (*_of_column(column, contract, blueprint), *_of_letters(column, blueprint))
    ]
    rules += [
        RowRule(r.id, None, r.columns, r.severity, r.sql, r.message.vi, r.message.en, "contract")
        for r in contract.rules
    ]
    reserved = [ROW_WIDTH, SUPERSEDED, KEY_DUPLICATE, KEY_CONFLICT, *(type_rule(c.name) for c in contract.columns)]
    for rule, times in Counter([*(r.id for r in rules), *reserved]).items():
        if times > 1:
            raise BlueprintError(
                f"{contract.ref}: mã quy tắc {rule!r} bị trùng; hãy đổi id của quy tắc trong hợp đồng.",
                f"{contract.ref}: rule id {rule!r} repeats; rename the rule in the contract.",
            )
    return tuple(rules)


def severities(contract: Contract, blueprint: Blueprint) -> dict[str, Severity]:
    """Every rule that a row of a delivery is held to: its id and severity.

    Beside ``row_rules`` these are the width of the row, the type of each cell, the key and mended rows. Raises BlueprintError as
    ``row_rules`` does.
    """
    found: dict[str, Severity] = dict.fromkeys((ROW_WIDTH, *(type_rule(c.name) for c in contract.columns)), "error")
    found |= {rule.id: rule.severity for rule in row_rules(contract, blueprint)}
    return found | dict.fromkeys((KEY_DUPLICATE, KEY_CONFLICT, SUPERSEDED), "error")


def comply(rows: int, against: int, share: float) -> bool:
    """Whether at least ``share`` of ``rows`` comply with a rule that ``against`` of them break; of no rows all do.

    >>> comply(20, 1, 0.95), comply(20, 2, 0.95)
    (True, False)
    """
    return not rows or (rows - against) / rows >= share


def bounds(column: Column, concept: Concept) -> tuple[float | None, float | None]:
    """The narrower of the concept's and the column's own inclusive bounds."""
    low = [b for b in (concept.minimum, column.minimum) if b is not None]
    high = [b for b in (concept.maximum, column.maximum) if b is not None]
    return max(low, default=None), min(high, default=None)


def lengths(column: Column, concept: Concept) -> tuple[int | None, int | None]:
    """The narrower of the concept's and the column's own inclusive lengths, in characters."""
    least = [n for n in (concept.min_length, column.min_length) if n is not None]
    most = [n for n in (concept.max_length, column.max_length) if n is not None]
    return max(least, default=None), min(most, default=None)


def patterns(column: Column, concept: Concept) -> tuple[str, ...]:
    """The patterns that a value matches in full: the concept's and the column's own."""
    return tuple(dict.fromkeys(p for p in (concept.pattern, column.pattern) if p))


def fixed_date(column: Column) -> date | None:
    """The one date on which a dated code list is read, where ``as_of`` is a date and not a column."""
    try:
        return date.fromisoformat(column.as_of) if column.as_of else None
    except ValueError:
        return None


def codes(column: Column, codelist: CodeList) -> frozenset[str] | None:
    """The codes a column may hold; ``None`` where that depends on the date in the row."""
    if not codelist.dated:
        return codelist.codes()
    day = fixed_date(column)
    return None if day is None else codelist.codes(day)


def example_of(column: Column, blueprint: Blueprint) -> str | None:
    """A made-up value as the agency would write it; ``None`` for personal columns and where no value is typical.

    >>> from blueprint import blueprint
    >>> plan = blueprint()
    >>> example_of(plan.contract("air-quality-hourly").column("observed_at"), plan)
    '2026-01-31 08:00:00'
    """
    concept = blueprint.concept_of(column)
    if concept.type in DATED and column.date_formats:
        return example.moment(column.date_formats[0])
    return _example(concept, column, blueprint.codelist(concept.codelist) if concept.codelist else None)


def _of_column(column: Column, contract: Contract, blueprint: Blueprint) -> Iterator[RowRule]:
    concept = blueprint.concept_of(column)
    name, quoted = column.name, ident(column.name)
    vi_name, en_name = f"«{column.title.vi}» ({name})", f"“{column.title.en}” ({name})"
    allowed = blueprint.codelist(concept.codelist) if concept.codelist else None
    low, high = bounds(column, concept)
    shapes = patterns(column, concept)

    def rule(kind: Kind, sql: str, vi: str, en: str, columns: tuple[str, ...] = (name,)) -> RowRule:
        return RowRule(f"{name}-{kind}", name, columns, "error", sql, f"{vi_name} {vi}", f"{en_name} {en}", kind)

    def suited(kind: Kind, types: Set[str]) -> None:
        if concept.type not in types:
            raise BlueprintError(
                f"{contract.ref}.{name}: kiểu {concept.type} không dùng được {kind}; chỉ dùng cho {', '.join(sorted(types))}.",
                f"{contract.ref}.{name}: type {concept.type} takes no {kind}; it is for {', '.join(sorted(types))}.",
            )

    if column.required:
        vi_such, en_such = _such_as(_example(concept, column, allowed))
        yield rule(
            "required", f"{quoted} IS NOT NULL", f"không được để trống{vi_such}.", f"must not be empty{en_such}."
        )
    if low is not None or high is not None:
        suited("range", NUMERIC)
        if low is not None and high is not None and low > high:
            raise BlueprintError(
                f"{contract.ref}.{name}: giới hạn {low:.10g} đến {high:.10g} không chứa giá trị nào; hãy sửa minimum, maximum.",
                f"{contract.ref}.{name}: no value is between {low:.10g} and {high:.10g}; correct minimum and maximum.",
            )
        vi_such, en_such = _such_as(_example(concept, column, allowed))
        vi_span, en_span = _span(low, high, concept.unit)
        yield rule(
            "range", _within(quoted, low, high, concept), f"phải {vi_span}{vi_such}.", f"must be {en_span}{en_such}."
        )
    least, most = lengths(column, concept)
    if least is not None or most is not None:
        suited("length", {"string"})
        vi_span, en_span = _span(least, most, None)
        sides = [f"length({quoted}) >= {least}"] if least is not None else []
        sides += [f"length({quoted}) <= {most}"] if most is not None else []
        vi_says, en_says = f"phải dài {vi_span} ký tự.", f"must be {en_span} characters long."
        yield rule("length", " AND ".join(sides), vi_says, en_says)
    if shapes:
        suited("pattern", {"string"})
        vi_such, en_such = _such_as(_example(concept, column, allowed))
        shown = " và ".join(shapes), " and ".join(shapes)
        yield rule(
            "pattern",
            " AND ".join(f"regexp_full_match({quoted}, {literal(p)})" for p in shapes),
            f"phải có dạng {shown[0]}{vi_such}.",
            f"must have the form {shown[1]}{en_such}.",
        )
    if concept.identifier:
        suited("identifier", {"string"})
        yield rule("identifier", good_sql(concept.identifier, quoted), *explain(concept.identifier))
    if column.names:
        yield rule("name", *_named(column, contract, blueprint))
    if allowed:
        sql, columns = _coded(column, concept, allowed, contract, blueprint)
        yield rule("code", sql, *_code_message(column, allowed), columns)


def _of_letters(column: Column, blueprint: Blueprint) -> Iterator[RowRule]:
    """The rule that free text is read in the right encoding; a code, an identifier or a pattern lets no other through."""
    concept, name = blueprint.concept_of(column), column.name
    if concept.type == "string" and not (concept.codelist or concept.identifier or patterns(column, concept)):
        sql = f"NOT ({damaged_sql(ident(name))})"
        vi = f"«{column.title.vi}» ({name}) không được có chữ vỡ do đọc sai bảng mã, như Äá»‘ng Äa thay cho Đống Đa; hãy lưu lại tệp gốc bằng UTF-8."
        en = f"“{column.title.en}” ({name}) must not hold letters broken by a wrong encoding, such as Äá»‘ng Äa for Đống Đa; save the source as UTF-8."
        yield RowRule(f"{name}-damaged-letters", name, (name,), "error", sql, vi, en, "damaged-letters")


def _within(quoted: str, low: float | None, high: float | None, concept: Concept) -> str:
    sides = [f"{quoted} >= {bound(low)}"] if low is not None else []
    sides += [f"{quoted} <= {bound(high)}"] if high is not None else []
    if concept.type in FLOATING:
        sides.append(f"isfinite({quoted})")  # DuckDB sorts NaN above every number, so one bound would let it pass
    return " AND ".join(sides)


def bound(value: float) -> str:
    """A bound as a literal: whole numbers without a fraction, so that integers compare as integers."""
    return literal(int(value) if float(value).is_integer() else float(value))


def _coded(
    column: Column, concept: Concept, allowed: CodeList, contract: Contract, blueprint: Blueprint
) -> tuple[str, tuple[str, ...]]:
    quoted = ident(column.name)
    text = quoted if concept.type == "string" else f"CAST({quoted} AS VARCHAR)"
    fixed = codes(column, allowed)
    if fixed is not None:
        return f"{quoted} IS NULL OR {member(text, fixed)}", (column.name,)
    day = _day(column, allowed, contract, blueprint)
    spans: dict[tuple[date, date | None], set[str]] = {}
    for entry in allowed.entries:
        spans.setdefault((entry.valid_from, entry.valid_to), set()).add(entry.code)
    holding = [
        f"({day} >= {literal(start)}" + (f" AND {day} <= {literal(end)}" if end else "") + f" AND {member(text, held)})"
        for (start, end), held in spans.items()
    ]
    dated_by = column.as_of or ""
    # A code without its date means nothing, so an empty date fails; coalesce keeps that from counting as unknown.
    return f"{quoted} IS NULL OR coalesce({' OR '.join(holding) or 'false'}, false)", (
        column.name,
        dated_by,
    )


def _named(column: Column, contract: Contract, blueprint: Blueprint) -> tuple[str, str, str, tuple[str, ...]]:
    """The rule that a name is the one that its code bears on the row's date: the right code of the wrong era shows by it."""
    coded = contract.column(column.names or "")
    concept = blueprint.concept_of(coded)
    allowed = blueprint.codelist(concept.codelist) if concept.codelist else None
    if allowed is None or not allowed.dated or concept.type != "string":
        raise BlueprintError(
            f"{contract.ref}.{column.name}: names phải chỉ một cột mã có danh mục đọc theo ngày; {coded.name} không phải cột như vậy.",
            f"{contract.ref}.{column.name}: names must name a code column of a list that is read as of a date; {coded.name} is none.",
        )
    fixed = fixed_date(coded)
    day = fixed or _day(coded, allowed, contract, blueprint)
    vi_day, en_day = (
        (f"ngày {fixed}", f"on {fixed}")
        if fixed
        else (f"vào ngày ở cột {coded.as_of}", f"on the date in {coded.as_of}")
    )
    sample = next((e for e in reversed(allowed.entries) if e.valid_to is None), None)
    vi_such, en_such = _such_as(f"{sample.code} = {sample.vi}" if sample else None)
    used = (column.name, coded.name) if fixed else (column.name, coded.name, coded.as_of or "")
    return (
        name_holds_sql(allowed, ident(coded.name), ident(column.name), day),
        f"phải là tên của mã ở cột {coded.name} {vi_day}{vi_such}.",
        f"must be the name that the code in {coded.name} bears {en_day}{en_such}.",
        used,
    )


def _day(column: Column, allowed: CodeList, contract: Contract, blueprint: Blueprint) -> str:
    """The date by which a row's code is read; a timestamp counts as the day it is in its column's zone."""
    dates = {c.name: c for c in contract.columns if blueprint.concept_of(c).type in DATED}
    by = dates.get(column.as_of or "")
    if by is None:
        known = ", ".join(dates) or "—"
        raise BlueprintError(
            f"{contract.ref}.{column.name}: danh mục {allowed.codelist} chỉ đọc theo ngày; as_of là {column.as_of!r}, cần một "
            f"ngày dạng 2026-01-31 hoặc tên một cột ngày ({known}).",
            f"{contract.ref}.{column.name}: code list {allowed.codelist} is only read as of a date; as_of is "
            f"{column.as_of!r}, it takes a date such as 2026-01-31 or the name of a date column ({known}).",
        )
    if blueprint.concept_of(by).type != "timestamp":
        return f"CAST({ident(by.name)} AS DATE)"
    return f"CAST(timezone({literal(by.timezone)}, {ident(by.name)}) AS DATE)"


def _code_message(column: Column, allowed: CodeList) -> tuple[str, str]:
    fixed = codes(column, allowed)
    entries = sorted(fixed if fixed is not None else {e.code for e in allowed.entries})
    vi_list, en_list = f"danh mục {allowed.codelist}", f"the code list {allowed.codelist}"
    if allowed.dated:
        day = fixed_date(column)
        vi_list += f" có hiệu lực ngày {day}" if day else f" có hiệu lực vào ngày ở cột {column.as_of}"
        en_list += f" as it holds on {day}" if day else f" as it holds on the date in {column.as_of}"
    if fixed is not None and 0 < len(entries) <= _LISTED:
        shown = ", ".join(entries)
        return f"phải là mã của {vi_list}: {shown}.", f"must be a code of {en_list}: {shown}."
    current = next((e for e in reversed(allowed.entries) if e.code in entries and e.valid_to is None), None)
    if fixed is None and current:
        since = (
            f"{current.code} ({current.vi}, từ {current.valid_from})",
            f"{current.code} ({current.en}, since {current.valid_from})",
        )
        return f"phải là mã của {vi_list}; ví dụ: {since[0]}.", f"must be a code of {en_list}; for example: {since[1]}."
    vi_such, en_such = _such_as(entries[0] if entries else None)
    return f"phải là mã của {vi_list}{vi_such}.", f"must be a code of {en_list}{en_such}."


def _example(concept: Concept, column: Column, allowed: CodeList | None) -> str | None:
    if concept.classification is Classification.PERSONAL:
        return None  # even a made-up value may be somebody's
    if allowed:
        fixed = codes(column, allowed)
        return min(
            fixed if fixed is not None else {e.code for e in allowed.entries if e.valid_to is None}, default=None
        )
    if concept.type in NUMERIC:
        return example.number(*bounds(column, concept), whole=concept.type in WHOLE)
    if shapes := patterns(column, concept):
        return example.matching(shapes)
    return example.of_type(concept.type)


def _such_as(value: str | None) -> tuple[str, str]:
    return (f"; ví dụ: {value}", f"; for example: {value}") if value else ("", "")


_UNITS = {"Cel": " °C", "deg": "°", "%": " %", "km2": " km²", "ug/m3": " µg/m³", "1": "", "a": ""}


def _span(low: float | None, high: float | None, unit: str | None) -> tuple[str, str]:
    of = _UNITS.get(unit or "1", f" {unit}")
    if "{" in of:  # a UCUM annotation, such as {score}, counts things
        of = ""
    if low is not None and low == high:
        return f"là {low:.10g}{of}", f"{low:.10g}{of}"
    if low is not None and high is not None:
        return f"từ {low:.10g} đến {high:.10g}{of}", f"between {low:.10g} and {high:.10g}{of}"
    if low is not None:
        return f"từ {low:.10g}{of} trở lên", f"{low:.10g}{of} or more"
    return f"không quá {high:.10g}{of}", f"{high:.10g}{of} or less"
