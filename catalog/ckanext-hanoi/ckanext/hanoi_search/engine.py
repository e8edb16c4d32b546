"""Which search answers: PostgreSQL, or the Solr that the operator runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGINES = ("auto", "postgresql", "solr")
# Port 9 is reserved for throwing away what comes, and names in .invalid are never given to anybody.
_NOBODYS_PORT, _NOBODYS_NAME = 9, "invalid"


def steps_aside(config: Mapping[str, Any]) -> bool:
    """Say whether a real Solr is configured, so that CKAN's own connection to it stays.

    :raises ValueError: when the setting `ckanext.hanoi_search.engine` is none of auto, postgresql and solr

    >>> steps_aside({"solr_url": "http://solr:8983/solr/ckan"}), steps_aside({"solr_url": "http://127.0.0.1:9/solr/none"})
    (True, False)
    >>> steps_aside({"solr_url": "http://solr:8983/solr/ckan", "ckanext.hanoi_search.engine": "postgresql"})
    False
    """
    engine = str(config.get("ckanext.hanoi_search.engine") or "auto")
    if engine not in ENGINES:
        raise ValueError(f"ckanext.hanoi_search.engine is one of {', '.join(ENGINES)}")
    if engine != "auto":
        return engine == "solr"
    address = urlsplit(str(config.get("solr_url") or ""))
    if address.scheme not in ("http", "https") or not address.hostname:
        return False
    return address.port != _NOBODYS_PORT and address.hostname.rpartition(".")[2] != _NOBODYS_NAME
