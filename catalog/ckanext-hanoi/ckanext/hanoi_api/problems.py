"""What an answer says when there is nothing else to answer: problem details by RFC 9457, in Vietnamese and in English."""

from __future__ import annotations

import difflib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

PROBLEM = "application/problem+json"
DOCUMENTED = "/api/v1/docs#"
_LISTED = 80

CODES: dict[str, tuple[int, str, str]] = {
    "unknown-parameter": (400, "Không có tham số này", "No such parameter"),
    "repeated-parameter": (400, "Tham số bị lặp lại", "A parameter came twice"),
    "unknown-column": (400, "Không có cột này", "No such column"),
    "bad-value": (400, "Giá trị không hợp lệ", "A value is not valid"),
    "bad-filter": (400, "Không hiểu được điều kiện lọc", "A filter cannot be read"),
    "bad-cursor": (400, "Con trỏ trang không dùng được", "The cursor cannot be used"),
    "too-many-conditions": (400, "Quá nhiều điều kiện", "Too many conditions"),
    "too-long": (400, "Truy vấn chạy quá lâu", "The query took too long"),
    "too-big": (400, "Truy vấn cần quá nhiều bộ nhớ", "The query needs too much memory"),
    "bad-key": (401, "Khóa API không hợp lệ", "The API key is not valid"),
    "unknown-dataset": (404, "Không có bộ dữ liệu này", "No such dataset"),
    "unknown-version": (404, "Không có phiên bản này", "No such version"),
    "unknown-address": (404, "Không có địa chỉ này", "Nothing at this address"),
    "no-rows": (404, "Bộ dữ liệu không có dòng nào để phục vụ", "The dataset has no rows to serve"),
    "read-only": (405, "Chỉ đọc", "Read only"),
    "withdrawn": (410, "Đã thu hồi", "Withdrawn"),
    "address-too-long": (414, "Địa chỉ quá dài", "The address is too long"),
    "too-many-requests": (429, "Quá nhiều yêu cầu", "Too many requests"),
    "broken": (500, "Lỗi của máy chủ", "The server failed"),
    "busy": (503, "Máy chủ đang bận", "The server is busy"),
    "catalogue-silent": (503, "Danh mục không trả lời", "The catalogue does not answer"),
}
"""Each problem with its status and its title in both languages."""


class Problem(Exception):
    """An answer that says why there is no other.

    `code` is one of `CODES`. `vi` and `en` say what came, what is allowed, where, and what to do next; `more` goes into the
    answer beside them (`parameter`, `received`, `allowed`, `reason`), `headers` around it.
    """

    def __init__(self, code: str, vi: str, en: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(en)
        self.code, self.vi, self.en, self.headers, self.more = code, vi, en, headers or {}, more
        self.status = CODES[code][0]

    def content(self, instance: str, language: str = "vi") -> dict[str, Any]:
        """Return the body, with the title and the detail in `language`, `vi` or `en`, and both texts besides.

        >>> Problem("read-only", "Chỉ đọc được.", "It only reads.").content("/api/v1/datasets")["status"]
        405
        """
        status, vi, en = CODES[self.code]
        return {
            "type": f"{DOCUMENTED}{self.code}",
            "title": vi if language == "vi" else en,
            "status": status,
            "detail": self.vi if language == "vi" else self.en,
            "instance": instance,
            "code": self.code,
            "vi": self.vi,
            "en": self.en,
            **self.more,
        }


def of_status(status: int) -> Problem:
    """Return the problem of a status that was given without one."""
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return Problem(
            "read-only",
            "API dữ liệu chỉ đọc: dùng GET hoặc HEAD.",
            "The data API only reads: use GET or HEAD.",
            headers={"Allow": "GET, HEAD"},
        )
    return Problem(
        "unknown-address",
        "Địa chỉ này không có trong API dữ liệu. Xem /api/v1/openapi.json.",
        "There is nothing at this address of the data API. See /api/v1/openapi.json.",
    )


def brief(value: object, longest: int = 80) -> str:
    """Return what came, short and on one line, as an answer may repeat it.

    >>> brief("a\\nb"), len(brief("x" * 500))
    ('a?b', 81)
    """
    text = "".join(c if c.isprintable() else "?" for c in str(value)[: longest + 1])
    return f"{text[:longest]}…" if len(text) > longest else text


def unknown(code: str, parameter: str, received: str, known: Iterable[str]) -> Problem:
    """Return the problem of a name that is not known: the nearest of those that are, and the first of all."""
    names = sorted(known)
    near = difflib.get_close_matches(received.lower()[:80], names, n=3, cutoff=0.5)
    shown, listed = brief(received), ", ".join(names[:_LISTED])
    what = {"unknown-parameter": ("tham số", "parameter"), "unknown-column": ("cột", "column")}[code]
    meant_vi = f" Có phải bạn muốn {' hoặc '.join(near)}?" if near else ""
    meant_en = f" Did you mean {' or '.join(near)}?" if near else ""
    return Problem(
        code,
        f"Không có {what[0]} “{shown}”.{meant_vi} Dùng được: {listed}.",
        f"There is no {what[1]} “{shown}”.{meant_en} There are: {listed}.",
        parameter=brief(parameter),
        received=shown,
        allowed=names[:_LISTED],
        nearest=near,
    )


def bad_value(parameter: str, received: str, vi: str, en: str, code: str = "bad-value", **more: Any) -> Problem:
    """Return the problem of a parameter's value; `vi` and `en` say what it may be."""
    shown = brief(received)
    return Problem(
        code,
        f"Tham số {parameter}: “{shown}” không dùng được. {vi}",
        f"Parameter {parameter}: “{shown}” cannot be used. {en}",
        parameter=brief(parameter),
        received=shown,
        **more,
    )


def bad_cursor(vi: str, en: str) -> Problem:
    """Return the problem of a cursor."""
    return Problem(
        "bad-cursor",
        f"{vi} Hãy đọc lại từ trang đầu, hoặc theo địa chỉ `next` của trang trước đúng như đã nhận.",
        f"{en} Read from the first page again, or follow the `next` address of the page before exactly as it came.",
        parameter="cursor",
    )


def too_long(seconds: float) -> Problem:
    """Return the problem of a query whose time was over."""
    return Problem(
        "too-long",
        f"Truy vấn chạy quá {seconds:g} giây nên đã bị dừng. Hãy thêm điều kiện lọc, chọn ít cột hơn, hoặc tải cả tệp Parquet.",
        f"The query took more than {seconds:g} seconds and was ended. Narrow it by filters, select fewer columns, or download "
        "the whole Parquet file.",
    )


def too_big() -> Problem:
    """Return the problem of a query that needs more memory than it may have."""
    return Problem(
        "too-big",
        "Truy vấn cần quá nhiều bộ nhớ. Hãy chọn ít cột hơn, gộp thành ít nhóm hơn, bỏ sắp xếp khi xuất, hoặc tải cả tệp Parquet.",
        "The query needs too much memory. Select fewer columns, make fewer groups, export without sorting, or download the "
        "whole Parquet file.",
    )


def vanished() -> Problem:
    """Return the problem of a file that went away while it was asked for."""
    return Problem(
        "no-rows",
        "Tệp dữ liệu của phiên bản này vừa được cất đi. Hãy hỏi lại danh sách phiên bản.",
        "The file of this version was taken away just now. Ask for the list of versions again.",
        reason="file-missing",
    )


def beyond() -> Problem:
    """Return the problem of a result that no number can hold."""
    return Problem(
        "bad-value",
        "Kết quả phép tính vượt quá giới hạn của kiểu số. Hãy gộp ít dòng hơn hoặc dùng phép tính khác.",
        "What was asked for is beyond what its type can hold. Reckon over fewer rows, or use another function.",
    )


def busy() -> Problem:
    """Return the problem of a server with too much to do at once."""
    return Problem(
        "busy",
        "Máy chủ đang trả lời quá nhiều truy vấn cùng lúc. Hãy thử lại sau vài giây.",
        "The server answers too many queries at once. Try again in a few seconds.",
        headers={"Retry-After": "3"},
    )
