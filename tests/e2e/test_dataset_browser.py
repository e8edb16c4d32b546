"""A citizen on the page of a dataset: table, chart and map in place, files, both languages, a phone, no script, a screen reader."""

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from blueprint import blueprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.e2e.conftest import Platform

pytestmark = [pytest.mark.platform, pytest.mark.browser]

AIR, STOPS, AREAS, YEARS = "air-quality-hourly", "bus-stops", "ward-boundaries", "pci"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(params=[1280, 390], ids=["desk", "phone"])
def page(browser: "Browser", platform: "Platform", request: pytest.FixtureRequest) -> "Iterator[Page]":
    wrong: list[str] = []
    page = browser.new_page(viewport={"width": request.param, "height": 900}, locale="vi-VN")
    page.on("request", lambda r: None if r.url.startswith((platform.url, "data:", "blob:")) else wrong.append(r.url))
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.set_default_timeout(20_000)
    yield page
    page.close()
    assert wrong == [], "another origin was asked, a script failed, or the page broke its own policy"


desk = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desk"])


def show(page: "Page", platform: "Platform", path: str) -> None:
    """Open a page, and mark it so that a page loaded anew is told apart."""
    page.goto(f"{platform.url}{path}")
    page.evaluate("window.opened = true")


def cells(page: "Page") -> list[list[str]]:
    """Return the texts of the table of data."""
    rows: list[list[str]] = page.locator("#data tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.replace(/\\s+/g, ' ').trim()))"
    )
    return rows


def settled(page: "Page", address: str) -> None:
    page.wait_for_url(re.compile(address))
    page.locator("#data:not([aria-busy])").wait_for()


def map_of(page: "Page") -> "Locator":
    """Return the map of the page once it moves."""
    page.locator("#map").scroll_into_view_if_needed()
    ready = page.locator("#map[data-ready]")
    ready.wait_for()
    return ready


def test_the_table_sorts_filters_and_pages_in_place_as_the_server_would(page: "Page", platform: "Platform") -> None:
    show(page, platform, f"/dataset/{AIR}")
    head = page.locator("#data th[data-column=temperature]")
    head.get_by_role("link").click()
    settled(page, r"sort=temperature")
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("link").click()
    settled(page, r"sort=-temperature")
    assert head.get_attribute("aria-sort") == "descending"
    value = page.locator("#data tbody tr").first.locator("td").first.inner_text().split()[-1]
    page.get_by_label("Dòng có các từ").fill(value)
    page.get_by_label("Dòng có các từ").press("Enter")
    settled(page, rf"q={value}")
    assert all(value in row[0] for row in cells(page))
    page.locator("#data [data-page=after]").click()
    settled(page, r"page=2")
    status = page.locator("#data [role=status]").inner_text()
    assert re.fullmatch(r"Dòng 51 đến 100 trên tổng số [\d.]+ dòng khớp", status)
    assert page.evaluate("window.opened") is True, "the page was loaded anew"
    in_place = cells(page)
    page.reload()
    assert cells(page) == in_place, "script and server write a value in two ways"
    assert page.locator("#data [role=status]").inner_text() == status


@desk
def test_script_and_server_write_every_value_alike(page: "Page", platform: "Platform") -> None:
    for path in ("/dataset/wards", "/en/dataset/papi", "/dataset/stated-figures", f"/en/dataset/{AREAS}"):
        show(page, platform, path)
        page.locator("#data thead a").nth(1).click()
        settled(page, r"sort=")
        in_place = cells(page)
        page.reload()
        assert cells(page) == in_place, path


@desk
def test_a_row_that_is_asked_for_is_downloaded_and_so_are_the_files(
    page: "Page", platform: "Platform", tmp_path: Path
) -> None:
    show(page, platform, f"/dataset/{STOPS}")
    rows = platform.results[STOPS]["rows_accepted"]
    names = list(blueprint().contract(STOPS).columns)
    for label, check in (("CSV", _is_csv), ("Parquet", _is_parquet)):
        with page.expect_download() as started:
            page.locator("#downloads a", has_text=label).first.click()
        path = tmp_path / started.value.suggested_filename
        started.value.save_as(path)
        check(path, [c.name for c in names], rows)
    first = cells(page)[0][0]
    page.get_by_label("Dòng có các từ").fill(first)
    page.get_by_role("button", name="Lọc").click()
    settled(page, "q=")
    with page.expect_download() as started:
        page.locator("#data [data-dump=csv]").click()
    started.value.save_as(tmp_path / "found.csv")
    with (tmp_path / "found.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert 0 < len(found) < rows
    assert first in {row[names[0].name] for row in found}


def _is_csv(path: Path, names: list[str], rows: int) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        head, *body = csv.reader(file)
    assert head == names
    assert len(body) == rows


def _is_parquet(path: Path, names: list[str], rows: int) -> None:
    import pyarrow.parquet as pq

    found = pq.read_metadata(path)
    assert (found.schema.names, found.num_rows) == (names, rows)


@desk
def test_the_chart_changes_in_place_and_has_its_figures_beside(page: "Page", platform: "Platform") -> None:
    show(page, platform, f"/dataset/{AIR}")
    chart = page.locator("#chart")
    before = chart.locator(".hn-line path").first.get_attribute("d")
    chart.get_by_label("Số liệu", exact=True).select_option("temperature")
    chart.get_by_text("Nhiệt độ theo thời gian").first.wait_for()
    assert chart.locator(".hn-line path").first.get_attribute("d") != before
    assert chart.get_by_role("img").is_visible()
    chart.get_by_text("Số liệu của biểu đồ").click()
    assert chart.locator(".hn-figure-table tbody tr").first.is_visible()
    assert page.evaluate("document.activeElement.id") == "hn-measure" or chart.locator("summary").evaluate(
        "e => e === document.activeElement"
    )
    assert page.evaluate("window.opened") is True
    show(page, platform, f"/dataset/{YEARS}")
    page.locator("#chart select").last.select_option(label="Thành phố Đà Nẵng")
    page.wait_for_url(re.compile("c_province_code="))
    assert page.locator("#chart .hn-line path").count() >= 1


@desk
def test_the_map_moves_and_tells_the_row_of_a_place(page: "Page", platform: "Platform") -> None:
    show(page, platform, "/dataset/wards")
    shown = map_of(page)
    canvas = shown.locator("canvas")
    box = canvas.bounding_box()
    assert box is not None
    assert box["height"] > 200
    assert _colours(page, canvas) > 3, "the map is one plain surface"
    assert shown.locator("img").first.is_hidden()
    shown.get_by_text("Danh sách các nơi").click()
    button = shown.locator(".hn-places button").first
    name = button.inner_text()
    button.click()
    popup = shown.locator(".hn-popup")
    popup.wait_for()
    assert popup.get_by_role("heading", name=name).is_visible()
    assert popup.locator("dd").count() > 3
    canvas.focus()
    page.keyboard.press("+")
    page.keyboard.press("Escape")
    show(page, platform, f"/en/dataset/{AREAS}")
    assert _colours(page, map_of(page).locator("canvas")) > 5, "the areas have one shade"


def _colours(page: "Page", canvas: "Locator") -> int:
    """Return how many colours a picture of the canvas has, counted roughly."""
    page.wait_for_timeout(500)
    picture: Any = page.evaluate(
        """async bytes => {
            const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], {type: 'image/png'}));
            const copy = new OffscreenCanvas(image.width, image.height).getContext('2d');
            copy.drawImage(image, 0, 0);
            const data = copy.getImageData(0, 0, image.width, image.height).data;
            const found = new Map();
            for (let at = 0; at < data.length; at += 4) {
                const colour = `${data[at] >> 4},${data[at + 1] >> 4},${data[at + 2] >> 4}`;
                found.set(colour, (found.get(colour) || 0) + 1);
            }
            return [...found.values()].filter(count => count > 20).length;
        }""",
        list(canvas.screenshot()),
    )
    return int(picture)


def test_no_page_scrolls_sideways_and_axe_finds_no_fault(page: "Page", platform: "Platform") -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    wide = page.viewport_size is not None and page.viewport_size["width"] > 1000
    for path in (
        (f"/dataset/{AIR}", f"/dataset/{AIR}/quality")
        if wide
        else (f"/en/dataset/{AREAS}", f"/en/dataset/{YEARS}/quality")
    ):
        show(page, platform, path)
        if page.locator("#map").count():
            map_of(page)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path}: scrolls sideways by {over} px"
        found = axe.run(page, options=RULES)
        told = [(v["id"], v["impact"], [n["html"][:150] for n in v["nodes"]][:3]) for v in found.response["violations"]]
        assert told == [], path


@desk
def test_the_other_language_is_one_click_away(page: "Page", platform: "Platform") -> None:
    show(page, platform, f"/dataset/{AIR}?sort=-temperature")
    vietnamese = cells(page)
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/en/dataset/**")
    assert page.locator("html").get_attribute("lang") == "en"
    contract = blueprint().contract(AIR)
    assert page.get_by_role("heading", level=1, name=contract.title.en).is_visible()
    column = [c.name for c in contract.columns].index("latitude")
    written = next(row[column] for row in vietnamese if "," in row[column])
    english = [row[column] for row in cells(page)]
    assert written.translate(str.maketrans(",.", ".,")) in english


def test_without_a_script_the_table_still_filters_and_the_picture_stands_for_the_map(
    browser: "Browser", platform: "Platform"
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="vi-VN")
    page = context.new_page()
    page.goto(f"{platform.url}/dataset/{STOPS}")
    first = page.locator("#data tbody td").first.inner_text()
    page.get_by_label("Dòng có các từ").fill(first)
    page.get_by_role("button", name="Lọc").click()
    page.wait_for_url(re.compile("q="))
    assert first in [row.inner_text() for row in page.locator("#data tbody tr td:first-child").all()]
    page.locator("#data thead a").first.click()
    page.wait_for_url(re.compile("sort="))
    assert "q=" in page.url
    picture = page.locator("#map img")
    picture.scroll_into_view_if_needed()
    assert picture.is_visible()
    assert (
        page.request.get(f"{platform.url}/dataset/{STOPS}/map.svg").headers["content-type"].startswith("image/svg+xml")
    )
    page.get_by_text("curl", exact=True).click()
    assert page.locator(".hn-curl").is_visible()
    assert page.locator(".hn-python").is_hidden()
    context.close()
