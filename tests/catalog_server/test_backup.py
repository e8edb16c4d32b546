"""The file of a backup, and the exchange by which a restored home takes its place."""

import io
import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hanoi_server.archive import MANIFEST, manifest_of, unpack, writing
from hanoi_server.errors import ServerError
from tests.catalog_server.conftest import PYTHON, SERVER_DIR

pytestmark = pytest.mark.platform


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A backup of two files."""
    storage = tmp_path / "storage"
    (storage / "uploads").mkdir(parents=True)
    (storage / "uploads" / "ảnh.png").write_bytes(b"png")
    (storage / ".half.123").write_bytes(b"half")
    (storage / "link").symlink_to("/etc/passwd")
    (tmp_path / "ckan.dump").write_bytes(b"rows")
    target = tmp_path / "backup.tar.gz"
    with writing(target) as writer:
        writer.add("databases/ckan.dump", tmp_path / "ckan.dump")
        writer.add_folder("storage", storage)
        writer.close({"versions": {}})
    return target


def members(source: Path) -> dict[str, bytes]:
    with tarfile.open(source) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}


def written(target: Path, content: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(target, "w:gz") as tar:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size, info.type = (len(data), kind) if name != MANIFEST else (len(data), tarfile.REGTYPE)
            tar.addfile(info, io.BytesIO(data))
    return target


def test_a_backup_holds_finished_files_and_is_read_by_its_owner(made: Path, tmp_path: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o600
    assert set(manifest_of(made)["members"]) == {"databases/ckan.dump", "storage/uploads/ảnh.png"}
    room = tmp_path / "room"
    unpack(made, lambda name: room / name)
    assert (room / "storage" / "uploads" / "ảnh.png").read_bytes() == b"png"
    assert {p.stat().st_mode & 0o077 for p in room.rglob("*")} == {0}


def test_a_backup_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), writing(tmp_path / "backup.tar.gz"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def changed(content: dict[str, bytes]) -> dict[str, bytes]:
    return {**content, "databases/ckan.dump": b"rowz"}


def missing(content: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in content.items() if name != "databases/ckan.dump"}


def without_manifest(content: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in content.items() if name != MANIFEST}


def besides(name: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda content: {name: b"x", **content}


@pytest.mark.parametrize(
    "tampered",
    [changed, missing, without_manifest, besides("../evil"), besides("/etc/evil"), besides("storage/../../evil"),
     besides("storage/more.txt"), besides("evil")],
)  # fmt: skip
def test_a_backup_that_was_tampered_with_is_refused(
    made: Path, tmp_path: Path, tampered: Callable[[dict[str, bytes]], dict[str, bytes]]
) -> None:
    other = written(tmp_path / "other.tar.gz", tampered(members(made)))
    with pytest.raises(ServerError, match="damaged"):
        manifest_of(other)


def test_links_and_halves_of_backups_are_refused(made: Path, tmp_path: Path) -> None:
    linked = written(tmp_path / "linked.tar.gz", {"storage/x": b"", **members(made)}, tarfile.SYMTYPE)
    half = tmp_path / "half.tar.gz"
    half.write_bytes(made.read_bytes()[:300])
    text = tmp_path / "text.tar.gz"
    text.write_text("no backup")
    for wrong in (linked, half, text):
        with pytest.raises(ServerError, match="damaged"):
            manifest_of(wrong)


# Run by the server's Python: two homes without databases change places, and change back.
EXCHANGE = """
import json, os, sys
from pathlib import Path
os.umask(0o077)
from hanoi_server import restore
from hanoi_server.errors import ServerError
from hanoi_server.layout import Layout

home, other = Path(sys.argv[1]), Path(sys.argv[2])
for folder, word in ((home, "old"), (other, "new")):
    layout = Layout.of(folder)
    layout.create()
    layout.secrets.write_text("{}")
    (layout.storage / "word").write_text(word)
    (folder / "published").mkdir()
    (folder / "published" / "word").write_text(word)

def state(folder):
    return [(folder / name / "word").read_text() for name in ("ckan/storage", "published")]

layout = Layout.of(home)
said = []
rename = Path.rename
def failing(self, target):
    if self.name == "published" and self.parent == other:
        raise OSError("disk")
    return rename(self, target)
Path.rename = failing
try:
    restore._swap(layout, other, ["ckan", "published"])
except OSError:
    said.append(state(home) + state(other))
Path.rename = rename
kept = restore._swap(layout, other, ["ckan", "published"])
said += [state(home), state(kept)]
back = restore.undo(layout)
said += [state(home), state(Path(back["kept"])), kept.exists()]
restore.undo(layout)
said.append(state(home))
print(json.dumps(said))
"""


def test_homes_change_places_and_back_and_a_failure_on_the_way_changes_nothing(
    server_python: Path, tmp_path: Path
) -> None:
    command = [str(PYTHON), "-c", EXCHANGE, str(tmp_path / "home"), str(tmp_path / "home" / ".restore-x")]
    done = subprocess.run(command, cwd=SERVER_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    old, new = ["old"] * 2, ["new"] * 2
    assert json.loads(done.stdout) == [old + new, new, old, old, new, False, new]
