"""Copies of the declarations, and drafts in them, for tests that change what must not be changed in place."""

import datetime as dt
import shutil
from pathlib import Path

from blueprint import released, releases
from blueprint.load import ROOT

DAY = dt.date(2026, 11, 23)
ROUTES = "contracts/so-xay-dung/bus-routes/1.0.0.yaml"
STOPS = "contracts/so-xay-dung/bus-stops/1.0.0.yaml"


def copy(target: Path) -> Path:
    """The released declarations of the repository with their lock and changelog, and none of its drafts."""
    shutil.copy(ROOT / released.LOCK, target / released.LOCK)
    for file in released.recorded():
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, target / file)
    return target


def draft(root: Path, file: str, version: str, *edits: tuple[str, str]) -> str:
    """Write the next version of ``file`` with ``edits`` made to its text; returns the new file's name."""
    text = (root / file).read_text(encoding="utf-8")
    now = Path(file).stem
    for old, new in ((f"version: {now}\n", f"version: {version}\n"), *edits):
        assert old in text, f"{old!r} is not in {file}"
        text = text.replace(old, new, 1)
    path = (root / file).with_name(f"{version}.yaml")
    path.write_text(text, encoding="utf-8")
    return path.relative_to(root).as_posix()


def line_of(root: Path, file: str, text: str) -> int:
    """The number of the first line that holds ``text``."""
    lines = (root / file).read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, start=1) if text in line)


def terms(**given: object) -> releases.Terms:
    return releases.Terms(**{"day": DAY, **given})  # type: ignore[arg-type]
