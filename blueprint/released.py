"""The lock of released declarations: a released version is a file whose content never changes.

``python -m blueprint.released`` adds declarations that are new to ``released.json`` and refuses when one that is already
there has changed or is gone. A change is a new file with the next version, never an edit.
"""

import hashlib
import json
import sys
from pathlib import Path

from blueprint.errors import BlueprintError, HanoiError
from blueprint.load import ROOT, content, load

LOCK = "released.json"
_PATTERNS = (
    "concepts/*/*.yaml",
    "codelists/*/*.yaml",
    "codelists/*/*.csv",
    "contracts/*/*/*.yaml",
    "contracts/*/*/*.csv",
    "crosswalks/*/*.yaml",
    "crosswalks/*/*.csv",
)


class ReleasedChanged(BlueprintError):
    """A released declaration was edited or removed."""


def digest(path: Path) -> str:
    """SHA-256 of what the file declares: of its canonical content for YAML, of its bytes for a table.

    Comments, key order and line breaks of a YAML file may change; nothing that a reader of the declaration sees may.
    """
    data = content(path).encode() if path.suffix == ".yaml" else path.read_bytes()
    return hashlib.sha256(data).hexdigest()


def declared(root: Path = ROOT) -> dict[str, str]:
    """Every declaration under ``root``: its path from there -> its digest."""
    paths = sorted(p for pattern in _PATTERNS for p in root.glob(pattern))
    return {p.relative_to(root).as_posix(): digest(p) for p in paths}


def recorded(root: Path = ROOT) -> dict[str, str]:
    """The released declarations; empty where nothing was released yet."""
    lock = root / LOCK
    return json.loads(lock.read_text(encoding="utf-8")) if lock.exists() else {}


def verify(root: Path = ROOT) -> None:
    """Raise ReleasedChanged where a released file is not what it was, naming every such file."""
    found = declared(root)
    wrong = [path for path, was in recorded(root).items() if found.get(path) != was]
    if wrong:
        listed = ", ".join(f"{p}{'' if p in found else ' (đã xóa / removed)'}" for p in wrong)
        raise ReleasedChanged(
            f"Khai báo đã phát hành không được sửa: {listed}. Hãy khôi phục tệp cũ và viết thay đổi vào tệp phiên bản mới.",
            f"Released declarations must not change: {listed}. Restore the file and put the change into a file of the next version.",
        )


def release(root: Path = ROOT) -> tuple[str, ...]:
    """Add what is new under ``root`` to the lock and return it.

    Raises:
        ReleasedChanged: a released file was edited or removed; the lock is left as it was.
        BlueprintError: a declaration is wrong or points at nothing.
    """
    verify(root)
    load(root)
    known, found = recorded(root), declared(root)
    new = tuple(path for path in found if path not in known)
    if new:
        lines = json.dumps(dict(sorted(found.items())), ensure_ascii=False, indent=1) + "\n"
        (root / LOCK).write_text(lines, encoding="utf-8")
    return new


def main() -> int:
    try:
        new = release()
    except HanoiError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"+ {path}\n" for path in new))
    sys.stdout.write(f"{len(recorded())} khai báo đã phát hành / declarations released\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
