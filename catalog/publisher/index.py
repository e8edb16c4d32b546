"""The index of a dataset's published versions: `versions.json`, which names each with its files, quality and notices."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from blueprint import Contract
from blueprint.changelog import Release
from catalog.publisher.files import KINDS, PublishedFile, sha256_of
from lake import Lake, Version
from lake.folders import replacing
from quality.report import QualityResult, ReportStore
from quality.report.store import NoReport

INDEX = "versions.json"
FORMAT = 1
"""The number of this format. A field that changes its meaning or goes away makes a new number."""


def write_index(home: Path, contract: Contract, lake: Lake, notices: Sequence[Mapping[str, Any]]) -> Path:
    """Write the index of the versions of ``contract``'s dataset whose files are published, newest first, in one step.

    The files of a version never change, so what the former index says of them is kept and only new ones are hashed.
    ``notices`` are what ``announced`` gives.
    """
    folder = Path(home) / "published" / contract.dataset
    path = folder / INDEX
    known = {f["url"]: f for v in read_index(path)["versions"] for f in v["files"]}
    results = {r.version: r for r in reversed(_results(home, contract.dataset)) if r.version}
    lying = [v for v in lake.versions(contract.dataset) if (folder / f"{v.id}.parquet").is_file()]
    content = {
        "format": FORMAT,
        "dataset": contract.dataset,
        "versions": [_entry(v, folder, known, results.get(v.id)) for v in reversed(lying)],
        "notices": list(notices),
    }
    with replacing(path) as part:
        part.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def read_index(path: Path) -> dict[str, Any]:
    """The index in the file ``path``; an empty one where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    return content if isinstance(content, dict) and content.get("format") == FORMAT else {"versions": []}


def _results(home: Path, dataset: str) -> list[QualityResult]:
    """The kept results; none where one cannot be read, for a version is published with or without them."""
    try:
        return ReportStore(home).results(dataset)
    except NoReport:
        return []


def _entry(
    version: Version, folder: Path, known: Mapping[str, dict[str, Any]], result: QualityResult | None
) -> dict[str, Any]:
    return {
        "id": version.id,
        "number": version.number,
        "committed_at": version.committed_at.isoformat(timespec="seconds"),
        "contract": version.contract,
        "rows": version.rows,
        "rows_in": version.rows_in,
        "rows_quarantined": version.rows_quarantined,
        "gate": version.gate,
        "simulated": version.simulated,
        "delivery": version.delivery,
        "content_hash": version.content_hash,
        "code_version": version.code_version,
        "quality": _quality(result) if result else None,
        "files": [file for kind in KINDS if (file := _file(folder, version, kind, known))],
    }


def _file(
    folder: Path, version: Version, kind: tuple[str, str, str, str], known: Mapping[str, dict[str, Any]]
) -> dict[str, Any] | None:
    suffix, name, format_, media_type = kind
    path = folder / f"{version.id}.{suffix}"
    url = f"/data/{version.dataset}/{path.name}"
    if not path.is_file():
        return None
    size = path.stat().st_size
    if url in known and known[url]["bytes"] == size:
        return known[url]
    return asdict(PublishedFile(name, format_, media_type, url, size, sha256_of(path)))


def _quality(result: QualityResult) -> dict[str, Any]:
    """What may be told to everybody: marks, score, and how many rows broke which rule; never a value that came."""
    fresh = result.marks.freshness
    return {
        "validity": result.marks.validity,
        "score": result.score.shown,
        "measures": [m.model_dump(mode="json") for m in result.score.measures],
        "freshness": fresh.model_dump(mode="json") if fresh else None,
        "rows": result.rows.model_dump(),
        "faults": [
            {"rule": f.rule, "severity": f.severity, "rows": f.rows, "vi": f.vi, "en": f.en} for f in result.faults
        ],
    }


def announced(contract: Contract, entries: Iterable[Release]) -> list[dict[str, Any]]:
    """The announced breaking changes of the dataset, and those of other subjects that concern its columns; newest first."""
    return [
        {
            "subject": e.subject,
            "version": e.version,
            "announced": e.date.isoformat(),
            **e.notice.model_dump(mode="json"),
        }
        for e in entries
        if e.notice and (e.subject == contract.dataset or contract.dataset in e.notice.concerned)
    ]
