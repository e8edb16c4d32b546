"""Addresses that belong to a dataset's page: its quality report, and what its map is drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk
from flask import Blueprint, Response

from . import drawings, localise
from .views import describe, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

dataset = Blueprint("hanoi_dataset", __name__)

# The address names the version, so that what is kept is never another's.
_KEPT = 24 * 3600


@dataset.route("/dataset/<name>/quality")
def quality(name: str) -> str:
    """Show the quality report of a dataset's current version."""
    package = visible(name)
    if package is None:
        return tk.abort(404, tk._("Dataset not found"))
    return tk.render("package/quality.html", {"pkg_dict": localise.translate(package)})


@dataset.route("/dataset/<name>/map.svg")
def picture(name: str) -> Response:
    """Send the map of a dataset as a still picture."""
    return _drawn(name, drawings.picture_of, "image/svg+xml")


@dataset.route("/dataset/<name>/places.geojson")
def geojson(name: str) -> Response:
    """Send the places of a dataset's rows."""
    return _drawn(name, drawings.geojson_of, "application/geo+json")


@dataset.route("/dataset/<name>/areas.geojson")
def areas(name: str) -> Response:
    """Send the areas of a dataset, coarse enough for a map of the whole city."""
    return _drawn(name, lambda dataset, version, _: drawings.areas_of(dataset, version), "application/geo+json")


def _drawn(name: str, draw: Callable[[str, str, Mapping[str, str]], str | None], mimetype: str) -> Response:
    package = visible(name)
    version = localise.extra(package, "hanoi_version") if package else ""
    content = draw(name, version, tk.request.args) if version else None
    if package is None or content is None:
        return tk.abort(404, tk._("This dataset has no map."))
    return _sent(content, mimetype, package)


def _sent(content: str, mimetype: str, package: dict[str, Any]) -> Response:
    response = Response(content, mimetype=mimetype)
    describe(response, package)
    if response.cache_control.public:
        response.cache_control.max_age = _KEPT
    response.add_etag()
    return response.make_conditional(tk.request)
