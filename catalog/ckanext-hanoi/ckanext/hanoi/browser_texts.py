"""Translations for the scripts of CKAN's pages, at the address where they ask for them.

CKAN builds these only in commands of its own (`ckan translation js`, `ckan run`), and for every language it knows; under any
other server its scripts speak English.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from ckan.lib.i18n import get_ckan_i18n_dir, get_locales_from_config
from flask import Blueprint, Response, abort, make_response, request
from flask_babel import force_locale, get_translations

texts = Blueprint("hanoi_browser_texts", __name__)

_OURS = Path(__file__).parent / "i18n" / "ckanext-hanoi.pot"


@texts.route("/api/i18n/<language>")
@texts.route("/api/2/i18n/<language>")
def translations(language: str) -> Response:
    """Send the texts of the scripts in one language, in the form that Jed reads."""
    if language not in get_locales_from_config():
        return abort(404)
    response = make_response(json.dumps(_translations(language), ensure_ascii=False))
    response.headers["Content-Type"] = "application/json;charset=utf-8"
    response.add_etag()
    return response.make_conditional(request)


@lru_cache(maxsize=8)
def _translations(language: str) -> dict[str, Any]:
    with force_locale(language):
        known = get_translations()
        said: dict[str, Any] = {"": {"domain": "ckan", "lang": language, **_plural_forms(known)}}
        for singular, plural in _asked_by_scripts():
            forms = (
                [known.ngettext(singular, plural, number) for number in (1, 2)] if plural else [known.gettext(singular)]
            )
            if forms not in ([singular], [singular, plural]):
                said[singular] = [plural or None, *dict.fromkeys(forms)]
    return said


def _plural_forms(known: Any) -> dict[str, str]:
    forms = known.info().get("plural-forms")
    return {"plural-forms": forms, "plural_forms": forms} if forms else {}


@lru_cache(maxsize=1)
def _asked_by_scripts() -> tuple[tuple[str, str], ...]:
    """Return singular and plural of every text that stands in a script."""
    found: dict[str, str] = {}
    for path in (Path(get_ckan_i18n_dir()) / "ckan.pot", _OURS):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and any(place[0].endswith(".js") for place in message.locations):
                    singular, plural = message.id if isinstance(message.id, tuple) else (message.id, "")
                    found[singular] = plural
    return tuple(found.items())
