"""The outbox: one private JSON file for each fault, under ``home/notices/<agency>``, whatever else it is sent by."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from lake.folders import private_folder, write_private

Json = dict[str, Any]
Kind = Literal["failed", "late", "slow"]
"""A run that failed; data that are late; a scheduled run that has not ended in time."""


@dataclass(frozen=True)
class Notice:
    """What is told of one fault, in both languages. ``fault`` tells it from other faults of the dataset."""

    kind: Kind
    agency: str
    dataset: str
    title: Mapping[str, str]
    step: str | None
    said: Mapping[str, str]
    next: Mapping[str, str]
    for_agency: bool
    """Whether the agency can mend it; else its operator must."""
    fault: str
    part: str | None = None
    run_id: str | None = None

    @property
    def id(self) -> str:
        """16 hexadecimal digits, the same for the same fault."""
        named = [self.dataset, self.kind, self.step, self.part, self.fault]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]


class Outbox:
    """The notices of a home. A fault that is still open is told once, however often it comes again."""

    def __init__(self, home: Path) -> None:
        self.home, self.root = home, home / "notices"

    def path(self, notice: Notice) -> Path:
        return self.root / notice.agency / f"{notice.dataset}--{notice.id}.json"

    def tell(self, notice: Notice, page: Callable[[], str | None] = lambda: None) -> bool:
        """Put ``notice`` into the outbox; whether it is new, and has to be sent.

        ``page`` makes the quality report of the delivery, which is laid beside a new notice.
        """
        path, now = self.path(notice), _now()
        kept = _read(path)
        if kept and kept["closed_at"] is None:
            self._write(path, kept | {"times": kept["times"] + 1, "last_at": now, "run_id": notice.run_id})
            return False
        content = {k: v for k, v in asdict(notice).items() if k != "fault"} | {"id": notice.id}
        content |= {"first_at": now, "last_at": now, "times": 1, "closed_at": None, "sent": {}, "report": None}
        if text := page():
            report = path.with_suffix(".html")
            private_folder(report.parent)
            write_private(report, text)
            content["report"] = report.relative_to(self.home).as_posix()
        self._write(path, content)
        return True

    def settle(self, dataset: str, kinds: Collection[Kind], part: str | None = None) -> int:
        """Close the open notices of ``dataset``: what they told of is over. Returns how many there were."""
        closed = 0
        for path, content in self._every(f"{dataset}--*.json"):
            if content["closed_at"] is None and content["kind"] in kinds and content["part"] == part:
                self._write(path, content | {"closed_at": _now()})
                closed += 1
        return closed

    def notices(self, agency: str | None = None, *, every: bool = False) -> list[Json]:
        """The open notices, of one agency or of all, oldest first; ``every`` adds those whose fault is over."""
        found = [content for _, content in self._every() if agency in (None, content["agency"])]
        return sorted((n for n in found if every or n["closed_at"] is None), key=lambda n: (n["first_at"], n["id"]))

    def sent(self, content: Json, results: Mapping[str, bool]) -> None:
        """Note by which ways the notice ``content`` has left, and by which it could not."""
        path = self.root / content["agency"] / f"{content['dataset']}--{content['id']}.json"
        noted = {way: {"at": _now(), "ok": ok} for way, ok in results.items()}
        if kept := _read(path):
            self._write(path, kept | {"sent": kept["sent"] | noted})

    def _every(self, pattern: str = "*.json") -> list[tuple[Path, Json]]:
        read = ((path, _read(path)) for path in sorted(self.root.glob(f"*/{pattern}")) if not path.name.startswith("."))
        return [(path, content) for path, content in read if content]

    def _write(self, path: Path, content: Json) -> None:
        private_folder(path.parent)
        write_private(path, json.dumps(content, ensure_ascii=False, indent=1))


def _read(path: Path) -> Json | None:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
