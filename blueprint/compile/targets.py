"""The targets that a contract compiles to, and what each of them cannot hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from blueprint.text import Bilingual


@dataclass(frozen=True)
class Limit:
    """Something that a contract promises and a target does not hold.

    ``covers`` names the kinds of promise: ``type``, ``required``, ``range``, ``length``, ``pattern``, ``code``,
    ``identifier`` and ``name`` (that of a code) of one column, ``dated-code`` (a code read at the date in its row), ``contract`` (an SQL rule
    over one row), ``columns`` (a column too many), ``unique``, ``references`` and ``set`` (counts, shares and age of all
    rows), and the corners ``fraction``,
    ``empty-text``, ``final-line-break`` and ``calendar``.
    """

    id: str
    covers: frozenset[str]
    vi: str
    en: str


@dataclass(frozen=True)
class Target:
    """One form that a contract is compiled to.

    ``suffix`` is that of a file of this form, with its dot. ``executable`` says that rows can be held against it;
    ``limits`` names what it then lets pass.
    """

    name: str
    module: str
    media_type: str
    suffix: str
    executable: bool
    title: Bilingual
    limits: tuple[Limit, ...] = ()

    def lets_pass(self, kind: str) -> bool:
        """Whether a promise of ``kind`` is outside of what this target can hold."""
        return any(kind in limit.covers for limit in self.limits)


_SET = Limit(
    "rows-together",
    frozenset({"set"}),
    "Số dòng, độ đầy đủ và độ mới là của cả tập dữ liệu, không kiểm tra được trên từng dòng.",
    "Counts, completeness and age belong to the set as a whole and are not checked row by row.",
)
_REFERENCES = Limit(
    "other-datasets",
    frozenset({"references"}),
    "Giá trị phải có trong bộ dữ liệu khác không được kiểm tra ở đây.",
    "That values are there in another dataset is not checked here.",
)
_UNIQUE = Limit(
    "unique",
    frozenset({"unique"}),
    "Khóa và các tổ hợp duy nhất cần nhìn nhiều dòng cùng lúc.",
    "Keys and unique sets need more than one row to be seen at once.",
)
_SQL = Limit(
    "sql-rules",
    frozenset({"contract"}),
    "Quy tắc viết bằng SQL của hợp đồng chỉ chạy trong DuckDB.",
    "The contract's own rules are SQL and run in DuckDB only.",
)
_DATED = Limit(
    "codes-by-date",
    frozenset({"dated-code"}),
    "Mã đọc theo ngày của từng dòng: ở đây chỉ biết mã đã từng có trong danh mục, không biết có hiệu lực ngày đó hay không.",
    "Codes read at the date in their row: only that the list ever held the code is known here, not that it held on that day.",
)
_IDENTIFIER = Limit(
    "identifiers",
    frozenset({"identifier"}),
    "Số kiểm tra của mã định danh không được tính ở đây; chỉ kiểm tra mẫu nếu có.",
    "Check digits of identifiers are not computed here; only a pattern is held, where there is one.",
)
_NAMES = Limit(
    "names-of-codes",
    frozenset({"name"}),
    "Tên đi kèm mã không được so với danh mục ở đây.",
    "A name that goes with a code is not held against the code list here.",
)
_LINE_BREAK = Limit(
    "final-line-break",
    frozenset({"final-line-break"}),
    "Bộ kiểm tra dùng biểu thức chính quy của Python để lọt một dấu xuống dòng ở cuối giá trị; theo ECMA-262 thì không.",
    "A validator on Python's regular expressions lets one line break at the end of a value pass; by ECMA-262 it does not.",
)
_FORMATS = Limit(
    "formats",
    frozenset({"calendar"}),
    "Ngày không có trên lịch, như 30 tháng 2, chỉ bị từ chối khi bộ kiểm tra bật kiểm tra «format».",
    "Days that no calendar has, such as 30 February, are refused only where the validator asserts “format”.",
)
_ROUNDED = Limit(
    "rounded",
    frozenset({"fraction"}),
    "DuckDB làm tròn số lẻ khi ghi vào cột số nguyên, không từ chối.",
    "DuckDB rounds a fraction that is written to a column of whole numbers and does not refuse it.",
)
_EMPTY = Limit(
    "empty-text",
    frozenset({"empty-text"}),
    "Trong CSV, văn bản rỗng và ô trống là một: cột không bắt buộc để lọt văn bản rỗng.",
    "In CSV an empty text and an empty cell are one, so a column that is not required lets an empty text pass.",
)
_TYPES_ONLY = Limit(
    "types-only",
    frozenset(
        {
            "range",
            "length",
            "pattern",
            "code",
            "dated-code",
            "contract",
            "unique",
            "identifier",
            "name",
            "final-line-break",
            "empty-text",
        }
    ),
    "Lược đồ Arrow chỉ giữ tên, thứ tự, kiểu và ô bắt buộc; mọi điều khác chỉ là chú thích.",
    "An Arrow schema holds names, order, types and required cells; everything else is annotation.",
)

_ALL = (
    Target(
        "arrow",
        "arrow",
        "application/json",
        ".arrow.json",
        True,
        Bilingual(vi="Lược đồ Arrow", en="Arrow schema"),
        (_TYPES_ONLY, _SET, _REFERENCES),
    ),
    Target(
        "duckdb",
        "duckdb",
        "application/sql",
        ".sql",
        True,
        Bilingual(vi="Bảng DuckDB", en="DuckDB table"),
        (_ROUNDED, _SET, _REFERENCES),
    ),
    Target(
        "pydantic",
        "pydantic_model",
        "text/x-python",
        ".py",
        True,
        Bilingual(vi="Mô hình pydantic", en="pydantic model"),
        (_SQL, _UNIQUE, _IDENTIFIER, _NAMES, _SET, _REFERENCES),
    ),
    Target(
        "jsonschema",
        "json_schema",
        "application/schema+json",
        ".schema.json",
        True,
        Bilingual(vi="JSON Schema 2020-12", en="JSON Schema 2020-12"),
        (_SQL, _DATED, _UNIQUE, _IDENTIFIER, _NAMES, _LINE_BREAK, _FORMATS, _SET, _REFERENCES),
    ),
    Target(
        "gx",
        "gx",
        "application/json",
        ".gx.json",
        True,
        Bilingual(vi="Bộ kiểm tra Great Expectations", en="Great Expectations suite"),
        (_REFERENCES,),
    ),
    Target(
        "odcs",
        "odcs",
        "application/yaml",
        ".odcs.yaml",
        False,
        Bilingual(vi="Hợp đồng dữ liệu ODCS 3.2", en="Open Data Contract Standard 3.2"),
    ),
    Target(
        "table-schema",
        "table_schema",
        "application/json",
        ".tableschema.json",
        True,
        Bilingual(vi="Frictionless Table Schema", en="Frictionless Table Schema"),
        (_SQL, _DATED, _IDENTIFIER, _NAMES, _LINE_BREAK, _EMPTY, _SET, _REFERENCES),
    ),
    Target(
        "ckan",
        "ckan",
        "application/json",
        ".ckan.json",
        False,
        Bilingual(vi="Trường và từ điển dữ liệu CKAN", en="CKAN fields and data dictionary"),
    ),
    Target(
        "docs",
        "docs",
        "text/markdown",
        ".md",
        False,
        Bilingual(vi="Trang mô tả", en="Documentation page"),
    ),
)

TARGETS: Mapping[str, Target] = {target.name: target for target in _ALL}
"""Every target by its name."""
