"""What every page shares: the declarations, the language, and the words by which it names things."""

from typing import Any

from fastapi import FastAPI, Request, Response

from blueprint.registry import lookup
from blueprint.registry.comparing import BUMPS
from blueprint.registry.holdings import Holdings
from blueprint.registry.language import Language, chooser, said
from blueprint.registry.site import page
from blueprint.text import Bilingual


class View:
    """Pages over ``holdings`` in one language; ``public`` is the address under which readers reach the service."""

    def __init__(self, holdings: Holdings, language: Language, app: FastAPI, public: str | None) -> None:
        self.public = public
        self.of, self.plan, self.app = holdings, holdings.plan, app
        self.language: Language = language
        self.t = chooser(language)

    def b(self, text: Bilingual) -> str:
        return said(text, self.language)

    def show(self, request: Request, template: str, **context: Any) -> Response:
        shared: dict[str, Any] = {
            "released": self.of.released,
            "uses_of": self.of.uses,
            "page_of": lookup.page_of,
            "label": self.label,
            "title_of": self.title_of,
            "bumps": {k: self.b(v) for k, v in BUMPS.items()},
        }
        return page(request, self.language, template, **shared, **context)

    def title_of(self, subject: str) -> str:
        """The title of a subject, or its name where it is not declared any more."""
        return self.b(self.of.titles[subject]) if subject in self.of.titles else subject

    def label(self, codelist: str, code: str) -> str:
        """The name of a code, or the code itself where its list does not hold it."""
        listed = self.plan.codelists.get(codelist)
        entry = listed.find(code) if listed else None
        return self.t(entry.vi, entry.en) if entry else code

    def forms(self, path: str, *names: str) -> list[tuple[str, str, str]]:
        labels = {"json": ("JSON", ""), "csv": ("CSV", ""), "jsonld": ("JSON-LD", "SKOS")}
        return [(f"{path}?format={name}", *labels[name]) for name in names]
