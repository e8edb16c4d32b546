"""`hanoi new dataset`: writes a draft once, never over another's work, and says what to do next."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from blueprint.load import ROOT, load
from ops.new_commands import new
from tests.ops.authoring.test_proposal import SHELTERS


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan") / "blueprint"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "nha-cho.csv"
    path.write_text(SHELTERS, encoding="utf-8")
    return path


def called(*arguments: object) -> Result:
    return CliRunner().invoke(new, ["dataset", *map(str, arguments)])


def test_a_draft_is_written_and_loads(root: Path, sample: Path) -> None:
    done = called(sample, "--agency", "so-xay-dung", "--root", root)
    assert done.exit_code == 0, done.output
    assert load(root).contract("nha-cho").agency == "so-xay-dung"
    assert "hanoi check" in done.output
    again = called(sample, "--agency", "so-xay-dung", "--root", root)
    assert again.exit_code == 1
    assert "--force" in again.stderr
    assert called(sample, "--agency", "so-xay-dung", "--root", root, "--force").exit_code == 0
    shutil.rmtree(root / "contracts" / "so-xay-dung" / "nha-cho")


def test_a_released_contract_is_never_replaced(root: Path, sample: Path) -> None:
    path = root / "contracts" / "so-xay-dung" / "bus-stops" / "1.0.0.yaml"
    before = path.read_bytes()
    done = called(sample, "--agency", "so-xay-dung", "--id", "bus-stops", "--root", root, "--force")
    assert done.exit_code == 1
    assert "released" in done.stderr
    assert path.read_bytes() == before


def test_dry_run_and_json_write_nothing(root: Path, sample: Path) -> None:
    done = called(sample, "--agency", "so-xay-dung", "--root", root, "--dry-run", "--json")
    said = json.loads(done.stdout)
    assert said["contract"]["dataset"] == "nha-cho"
    assert said["doubts"]
    assert said["file"] is None
    assert not (root / "contracts" / "so-xay-dung" / "nha-cho").exists()


@pytest.mark.parametrize("wrong", [["--agency", "../../etc"], ["--agency", "so-xay-dung", "--id", "../x"]])
def test_ids_are_slugs(wrong: list[str], root: Path, sample: Path) -> None:
    done = called(sample, *wrong, "--root", root)
    assert done.exit_code == 2
    assert "small letters" in done.stderr


def test_an_agency_that_is_not_listed_is_doubted(root: Path, sample: Path) -> None:
    done = called(sample, "--agency", "so-la", "--root", root, "--dry-run", "--json")
    assert any("organisations" in d["en"] for d in json.loads(done.stdout)["doubts"])


def test_a_file_that_is_not_there(root: Path, tmp_path: Path) -> None:
    done = called(tmp_path / "none.csv", "--agency", "so-xay-dung", "--root", root)
    assert done.exit_code == 1
    assert "cannot be opened" in done.stderr
