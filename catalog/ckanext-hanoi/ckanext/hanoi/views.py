"""The published files over HTTP: `/data/<dataset>/<version>.<ending>`."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.search.common import SolrConnectionError
from flask import Blueprint, Flask, Response, g, send_file
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import InternalServerError

from . import published, withdrawn

hanoi = Blueprint("hanoi", __name__)

# A version never changes, so whoever holds a copy need not ask again.
_FOR_EVER = 365 * 24 * 3600


@hanoi.route("/data/<dataset>/<file>", methods=["GET", "HEAD"])
def data(dataset: str, file: str) -> Response:
    """Send one published file to whoever may see its dataset; others get the same 404 as for a file that is not there."""
    named = published.parts(f"{dataset}/{file}")
    path = published.find(*named) if named else None
    if named and path is None and (gone := withdrawn.of_version(*named[:2])) and withdrawn.public(dataset):
        return withdrawn.answer(*named[:2], gone)
    if path is None or not (package := visible(dataset)):
        return tk.abort(404, tk._("There is no such file. A newer version of the dataset may have replaced it."))
    _, version, ending = named
    response = send_file(
        path,
        mimetype=published.MIMETYPES[ending],
        as_attachment=ending != "schema.json",
        download_name=f"{dataset}-{version}.{ending}",
        conditional=True,
        etag=True,
    )
    response.headers["Content-Type"] = published.MIMETYPES[ending]
    describe(response, package)
    if response.cache_control.public:
        response.cache_control.max_age = _FOR_EVER
        response.cache_control.immutable = True
    return response


@hanoi.route("/data/<dataset>/versions.json", methods=["GET", "HEAD"])
def versions(dataset: str) -> Response:
    """Send the index of a dataset's published versions to whoever may see the dataset."""
    path = published.index(dataset)
    package = visible(dataset)
    if path and package is None and withdrawn.of_dataset(dataset) and withdrawn.public(dataset):
        # Nothing of the dataset is left but the reason, which everybody may read.
        package = {"state": "active"}
    if path is None or package is None:
        return tk.abort(404, tk._("There is no such file. A newer version of the dataset may have replaced it."))
    response = send_file(path, mimetype="application/json", conditional=True, etag=True)
    describe(response, package)
    # The next version may come at any time.
    response.cache_control.no_cache = True
    return response


def describe(response: Response, package: dict[str, Any]) -> None:
    """Say what other origins may read of the answer, and whether others than the asker may keep it."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Content-Length, Content-Range, Content-Disposition"
    response.cache_control.clear()
    if package.get("private") or package.get("state") != "active":
        response.cache_control.private = True
        response.cache_control.no_store = True
    else:
        response.cache_control.public = True


def visible(dataset: str) -> dict[str, Any] | None:
    context: Any = {"user": tk.current_user.name, "auth_user_obj": tk.current_user}
    try:
        package = tk.get_action("package_show")(context, {"id": dataset})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return None
    # An id finds the package too, but files are under names.
    return package if package.get("name") == dataset else None


def answer_503(app: Flask) -> None:
    """Say 503 where CKAN would say 500 because its database or its search does not answer.

    The page of datasets turns a silent search into a plain 500 itself; a search that began and did not end tells it apart.
    """
    before = app.error_handler_spec[None].get(500, {}).get(InternalServerError)

    def unavailable(_: Exception) -> Any:
        later = {"Retry-After": "60"}
        if tk.request.path.startswith("/api/"):
            error = {"__type": "Service Unavailable", "message": "The catalogue does not answer. Try again later."}
            return {"success": False, "error": error}, 503, later
        return tk.render("error_document_template.html", {"code": 503, "content": ""}), 503, later

    def broken(error: Exception) -> Any:
        return unavailable(error) if g.get("hanoi_searching") or before is None else before(error)

    def refused(_: Exception) -> Any:
        # Some helpers of CKAN's pages let a refusal through as a failure of the server.
        if tk.request.path.startswith("/api/"):
            return {"success": False, "error": {"__type": "Authorization Error", "message": "Access denied"}}, 403
        return tk.render("error_document_template.html", {"code": 403, "content": ""}), 403

    app.register_error_handler(tk.NotAuthorized, refused)
    app.register_error_handler(SolrConnectionError, unavailable)
    app.register_error_handler(OperationalError, unavailable)
    app.register_error_handler(500, broken)
