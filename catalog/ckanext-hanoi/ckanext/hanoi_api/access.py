"""Who asks, by the token of the catalogue, and what of the catalogue they may see."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.lib import api_token
from ckan.lib.search.common import SearchError, SolrConnectionError
from sqlalchemy.exc import OperationalError

from ckanext.hanoi import withdrawn as gone

from .problems import Problem, brief
from .versions import withdrawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEEN = 10.0
"""Seconds for which an answer of the catalogue holds."""
_KEPT = 400
_LONGEST = 2000
_NAME = re.compile(r"[a-z0-9_-]{1,100}")


@dataclass(frozen=True)
class Caller:
    """Somebody who asks: the name of an account, or nothing, and an address of the network, None for this machine itself."""

    name: str
    address: str | None

    @property
    def tier(self) -> str:
        """Which limits hold: those of everybody, or of who has a key."""
        return "registered" if self.name or self.address is None else "anonymous"


class Catalogue:
    """CKAN within this process, asked as the caller; its answers hold for some seconds."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._kept = _Kept()

    def name_of(self, authorization: str | None) -> str:
        """Return the account behind an API key, nothing where none came.

        :param authorization: the header: the token itself, or `Bearer` and the token
        :raises Problem: the key is not valid
        """
        token = (authorization or "").strip()
        if token[:7].lower() == "bearer ":
            token = token[7:].strip()
        if not token:
            return ""
        name = self._kept.get(("token", hashlib.sha256(token.encode()).hexdigest()), lambda: self._owner(token))
        if not name:
            raise Problem(
                "bad-key",
                "Khóa API trong đầu mục Authorization không hợp lệ hoặc đã bị hủy. Hãy tạo khóa mới ở trang tài khoản của bạn "
                "trong danh mục (API Tokens), hoặc bỏ đầu mục này để gọi không cần khóa.",
                "The API key in the Authorization header is not valid, or was revoked. Make a new one on your account's page of "
                "the catalogue (API Tokens), or leave the header out to call without a key.",
                headers={"WWW-Authenticate": 'Bearer realm="hanoi-cloud"'},
                parameter="Authorization",
            )
        return str(name)

    def _owner(self, token: str) -> str:
        if len(token) > _LONGEST or not token.isascii():
            return ""
        with self._inside():
            user = api_token.get_user_from_token(token)
            return user.name if user is not None and user.is_active else ""

    def package(self, dataset: str, caller: str) -> dict[str, Any]:
        """Return a dataset's entry.

        :raises Problem: there is none, it was withdrawn, or the caller may not see it, which looks like none
        """
        named = _NAME.fullmatch(dataset) is not None
        found = self._kept.get(("package", caller, dataset), lambda: self._show(dataset, caller)) if named else None
        if found is not None:
            return dict(found)
        tombstone = gone.of_dataset(dataset) if named else None
        if tombstone and self._kept.get(("gone", dataset), lambda: self._was_public(dataset)):
            raise withdrawn(dataset, tombstone)
        raise Problem(
            "unknown-dataset",
            f"Không có bộ dữ liệu “{brief(dataset)}”. Tìm ở /api/v1/datasets.",
            f"There is no dataset “{brief(dataset)}”. Search at /api/v1/datasets.",
            received=brief(dataset),
        )

    def _show(self, dataset: str, caller: str) -> dict[str, Any] | None:
        with self._inside():
            try:
                package = tk.get_action("package_show")(_context(caller), {"id": dataset})
            except (tk.ObjectNotFound, tk.NotAuthorized):
                return None
        # An id finds the entry too, but files are under names; who may edit sees what is deleted, which is not served.
        return package if package.get("name") == dataset and package.get("state") == "active" else None

    def _was_public(self, dataset: str) -> bool:
        with self._inside():
            return gone.public(dataset)

    def search(self, caller: str, words: str, organisation: str, start: int, rows: int) -> dict[str, Any]:
        """Return `count` and `results` of the datasets that the caller may see, by their names."""
        query = {"q": words or "*:*", "fq_list": ["dataset_type:dataset"], "start": start, "rows": rows,
                 "include_private": True, "sort": "name asc"}  # fmt: skip
        if organisation:
            query["fq_list"].append(f"organization:{organisation}")
        with self._inside():
            try:
                found = tk.get_action("package_search")(_context(caller), query)
            except (SearchError, tk.ValidationError):
                raise Problem(
                    "bad-value",
                    "Không hiểu được câu tìm kiếm trong tham số q.",
                    "The words in the parameter q cannot be searched for.",
                    parameter="q",
                ) from None
        return {"count": found["count"], "results": found["results"]}

    def names(self, most: int) -> list[str]:
        """Return the names of the first datasets that everybody may see."""
        return list(
            self._kept.get(
                ("names", most), lambda: [one["name"] for one in self.search("", "", "", 0, most)["results"]]
            )
        )

    @contextmanager
    def _inside(self) -> Iterator[None]:
        try:
            with self._application.test_request_context("/"):
                try:
                    yield
                finally:
                    model.Session.remove()
        except (OperationalError, SolrConnectionError):
            raise Problem(
                "catalogue-silent",
                "Danh mục dữ liệu tạm thời không trả lời. Hãy thử lại sau một phút.",
                "The catalogue does not answer for now. Try again in a minute.",
                headers={"Retry-After": "60"},
            ) from None


def _context(caller: str) -> Any:
    user = model.User.get(caller) if caller else None
    return {"user": caller, "auth_user_obj": user or model.AnonymousUser()}


class _Kept:
    """Answers by their questions, each for some seconds, and no more than some hundred."""

    def __init__(self) -> None:
        self._answers: dict[Any, tuple[float, Any]] = {}
        self._changing = threading.Lock()

    def get(self, question: Any, ask: Callable[[], Any]) -> Any:
        held = self._answers.get(question)
        if held is not None and time.monotonic() - held[0] < SEEN:
            return held[1]
        answer = ask()
        with self._changing:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            self._answers[question] = (time.monotonic(), answer)
        return answer
