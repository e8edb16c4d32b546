"""The completion of the search box in a browser, with made-up answers instead of a catalogue."""

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import browser  # noqa: F401

pytestmark = [pytest.mark.platform, pytest.mark.browser]

ASSETS = Path(__file__).parents[2] / "catalog/ckanext-hanoi/ckanext/hanoi/assets"
FOUND = {
    "datasets": [{"title": "Trạm <b>đo</b>", "url": "/dataset/a"}, {"title": "Nước hồ", "url": "/dataset/b"}],
    "organizations": [{"title": "Sở Y tế", "url": "/organization/c", "count": 3}],
    "topics": [],
}
PAGE = """<!doctype html><html lang="vi"><head><title>Tìm</title><style>{css}</style></head><body><main><h1>Tìm</h1>
<form class="hn-search" role="search" action="/dataset/"><label class="hn-hidden" for="hn-q">Tìm dữ liệu</label>
<input id="hn-q" type="search" name="q" data-suggest="/suggest?lang=vi" data-label="Gợi ý" data-datasets="Bộ dữ liệu"
data-organizations="Cơ quan" data-topics="Chủ đề" data-told="{{number}} gợi ý"><button>Tìm</button></form></main></body></html>"""


@pytest.fixture
def page(browser):  # noqa: F811
    """A page with a search box, its script, and a list of what the script has asked for in `page.asked`."""
    opened = browser.new_page(viewport={"width": 390, "height": 700})
    opened.asked = []
    css = "".join((ASSETS / name).read_text("utf-8") for name in ("hanoi.css", "hanoi-suggest.css"))

    def answer(route):
        if "/suggest?" not in route.request.url:
            return route.fulfill(content_type="text/html; charset=utf-8", body=PAGE.format(css=css))
        opened.asked.append(route.request.url)
        nothing = {kind: [] for kind in FOUND}
        found = nothing if "zz" in route.request.url else FOUND
        return route.fulfill(content_type="application/json", body=json.dumps({"success": True, "result": found}))

    opened.route("**/*", answer)
    opened.goto("http://catalogue.test/")
    opened.add_script_tag(content=(ASSETS / "hanoi-suggest.js").read_text("utf-8"))
    yield opened
    opened.close()


def test_the_keyboard_is_enough(page):
    box = page.locator("#hn-q")
    assert box.get_attribute("aria-expanded") == "false"
    box.press_sequentially("tr", delay=20)
    page.wait_for_selector("[role=option]")
    assert box.get_attribute("aria-expanded") == "true"
    assert page.locator("[role=option]").all_inner_texts() == ["Trạm <b>đo</b>", "Nước hồ", "Sở Y tế\n3"]
    assert page.locator("[role=status]").inner_text() == "3 gợi ý"
    assert [row["impact"] for row in Axe().run(page).response["violations"]] == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("[aria-selected=true]").inner_text() == "Nước hồ"
    assert page.locator(f"#{box.get_attribute('aria-activedescendant')}").inner_text() == "Nước hồ"
    page.keyboard.press("Escape")
    assert page.locator("[role=listbox]").is_hidden()
    assert box.input_value() == "tr", "the first escape closes the list and keeps the text"
    page.keyboard.press("ArrowUp")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/organization/c")


def test_a_finger_chooses_and_the_form_still_searches(page):
    box = page.locator("#hn-q")
    box.press_sequentially("nu", delay=20)
    page.locator("[role=option]", has_text="Nước hồ").click()
    page.wait_for_url("**/dataset/b")
    page.locator("#hn-q").fill("zz")
    page.locator("#hn-q").press("Enter")
    page.wait_for_url("**/dataset/?q=zz")


def test_one_letter_asks_nothing_and_the_same_text_asks_once(page):
    box = page.locator("#hn-q")
    box.press_sequentially("t")
    page.wait_for_timeout(400)
    assert page.asked == []
    box.fill("zzz")
    page.wait_for_timeout(400)
    assert page.locator("[role=listbox]").is_hidden(), "nothing to choose from, no list"
    for text in ("tr", "tra", "tr"):
        box.fill(text)
        page.wait_for_timeout(400)
    assert [url.rpartition("q=")[2] for url in page.asked] == ["zzz", "tr", "tra"]
