"""What the index of published versions tells a reader: versions with their differences, quality, freshness and notices."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk

from . import localise, public_datasets, published
from .values import HANOI, moment

log = logging.getLogger(__name__)

SHOWN = 12
"""Versions that a dataset's page lists; the index names all."""


def _later(text: str) -> str:
    """Mark a text for the translators that is translated only when it is shown."""
    return text


_VALIDITY = {
    "passed": _later("passed"), "passed-with-warnings": _later("passed with warnings"), "refused": _later("refused"),
    "unreadable": _later("unreadable"), "failed": _later("failed"),
}  # fmt: skip
_FRESHNESS = {
    "fresh": _later("on time"), "due": _later("due"), "late": _later("late"), "paused": _later("paused"),
    "unknown": _later("no rhythm promised"),
}  # fmt: skip
_DIMENSIONS = {
    "validity": (_later("Validity"), _later("values of the right type, range, form and code")),
    "completeness": (_later("Completeness"), _later("every required value and every promised row is there")),
    "uniqueness": (_later("Uniqueness"), _later("no row repeats another")),
    "consistency": (_later("Consistency"), _later("columns, rows and datasets do not contradict each other")),
}  # fmt: skip


def index(dataset: str) -> dict[str, Any]:
    """Return the index of a dataset's published versions; empty lists where there is none that can be read."""
    versions = public_datasets.index_of(dataset).get("versions")
    return {"versions": [v for v in versions or [] if isinstance(v, dict) and v.get("id")]}


def versions(package: dict[str, Any], listed: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the newest published versions, newest first, with their files and what changed since the one before."""
    present = localise.extra(package, "hanoi_version")
    return [
        {
            "id": v["id"],
            "present": v["id"] == present,
            "moment": moment(str(v.get("committed_at") or "")),
            "rows": v.get("rows"),
            "contract": v.get("contract") or "",
            "score": (v.get("quality") or {}).get("score"),
            "simulated": bool(v.get("simulated")),
            "files": [
                {"format": f.get("format"), "url": published.absolute(f.get("url", "")), "bytes": f.get("bytes")}
                for f in v.get("files") or []
                if isinstance(f, dict)
            ],
            "changes": _changes(v.get("changes")),
            "withdrawn": _withdrawn(v.get("withdrawn")),
        }
        for v in listed["versions"][:SHOWN]
    ]


def _withdrawn(said: Any) -> dict[str, str] | None:
    """When and why a version was withdrawn; its files are gone and its row stays."""
    if not isinstance(said, dict):
        return None
    reason = said.get("reason") or {}
    return {
        "at": moment(str(said.get("at") or "")),
        "reason": reason.get(localise.language()) or reason.get("vi") or "",
    }


def _changes(said: Any) -> dict[str, Any] | None:
    if not isinstance(said, dict):
        return None
    names = ("added", "removed", "changed")
    columns = sorted((said.get("per_column") or {}).items(), key=lambda pair: -pair[1])
    return {
        **{name: int(said.get(name) or 0) for name in names},
        "from": said.get("from") or "",
        "by_key": bool(said.get("key")),
        "columns": columns,
        "columns_added": said.get("columns_added") or [],
        "columns_removed": said.get("columns_removed") or [],
    }


def quality(listed: dict[str, Any], version: str) -> dict[str, Any] | None:
    """Return the quality mark of a version with what it rests on; None where no result was published with it."""
    entry = next((v for v in listed["versions"] if v["id"] == version), None)
    said = (entry or {}).get("quality")
    if not isinstance(said, dict):
        return None
    lang = localise.language()
    validity = str(said.get("validity") or "")
    return {
        "validity": validity,
        "mark": tk._(_VALIDITY[validity]) if validity in _VALIDITY else validity,
        "score": said.get("score"),
        "rows": said.get("rows") or {},
        "measures": [_measure(m) for m in said.get("measures") or [] if isinstance(m, dict)],
        "faults": [
            {
                "rule": f.get("rule", ""),
                "severity": tk._("error") if f.get("severity") == "error" else tk._("warning"),
                "rows": f.get("rows") or 0,
                "meaning": f.get(lang) or f.get("vi") or "",
            }
            for f in said.get("faults") or []
            if isinstance(f, dict)
        ],
    }


def _measure(said: dict[str, Any]) -> dict[str, Any]:
    name, meaning = _DIMENSIONS.get(str(said.get("dimension")), (str(said.get("dimension")), ""))
    share = float(said.get("share") or 0)
    return {
        "name": tk._(name),
        "meaning": tk._(meaning) if meaning else "",
        # Rounded down, so that 100 % is shown only where nothing is wrong.
        "percent": int(share * 1000 + 1e-9) / 10,
        "faulty": said.get("faulty") or 0,
        "doubtful": said.get("doubtful") or 0,
    }


def freshness(dataset: str, listed: dict[str, Any]) -> dict[str, Any] | None:
    """Return the freshness mark: the last one that the watch wrote, else the one of the last publication.

    Time goes on after a mark was written: one that was on time is due once the promised moment is over.
    """
    newest = (listed["versions"] or [{}])[0]
    said = (newest.get("quality") or {}).get("freshness")
    if not isinstance(said, dict):  # nothing is told of what is judged by columns that are not open
        return None
    said = _watched(dataset) or said
    state = str(said.get("state") or "unknown")
    expected = str(said.get("expected_by") or "")
    if state == "fresh" and expected and _over(expected):
        state = "due"
    lang = localise.language()
    return {
        "state": state,
        "mark": tk._(_FRESHNESS.get(state, _FRESHNESS["unknown"])),
        "newest": moment(str(said.get("newest") or "")),
        "expected": moment(expected),
        "said": (said.get(lang) or said.get("vi") or "") if state == said.get("state") else "",
        "groups": said.get("groups"),
        "groups_late": said.get("groups_late") or 0,
    }


def _watched(dataset: str) -> dict[str, Any] | None:
    """The mark of the watch, which looks at every dataset at fixed hours."""
    path = tk.config.get("hanoi.freshness_path")
    content = _json(Path(path)) if path else None
    found = content.get("datasets") if isinstance(content, dict) else None
    return next((m for m in found or [] if isinstance(m, dict) and m.get("dataset") == dataset), None)


def _over(text: str) -> bool:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return False
    return value.astimezone(HANOI) < datetime.now(HANOI)


def notices(package: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the announced breaking changes that concern the dataset, those still to come first and soonest first."""
    try:
        listed = json.loads(localise.extra(package, "hanoi_notices") or "[]")
    except ValueError:
        return []
    lang = localise.language()
    name = package.get("name", "")
    today = datetime.now(HANOI).date()
    found = [
        {
            "subject": n.get("subject", ""),
            "version": n.get("version", ""),
            "effective": moment(str(n.get("effective", ""))),
            "former_until": moment(str(n.get("former_until", ""))),
            "coming": (day := _day(n.get("effective"))) is not None and day > today,
            "ends": (_day(n.get("former_until")) or today) >= today,
            "columns": [c.partition(".")[2] for c in n.get("columns") or [] if c.startswith(f"{name}.")],
            "text": n.get(lang) or n.get("vi") or "",
            "order": str(n.get("effective", "")),
        }
        for n in listed
        if isinstance(n, dict)
    ]
    return sorted((n for n in found if n["coming"] or n["ends"]), key=lambda n: (not n["coming"], n["order"]))


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        log.warning("%s cannot be read", path)
        return None
