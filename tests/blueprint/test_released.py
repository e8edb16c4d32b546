"""Released declarations never change."""

import json
import shutil

import pytest

from blueprint import released
from blueprint.load import ROOT

CONCEPT = "concepts/area/1.yaml"


@pytest.fixture
def root(tmp_path):
    for folder in ("concepts", "codelists", "contracts"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    released.release(tmp_path)
    return tmp_path


def test_every_declaration_of_the_repository_is_released_and_unchanged():
    released.verify()
    assert released.recorded() == released.declared(), "run: python -m blueprint.released"


def test_the_lock_covers_declarations_and_their_tables():
    paths = released.declared()
    assert "codelists/ha-noi-wards/1.csv" in paths
    assert "contracts/so-khcn/stated-figures/stated-figures.csv" in paths
    on_disk = [
        p
        for d in ("concepts", "codelists", "contracts")
        for p in (ROOT / d).rglob("*")
        if p.suffix in {".yaml", ".csv"}
    ]
    assert len(paths) == len(on_disk)


def test_releasing_again_changes_nothing(root):
    before = (root / released.LOCK).read_bytes()
    assert released.release(root) == ()
    assert (root / released.LOCK).read_bytes() == before


@pytest.mark.parametrize("file", [CONCEPT, "codelists/unit-levels/1.csv", "contracts/vcci/pci/1.0.0.yaml"])
def test_an_edited_file_is_refused_and_the_lock_stays(root, file):
    before = (root / released.LOCK).read_bytes()
    path = root / file
    path.write_text(path.read_text(encoding="utf-8").replace("a", "b", 1), encoding="utf-8")
    with pytest.raises(released.ReleasedChanged) as caught:
        released.release(root)
    assert file in caught.value.en
    assert "next version" in caught.value.en
    assert (root / released.LOCK).read_bytes() == before


def test_a_removed_file_is_refused(root):
    (root / CONCEPT).unlink()
    with pytest.raises(released.ReleasedChanged, match=r"concepts/area/1\.yaml"):
        released.verify(root)


def test_a_comment_may_change_and_a_value_may_not(root):
    path = root / CONCEPT
    text = path.read_text(encoding="utf-8")
    path.write_text("# a remark for editors\n" + text, encoding="utf-8")
    released.verify(root)
    path.write_text(text.replace("maximum: 400000", "maximum: 400001"), encoding="utf-8")
    with pytest.raises(released.ReleasedChanged):
        released.verify(root)


def test_a_next_version_is_added_beside_the_old_one(root):
    text = (root / CONCEPT).read_text(encoding="utf-8").replace("version: 1\n", "version: 2\n")
    (root / "concepts/area/2.yaml").write_text(text, encoding="utf-8")
    assert released.release(root) == ("concepts/area/2.yaml",)
    lock = json.loads((root / released.LOCK).read_text(encoding="utf-8"))
    assert lock[CONCEPT] != lock["concepts/area/2.yaml"]
    assert list(lock) == sorted(lock)
