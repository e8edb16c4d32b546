"""Documentation: one Markdown page of a dataset, in Vietnamese and then in English."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from blueprint.compile.fields import Field, fields
from blueprint.compile.gx import COLUMNS, expectations
from blueprint.contract import Contract
from blueprint.load import Blueprint
from blueprint.rules import type_rule
from blueprint.text import Bilingual

if TYPE_CHECKING:
    from blueprint.codelist import CodeList

Language = Literal["vi", "en"]
LISTED = 40
"""Code lists up to this length stand on the page in full."""


@dataclass(frozen=True)
class _Words:
    contract: str
    agency: str
    licence: str
    theme: str
    frequency: str
    period: str
    key: str
    source: str
    columns: str
    head: tuple[str, ...]
    required: str
    optional: str
    codes: str
    code_head: tuple[str, ...]
    held: str
    dated: str
    rules: str
    warning: str
    flaws: str
    versions: str
    deprecated: str


_WORDS: dict[Language, _Words] = {
    "vi": _Words(
        "Hợp đồng",
        "Cơ quan",
        "Giấy phép",
        "Chủ đề",
        "Tần suất",
        "Giai đoạn",
        "Khóa",
        "Nguồn",
        "Các cột",
        ("Cột", "Tên", "Kiểu", "Đơn vị", "Bắt buộc", "Phân loại", "Khái niệm", "Mô tả"),
        "có",
        "không",
        "Danh mục",
        ("Mã", "Tên tiếng Việt", "Tên tiếng Anh", "Từ ngày", "Đến ngày"),
        "{number} mã; xem danh mục {ref}.",
        "Mã được đọc theo ngày ở cột {column}.",
        "Quy tắc",
        "cảnh báo",
        "Hạn chế đã biết",
        "Các phiên bản",
        "Không dùng nữa từ {since}",
    ),
    "en": _Words(
        "Contract",
        "Agency",
        "Licence",
        "Theme",
        "Frequency",
        "Period",
        "Key",
        "Source",
        "Columns",
        ("Column", "Name", "Type", "Unit", "Required", "Classification", "Concept", "Description"),
        "yes",
        "no",
        "Code lists",
        ("Code", "Name in Vietnamese", "Name in English", "From", "To"),
        "{number} codes; see code list {ref}.",
        "A code is read as of the date in column {column}.",
        "Rules",
        "warning",
        "Known flaws",
        "Versions",
        "Deprecated since {since}",
    ),
}


def page(contract: Contract, plan: Blueprint, language: Language) -> str:
    """The page of ``contract`` in one language.

    >>> from blueprint import blueprint
    >>> page(blueprint().contract("bus-routes"), blueprint(), "en").splitlines()[0][:2]
    '# '
    """
    words = _WORDS[language]
    columns = fields(contract, plan)
    say = _say(language)
    parts = [
        f"# {_plain(say(contract.title))}",
        _plain(say(contract.description)),
        "\n".join(_facts(contract, plan, words, say)),
        f"## {words.columns}",
        _table(words.head, (_column(f, words, say) for f in columns)),
        *_codes(columns, words),
        f"## {words.rules}",
        "\n".join(_rules(contract, plan, words, language)),
    ]
    if contract.known_flaws:
        parts += [f"## {words.flaws}", "\n".join(f"- {_plain(say(flaw))}" for flaw in contract.known_flaws)]
    versions = plan.contract_versions.get(contract.dataset, (contract,))
    parts += [f"## {words.versions}", "\n".join(f"- {v.version}" for v in reversed(versions))]
    return "\n\n".join(part for part in parts if part)


def text(contract: Contract, plan: Blueprint) -> str:
    """Both languages on one page, Vietnamese first."""
    return f"{page(contract, plan, 'vi')}\n\n---\n\n{page(contract, plan, 'en')}"


def _say(language: Language) -> Callable[[Bilingual], str]:
    return (lambda said: said.vi) if language == "vi" else (lambda said: said.en)


def _facts(contract: Contract, plan: Blueprint, words: _Words, say: Callable[[Bilingual], str]) -> Iterator[str]:
    def label(codelist: str, code: str) -> str:
        entry = plan.codelists[codelist].find(code) if codelist in plan.codelists else None
        return say(Bilingual(vi=entry.vi, en=entry.en)) if entry else code

    yield f"- {words.contract}: `{contract.ref}`"
    yield f"- {words.agency}: {_plain(label('organisations', contract.agency))}"
    yield f"- {words.licence}: {_plain(label('licences', contract.licence))}"
    yield f"- {words.theme}: {_plain(label('themes', contract.theme))}"
    yield f"- {words.frequency}: {_plain(label('frequencies', contract.frequency))}"
    if contract.temporal:
        start, end = contract.temporal
        yield f"- {words.period}: {start} – {end or ''}".rstrip()
    if contract.key:
        yield f"- {words.key}: {', '.join(f'`{c}`' for c in contract.key)}"
    yield f"- {words.source}: {_plain(say(contract.source_note))}"


def _rules(contract: Contract, plan: Blueprint, words: _Words, language: Language) -> Iterator[str]:
    """What the gate checks, beside the types that the table of columns shows."""
    for expected in expectations(contract, plan):
        meta, warns = expected["meta"], expected["severity"] == "warning"
        if meta["rule"] == COLUMNS or meta["rule"] == type_rule(meta["column"] or ""):
            continue
        yield f"- `{meta['rule']}`{f' ({words.warning})' if warns else ''}: {_plain(meta[language])}"
    for reference in contract.references:
        here, there = (", ".join(f"`{c}`" for c in columns) for columns in (reference.columns, reference.to))
        yield f"- {here} → `{reference.dataset}` ({there})"


def _told(field: Field, words: _Words, say: Callable[[Bilingual], str]) -> str:
    """The description, with why the column should not be used any more."""
    gone = field.column.deprecated
    if gone is None:
        return say(field.description)
    reason = say(Bilingual(vi=gone.vi, en=gone.en))
    instead = f" → {gone.use}" if gone.use else ""
    return f"{say(field.description)} {words.deprecated.format(since=gone.since)}: {reason}{instead}"


def _column(field: Field, words: _Words, say: Callable[[Bilingual], str]) -> tuple[str, ...]:
    return (
        f"`{field.name}`",
        say(field.column.title),
        field.type,
        field.concept.unit or "",
        words.required if field.required else words.optional,
        field.classification.value,
        f"`{field.column.concept}`",
        _told(field, words, say),
    )


def _codes(columns: tuple[Field, ...], words: _Words) -> Iterator[str]:
    lists: dict[str, tuple[CodeList, str | None]] = {}
    for field in columns:
        if field.codelist:
            lists.setdefault(field.codelist.ref, (field.codelist, field.dated_by))
    if lists:
        yield f"## {words.codes}"
    for ref, (codelist, dated_by) in lists.items():
        yield f"### `{ref}`"
        if dated_by:
            yield words.dated.format(column=f"`{dated_by}`")
        if len(codelist.entries) > LISTED:
            yield words.held.format(
                number=len(codelist.codes() if not codelist.dated else {e.code for e in codelist.entries}),
                ref=f"`{ref}`",
            )
            continue
        yield _table(
            words.code_head,
            ((f"`{e.code}`", e.vi, e.en, str(e.valid_from), str(e.valid_to or "")) for e in codelist.entries),
        )


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(_plain(cell) for cell in line)} |" for line in lines)


def _plain(value: str) -> str:
    """``value`` on one line, with what Markdown or HTML would read as markup escaped."""
    escaped = " ".join(value.split())
    for sign in ("|", "<", "*", "_", "["):
        escaped = escaped.replace(sign, f"\\{sign}") if not escaped.startswith("`") else escaped
    return escaped
