"""The plugin `hanoi_search`: puts PostgreSQL where CKAN makes its connection to Solr."""

from __future__ import annotations

from importlib import resources
from typing import Any

import ckan.plugins as p
from ckan.common import config
from ckan.lib import search
from ckan.lib.search import common, index, query

from .connection import Connection
from .store import Store

_SEAM = (search, common, index, query)


def make_connection(decode_dates: bool = True) -> Connection:
    """Return a connection to the search in PostgreSQL, in place of one to Solr."""
    url = config.get("ckanext.hanoi_search.url") or config["sqlalchemy.url"]
    timeout = int(config.get("ckanext.hanoi_search.timeout") or 10_000)
    return Connection(Store(url, timeout), "postgresql (hanoi_search)", decode_dates)


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # CKAN checks the search schema while it loads the plugins, before any of the plugin hooks is called.
        replace_solr()

    def declare_config_options(self, declaration: Any, key: Any) -> None:
        """Declare the settings of the search."""
        declaration.annotate("ckanext-hanoi: search on PostgreSQL")
        declaration.declare(key.ckanext.hanoi_search.url).set_description(
            "SQLAlchemy URL of the database of the search index. CKAN's own database when empty."
        )
        declaration.declare_int(key.ckanext.hanoi_search.timeout, 10_000).set_description(
            "How long one statement of a search may run, in milliseconds."
        )
