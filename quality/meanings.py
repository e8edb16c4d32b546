"""What a rule id means: in Vietnamese and English, with an example of a right value."""

from dataclasses import dataclass

from blueprint.concept import Concept
from blueprint.contract import Column, Contract
from blueprint.load import Blueprint
from blueprint.rules import KEY_CONFLICT, KEY_DUPLICATE, ROW_WIDTH, SUPERSEDED, bounds, example_of, row_rules, type_rule
from blueprint.types import FRACTIONAL, NUMERIC


@dataclass(frozen=True)
class Meaning:
    """A rule in words.

    ``column`` is the column it is about when it is about one, ``columns`` are all that it reads. ``example`` is a made-up
    value that would be right; ``None`` for personal columns and where no value is typical.
    """

    column: str | None
    vi: str
    en: str
    columns: tuple[str, ...] = ()
    example: str | None = None


_FIXED = {
    ROW_WIDTH: (
        "Số ô của dòng khác số cột của tiêu đề; hãy kiểm tra dấu phân cách và dấu ngoặc kép.",
        "The row has another number of cells than the header; check delimiters and quotes.",
    ),
    SUPERSEDED: (
        "Đơn vị đã gửi dòng sửa có cùng khóa; dòng sửa được dùng thay dòng này.",
        "The agency sent a mended row of the same key, which is used in place of this row.",
    ),
    KEY_DUPLICATE: (
        "Dòng lặp lại y hệt một dòng trước; hãy bỏ dòng thừa.",
        "The row repeats an earlier row exactly; drop it.",
    ),
    KEY_CONFLICT: (
        "Nhiều dòng có cùng khóa nhưng nội dung khác nhau; hãy giữ đúng một dòng.",
        "Several rows bear the same key with different content; keep the right one.",
    ),
}
_TYPES = {
    "integer": ("số nguyên", "a whole number"),
    "int32": ("số nguyên", "a whole number"),
    "decimal": ("số thập phân dùng dấu chấm", "a decimal number with a point"),
    "double": ("số thập phân dùng dấu chấm", "a decimal number with a point"),
    "float": ("số thập phân dùng dấu chấm", "a decimal number with a point"),
    "boolean": ("có/không hoặc true/false", "true or false"),
    "date": ("ngày", "a date"),
    "timestamp": ("thời điểm", "a time"),
    "timestamp_local": ("ngày giờ địa phương", "a local time"),
    "string": ("văn bản", "text"),
}


def explain(rule: str, contract: Contract, plan: Blueprint) -> Meaning:
    """The meaning of ``rule`` on a row of ``contract``; an id that no rule bears explains itself as unknown.

    >>> from blueprint import blueprint
    >>> explain("aqi-type", blueprint().contract("air-quality-hourly"), blueprint()).en
    'Overall AQI: must be a whole number such as 499.'
    """
    return meanings(contract, plan).get(rule) or unknown(rule, contract)


def unknown(rule: str, contract: Contract) -> Meaning:
    """What is said of an id that no rule of ``contract`` bears."""
    return Meaning(
        None,
        f"Quy tắc {rule} không còn trong hợp đồng {contract.ref}.",
        f"Rule {rule} is not in contract {contract.ref} any more.",
    )


def meanings(contract: Contract, plan: Blueprint) -> dict[str, Meaning]:
    """What every rule over a row of ``contract`` means, by its id."""
    examples = {c.name: example_of(c, plan) for c in contract.columns}
    found = {rule: Meaning(None, *_FIXED[rule]) for rule in (ROW_WIDTH, SUPERSEDED)}
    found |= {rule: Meaning(None, *_FIXED[rule], contract.key) for rule in (KEY_DUPLICATE, KEY_CONFLICT)}
    for column in contract.columns:
        found[type_rule(column.name)] = _of_type(column, plan, examples[column.name])
    for rule in row_rules(contract, plan):
        example = examples[rule.column] if rule.column else None
        found[rule.id] = Meaning(rule.column, rule.vi, rule.en, rule.columns, example)
    return found


def _written(column: Column, kind: str) -> tuple[str, str]:
    """How a value of type ``kind`` is written in the files of ``column``."""
    vi, en = _TYPES[kind]
    if kind == "string":
        return "văn bản đọc được, không phải ô báo lỗi (#REF!)", "text that can be read, and no cell in error (#REF!)"
    if column.decimal == "," and kind in FRACTIONAL:
        return vi.replace("dấu chấm", "dấu phẩy"), en.replace("a point", "a comma")
    return vi, en


def _two_ways(column: Column, concept: Concept) -> tuple[str, str]:
    """Why a number may be refused that could be read in two ways, where the column has any."""
    low, high = bounds(column, concept)
    if (
        concept.type not in NUMERIC
        or column.decimal
        or (low is not None and high is not None and -1000 < low <= high < 1000)
    ):
        return "", ""
    return (
        " Số viết như 1.234 hay 1,234 có thể là một phẩy hai ba tư hoặc 1234: không đoán; hãy viết rõ, hoặc khai báo `decimal`.",
        " A number such as 1.234 or 1,234 may mean one and a bit or 1234: it is not guessed; write it clearly, or declare `decimal`.",
    )


def _of_type(column: Column, plan: Blueprint, example: str | None) -> Meaning:
    concept = plan.concept_of(column)
    vi, en = _written(column, concept.type)
    vi_why, en_why = _two_ways(column, concept)
    vi_such, en_such = (f", ví dụ {example}", f" such as {example}") if example else ("", "")
    return Meaning(
        column.name,
        f"{column.title.vi}: phải là {vi}{vi_such}.{vi_why}",
        f"{column.title.en}: must be {en}{en_such}.{en_why}",
        (column.name,),
        example,
    )
