"""Asks for pages of a catalogue and prints, as JSON, which texts each asked to be translated in vain.

It is run by the Python of the CKAN server's environment, beside a running catalogue and with its settings:
`untranslated.py CKAN_INI < {"language": "vi", "pages": ["/", …], "broken": "/"}`, where `broken` is asked for once more
without a database. Whatever a page shows goes through gettext, so what
gettext was asked for and has no entry for is what a reader would see in English. Texts of scripts are read from the scripts
that the pages load, and held against the translations that the browser gets.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from typing import Any

import pylibmagic  # noqa: F401 - brings libmagic, which CKAN looks for as soon as it is imported
from babel import support
from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app
from sqlalchemy.exc import OperationalError
from werkzeug.test import Client

_SCRIPT = re.compile(r'<script[^>]+src="(/[^"]+)"')
_LITERAL = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_SCRIPT_TEXT = re.compile(rf"(?<![\w$])(?:this\.|i18n\.)?(?:_|ngettext)\(\s*({_LITERAL}(?:\s*\+\s*{_LITERAL})*)")


class Asked:
    """What gettext was asked for and does not know, in the order of asking."""

    def __init__(self) -> None:
        self.unknown: dict[str, None] = {}

    def watch(self) -> None:
        """Have every way into gettext note what it does not know."""
        for name in ("gettext", "ugettext"):
            self._wrap(name, lambda known, text: text in known or (text, 0) in known)
        for name in ("ngettext", "ungettext"):
            self._wrap(name, lambda known, text, *_: (text, 0) in known)
        for name in ("pgettext", "upgettext"):
            if hasattr(support.Translations, name):
                self._wrap(name, lambda known, context, text: f"{context}\x04{text}" in known)

    def _wrap(self, name: str, knows: Any) -> None:
        former = getattr(support.Translations, name)

        def noted(this: Any, *given: Any, **named: Any) -> str:
            if str(given[0]).strip() and not knows(this._catalog, *given):
                self.unknown[str(given[0])] = None
            return former(this, *given, **named)

        setattr(support.Translations, name, noted)

    def taken(self) -> list[str]:
        """Return what was asked for since the last time."""
        found = list(self.unknown)
        self.unknown.clear()
        return found


def main() -> None:
    """Answer what stands on the standard input."""
    wanted = json.load(sys.stdin)
    app = make_app(CKANConfigLoader(sys.argv[1]).get_config())
    client = Client(app)
    asked = Asked()
    asked.watch()
    prefix = "" if wanted["language"] == "vi" else f"/{wanted['language']}"
    in_browser = json.loads(client.get(f"/api/i18n/{wanted['language']}").text)
    pages: dict[str, Any] = {}
    scripts: dict[str, list[str]] = {}
    asked.taken()
    for path in wanted["pages"]:
        answer = client.get(prefix + path)
        pages[path] = {"status": answer.status_code, "untranslated": asked.taken()}
        for address in _SCRIPT.findall(answer.text):
            if address not in scripts:
                scripts[address] = _unknown(client.get(address).text, in_browser)
    if wanted.get("broken"):
        pages["broken"] = _broken(app, client, prefix + wanted["broken"], asked)
    json.dump({"pages": pages, "scripts": scripts, "in_browser": len(in_browser)}, sys.stdout)


def _broken(app: Any, client: Client, path: str, asked: Asked) -> dict[str, Any]:
    """Ask for a page while the database does not answer."""

    def without_database(**_: Any) -> None:
        raise OperationalError("", {}, Exception())

    for endpoint in app.view_functions:
        app.view_functions[endpoint] = without_database
    asked.taken()
    return {"status": client.get(path).status_code, "untranslated": asked.taken()}


def _unknown(script: str, in_browser: dict[str, Any]) -> list[str]:
    texts = {"".join(map(ast.literal_eval, re.findall(_LITERAL, said))) for said in _SCRIPT_TEXT.findall(script)}
    return sorted(text for text in texts if text.strip() and text not in in_browser)


if __name__ == "__main__":
    main()
