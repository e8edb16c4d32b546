"""The page of the data API: what can be asked, by examples, and every problem that may be answered."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from . import filters, groups, selection
from .problems import CODES
from .tiers import TIERS

if TYPE_CHECKING:
    from collections.abc import Sequence

POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1, h2 { line-height: 1.25; }
code { font: .925em ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: #8881; border-radius: .4rem; overflow-x: auto; padding: .75rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8885; padding: .35rem .5rem; text-align: left; vertical-align: top; }
:target { background: #fd03; }
i { opacity: .85; }
"""
_OPERATORS = {
    "eq": ("bằng", "equal"), "neq": ("khác", "not equal"), "gt": ("lớn hơn", "greater"), "gte": ("từ … trở lên", "at least"),
    "lt": ("nhỏ hơn", "less"), "lte": ("đến … là hết", "at most"), "in": ("một trong các giá trị", "one of the values"),
    "contains": ("chứa, không kể dấu và hoa thường", "contains, without marks and capitals"),
    "starts": ("bắt đầu bằng, không kể dấu và hoa thường", "begins with, without marks and capitals"),
    "is": ("is.null, is.not_null", "is.null, is.not_null"),
}  # fmt: skip


def page(site: str, paths: dict[str, Any], datasets: Sequence[str]) -> str:
    """Return the page; `paths` are those of the OpenAPI document, `datasets` the first that everybody may see."""
    example = datasets[0] if datasets else "wards"
    calls = "".join(
        f"<tr><td><code>{escape(path)}</code><td>{_both(*_split(operation['get']['summary']))}"
        for path, operation in paths.items()
    )
    operators = "".join(f"<tr><td><code>{name}</code><td>{_both(*_OPERATORS[name])}" for name in filters.OPERATORS)
    codes = "".join(
        f'<tr id="{code}"><td><code>{code}</code><td>{status}<td>{_both(vi, en)}'
        for code, (status, vi, en) in CODES.items()
    )
    tiers = "".join(
        f"<tr><td><code>{tier}</code><td>{escape(kinds['calls'])}<td>{escape(kinds['exports'])}"
        for tier, kinds in TIERS.items()
    )
    listed = "".join(
        f'<li><a href="/api/v1/datasets/{escape(name)}">{escape(name)}</a> · '
        f'<a href="/api/v1/datasets/{escape(name)}/openapi.json">OpenAPI</a>'
        for name in datasets
    )
    shell = "\n".join(
        f'curl "{escape(site)}/api/v1/datasets/{example}/{asked}"'
        for asked in ("records?limit=5", "aggregate?measure=count", "export?format=csv")
    )
    return f"""<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>API dữ liệu / Data API – Hà Nội Cloud</title><link rel="stylesheet" href="/api/v1/docs.css"></head><body>
<main><h1>API dữ liệu / <i lang="en">Data API</i></h1>
<p>Đọc dữ liệu đã công bố qua HTTP, không cần thư viện và không cần khóa. <i lang="en">Read published data over HTTP, without a
library and without a key.</i> <a href="/api/v1/openapi.json">OpenAPI 3.1</a> · <a href="/">Danh mục / <i lang="en">Catalogue</i></a></p>
<pre><code>{shell}</code></pre>
<h2>Địa chỉ / <i lang="en">Addresses</i></h2><table>{calls}</table>
<h2>Lọc / <i lang="en">Filters</i></h2>
<p><code>cột=toán_tử.giá_trị</code>, ví dụ / <i lang="en">for example</i> <code>pm25=gte.35</code>,
<code>station=in.(A,B)</code>. {
        _both(
            "Nhiều điều kiện đều phải đúng. Thời điểm không ghi múi giờ là giờ Hà Nội.",
            "All conditions have to hold. A time without a zone is one of Hà Nội.",
        )
    }</p><table>{operators}</table>
<h2>Trang / <i lang="en">Pages</i></h2><p>{
        _both(
            f"Mỗi trang tối đa {selection.MOST_ROWS} dòng; đi theo next cho tới khi next là null. Mọi trang đến từ một phiên bản.",
            f"A page has up to {selection.MOST_ROWS} rows; follow next until it is null. All pages come from one version.",
        )
    }</p>
<h2>Gộp nhóm / <i lang="en">Groups</i></h2><p><code>group=</code> {_both("cột hoặc cột", "a column, or a column")}
<code>.{"</code>, <code>.".join(groups.BUCKETS)}</code>; <code>measure=</code> <code>count</code>, <code>cột.{
        "</code>, <code>cột.".join(groups.MEASURES)
    }</code></p>
<h2>Khóa và giới hạn / <i lang="en">Keys and limits</i></h2><p>{
        _both(
            "Tạo khóa ở trang tài khoản trong danh mục (API Tokens), gửi trong đầu mục Authorization. Số lượt mỗi phút:",
            "Make a key on your account's page of the catalogue (API Tokens) and send it in the Authorization header. Calls a minute:",
        )
    }</p>
<table><tr><th><th>calls<th>exports{tiers}</table>
<h2>Khi không trả lời được / <i lang="en">Problems</i></h2><table>{codes}</table>
<h2>Bộ dữ liệu / <i lang="en">Datasets</i></h2><ul>{listed}</ul></main></body></html>
"""


def _split(summary: str) -> tuple[str, str]:
    vi, _, en = summary.partition(" / ")
    return vi, en


def _both(vi: str, en: str) -> str:
    return escape(vi) if vi == en else f'{escape(vi)} / <i lang="en">{escape(en)}</i>'
