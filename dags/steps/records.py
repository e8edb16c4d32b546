"""Records of runs: what each step found, and how the last run of each dataset ended."""

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blueprint.errors import HanoiError
from lake.folders import private_folder, write_private

STEPS = ("fetch", "conform", "gate", "commit", "publish")


@dataclass(frozen=True)
class RunRecord:
    """The record of the running or last run of one dataset, at ``home/runs/<dataset>.json``."""

    home: Path
    dataset: str

    @property
    def path(self) -> Path:
        return self.home / "runs" / f"{self.dataset}.json"

    def read(self) -> dict[str, Any]:
        """The record, or an empty one before the first run."""
        try:
            return dict(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}

    def start(self, run_id: str) -> None:
        self._write(
            {"dataset": self.dataset, "run_id": run_id, "started_at": _now(), "state": "running", "step": STEPS[0]}
        )

    def note(self, step: str, **found: Any) -> None:
        """Remember that ``step`` ended well and what it found."""
        done = step == STEPS[-1]
        self._write(self.read() | found | {"step": step, "state": "success" if done else "running", "ended_at": _now()})

    def fail(self, step: str, error: BaseException) -> None:
        """Remember why the run ended at ``step``, where the disk still takes it."""
        vi, en = (
            (error.vi, error.en)
            if isinstance(error, HanoiError)
            else (f"Lỗi ngoài dự kiến: {error!r}", f"Unexpected error: {error!r}")
        )
        with suppress(OSError):  # a full or read-only disk must not hide the error that it caused
            self._write(
                self.read() | {"step": step, "state": "failed", "error": {"vi": vi, "en": en}, "ended_at": _now()}
            )

    def _write(self, content: dict[str, Any]) -> None:
        private_folder(self.path.parent)
        write_private(self.path, json.dumps(content, ensure_ascii=False, indent=1))


def staging(home: Path, dataset: str, run_id: str) -> Path:
    """The folder of one run's intermediate files."""
    safe = "".join(c if c.isalnum() else "-" for c in run_id)
    return private_folder(home / "staging") / f"{dataset}--{safe}"


def clear_staging(home: Path, dataset: str) -> None:
    """Remove what earlier runs of ``dataset`` left behind."""
    for folder in (home / "staging").glob(f"{dataset}--*"):
        shutil.rmtree(folder, ignore_errors=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
