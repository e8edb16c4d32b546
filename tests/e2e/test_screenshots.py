"""Pictures of the main pages for the documentation, made anew on demand.

`HANOI_SCREENSHOTS=docs/images pytest tests/e2e/test_screenshots.py` runs the demonstration and writes them there.
`HANOI_SCREENSHOTS_OF=http://127.0.0.1:8800` takes them of a catalogue that runs already.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.platform,
    pytest.mark.browser,
    pytest.mark.skipif(
        "HANOI_SCREENSHOTS" not in os.environ, reason="pictures are made on demand: HANOI_SCREENSHOTS=folder"
    ),
]

# name: (address, width, height); a height of 0 takes the whole page
PICTURES = {
    "home-vi": ("/", 1280, 0),
    "home-phone": ("/", 390, 844),
    "search-vi": ("/dataset/?q=khong+khi", 1280, 900),
    "dataset-vi": ("/dataset/air-quality-hourly", 1280, 1400),
    "dataset-en": ("/en/dataset/air-quality-hourly", 1280, 1400),
    "dataset-phone": ("/dataset/air-quality-hourly", 390, 844),
    "agency-vi": ("/organization/so-nn-mt", 1280, 900),
    "ward-vi": ("/phuong-xa/00004", 1280, 0),
    "ward-phone": ("/phuong-xa/00004", 390, 844),
    "quality-vi": ("/chat-luong", 1280, 900),
}


@pytest.mark.timeout(600)
def test_the_main_pages_are_pictured(browser: "Browser", request: pytest.FixtureRequest) -> None:
    url = os.environ.get("HANOI_SCREENSHOTS_OF") or request.getfixturevalue("platform").url
    folder = Path(os.environ["HANOI_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    for name, (path, width, height) in PICTURES.items():
        page = browser.new_page(viewport={"width": width, "height": height or 900}, locale="vi-VN")
        page.goto(url + path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png", full_page=not height)
        page.close()
        assert (folder / f"{name}.png").stat().st_size > 10_000, name
