"""Proposals: a new version of a declaration is checked and answered. Nothing is kept; a release goes through git."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from blueprint.registry.confluent import answered
from blueprint.registry.faults import Fault, documented, shown
from blueprint.registry.guard import MAX_BODY
from blueprint.registry.holdings import Holdings

MAX_TEXT = 900_000
_YAML = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")


class Proposal(BaseModel):
    """A declaration, as YAML text or as JSON, and the CSV table of a code list or crosswalk."""

    model_config = ConfigDict(extra="forbid")

    declaration: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)] | dict[str, Any]
    table: Annotated[str, Field(max_length=MAX_TEXT)] | None = None


class ProblemFound(BaseModel):
    """One thing that is wrong: file, line and path, what came, and what is allowed in Vietnamese and English."""

    file: str
    rule: str
    vi: str
    en: str
    line: int | None
    column: int | None
    path: str
    came: str
    severity: str


class Verdict(BaseModel):
    """What stands against a proposal, what it changes, and the least version number that its changes allow."""

    subject: str | None
    version: str | None
    file: str | None
    accepted: bool
    problems: list[ProblemFound]
    report: dict[str, Any] | None
    next_version: str | None


def proposals(holdings: Holdings) -> APIRouter:
    """The route that answers proposals."""
    router = APIRouter(tags=["proposals"])

    @router.post(
        "/api/proposals",
        response_model=Verdict,
        summary="Kiểm tra một đề xuất; không lưu gì / Check a proposal; nothing is kept",
        responses=documented(400, 413, 415, 422, 503),
        openapi_extra={"requestBody": _BODY},
    )
    async def propose(request: Request) -> JSONResponse:
        proposal = await _read(request)
        question = {"kind": "proposal", "root": str(holdings.plan.root), **proposal.model_dump()}
        return JSONResponse(await run_in_threadpool(answered, question))

    return router


async def _read(request: Request) -> Proposal:
    """The proposal in the request's body, whichever of the three media types it came in."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if int(request.headers.get("content-length") or 0) > MAX_BODY:
        raise Fault(413, f"Tối đa {MAX_BODY} byte.", f"At most {MAX_BODY} bytes.")
    if kind == "application/json":
        try:
            return Proposal.model_validate(json.loads(await request.body()))
        except ValidationError as error:
            told = "; ".join(f"{'.'.join(map(shown, e['loc']))}: {shown(e['msg'], 200)}" for e in error.errors()[:5])
            raise Fault(
                422, f"Đề xuất không đúng dạng: {told}.", f"The proposal is not of the right shape: {told}."
            ) from error
        except (ValueError, RecursionError) as error:
            raise Fault(400, "Nội dung không phải JSON.", "The content is not JSON.") from error
    if kind in _YAML:
        return _proposal(_text(await request.body()), None)
    if kind == "multipart/form-data":
        return await _form(request)
    vi = f"Nhận application/json, application/yaml hoặc multipart/form-data, không nhận {shown(kind)!r}."
    raise Fault(415, vi, f"Takes application/json, application/yaml or multipart/form-data, not {shown(kind)!r}.")


async def _form(request: Request) -> Proposal:
    try:
        async with request.form(max_files=2, max_fields=2, max_part_size=MAX_TEXT) as form:
            parts = {name: form.get(name) for name in ("declaration", "table")}
            texts = {n: _text(await p.read()) if isinstance(p, UploadFile) else p for n, p in parts.items()}
    except MultiPartException as error:
        raise Fault(400, "Không đọc được biểu mẫu gửi lên.", "The form that was sent cannot be read.") from error
    if not texts["declaration"]:
        raise Fault(422, "Thiếu phần declaration.", "The part declaration is missing.")
    return _proposal(texts["declaration"], texts["table"])


def _proposal(declaration: str, table: str | None) -> Proposal:
    if not declaration.strip() or len(declaration) > MAX_TEXT or len(table or "") > MAX_TEXT:
        raise Fault(
            422, f"Khai báo phải có từ 1 đến {MAX_TEXT} ký tự.", f"A declaration has 1 to {MAX_TEXT} characters."
        )
    return Proposal(declaration=declaration, table=table)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Fault(400, f"Không phải UTF-8: {error}.", f"This is not UTF-8: {error}.") from error


_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["declaration"],
                "additionalProperties": False,
                "properties": {
                    "declaration": {
                        "anyOf": [{"type": "string", "minLength": 1, "maxLength": MAX_TEXT}, {"type": "object"}]
                    },
                    "table": {"anyOf": [{"type": "string", "maxLength": MAX_TEXT}, {"type": "null"}]},
                },
            }
        },
        "application/yaml": {"schema": {}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["declaration"],
                "properties": {
                    "declaration": {"type": "string", "minLength": 1},
                    "table": {"type": "string"},
                },
            }
        },
    },
}
