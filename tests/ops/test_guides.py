"""The guides' commands are run as they stand, and every guide is in both languages."""

import re
from pathlib import Path

import pytest

from blueprint import released
from tests.ops.guides import GUIDES, folder, walk

__all__ = ["folder"]
WALKED = ("bind-a-dataset", "evolve-a-contract", "read-agency-files", "deliver-files")


@pytest.mark.parametrize("name", WALKED)
def test_every_command_of_the_guide_does_what_the_page_says(name: str, folder: Path) -> None:
    ran = walk((GUIDES / f"{name}.md").read_text(encoding="utf-8"), folder)
    assert len(ran) >= 8
    released.verify(folder / "blueprint")


@pytest.mark.parametrize("guide", sorted(GUIDES.glob("*.md")), ids=lambda p: p.stem)
def test_vietnamese_comes_first_and_english_always(guide: Path) -> None:
    for heading in re.findall(r"^#+ (.+)$", guide.read_text(encoding="utf-8"), re.MULTILINE):
        vi, _, en = heading.partition(" / ")
        assert re.search("[\u00c0-\u1ef9]", vi), heading
        assert en.isascii(), heading
        assert en, heading
