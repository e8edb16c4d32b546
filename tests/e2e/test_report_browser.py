"""An agency's officer reads a quality report in a real browser: at a desk, on a phone, in both languages, and on paper."""

from typing import TYPE_CHECKING

import pytest

from quality.report import html
from tests.quality.reports import ATTACK, workbook_result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> "Path":
    folder = tmp_path_factory.mktemp("report")
    result = workbook_result(folder)
    other = result.model_copy(update={"delivery": result.delivery.model_copy(update={"id": "b" * 64})})
    path = folder / "report.html"
    path.write_text(html(result, history=[other]), encoding="utf-8")
    return path


@pytest.fixture(params=[1280, 390], ids=["desk", "phone"])
def page(browser: "Browser", file: "Path", request: pytest.FixtureRequest) -> "Iterator[Page]":
    wrong: list[str] = []
    # The page has to work where nothing can run; the checks below run outside of the page's own policy.
    context = browser.new_context(viewport={"width": request.param, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.on("request", lambda r: None if r.url == file.as_uri() else wrong.append(r.url))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("dialog", lambda d: wrong.append(d.message))
    page.goto(file.as_uri())
    yield page
    context.close()
    assert wrong == [], "the page asked for something, ran something or broke its own policy"


def test_the_language_changes_without_a_script(browser: "Browser", file: "Path") -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.get_by_role("heading", name="Việc cần làm").is_visible()
    assert page.get_by_role("heading", name="What to do next").count() == 0, "hidden from screen readers too"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("heading", name="What to do next").is_visible()
    assert page.get_by_role("heading", name="Việc cần làm").count() == 0
    context.close()


def test_nothing_scrolls_sideways_and_every_cell_is_named(page: "Page") -> None:
    for label in ("Tiếng Việt", "English"):
        page.get_by_text(label, exact=True).click()
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{label}: scrolls sideways by {over} px"
        assert page.locator("h1:visible").count() == 1
        assert page.get_by_text("C15–C62", exact=True).locator("visible=true").count() == 1
        assert page.get_by_text(ATTACK, exact=True).locator("visible=true").count() == 1
        assert page.locator("table:visible").count() == page.locator("table:visible > caption").count() > 3


@pytest.mark.parametrize("page", [390], indirect=True, ids=["phone"])
def test_axe_finds_no_fault(page: "Page") -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for label in ("Tiếng Việt", "English"):
        page.get_by_text(label, exact=True).click()
        found = axe.run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        told = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found.response["violations"]]
        assert told == []


def test_the_page_prints_whole_and_in_one_language(page: "Page") -> None:
    page.emulate_media(media="print")
    assert not page.locator(".switch").is_visible()
    assert page.get_by_text("Cách tính điểm.").is_visible()
    assert page.locator(".side:visible").count() == 1
    clipped = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(e => e.offsetParent && getComputedStyle(e).overflowX !== 'visible').length"
    )
    assert clipped == 0
