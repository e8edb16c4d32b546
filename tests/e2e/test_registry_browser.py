"""A citizen and an officer read the Registry in a real browser, on a desk and on a phone, with the keyboard alone."""

from typing import TYPE_CHECKING

import pytest

from tests.blueprint.registry_service import evolved, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PAGES = (
    "/",
    "/search?q=khong+khi",
    "/contracts",
    "/contracts/bus-routes",
    "/contracts/air-quality-hourly",
    "/concepts",
    "/concepts/administrative-unit-code",
    "/codelists",
    "/codelists/ha-noi-wards",
    "/crosswalks/ha-noi-wards-2025-07",
    "/indicators",
    "/indicators/bus-stops-by-ward",
    "/compare?old=bus-routes@1.0.0&new=bus-routes@2.0.0",
    "/changelog",
    "/notices",
    "/units?code=00004&as_of=2025-07-01",
    "/api",
    "/nothing-here",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[str]":
    home = tmp_path_factory.mktemp("registry")
    evolved(home)
    with running(home) as url:
        yield url


@pytest.fixture(params=[1280, 390], ids=["desk", "phone"])
def page(browser: "Browser", address: str, request: pytest.FixtureRequest) -> "Iterator[Page]":
    wrong: list[str] = []
    context = browser.new_context(
        viewport={"width": request.param, "height": 900}, locale="vi-VN", java_script_enabled=True
    )
    page = context.new_page()
    page.on("request", lambda r: None if r.url.startswith((address, "data:")) else wrong.append(f"asked {r.url}"))
    page.on(
        "console", lambda m: wrong.append(f"console: {m.text}") if m.type == "error" and "404" not in m.text else None
    )
    page.set_default_timeout(20_000)
    yield page
    context.close()
    assert wrong == [], "a page asked another origin for something, or broke its own policy"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_page_scrolls_sideways_or_lacks_a_name(page: "Page", address: str, language: str) -> None:
    for path in PAGES:
        page.goto(f"{address}/{language}{path}")
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("h1").count() == 1, path
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} scrolls sideways by {over} px"
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select')]
            .filter(e => !(e.innerText || e.ariaLabel || [...(e.labels || [])].some(l => l.innerText || l.textContent)))
            .map(e => e.outerHTML)"""
        )
        assert unnamed == [], path
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, input:not([type=hidden]), select, .head nav a')]
            .map(e => [e.getBoundingClientRect().height, e.outerHTML.slice(0, 80)]).filter(([h]) => h < 24)"""
        )
        assert small == [], f"{path}: a target is too small for a finger"


def test_a_code_is_looked_up_as_of_a_day(page: "Page", address: str) -> None:
    page.goto(f"{address}/vi/units")
    page.get_by_label("Mã hoặc tên").fill("00004")
    page.locator("input[name=as_of]").fill("2025-06-30")
    page.get_by_role("button", name="Tra", exact=True).click()
    page.wait_for_url("**as_of=2025-06-30**")
    assert "Trúc Bạch" in page.locator("article").inner_text()
    page.locator("input[name=as_of]").fill("2025-07-01")
    page.get_by_role("button", name="Tra", exact=True).click()
    page.wait_for_url("**as_of=2025-07-01**")
    assert "Ba Đình" in page.locator("article h3").inner_text()
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/en/units?*")
    assert page.locator("input[name=as_of]").input_value() == "2025-07-01"


def test_unaccented_words_find_a_dataset_by_the_keyboard_alone(page: "Page", address: str) -> None:
    page.goto(f"{address}/vi/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for _ in range(5):
        if page.evaluate("document.activeElement.id") == "q":
            break
        page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("khong khi")
    page.keyboard.press("Enter")
    page.wait_for_url("**/vi/search?q=khong+khi")
    page.get_by_role("link", name="Chất lượng không khí Hà Nội theo giờ, tháng 3 năm 2025").first.click()
    page.wait_for_url("**/vi/contracts/air-quality-hourly")


def test_a_version_is_compared_with_the_one_before(page: "Page", address: str) -> None:
    page.goto(f"{address}/vi/contracts/bus-routes/2.0.0")
    assert "Bỏ cột tên tuyến cũ." in page.locator(".notice").first.inner_text()
    page.get_by_role("link", name="khác gì 1.1.0").click()
    page.wait_for_url("**/compare?**")
    row = page.locator("tbody tr").first.inner_text()
    assert "note" in row
    assert "bị từ chối" in row


@pytest.mark.parametrize("page", [390], indirect=True, ids=["phone"])
def test_text_stands_out_from_its_ground(page: "Page", address: str) -> None:
    for path in ("/vi/", "/vi/contracts/air-quality-hourly", "/vi/compare?old=bus-routes@1.0.0&new=bus-routes@2.0.0"):
        page.goto(f"{address}{path}")
        assert page.evaluate(_CONTRAST) == [], path


_CONTRAST = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const lum = ([r, g, b]) => { const f = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const ground = e => { for (; e; e = e.parentElement) { const s = getComputedStyle(e), c = parse(s.backgroundColor);
    if (s.backgroundImage !== 'none') return null;
    if (c.length === 3 || c[3] === 1) return c; if (c[3] > 0) return null; } return [255, 255, 255]; };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    if (e.ariaHidden === 'true' || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const g = ground(e); if (!g) continue;
    const [a, b] = [lum(parse(getComputedStyle(e).color)), lum(g)].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) bad.push(e.outerHTML.slice(0, 100) + ' ' + ((a + .05) / (b + .05)).toFixed(2));
  }
  return bad;
}"""
