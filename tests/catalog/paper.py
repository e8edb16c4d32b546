"""A catalogue on paper: it keeps entries as CKAN does, counts what it is asked, and can be told to fail at any moment."""

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.publisher import INDEX, Catalogue
from catalog.publisher.files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Paper(Catalogue):
    """``asked`` names every call in order; ``at`` is called with ``before`` or ``after`` and the name of each call."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", Path())
        self.entries: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.at: Callable[[str], None] = lambda moment: None

    @property
    def changes(self) -> list[str]:
        return [name for name in self.asked if name != "package_show"]

    def _call(self, action: str, *, missing_ok: bool = False, **data: Any) -> Any:
        self.at(f"before {action}")
        self.asked.append(action)
        found = self._done(action, json.loads(json.dumps(data)))
        self.at(f"after {action}")
        return json.loads(json.dumps(found))

    def _done(self, action: str, data: dict[str, Any]) -> Any:
        if action == "package_delete":
            self.entries[data["id"]]["state"] = "deleted"
        elif action in ("package_create", "package_update"):
            former = self.entries.get(data["name"], {"id": uuid.uuid4().hex, "resources": []})
            known = {r["id"] for r in former["resources"]}
            assert all(r.get("id", "") in known for r in data["resources"] if "id" in r)
            resources = [{"id": uuid.uuid4().hex, **r} for r in data["resources"]]
            made = {**data, "id": former["id"], "resources": resources, "organization": {"name": data["owner_org"]}}
            self.entries[data["name"]] = made
        return self.entries.get(data.get("id", data.get("name", "")))

    def seen(self, dataset: str) -> str | None:
        """The version that readers see, None where they see no entry."""
        entry = self.entries.get(dataset)
        if entry is None or entry["state"] != "active":
            return None
        return str(next(e["value"] for e in entry["extras"] if e["key"] == "hanoi_version"))


def require_whole(home: Path, paper: Paper, dataset: str) -> None:
    """Every file that the entry or the index names is there, with the bytes that they say."""
    folder = home / "published" / dataset
    index = json.loads((folder / INDEX).read_text(encoding="utf-8")) if (folder / INDEX).exists() else {"versions": []}
    named = [(f["url"], f["sha256"]) for v in index["versions"] for f in v["files"]]
    if paper.seen(dataset):
        named += [(r["url"], r["hash"]) for r in paper.entries[dataset]["resources"]]
    for url, digest in named:
        assert sha256_of(folder / url.rpartition("/")[2]) == digest
