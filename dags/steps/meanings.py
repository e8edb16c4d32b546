"""What a rule id on a quarantined row means, in Vietnamese and English."""

from dataclasses import dataclass

from blueprint import Blueprint, Column, Contract
from blueprint.rules import row_rules, type_rule
from dags.steps.conform import ROW_WIDTH


@dataclass(frozen=True)
class Meaning:
    """A rule in words, and the column it is about when it is about one."""

    column: str | None
    vi: str
    en: str


_FIXED = {
    ROW_WIDTH: (
        "Số ô của dòng khác số cột của tiêu đề; hãy kiểm tra dấu phân cách và dấu ngoặc kép.",
        "The row has another number of cells than the header; check delimiters and quotes.",
    ),
    "key-duplicate": (
        "Dòng lặp lại y hệt một dòng trước; hãy bỏ dòng thừa.",
        "The row repeats an earlier row exactly; drop it.",
    ),
    "key-conflict": (
        "Nhiều dòng có cùng khóa nhưng nội dung khác nhau; hãy giữ đúng một dòng.",
        "Several rows bear the same key with different content; keep the right one.",
    ),
}
_TYPES = {
    "integer": ("số nguyên, ví dụ 126", "a whole number such as 126"),
    "decimal": ("số thập phân dùng dấu chấm, ví dụ 12.5", "a decimal number with a point such as 12.5"),
    "double": ("số thập phân dùng dấu chấm, ví dụ 12.5", "a decimal number with a point such as 12.5"),
    "int32": ("số nguyên, ví dụ 126", "a whole number such as 126"),
    "float": ("số thập phân dùng dấu chấm, ví dụ 12.5", "a decimal number with a point such as 12.5"),
    "boolean": ("có/không hoặc true/false", "true or false"),
    "date": ("ngày, ví dụ 2025-07-01", "a date such as 2025-07-01"),
    "timestamp": ("thời điểm, ví dụ 2025-07-01 08:00:00", "a time such as 2025-07-01 08:00:00"),
    "timestamp_local": ("ngày giờ địa phương, ví dụ 2025-07-01 08:00:00", "a local time such as 2025-07-01 08:00:00"),
    "string": ("văn bản", "text"),
}


def explain(rule: str, contract: Contract, plan: Blueprint) -> Meaning:
    """The meaning of ``rule`` on a row of ``contract``; an id that no rule bears explains itself as unknown."""
    if rule in _FIXED:
        return Meaning(None, *_FIXED[rule])
    for column in contract.columns:
        if rule == type_rule(column.name):
            return _type_meaning(column, plan)
    for found in row_rules(contract, plan):
        if found.id == rule:
            return Meaning(found.column, found.vi, found.en)
    return Meaning(
        None,
        f"Quy tắc {rule} không còn trong hợp đồng {contract.ref}.",
        f"Rule {rule} is not in contract {contract.ref} any more.",
    )


def _type_meaning(column: Column, plan: Blueprint) -> Meaning:
    vi, en = _TYPES[plan.concept_of(column).type]
    formats = f" ({', '.join(column.date_formats)})" if column.date_formats else ""
    return Meaning(
        column.name, f"{column.title.vi}: phải là {vi}{formats}.", f"{column.title.en}: must be {en}{formats}."
    )
