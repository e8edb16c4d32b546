"""The pages that the public can come to, one of each kind, and what a browser tells of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .conftest import PRIVATE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from .conftest import Catalogue

AIR = "air-quality-hourly"
PAGES = [
    "/", "/dataset/", "/dataset/?q=zzzz", "/dataset/?q=(", "/dataset/?tags=air&hanoi_simulated=false", f"/dataset/{AIR}",
    "/dataset/bus-stops", "/organization/", "/organization/so-nn-mt", "/organization/about/so-nn-mt", "/about",
    "/phuong-xa", "/phuong-xa?q=zzzz", "/phuong-xa/00004", "/phuong-xa/00006", "/chat-luong", "/chat-luong?state=unknown",
    f"/dataset/{AIR}/quality", "/group/", "/user/login", "/user/reset", "/user/logged_out_redirect", "/user/register",
    "/ckan-admin", "/no-such-page", f"/dataset/{PRIVATE}",
]  # fmt: skip
"""Addresses in Vietnamese; with /en before them in English. The last ones are refused or not there."""

WATCH = """
window.hanoiRefused = [];
document.addEventListener("securitypolicyviolation", (refused) => window.hanoiRefused.push(
  [refused.effectiveDirective, refused.blockedURI, refused.sourceFile, refused.lineNumber, refused.sample].join(" ")));
"""


def with_a_file(catalogue: Catalogue) -> list[str]:
    """Return the pages with the page of one file among them."""
    package = catalogue.action("package_show", id=AIR)["result"]
    return [*PAGES, f"/dataset/{AIR}/resource/{package['resources'][0]['id']}"]


@dataclass
class Told:
    """What a browser told while it showed one page."""

    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def opened(browser: Browser, catalogue: Catalogue, width: int, **options: object) -> tuple[Page, Told]:
    """Return an empty page of a browser window of this width, and what will be told of all that it shows."""
    told = Told()
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)
    page.set_default_timeout(20_000)
    page.add_init_script(WATCH)
    own = (catalogue.url, "data:", "blob:")
    page.on("request", lambda asked: None if asked.url.startswith(own) else told.foreign.append(asked.url))
    page.on("pageerror", lambda error: told.errors.append(str(error)))
    page.on("console", lambda said: told.errors.append(said.text) if "Content Security Policy" in said.text else None)
    return page, told
