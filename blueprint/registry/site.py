"""Rendering the pages: Jinja2 with automatic escaping; every sentence of a template stands in both languages."""

from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jinja2
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from blueprint.concept import Classification
from blueprint.registry.language import Language, chooser, day, decimal, number, said
from blueprint.text import Bilingual

HERE = Path(__file__).parent
CLASSIFICATIONS = {
    Classification.OPEN: Bilingual(vi="mở", en="open"),
    Classification.SHARED: Bilingual(vi="dùng chung", en="shared"),
    Classification.RESTRICTED: Bilingual(vi="riêng", en="restricted"),
    Classification.PERSONAL: Bilingual(vi="cá nhân", en="personal"),
}


@cache
def environment() -> jinja2.Environment:
    """The templates; an unknown name in one is an error, not an empty text."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def query(**parameters: object) -> str:
    """A query string of the parameters that have a value, with its question mark."""
    given = {k: v for k, v in parameters.items() if v not in (None, "", 1)}
    return f"?{urlencode(given)}" if given else ""


def page(request: Request, language: Language, template: str, *, status: int = 200, **context: Any) -> Response:
    """The page in the language; the link to the other language leads to the same page."""
    other: Language = "en" if language == "vi" else "vi"
    path = request.url.path.removeprefix(f"/{language}") if request.url.path.startswith(f"/{language}") else "/"
    rest = f"?{request.url.query}" if request.url.query else ""
    context |= {
        "language": language,
        "other": other,
        "elsewhere": quote(f"/{other}{path or '/'}") + rest,
        "section": path.split("/")[1] if "/" in path else "",
        "t": chooser(language),
        "b": partial(said, language=language),
        "date": partial(day, language=language),
        "number": partial(number, language=language),
        "decimal": partial(decimal, language=language),
        "to": partial(_address, language),
        "query": query,
        "classification": partial(_classification, language),
    }
    text = environment().get_template(template).render(context)
    headers = {"Content-Language": language, "Cache-Control": "public, no-cache", "Vary": "Accept, Accept-Language"}
    return HTMLResponse(text, status, headers)


def _address(language: Language, path: str) -> str:
    return f"/{language}{quote(path, safe='/:@#?=&%+,-')}"


def _classification(language: Language, value: Classification) -> str:
    return said(CLASSIFICATIONS[value], language)


def error_page(request: Request, language: Language, status: int, title: str, vi: str, en: str) -> Response:
    """An error as people read it, in the language of the page."""
    return page(request, language, "error.html", status=status, number_of_error=status, title=title, vi=vi, en=en)
