"""The translation files are complete, and the compiled ones are those of the sources."""

import re
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

I18N = Path(__file__).parents[2] / "catalog/ckanext-hanoi/ckanext/hanoi/i18n"


def read(path: Path, **options):
    """Read a .po, .pot or .mo file."""
    with path.open("rb") as file:
        return read_mo(file) if path.suffix == ".mo" else read_po(file, **options)


def messages(catalog) -> dict[str, str]:
    """Return the texts and their translations, the singular for those that count."""

    def first(text):
        return text[0] if isinstance(text, (list, tuple)) else text

    return {first(message.id): first(message.string) for message in catalog if message.id}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_text_has_a_translation_that_is_compiled(language):
    folder = I18N / language / "LC_MESSAGES"
    wanted = messages(read(I18N / "ckanext-hanoi.pot"))
    written = messages(read(folder / "ckanext-hanoi.po", locale=language))
    assert set(written) == set(wanted)
    assert [text for text, translation in written.items() if not translation] == []
    assert messages(read(folder / "ckanext-hanoi.mo")) == written
    for text, translation in written.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", translation)), text


def test_every_text_of_the_templates_is_in_the_list_for_translators():
    listed = messages(read(I18N / "ckanext-hanoi.pot"))
    used = set()
    for template in (I18N.parent / "templates").rglob("*.html"):
        used |= set(re.findall(r"""(?<!\w)(?:_|ungettext)\(\s*'([^']+)'""", template.read_text("utf-8")))
    assert len(used) > 80
    assert used - set(listed) == set()
