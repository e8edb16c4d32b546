"""The shapes of the Confluent Schema Registry for reading, lookup and compatibility, so that its clients work unmodified.

A subject is a dataset, or ``<dataset>-value`` as clients name the values of a topic. Schemas are JSON Schemas of one row.
Nothing is written: a release goes through git.
"""

import json
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from blueprint.concept import Mode
from blueprint.registry import judge
from blueprint.registry.faults import REGISTRY, Fault, documented, shown
from blueprint.registry.holdings import Holdings
from blueprint.registry.schemas import Registered, Schemas

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SCHEMA = 500_000
_ANY = Mode.FULL_TRANSITIVE
_KINDS = (None, "JSON")
_NO_SCHEMA = (
    "schema phải là một JSON Schema hoặc một hợp đồng, và schemaType là JSON. / schema must be a JSON Schema or a contract, "
    "and schemaType JSON."
)


class Shaped(JSONResponse):
    """JSON under the media type of a schema registry."""

    media_type = REGISTRY


class Reference(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str = Field("", max_length=200)
    subject: str = Field("", max_length=200)
    version: int = 0


class SchemaRequest(BaseModel):
    """A schema that a client asks about: a JSON Schema, or a contract in YAML or JSON."""

    model_config = ConfigDict(extra="ignore")

    text: str = Field(alias="schema", min_length=1, max_length=MAX_SCHEMA)
    kind: str | None = Field(None, alias="schemaType", max_length=40)
    references: list[Reference] | None = Field(None, max_length=100)


class Version(BaseModel):
    subject: str
    version: int


class Schema(BaseModel):
    """A schema by its id."""

    text: str = Field(alias="schema")
    schemaType: str = "JSON"
    references: list[Reference] = []
    metadata: dict[str, Any] = {}


class RegisteredSchema(Schema):
    """A schema as one version of a subject."""

    subject: str
    version: int
    id: int
    guid: str


class Config(BaseModel):
    compatibilityLevel: Mode


class ModeAnswer(BaseModel):
    mode: str


class Compatibility(BaseModel):
    is_compatible: bool
    messages: list[str] | None = None


Subject = Annotated[str, Path(min_length=1, max_length=200, examples=["bus-stops"])]
_A_VERSION = {
    "pattern": "^(latest|-1|[1-9][0-9]{0,8})$"
}  # in the description alone: another value is answered with 42202
VersionId = Annotated[
    str,
    Path(
        min_length=1, max_length=12, examples=["latest"], description="1, 2… or latest.", json_schema_extra=_A_VERSION
    ),
]
SchemaId = Annotated[int, Path(ge=0, le=2**31 - 1)]
Flag = Annotated[bool, Query()]
Properties = Annotated[list[str] | None, Query(max_length=10)]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]
Limit = Annotated[int, Query(ge=-1, le=2**31 - 1)]


def confluent(holdings: Holdings) -> APIRouter:
    """The routes of a schema registry over the released contracts."""
    router = APIRouter(tags=["schema registry"], default_response_class=Shaped)
    of = _Registry(holdings)
    one = "/subjects/{subject}/versions/{version}"
    table: list[tuple[str, Callable[..., Any], str, tuple[int, ...]]] = [
        ("/subjects", of.listed, "Mọi chủ thể / All subjects", ()),
        ("/subjects/{subject}/versions", of.versions, "Các phiên bản của chủ thể / The versions of a subject", (404,)),
        (one, of.version, "Lược đồ của một phiên bản / The schema of one version", (404,)),
        (f"{one}/schema", of.text, "Chỉ lược đồ của một phiên bản / Only the schema of one version", (404,)),
        (f"{one}/referencedby", of.referenced_by, "Lược đồ nào dẫn tới / Which schemas refer to it", (404,)),
        (
            "/subjects/{subject}/metadata",
            of.metadata,
            "Bản mới nhất có các thuộc tính / The newest with these properties",
            (404,),
        ),
        ("/schemas/types", of.types, "Các loại lược đồ / The kinds of schema", ()),
        ("/schemas/ids/{number}", of.by_id, "Lược đồ theo số / The schema of an id", (404,)),
        ("/schemas/ids/{number}/schema", of.text_by_id, "Chỉ lược đồ theo số / Only the schema of an id", (404,)),
        ("/schemas/ids/{number}/subjects", of.subjects_of_id, "Chủ thể có lược đồ này / The subjects of an id", (404,)),
        (
            "/schemas/ids/{number}/versions",
            of.versions_of_id,
            "Phiên bản có lược đồ này / The versions of an id",
            (404,),
        ),
        ("/schemas/guids/{guid}", of.by_guid, "Lược đồ theo mã duy nhất / The schema of a GUID", (404,)),
        ("/config", of.config, "Chế độ tương thích chung / The compatibility level of all", ()),
        (
            "/config/{subject}",
            of.config_of,
            "Chế độ tương thích của chủ thể / The compatibility level of a subject",
            (404,),
        ),
        ("/mode", of.mode, "Chế độ phục vụ / The mode of service", ()),
        ("/mode/{subject}", of.mode_of, "Chế độ phục vụ của chủ thể / The mode of a subject", (404,)),
        ("/contexts", of.contexts, "Các ngữ cảnh / The contexts", ()),
    ]
    for path, endpoint, summary, statuses in table:
        plain = path.endswith("/schema")
        responses = {**documented(422, *statuses, media=REGISTRY), **({200: _TEXT} if plain else {})}
        kind = PlainTextResponse if plain else Shaped
        router.add_api_route(path, endpoint, methods=["GET"], summary=summary, responses=responses, response_class=kind)
    asked = "/compatibility/subjects/{subject}/versions"
    posted: list[tuple[str, Callable[..., Any], str]] = [
        ("/subjects/{subject}", of.look_up, "Lược đồ này là phiên bản nào / Which version has this schema"),
        (
            f"{asked}/{{version}}",
            of.compatible_with,
            "Lược đồ có hợp với một phiên bản không / Whether a schema fits one version",
        ),
        (asked, of.compatible, "Lược đồ có hợp với các phiên bản không / Whether a schema fits the versions"),
    ]
    for path, endpoint, summary in posted:
        router.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            summary=summary,
            responses=documented(400, 404, 413, 422, 503, media=REGISTRY),
            response_model_exclude_none=True,
        )
    return router


class _Registry:
    def __init__(self, holdings: Holdings) -> None:
        self.plan = holdings.plan
        self.schemas = Schemas(holdings)

    def versions_of(self, subject: str) -> tuple[Registered, ...]:
        known = self.schemas.subjects
        name = subject if subject in known else subject.removesuffix("-value")
        if name not in known:
            raise Fault(404, f"Không có chủ thể {shown(subject)!r}.", f"Subject {shown(subject)!r} not found.", 40401)
        return known[name]

    def one_of(self, subject: str, version: str) -> Registered:
        versions = self.versions_of(subject)
        if version in ("latest", "-1"):
            return versions[-1]
        if not version.isascii() or not version.isdecimal() or not 0 < int(version) < 2**31:
            vi = f"{shown(version)!r} không phải số phiên bản; hãy dùng số từ 1 hoặc latest."
            raise Fault(422, vi, f"{shown(version)!r} is not a version; use a number from 1, or latest.", 42202)
        if int(version) > len(versions):
            vi = f"{subject} không có phiên bản {version}; có 1 đến {len(versions)}."
            raise Fault(404, vi, f"Version {version} not found; there are 1 to {len(versions)}.", 40402)
        return versions[int(version) - 1]

    def with_id(self, number: int) -> Registered:
        if number not in self.schemas.ids:
            raise Fault(404, f"Không có lược đồ số {number}.", f"Schema {number} not found.", 40403)
        return self.schemas.ids[number]

    def properties(self, one: Registered) -> dict[str, str]:
        return {
            "dataset": one.contract.dataset,
            "version": one.contract.version,
            "classification": self.plan.classification(one.contract).value,
        }

    def of_id(self, one: Registered) -> Schema:
        content = {"schema": self.schemas.text(one), "metadata": {"properties": self.properties(one)}}
        return Schema.model_validate(content)

    def of_version(self, one: Registered, subject: str) -> RegisteredSchema:
        numbers = {"subject": subject, "version": one.version, "id": one.id, "guid": one.guid}
        return RegisteredSchema.model_validate({**self.of_id(one).model_dump(by_alias=True), **numbers})

    def listed(
        self,
        prefix: Annotated[str, Query(alias="subjectPrefix", max_length=200)] = "",
        offset: Offset = 0,
        limit: Limit = -1,
    ) -> list[str]:
        return _cut([s for s in self.schemas.subjects if s.startswith(prefix)], offset, limit)

    def versions(self, subject: Subject, offset: Offset = 0, limit: Limit = -1) -> list[int]:
        return _cut([one.version for one in self.versions_of(subject)], offset, limit)

    def version(self, subject: Subject, version: VersionId) -> RegisteredSchema:
        return self.of_version(self.one_of(subject, version), subject)

    def text(self, subject: Subject, version: VersionId) -> PlainTextResponse:
        return _plain(self.schemas.text(self.one_of(subject, version)))

    def referenced_by(self, subject: Subject, version: VersionId) -> list[int]:
        self.one_of(subject, version)
        return []  # every schema is whole in itself

    def metadata(self, subject: Subject, key: Properties = None, value: Properties = None) -> RegisteredSchema:
        wanted = dict(zip(key or (), value or (), strict=False))
        for one in reversed(self.versions_of(subject)):
            if wanted.items() <= self.properties(one).items():
                return self.of_version(one, subject)
        raise Fault(404, "Không có phiên bản nào như vậy.", "No version has these properties.", 40402)

    def types(self) -> list[str]:
        return ["JSON"]

    def by_id(self, number: SchemaId) -> Schema:
        return self.of_id(self.with_id(number))

    def text_by_id(self, number: SchemaId) -> PlainTextResponse:
        return _plain(self.schemas.text(self.with_id(number)))

    def subjects_of_id(self, number: SchemaId) -> list[str]:
        return [self.with_id(number).subject]

    def versions_of_id(self, number: SchemaId) -> list[Version]:
        one = self.with_id(number)
        return [Version(subject=one.subject, version=one.version)]

    def by_guid(self, guid: Annotated[str, Path(min_length=1, max_length=40)]) -> Schema:
        if guid not in self.schemas.guids:
            raise Fault(404, f"Không có lược đồ {shown(guid)!r}.", f"Schema {shown(guid)!r} not found.", 40403)
        return self.of_id(self.schemas.guids[guid])

    def config(self) -> Config:
        return Config(compatibilityLevel=_ANY)

    def config_of(self, subject: Subject) -> Config:
        return Config(compatibilityLevel=self.versions_of(subject)[-1].contract.compatibility)

    def mode(self) -> ModeAnswer:
        return ModeAnswer(mode="READONLY")

    def mode_of(self, subject: Subject) -> ModeAnswer:
        self.versions_of(subject)
        return ModeAnswer(mode="READONLY")

    def contexts(self, offset: Offset = 0, limit: Limit = -1) -> list[str]:
        return _cut(["."], offset, limit)

    def look_up(self, subject: Subject, body: SchemaRequest) -> RegisteredSchema:
        known = self.versions_of(subject)[0].subject
        content = _parsed(body.text)
        one = self.schemas.same(known, content) if isinstance(content, dict) and body.kind in _KINDS else None
        if one is None:
            raise Fault(404, "Chủ thể không có lược đồ này.", "Schema not found under this subject.", 40403)
        return self.of_version(one, subject)

    def compatible_with(
        self, subject: Subject, version: VersionId, body: SchemaRequest, verbose: Flag = False
    ) -> Compatibility:
        return self.judged([self.one_of(subject, version)], body, verbose)

    def compatible(self, subject: Subject, body: SchemaRequest, verbose: Flag = False) -> Compatibility:
        versions = list(self.versions_of(subject))
        newest = versions[-1].contract
        if not newest.compatibility.value.endswith("_TRANSITIVE"):
            versions = versions[-1:]
        return self.judged([v for v in versions if v.contract.number[0] == newest.number[0]], body, verbose)

    def judged(self, versions: list[Registered], body: SchemaRequest, verbose: bool) -> Compatibility:
        newest = versions[-1].contract
        content = _parsed(body.text)
        mode = newest.compatibility.value
        question: dict[str, Any] = {"root": str(self.plan.root), "dataset": newest.dataset, "mode": mode}
        if body.kind not in _KINDS or not (content is None or isinstance(content, dict)):
            return Compatibility(is_compatible=False, messages=[_NO_SCHEMA] if verbose else None)
        if content is None or "dataset" in content:
            question |= {"kind": "contract", "declaration": body.text if content is None else content}
        else:
            question |= {"kind": "schema", "schema": content, "against": [v.contract.version for v in versions]}
        found = answered(question)
        return Compatibility(is_compatible=found["is_compatible"], messages=found["messages"] if verbose else None)


_TEXT: dict[str, Any] = {
    "content": {"application/schema+json": {"schema": {"type": "object"}}},
    "description": "The schema",
}


def answered(question: dict[str, Any]) -> dict[str, Any]:
    """The judgement, or a fault that says why there is none."""
    try:
        return judge.judged(question)
    except judge.Busy as error:
        vi, en = (
            "Đang kiểm tra các đề xuất khác; hãy thử lại sau.",
            "Other proposals are being checked; try again later.",
        )
        raise Fault(503, vi, en, 50003) from error
    except judge.TooLong as error:
        vi = f"Không kiểm tra xong trong {judge.SECONDS} giây; hãy xem lại các biểu thức (pattern) và kích thước."
        en = f"Not checked within {judge.SECONDS} seconds; look at the patterns and the size."
        raise Fault(422, vi, en, 42201) from error


def _plain(text: str) -> PlainTextResponse:
    return PlainTextResponse(text, media_type="application/schema+json")


def _cut(listed: list[Any], offset: int, limit: int) -> list[Any]:
    return listed[offset:] if limit < 0 else listed[offset : offset + limit]


def _parsed(text: str) -> Any:
    """The content of a JSON text; ``None`` where it is not JSON, and so may be YAML."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
