"""Records of runs: what each step found, and how the last run of each dataset ended."""

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dags.errors import as_told
from lake.folders import private_folder, write_private

STEPS = ("fetch", "conform", "gate", "commit", "publish")
Content = dict[str, Any]


@dataclass(frozen=True)
class RunRecord:
    """The record of the running or last run of one dataset, at ``home/runs/<dataset>.json``.

    A run may take several deliveries that stand by themselves, or one of a date. Each of them has a record of its own,
    named by ``part``, which stays after the run; the run's record is then put together from them when it is read.
    """

    home: Path
    dataset: str
    part: str | None = None

    @property
    def path(self) -> Path:
        folder = self.home / "runs"
        return folder / self.dataset / f"{self.part}.json" if self.part else folder / f"{self.dataset}.json"

    def read(self) -> Content:
        """The record, or an empty one before the first run."""
        own = self._own()
        if "slices" not in own:
            return own
        parts = [RunRecord(self.home, self.dataset, name)._own() for name in own["slices"]]
        return _together(own, [part for part in parts if part.get("run_id") == own["run_id"]])

    def start(self, run_id: str, *, slices: Sequence[str] = (), date: str | None = None) -> None:
        """Begin a run, which takes the deliveries ``slices`` where they have names."""
        found: Content = {"dataset": self.dataset, "run_id": run_id, "started_at": _now()}
        found |= {"slices": list(slices)} if slices else {}
        found |= {"date": date} if date else {}
        self._write(found | {"state": "running", "step": STEPS[0]})
        run = RunRecord(self.home, self.dataset)
        if self.part and self.part not in run._of(run_id):
            run.start(run_id, slices=[self.part])

    def note(self, step: str, *, last: bool = False, **found: Any) -> None:
        """Remember that ``step`` ended well and what it found; the run is done after ``publish``, or where it is the last."""
        done = last or step == STEPS[-1]
        self._write(self._own() | found | {"step": step, "state": "success" if done else "running", "ended_at": _now()})

    def fail(self, step: str, error: BaseException) -> None:
        """Remember why the run ended at ``step``, where the disk still takes it."""
        told = as_told(error, step)
        with suppress(OSError):  # a full or read-only disk must not hide the error that it caused
            self._write(
                self._own()
                | {"step": step, "state": "failed", "error": {"vi": told.vi, "en": told.en}, "ended_at": _now()}
            )

    def dates(self) -> dict[str, Content]:
        """The records of every date that the dataset was run for, in the order of the dates."""
        found: dict[str, Content] = {}
        for path in sorted((self.home / "runs" / self.dataset).glob("[!.]*.json")):
            content = RunRecord(self.home, self.dataset, path.stem)._own()
            if content.get("date") == path.stem:
                found[path.stem] = content
        return found

    def _of(self, run_id: str) -> list[str]:
        own = self._own()
        return list(own.get("slices", ())) if own.get("run_id") == run_id else []

    def _own(self) -> Content:
        try:
            return dict(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}

    def _write(self, content: Content) -> None:
        private_folder(self.path.parent)
        write_private(self.path, json.dumps(content, ensure_ascii=False, indent=1))


def _together(run: Content, parts: Sequence[Content]) -> Content:
    """The record of a run from those of its deliveries: counts are added, the first failure is the run's."""
    if not parts:
        return run
    failed = [part for part in parts if part["state"] == "failed"]
    told = failed[0] if failed else parts[-1]
    counts = {name for part in parts for name in part if name.startswith("rows_")}
    found = {**parts[-1], **run, **{k: told[k] for k in ("step", "error") if k in told}}
    found |= {name: sum(part.get(name) or 0 for part in parts) for name in sorted(counts)}
    if any(part.get("new_version") for part in parts):
        found["new_version"] = True
    whole = len(parts) == len(run["slices"]) and all(part["state"] == "success" for part in parts)
    ended = [part["ended_at"] for part in parts if "ended_at" in part]
    state = "failed" if failed else "success" if whole else run["state"]
    return found | {"state": state, **({"ended_at": max(ended)} if ended else {})}


def staging(home: Path, dataset: str, run_id: str, part: str | None = None) -> Path:
    """The folder of the intermediate files of one run, or of one of its deliveries."""
    return private_folder(home / "staging") / f"{_staged(dataset, run_id)}{f'--{part}' if part else ''}"


def clear_staging(home: Path, dataset: str, run_id: str = "") -> None:
    """Remove what runs of ``dataset`` other than ``run_id`` left behind."""
    own = _staged(dataset, run_id)
    for folder in (home / "staging").glob(f"{dataset}--*"):
        if not run_id or not folder.name.startswith(f"{own}--"):
            shutil.rmtree(folder, ignore_errors=True)


def _staged(dataset: str, run_id: str) -> str:
    return f"{dataset}--{''.join(c if c.isalnum() else '-' for c in run_id)}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
