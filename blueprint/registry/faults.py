"""Errors as their reader needs them: problem details (RFC 9457), a page, or the shape of a schema registry."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from blueprint.errors import HanoiError
from blueprint.registry.language import Language, preferred
from blueprint.registry.negotiation import choose

PROBLEM = "application/problem+json"
REGISTRY = "application/vnd.schemaregistry.v1+json"
SHAPED = ("/subjects", "/schemas", "/compatibility", "/config", "/mode", "/contexts", "/associations")
"""Paths that answer in the shape of a schema registry."""
ErrorPage = Callable[[Request, Language, int, str, str, str], Response]

_TITLES: dict[int, tuple[str, str]] = {
    400: ("Yêu cầu không đọc được", "The request cannot be read"),
    404: ("Không tìm thấy", "Not found"),
    405: ("Chỉ đọc", "Read only"),
    406: ("Không có định dạng này", "No such format"),
    413: ("Quá lớn", "Too large"),
    415: ("Không nhận loại nội dung này", "This kind of content is not taken"),
    422: ("Giá trị không hợp lệ", "A value is not valid"),
    500: ("Lỗi của máy chủ", "The server failed"),
}
_DETAILS: dict[int, tuple[str, str]] = {
    400: ("Hãy kiểm tra nội dung gửi lên.", "Check the content that was sent."),
    404: (
        "Địa chỉ này không có. Hãy tìm từ trang đầu.",
        "There is nothing at this address. Search from the front page.",
    ),
    405: (
        "Sổ đăng ký chỉ để đọc; một phiên bản mới được phát hành qua git (hanoi blueprint release). Muốn kiểm tra một đề "
        "xuất, hãy gửi tới /api/proposals.",
        "The Registry only reads; a new version is released through git (hanoi blueprint release). To have a proposal "
        "checked, send it to /api/proposals.",
    ),
    413: ("Nội dung được tối đa 1.000.000 byte.", "The content may have 1,000,000 bytes at most."),
    500: (
        "Đã ghi lại lỗi. Hãy thử lại sau hoặc báo người quản trị.",
        "The error was recorded. Try again later or tell the operator.",
    ),
}


class Fault(HanoiError):
    """An answer with an error status. ``code`` is the number that clients of a schema registry know it by."""

    def __init__(self, status: int, vi: str, en: str, code: int | None = None) -> None:
        super().__init__(vi, en)
        self.status, self.code = status, code or status


def unknown(vi: str, en: str) -> Fault:
    """Nothing bears this name."""
    return Fault(404, vi, en)


def shown(value: object, longest: int = 60) -> str:
    """What came, short and on one line, as messages may repeat it."""
    text = "".join(c if c.isprintable() else "?" for c in str(value))
    return f"{text[:longest]}…" if len(text) > longest else text


def problem(request: Request, status: int, vi: str, en: str) -> JSONResponse:
    """Problem details in the reader's language, with both languages beside it."""
    language = preferred(request.headers.get("accept-language"))
    title = _TITLES.get(status, (HTTPStatus(status).phrase,) * 2)
    content = {
        "type": "about:blank",
        "title": title[0] if language == "vi" else title[1],
        "status": status,
        "detail": vi if language == "vi" else en,
        "vi": vi,
        "en": en,
    }
    headers = {"Content-Language": language, "Vary": "Accept, Accept-Language"}
    return JSONResponse(content, status, headers, media_type=PROBLEM)


def _wants_page(request: Request) -> bool:
    if request.url.path.startswith(("/vi", "/en")):
        return True
    return choose(request.headers.get("accept"), [PROBLEM, "application/json", "text/html"]) == "text/html"


def _language(request: Request) -> Language:
    first = request.url.path.split("/")[1]
    return "vi" if first == "vi" else "en" if first == "en" else preferred(request.headers.get("accept-language"))


def install(app: FastAPI, page: ErrorPage) -> None:
    """Make every error of ``app`` an answer of the right shape; ``page`` renders those that people read."""

    def answer(request: Request, status: int, vi: str, en: str, code: int) -> Response:
        path = request.url.path
        if any(path == p or path.startswith(f"{p}/") for p in SHAPED):
            return JSONResponse({"error_code": code, "message": f"{vi} / {en}"}, status, media_type=REGISTRY)
        if _wants_page(request):
            language = _language(request)
            title = _TITLES.get(status, (HTTPStatus(status).phrase,) * 2)
            return page(request, language, status, title[0 if language == "vi" else 1], vi, en)
        return problem(request, status, vi, en)

    async def of_fault(request: Request, error: Exception) -> Response:
        fault = error if isinstance(error, Fault) else Fault(422, *_texts(error))
        return answer(request, fault.status, fault.vi, fault.en, fault.code)

    async def of_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        vi, en = _DETAILS.get(status, _TITLES.get(status, (HTTPStatus(status).phrase,) * 2))
        response = answer(request, status, vi, en, status)
        if status == 405 and isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    async def of_validation(request: Request, error: Exception) -> Response:
        found: list[Any] = list(error.errors()) if isinstance(error, RequestValidationError) else []
        where = "; ".join(f"{'.'.join(map(shown, f['loc']))}: {shown(f['msg'], 200)}" for f in found[:5])
        vi = f"Giá trị không hợp lệ ở {where}. Xem /openapi.json."
        return answer(request, 422, vi, f"Not valid at {where}. See /openapi.json.", 42200)

    async def of_anything(request: Request, _: Exception) -> Response:
        return answer(request, 500, *_DETAILS[500], 50001)

    app.add_exception_handler(HanoiError, of_fault)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_validation)
    app.add_exception_handler(Exception, of_anything)


def _texts(error: Exception) -> tuple[str, str]:
    return (error.vi, error.en) if isinstance(error, HanoiError) else _DETAILS[500]


def documented(*statuses: int, media: str = PROBLEM) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its OpenAPI description."""
    schema = "Problem" if media == PROBLEM else "RegistryError"
    content = {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {s: {"description": _TITLES.get(s, ("", HTTPStatus(s).phrase))[1], "content": content} for s in statuses}


SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "vi", "en"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "vi": {"type": "string"},
            "en": {"type": "string"},
        },
    },
    "RegistryError": {
        "type": "object",
        "required": ["error_code", "message"],
        "properties": {"error_code": {"type": "integer"}, "message": {"type": "string"}},
    },
}
