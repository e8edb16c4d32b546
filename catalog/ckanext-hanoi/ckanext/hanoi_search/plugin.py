"""The plugin `hanoi_search`: puts PostgreSQL where CKAN makes its connection to Solr."""

from __future__ import annotations

import logging
from importlib import resources
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import config
from ckan.lib import search
from ckan.lib.search import common, index, query

from . import suggest
from .connection import Connection, spelled
from .engine import ENGINES, steps_aside
from .enrich import enrich
from .store import Store

log = logging.getLogger(__name__)

_SEAM = (search, common, index, query)


def make_connection(decode_dates: bool = True) -> Connection:
    """Return a connection to the search in PostgreSQL, in place of one to Solr."""
    return Connection(
        store(), "postgresql (hanoi_search)", decode_dates, config.get("ckanext.hanoi_search.spelling", True)
    )


def store() -> Store:
    """Return the index that the settings name."""
    url = config.get("ckanext.hanoi_search.url") or config["sqlalchemy.url"]
    return Store(url, int(config.get("ckanext.hanoi_search.timeout") or 10_000))


class _Schema:
    """Solr's answer when CKAN asks for its schema: the one that CKAN ships."""

    def __init__(self) -> None:
        self.text = resources.files("ckan").joinpath("config/solr/schema.xml").read_text("utf-8")

    def raise_for_status(self) -> None:
        """Never fail: the file was read."""


def replace_solr() -> None:
    """Put the connection in every module that took its own name of `make_connection`."""
    for module in _SEAM:
        module.make_connection = make_connection
    search._get_schema_from_solr = lambda _: _Schema()


class HanoiSearchPlugin(p.SingletonPlugin):
    """Dataset search on PostgreSQL. It replaces nothing but the connection, so every search plugin still works."""

    p.implements(p.IConfigDeclaration)
    p.implements(p.IActions)
    p.implements(p.IAuthFunctions)
    p.implements(p.IPackageController, inherit=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # CKAN checks the search schema while it loads the plugins, before any of the plugin hooks is called.
        if steps_aside(config):
            log.info("Solr answers the search: solr_url names one")
        else:
            replace_solr()

    # IConfigDeclaration
    def declare_config_options(self, declaration: Any, key: Any) -> None:
        """Declare the settings of the search."""
        declaration.annotate("ckanext-hanoi: search on PostgreSQL")
        declaration.declare(key.ckanext.hanoi_search.engine, "auto").set_description(
            f"{', '.join(ENGINES)}: auto leaves the search to Solr when solr_url names one."
        )
        declaration.declare(key.ckanext.hanoi_search.url).set_description(
            "SQLAlchemy URL of the database of the search index. CKAN's own database when empty."
        )
        declaration.declare_int(key.ckanext.hanoi_search.timeout, 10_000).set_description(
            "How long one statement of a search may run, in milliseconds."
        )
        declaration.declare_bool(key.ckanext.hanoi_search.spelling, True).set_description(
            "Whether mistyped words find what they were meant for."
        )

    # IActions
    def get_actions(self) -> dict[str, Any]:
        """Add completion, and let CKAN's own answer from the search."""
        actions = (suggest.hanoi_suggest, suggest.tag_autocomplete, suggest.format_autocomplete)
        return {action.__name__: action for action in actions}

    # IAuthFunctions
    def get_auth_functions(self) -> dict[str, Any]:
        """Let everybody ask for completion, who is then shown what he may see."""
        return {"hanoi_suggest": _anybody}

    # IPackageController
    def before_dataset_index(self, pkg_dict: dict[str, Any]) -> dict[str, Any]:
        """Add the names of the agency and the topic, and the columns, to what a dataset is found by."""
        return enrich(pkg_dict)

    def after_dataset_search(self, search_results: dict[str, Any], search_params: dict[str, Any]) -> dict[str, Any]:
        """Say in `hanoi_spellcheck` what the words may have been meant to be, and keep it for the page."""
        said = spelled.get()
        spelled.set(None)
        if said:
            search_results["hanoi_spellcheck"] = {
                "asked": said.asked, "suggestion": said.suggestion, "applied": said.applied, "found": said.found,
            }  # fmt: skip
            if tk.request:
                tk.g.hanoi_spelling = search_results["hanoi_spellcheck"]
        return search_results


@tk.auth_allow_anonymous_access
def _anybody(*_: Any) -> dict[str, bool]:
    return {"success": True}
