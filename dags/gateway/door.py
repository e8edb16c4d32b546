"""Who may come in, and who was turned away: tokens, the datasets of an agency, and the log."""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from blueprint import Blueprint
from dags.gateway.errors import NoSuchPath, NotYours, Refused, Unauthorised, WrongMethod, WrongProtocol
from dags.gateway.headers import VERSION
from dags.gateway.tokens import Token, Tokens

LOG = logging.getLogger("hanoi.gateway")


class Door:
    """Tells tokens apart, and answers those that it turns away: why in both languages, and a line in the log."""

    def __init__(self, plan: Blueprint, tokens: Tokens) -> None:
        self._plan, self._tokens = plan, tokens

    def token(self, request: Request) -> Token:
        """The token of a request. Raises Unauthorised."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise Unauthorised
        return self._tokens.of(secret.strip())

    def allow(self, token: Token, dataset: str) -> None:
        """Raises NotYours where ``token`` may not deliver ``dataset``."""
        allowed = [d for d in self._plan.datasets_of(token.agency) if token.covers(d)]
        if dataset not in allowed:
            raise NotYours(dataset[:100], token.agency, allowed)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """The answer to a request that is refused."""
        refused = _as_refused(request, error)
        LOG.warning(
            "refused %s %r: %s %d (%s): %r",
            request.method,
            request.url.path[:200],
            type(refused).__name__,
            refused.status,
            self._who(request),
            refused.en[:300],
        )
        headers = {"Tus-Version": VERSION} if isinstance(refused, WrongProtocol) else {}
        if isinstance(refused, Unauthorised):
            headers["WWW-Authenticate"] = "Bearer"
        if request.method == "HEAD":
            return Response(status_code=refused.status, headers=headers)
        return JSONResponse({"vi": refused.vi, "en": refused.en}, refused.status, headers)

    async def fault(self, request: Request, error: Exception) -> Response:
        """The answer to a request at which the platform itself failed; what failed is for the log alone."""
        LOG.error(
            "fault %s %r: %s (%s)", request.method, request.url.path[:200], type(error).__name__, self._who(request)
        )
        said = {
            "vi": "Nền tảng đang gặp lỗi; phần đã gửi vẫn còn. Hãy thử lại sau, hoặc báo đơn vị vận hành.",
            "en": "The platform has a fault; what was sent is kept. Try again later, or tell the operator.",
        }
        return JSONResponse(said, 500)

    def _who(self, request: Request) -> str:
        """The name of the token for the log; never the token."""
        try:
            return self.token(request).name
        except Refused:
            return "no valid token"


def _as_refused(request: Request, error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    wrong_verb = isinstance(error, HTTPException) and error.status_code == WrongMethod.status
    return WrongMethod(request.method) if wrong_verb else NoSuchPath()
