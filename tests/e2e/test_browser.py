"""A citizen walks the catalogue: searches without accents, narrows down, sees a table, changes the language, finds a ward."""

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


def no_wider_than_the_window(page: "Page") -> bool:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1


def test_a_citizen_finds_air_quality_and_sees_its_table(page: "Page", platform: Platform) -> None:
    contract = blueprint().contract("air-quality-hourly")
    page.goto(platform.url)
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.get_by_role("link", name="Môi trường", exact=True).is_visible()
    page.locator("main input[name=q]").first.fill("khong khi")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dataset/?*q=khong*")
    page.locator(".hn-facet").get_by_role("link", name="Parquet", exact=True).click()
    page.wait_for_url("**res_format=Parquet*")
    assert "q=khong" in page.url, "the words stay when the results are narrowed"
    assert no_wider_than_the_window(page)
    page.get_by_role("link", name=contract.title.vi).first.click()
    page.wait_for_url("**/dataset/air-quality-hourly")
    assert page.locator("#data tbody tr").count() >= 10
    assert "UNIS" in page.content() or "mô phỏng" in page.content()
    assert no_wider_than_the_window(page)
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/en/dataset/air-quality-hourly")
    assert page.get_by_role("heading", level=1, name=contract.title.en).is_visible()


def test_a_resident_looks_up_a_ward_and_the_data_about_it(page: "Page", platform: Platform) -> None:
    page.goto(platform.url)
    page.locator(".hn-nav").get_by_role("link", name="Phường, xã").click()
    page.wait_for_url("**/phuong-xa")
    assert page.locator("main li a, [role=main] li a").count() >= 126
    page.locator("input[name=q]").first.fill("truc bach")
    page.keyboard.press("Enter")
    page.wait_for_url("**/phuong-xa?q=truc*")
    page.get_by_role("link", name="Ba Đình", exact=True).click()
    page.wait_for_url("**/phuong-xa/00004")
    assert page.get_by_role("heading", level=1, name="Phường Ba Đình").is_visible()
    assert page.get_by_text("Phường Trúc Bạch").first.is_visible()
    assert no_wider_than_the_window(page)
    page.locator("table tbody a").first.click()
    page.wait_for_url("**/dataset/*q=00004*")
    assert page.locator("#data tbody tr").count() >= 1
    assert no_wider_than_the_window(page)


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
