"""A citizen opens the catalogue, searches without accents, opens a dataset and sees its table."""

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from blueprint import blueprint
from tests.e2e.conftest import Platform, unaccented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.platform, pytest.mark.browser]


@pytest.fixture(params=[1280, 390], ids=["desk", "phone"])
def page(browser: "Browser", platform: Platform, request: pytest.FixtureRequest) -> "Iterator[Page]":
    foreign: list[str] = []
    page = browser.new_page(viewport={"width": request.param, "height": 900}, locale="vi-VN")
    page.on("request", lambda r: None if r.url.startswith((platform.url, "data:")) else foreign.append(r.url))
    page.set_default_timeout(20_000)
    yield page
    page.close()
    assert foreign == [], "a page asked another origin for something"


def test_a_citizen_finds_air_quality_and_sees_its_table(page: "Page", platform: Platform) -> None:
    page.goto(platform.url)
    assert page.locator("html").get_attribute("lang") == "vi"
    page.locator("main input[name=q], .hero input[name=q], input[name=q]").locator("visible=true").first.fill(
        "khong khi"
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/dataset/?*q=khong*")
    title = blueprint().contract("air-quality-hourly").title.vi
    page.get_by_role("link", name=title).first.click()
    page.wait_for_url("**/dataset/air-quality-hourly")
    table = page.locator("table", has_text="observed_at").filter(has=page.locator("tbody tr")).first
    assert table.locator("tbody tr").count() >= 10
    assert "UNIS" in page.content() or "mô phỏng" in page.content()
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 1, "the page itself must not scroll sideways"


def test_the_same_page_in_english(page: "Page", platform: Platform) -> None:
    page.goto(f"{platform.url}/en/dataset/air-quality-hourly")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_text(blueprint().contract("air-quality-hourly").title.en).first.is_visible()


@pytest.mark.parametrize("page", [1280], indirect=True, ids=["desk"])
def test_every_dataset_is_found_by_its_title_without_accents_and_shows_rows(page: "Page", platform: Platform) -> None:
    for name, contract in ((n, c) for n, c in blueprint().contracts.items() if c.publish):
        page.goto(f"{platform.url}/dataset/?q={quote(unaccented(contract.title.vi).replace(',', ' '))}")
        page.get_by_role("link", name=contract.title.vi, exact=True).first.click()
        page.wait_for_url(f"**/dataset/{name}")
        rows = page.locator("#data tbody tr")
        assert rows.count() == min(50, platform.results[name]["rows_accepted"]), name
