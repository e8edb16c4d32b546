"""Which versions were ever published: noted on disk before the catalogue hears of them, so that none is removed later."""

import json
import os
import shutil
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from lake.folders import private_folder, write_private


class Publications:
    """The versions of one dataset that may have been published: one file each in ``home/publications/<dataset>``.

    >>> from tempfile import mkdtemp
    >>> found = Publications(Path(mkdtemp()), "bus-stops")
    >>> found.known() is None
    True
    >>> found.note("3-0a1b2c3d", present=["1-00000000", "2-11111111", "3-0a1b2c3d"])
    >>> sorted(found.known())
    ['1-00000000', '2-11111111', '3-0a1b2c3d']
    """

    def __init__(self, home: Path, dataset: str) -> None:
        self.dataset = dataset
        self._folder = Path(home) / "publications" / dataset
        self._files = Path(home) / "published" / dataset

    def note(self, version: str, present: Iterable[str]) -> None:
        """Note that ``version`` is about to be published.

        The first note of a dataset counts the versions that are ``present`` in the lake as published too: what happened
        to them before is not known.
        """
        if not self._folder.is_dir():
            self._begin(present)
        self._write(self._folder, version, presumed=False)

    def known(self) -> frozenset[str] | None:
        """The ids of all versions that may ever have been published; None where nothing was noted yet."""
        if not self._folder.is_dir():
            return None
        noted = {path.stem for path in self._folder.glob("*.json")}
        lying = {path.name.partition(".")[0] for path in self._files.glob("[0-9]*")}
        return frozenset(noted | lying)

    def _begin(self, present: Iterable[str]) -> None:
        """Put the folder in place with all presumed versions in it, whole or not at all."""
        private_folder(self._folder.parent)
        draft = self._folder.with_name(f".{self.dataset}.{uuid.uuid4().hex}.{os.getpid()}")
        try:
            private_folder(draft)
            for each in present:
                self._write(draft, each, presumed=True)
            draft.rename(self._folder)
        except OSError:
            if not self._folder.is_dir():  # another run was not faster
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _write(self, folder: Path, version: str, *, presumed: bool) -> None:
        path = folder / f"{version}.json"
        if path.exists():
            return
        content = {
            "dataset": self.dataset,
            "version": version,
            "noted_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "presumed": presumed,
        }
        write_private(path, json.dumps(content))
