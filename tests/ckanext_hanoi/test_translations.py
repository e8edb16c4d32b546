"""The translation files are complete, the compiled ones are those of the sources, and no page asks for a text in vain."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from .conftest import SERVER, SERVER_PYTHON
from .walk import with_a_file
from .ward_samples import wards  # noqa: F401

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


@pytest.mark.platform
@pytest.mark.timeout(120)
def test_no_page_asks_for_a_text_that_has_no_vietnamese(wards):  # noqa: F811
    """What gettext was asked for and does not know would be read in English: in pages, error pages and scripts."""
    asked = {"language": "vi", "pages": with_a_file(wards), "broken": "/"}
    command = [str(SERVER_PYTHON), str(Path(__file__).with_name("untranslated.py")), str(wards.home / "ckan/ckan.ini")]
    done = subprocess.run(
        command, input=json.dumps(asked), cwd=SERVER, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert [page["status"] for page in told["pages"].values()].count(200) >= 18
    assert told["pages"]["broken"]["status"] == 503
    assert {path: page["untranslated"] for path, page in told["pages"].items() if page["untranslated"]} == {}
    assert told["scripts"], "no page loads a script"
    assert {path: texts for path, texts in told["scripts"].items() if texts} == {}
    assert told["in_browser"] > 40


@pytest.mark.platform
def test_ckan_itself_is_all_in_vietnamese():
    """What CKAN's own Vietnamese lacks stands in ours, for CKAN and for the extensions of it that are switched on."""
    ckan = next(SERVER_PYTHON.parents[1].glob("lib/python3*/site-packages/ckan/i18n"))
    parts = ("ckan/", "ckanext/datastore/", "ckanext/datatablesview/")
    wanted = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in read(ckan / "ckan.pot")
        if message.id and any(place.startswith(parts) for place, _ in message.locations)
    }
    theirs = read(ckan / "vi/LC_MESSAGES/ckan.po", locale="vi")
    known = {text for text, said in messages(theirs).items() if said and not theirs.get(text).fuzzy}
    known |= set(messages(read(I18N / "vi/LC_MESSAGES/ckanext-hanoi.po", locale="vi")))
    assert len(wanted) > 800
    assert sorted(wanted - known) == []
