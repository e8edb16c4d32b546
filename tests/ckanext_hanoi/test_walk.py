"""Every kind of page in a browser: open to everyone, within its frame, and keeping to its own rules.

`HANOI_WALK=all` walks every page in both languages at both widths; else each page is walked once, every other one in English
on a phone.
"""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import browser  # noqa: F401

from .conftest import PRIVATE
from .walk import opened, with_a_file
from .ward_samples import wards  # noqa: F401

pytestmark = [pytest.mark.platform, pytest.mark.browser]

WALKS = [("", 1280, slice(0, None, 2)), ("/en", 390, slice(1, None, 2))]
if os.environ.get("HANOI_WALK") == "all":
    WALKS = [(language, width, slice(None)) for language in ("", "/en") for width in (1280, 390)]


def flaws(page, told) -> list[str]:
    """Return what is wrong with the page that is shown."""
    if page.locator("iframe, [data-hn-map]").count():
        page.wait_for_load_state("networkidle")
    found = [f"refused by the policy: {line}" for line in page.evaluate("window.hanoiRefused")]
    found += [f"asked of another origin: {url}" for url in told.foreign] + [f"error: {text}" for text in told.errors]
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found += [f"{width} px wider than the window"] if width > 1 else []
    for violation in Axe().run(page).response["violations"]:
        if violation["impact"] in ("serious", "critical"):
            where = [node["target"] for node in violation["nodes"][:3]]
            found.append(f"axe {violation['id']}: {violation['help']} at {where}")
    told.foreign.clear()
    told.errors.clear()
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("language", "width", "chosen"), WALKS)
def test_every_kind_of_page_is_open_to_everyone_and_keeps_its_policy(browser, wards, language, width, chosen):  # noqa: F811
    page, told = opened(browser, wards, width)
    found = []
    for path in with_a_file(wards)[chosen]:
        page.goto(wards.url + language + path)
        found += [f"{path}: {flaw}" for flaw in flaws(page, told)]
    page.close()
    assert not found, "\n".join(found)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser, catalogue):  # noqa: F811
    page, _ = opened(browser, catalogue, 1280)
    page.goto(catalogue.url)
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.get_attribute("href") == "#content"
    assert skip.bounding_box()["x"] >= 0, "the link to the content shows itself when it has the focus"
    seen = []
    for _ in range(9):
        page.keyboard.press("Tab")
        mark = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.getAttribute('href') || e.name || e.type, s.outlineStyle, parseFloat(s.outlineWidth), s.boxShadow]; })()"
        )
        seen.append(mark[0])
        assert (mark[1] != "none" and mark[2] >= 1) or mark[3] != "none", f"the focus on {mark[0]} cannot be seen"
    assert seen[:6] == ["/", "/dataset/", "/organization/", "/phuong-xa", "/chat-luong", "/about"]
    assert "q" in seen
    page.locator("input[name=q]").first.fill("khong khi")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dataset/?*q=khong*")
    page.close()


def test_the_essentials_are_read_without_scripts(browser, wards):  # noqa: F811
    page, _ = opened(browser, wards, 390, java_script_enabled=False)
    page.goto(wards.url)
    page.locator("input[name=q]").first.fill("khong khi")
    page.locator("button[type=submit]").first.click()
    page.get_by_role("link", name="Chất lượng không khí theo giờ").first.click()
    assert page.locator("table tbody tr").count() >= 10
    page.get_by_role("link", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto(f"{wards.url}/phuong-xa/00004")
    assert page.get_by_role("heading", level=1).inner_text() == "Phường Ba Đình"
    page.close()


@pytest.mark.parametrize(
    ("path", "status"), [("/no-such-page", 404), ("/user/register", 403), (f"/dataset/{PRIVATE}", 404)]
)
def test_a_page_that_refuses_says_what_to_do_next(catalogue, path, status):
    for language in ("", "/en"):
        answer = catalogue.page(language + path)
        assert answer.status_code == status
        assert 'role="search"' in answer.text
        for way in ("/dataset/", "/organization/"):
            assert f'href="{language}{way}"' in answer.text
