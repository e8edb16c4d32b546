"""Folders that only their owner can read, and files that are whole or not there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def private_folder(folder: Path) -> Path:
    """Make a folder and those above it that are missing, for this user only; what is there keeps its mode."""
    for path in reversed([p for p in (folder, *folder.parents) if not p.exists()]):
        path.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside ``path`` that takes its place when the block ends well, and is gone when it does not."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Put ``text`` into the file ``path`` as a whole, readable by its owner alone; what was there is replaced."""
    with replacing(path) as part:
        part.touch(0o600)
        part.write_text(text, encoding="utf-8")


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A private folder for the length of a block, gone with all that is in it when the block ends."""
    try:
        yield private_folder(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
