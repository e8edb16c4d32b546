"""Released declarations never change."""

import json
import subprocess
import sys

import pytest

from blueprint import released, releases
from blueprint.load import ROOT
from tests.blueprint.drafts import copy, draft, terms

CONCEPT = "concepts/area/1.yaml"


@pytest.fixture
def root(tmp_path):
    return copy(tmp_path)


def test_what_the_repository_has_released_is_unchanged():
    released.verify()
    lock = released.recorded()
    assert set(lock) <= set(released.files())
    assert {file: released.digest(ROOT / file) for file in lock} == lock


def test_the_lock_may_name_every_declaration_its_tables_and_the_changelog():
    paths = released.files()
    assert "codelists/ha-noi-wards/1.csv" in paths
    assert "contracts/so-khcn/stated-figures/stated-figures.csv" in paths
    assert "changelog/bus-routes/1.0.0.yaml" in paths
    folders = ("concepts", "codelists", "contracts", "crosswalks", "indicators", "changelog")
    on_disk = [p for d in folders for p in (ROOT / d).rglob("*") if p.suffix in {".yaml", ".csv"}]
    assert len(paths) == len(on_disk)


def test_releasing_again_changes_nothing(root):
    before = (root / released.LOCK).read_bytes()
    assert releases.release_all(root, terms()) == ()
    assert (root / released.LOCK).read_bytes() == before


@pytest.mark.parametrize("file", [CONCEPT, "codelists/unit-levels/1.csv", "contracts/vcci/pci/1.0.0.yaml"])
def test_an_edited_file_is_refused_and_the_lock_stays(root, file):
    before = (root / released.LOCK).read_bytes()
    path = root / file
    path.write_text(path.read_text(encoding="utf-8").replace("a", "b", 1), encoding="utf-8")
    with pytest.raises(released.ReleasedChanged) as caught:
        releases.release_all(root, terms())
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
    before = released.recorded(root)
    draft(root, CONCEPT, "2", ("en: Land area", "en: Area of land"))
    assert [e.ref for e in releases.release_all(root, terms())] == ["concept:area@2"]
    lock = json.loads((root / released.LOCK).read_text(encoding="utf-8"))
    assert lock[CONCEPT] != lock["concepts/area/2.yaml"]
    assert list(lock) == sorted(lock)
    assert {file: lock[file] for file in before} == before, "the lock only grows"


def test_the_lock_never_takes_another_digest_for_a_file(root):
    with pytest.raises(released.ReleasedChanged):
        released.add(root, {"concepts/area/2.yaml": "0" * 64, CONCEPT: "0" * 64})
    assert "concepts/area/2.yaml" not in released.recorded(root)


def test_a_first_blueprint_is_released_from_nothing(tmp_path, root):
    (root / released.LOCK).unlink()
    for entry in (root / "changelog").rglob("*.yaml"):
        entry.unlink()
    done = releases.release_all(root, terms())
    first: dict[str, str] = {}
    for entry in done:
        first.setdefault(entry.subject, entry.bump)
    assert set(first.values()) == {"initial"}
    assert {e.ref: e.bump for e in done}["ward-crosswalk@1.1.0"] == "minor"
    assert released.recorded(root) == released.declared(root)


def test_the_module_can_be_run():
    code = "from blueprint import released, releases; releases.release_all = lambda root: (); raise SystemExit(released.main())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(released.recorded())} tệp đã phát hành / files released\n"
