"""What is wrong or doubtful in one declaration, beyond what its model and the cross checks refuse."""

import math
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from blueprint.codelist import CodeList
from blueprint.concept import Classification, Concept
from blueprint.contract import Column, Contract
from blueprint.crosswalk import Crosswalk
from blueprint.errors import BlueprintError
from blueprint.indicator import Indicator
from blueprint.load import Blueprint
from blueprint.portable import troubles
from blueprint.problems import Loc, Problem
from blueprint.rules import bounds, patterns, row_rules
from blueprint.subjects import Declaration, file_of
from blueprint.text import Bilingual
from blueprint.types import NUMERIC, WHOLE

At = Callable[[str, Loc], tuple[int | None, int | None]]
_PROSE_WORDS = 4
_VIETNAMESE = re.compile("[\u00c0-\u1ef9]")
_WORDS = re.compile(r"[^\W\d_]{2,}")


class Teller:
    """Makes problems of one file."""

    def __init__(self, declaration: Declaration, at: At) -> None:
        self.file, self.at = file_of(declaration), at

    def __call__(self, rule: str, loc: Loc, vi: str, en: str, came: object = "", *, warning: bool = False) -> Problem:
        line, column = self.at(self.file, loc)
        where = ".".join(map(str, loc))
        severity = "warning" if warning else "error"
        shown = "" if came is None else str(came)[:200]
        return Problem(self.file, rule, f"{where}: {vi}", f"{where}: {en}", line, column, where, shown, severity)


def of_declaration(declaration: Declaration, plan: Blueprint, at: At) -> Iterator[Problem]:
    """Every finding in ``declaration``; ``at`` finds the line and column of a place in a file."""
    tell = Teller(declaration, at)
    match declaration:
        case Concept():
            yield from _concept(declaration, plan, tell)
        case Contract():
            yield from _contract(declaration, plan, tell)
        case CodeList():
            yield from _codelist(declaration, tell)
        case Indicator():
            yield from _indicator(declaration, plan, tell)
        case Crosswalk():
            pass
    yield from _untranslated(declaration, tell)


def _concept(concept: Concept, plan: Blueprint, tell: Teller) -> Iterator[Problem]:
    if concept.pattern:
        yield from _portable(concept.pattern, ["pattern"], tell)
    if concept.type in NUMERIC and not (concept.unit or concept.currency or concept.codelist):
        vi = "số không có đơn vị; hãy ghi mã UCUM (số đếm và tỷ số là '1'), hoặc currency."
        en = "the number has no unit; write a UCUM code (counts and ratios are '1'), or currency."
        yield tell("unit", ["type"], vi, en, concept.type, warning=True)
    for i, value in enumerate(concept.examples):
        if why := refusal(value, concept, plan):
            vi, en = (
                f"ví dụ {value!r} không hợp khái niệm: {why[0]}",
                f"the concept refuses its example {value!r}: {why[1]}",
            )
            yield tell("example", ["examples", i], vi, en, value)


def _contract(contract: Contract, plan: Blueprint, tell: Teller) -> Iterator[Problem]:
    for i, column in enumerate(contract.columns):
        concept = plan.concepts.get(column.concept)
        if concept is not None:
            yield from _column(i, column, concept, contract, plan, tell)
    if all(c.concept in plan.concepts for c in contract.columns):
        try:
            row_rules(contract, plan)
        except BlueprintError as error:
            yield tell("contradiction", _named(error, contract), error.vi, error.en)


def _named(error: BlueprintError, contract: Contract) -> Loc:
    """The place of the column or the rule that ``error`` names."""
    for i, column in enumerate(contract.columns):
        if error.en.startswith(f"{contract.ref}.{column.name}:"):
            return ["columns", i]
    return next((["rules", i] for i, r in enumerate(contract.rules) if repr(r.id) in error.en), ["columns"])


def _column(
    i: int, column: Column, concept: Concept, contract: Contract, plan: Blueprint, tell: Teller
) -> Iterator[Problem]:
    here = ["columns", i]
    if column.name in contract.key and not column.required:
        vi, en = f"cột khóa {column.name} phải required: true.", f"key column {column.name} must be required: true."
        yield tell("key", [*here, "name"], vi, en, column.name)
    if column.pattern:
        yield from _portable(column.pattern, [*here, "pattern"], tell)
    if column.default is not None and (why := refusal(str(column.default), concept, plan, column)):
        vi, en = f"giá trị mặc định không hợp cột: {why[0]}", f"the column refuses its default: {why[1]}"
        yield tell("default", [*here, "default"], vi, en, column.default)
    codelist = plan.codelists.get(concept.codelist or "")
    if codelist is not None:
        known = {e.code for e in codelist.entries}
        for written, code in column.values.items():
            if code not in known:
                vi = f"{written!r} được đọc thành {code!r}, không có trong danh mục {codelist.codelist}."
                en = f"{written!r} is read as {code!r}, which is not in the code list {codelist.codelist}."
                yield tell("code", [*here, "values", written], vi, en, code)
    yield from _widening(here, column, concept, tell)


def _widening(here: Loc, column: Column, concept: Concept, tell: Teller) -> Iterator[Problem]:
    """Limits of a column that have no effect, for the concept's are narrower."""
    low, high = bounds(column, concept)
    for name, given, narrower in (("minimum", column.minimum, low), ("maximum", column.maximum, high)):
        if given is not None and given != narrower:
            vi = f"không có tác dụng: khái niệm {column.concept} chỉ nhận đến {narrower:.10g}."
            en = f"has no effect: concept {column.concept} stops at {narrower:.10g}."
            yield tell("no-effect", [*here, name], vi, en, given, warning=True)


def _indicator(indicator: Indicator, plan: Blueprint, tell: Teller) -> Iterator[Problem]:
    value = plan.concepts.get(indicator.value)
    if value is not None and value.type not in NUMERIC:
        vi, en = (
            f"giá trị phải là số; {value.ref} có kiểu {value.type}.",
            f"must be a number; {value.ref} is {value.type}.",
        )
        yield tell("type", ["value"], vi, en, indicator.value)
    if value is not None and value.unit == "%" and "denominator" in indicator.sql and indicator.per != 100:
        vi, en = "tỷ lệ phần trăm cần per: 100.", "a percentage needs per: 100."
        yield tell("per", ["per"], vi, en, indicator.per)
    try:
        narrowest = plan.classification(indicator)
    except (BlueprintError, KeyError):
        return  # told where it points at nothing
    if narrowest is not Classification.OPEN:
        vi = f"tính từ cột có mức {narrowest.value}, nên chỉ số cũng có mức {narrowest.value} và không được công bố."
        en = f"rests on a column that is {narrowest.value}, so the indicator is {narrowest.value} as well and is not published."
        yield tell("classification", ["datasets"], vi, en, narrowest.value, warning=True)


def _codelist(codelist: CodeList, tell: Teller) -> Iterator[Problem]:
    if not codelist.entries:
        vi, en = "danh mục không có mã nào.", "the code list has no code."
        yield tell("empty", ["codelist"], vi, en, codelist.codelist)
    for line, entry in enumerate(codelist.entries, start=2):
        if entry.vi == entry.en and _VIETNAMESE.search(entry.en) and len(_WORDS.findall(entry.en)) >= _PROSE_WORDS:
            vi = f"Dòng {line}: nhãn tiếng Anh giống tiếng Việt: {entry.vi!r}; hãy dịch."
            en = f"Line {line}: the English label is the Vietnamese one: {entry.vi!r}; translate it."
            file = tell.file.removesuffix("yaml") + "csv"
            yield Problem(file, "untranslated", vi, en, line, None, "en", entry.en, "warning")


def _portable(pattern: str, loc: Loc, tell: Teller) -> Iterator[Problem]:
    for found in troubles(pattern):
        vi = f"{found.part!r} (ký tự thứ {found.at + 1}) không chạy như nhau trong DuckDB, Python và trình duyệt: {found.vi}."
        en = f"{found.part!r} (character {found.at + 1}) is not the same in DuckDB, Python and browsers: {found.en}."
        yield tell("pattern-portable", loc, vi, en, pattern, warning=found.understood)


def _untranslated(declaration: Declaration, tell: Teller) -> Iterator[Problem]:
    for loc, text in _texts(declaration, []):
        words = len(_WORDS.findall(text.vi))
        if text.vi == text.en and (words >= _PROSE_WORDS or (words > 1 and _VIETNAMESE.search(text.en))):
            if _is_name(text.vi):
                continue
            vi, en = (
                f"vi và en giống nhau: {text.vi!r}; hãy dịch.",
                f"vi and en are the same: {text.vi!r}; translate it.",
            )
            yield tell("untranslated", [*loc, "en"], vi, en, text.en, warning=True)
        elif words >= _PROSE_WORDS and not _VIETNAMESE.search(text.vi):
            vi = f"vi không có dấu nào: {text.vi!r}; hãy viết tiếng Việt có dấu."
            en = f"vi bears no Vietnamese mark: {text.vi!r}; write it in Vietnamese."
            yield tell("untranslated", [*loc, "vi"], vi, en, text.vi, warning=True)


def _is_name(text: str) -> bool:
    """Proper names are the same in both languages; every word of theirs has a capital."""
    return all(word[0].isupper() for word in _WORDS.findall(text))


def _texts(value: Any, loc: list[str | int]) -> Iterator[tuple[Loc, Bilingual]]:
    if isinstance(value, Bilingual):
        yield loc, value
    elif isinstance(value, BaseModel):
        for name, given in value:
            if isinstance(given, BaseModel | tuple) and name not in ("entries", "pairs"):
                yield from _texts(given, [*loc, name])
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for i, item in enumerate(value):
            yield from _texts(item, [*loc, i])


def refusal(value: str, concept: Concept, plan: Blueprint, column: Column | None = None) -> tuple[str, str] | None:
    """Why ``concept``, narrowed by ``column``, does not take the written ``value``; ``None`` where it does.

    >>> from blueprint import blueprint
    >>> refusal("95", blueprint().concept("latitude@1"), blueprint())[1]
    'it is above 90'
    """
    checks = (_type_refusal, _text_refusal, _code_refusal)
    return next(filter(None, (check(value, concept, plan, column) for check in checks)), None)


def _type_refusal(value: str, concept: Concept, _plan: Blueprint, column: Column | None) -> tuple[str, str] | None:
    try:
        match concept.type:
            case "date":
                date.fromisoformat(value)
            case "timestamp" | "timestamp_local":
                datetime.fromisoformat(value)
            case "boolean" if value.lower() not in ("true", "false"):
                raise ValueError(value)
            case kind if kind in NUMERIC:
                number = float(int(value)) if kind in WHOLE else float(value)
                return _out_of_bounds(number, concept, column)
            case _:
                pass
    except ValueError:
        return f"không đọc được thành {concept.type}", f"it cannot be read as {concept.type}"
    return None


def _out_of_bounds(number: float, concept: Concept, column: Column | None) -> tuple[str, str] | None:
    low, high = bounds(column, concept) if column else (concept.minimum, concept.maximum)
    if not math.isfinite(number):
        return "phải là số hữu hạn", "it must be a finite number"
    if low is not None and number < low:
        return f"nhỏ hơn {low:.10g}", f"it is below {low:.10g}"
    if high is not None and number > high:
        return f"lớn hơn {high:.10g}", f"it is above {high:.10g}"
    return None


def _text_refusal(value: str, concept: Concept, _plan: Blueprint, column: Column | None) -> tuple[str, str] | None:
    if concept.type != "string":
        return None
    shapes = patterns(column, concept) if column else tuple(filter(None, [concept.pattern]))
    if wrong := next((p for p in shapes if not re.fullmatch(p, value)), None):
        return f"không có dạng {wrong}", f"it has not the form {wrong}"
    limits = [concept, *filter(None, [column])]
    least = max((limit.min_length for limit in limits if limit.min_length is not None), default=0)
    most = min((limit.max_length for limit in limits if limit.max_length is not None), default=None)
    if len(value) < least or (most is not None and len(value) > most):
        return (
            f"dài {len(value)} ký tự, được {least} đến {most}",
            f"it has {len(value)} characters, {least} to {most} may be",
        )
    return None


def _code_refusal(value: str, concept: Concept, plan: Blueprint, _column: Column | None) -> tuple[str, str] | None:
    codelist = plan.codelists.get(concept.codelist or "")
    if codelist is not None and value not in {e.code for e in codelist.entries}:
        return f"không có trong danh mục {codelist.codelist}", f"it is not in the code list {codelist.codelist}"
    if concept.identifier:
        from blueprint.identifiers import identify

        try:
            verdict = identify(concept.identifier, value)
        except BlueprintError as error:
            return error.vi, error.en
        if not verdict.ok:
            return verdict.reason.vi, verdict.reason.en
    return None
