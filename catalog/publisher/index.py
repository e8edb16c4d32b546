"""The index of a dataset's published versions: `versions.json`, which names each with its files, quality and notices."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from blueprint import Blueprint, Contract
from catalog.publisher.changes import changed
from catalog.publisher.files import KINDS, PublishedFile, sha256_of
from catalog.publisher.openness import made_by, open_columns, quality_told, told_of
from catalog.publisher.withdrawals import Tombstone, Withdrawals
from lake import Lake, Version
from lake.folders import private_folder, write_private
from quality.report import QualityResult, ReportStore
from quality.report.store import NoReport

INDEX = "versions.json"
FORMAT = 1
"""The number of this format. A field that changes its meaning or goes away makes a new number."""


def write_index(
    home: Path, contract: Contract, plan: Blueprint, lake: Lake, notices: Sequence[Mapping[str, Any]]
) -> Path:
    """Write the index of the versions of ``contract``'s dataset that were published, newest first, in one step.

    Withdrawn versions stay in it with their tombstones and without files. Where nothing changed, nothing is written.

    The files of a version never change, so what the former index says of them, and of what changed between two of them, is kept:
    only new ones are hashed and compared.
    ``notices`` are what ``announced`` gives.
    """
    folder = Path(home) / "published" / contract.dataset
    path = folder / INDEX
    former = read_index(path)["versions"]
    known = {f["url"]: f for v in former for f in v["files"]}
    told = {(c["from"], v["id"]): c for v in former if (c := v.get("changes"))}
    results = {r.version: r for r in reversed(_results(home, contract.dataset)) if r.version}
    gone = Withdrawals(home, contract.dataset)
    versions = [v for v in reversed(lake.versions(contract.dataset)) if _published(folder, v, gone)]
    lying = [v.id for v in versions if not gone.of(v.id)]
    before = dict(pairwise(lying))
    successor = f"{contract.dataset}@{lying[0]}" if lying else None
    content = {
        "format": FORMAT,
        "dataset": contract.dataset,
        "versions": [
            {
                **_entry(told_of(v, contract, plan), folder, known),
                "quality": _quality(results.get(v.id), contract, plan, v),
                "changes": _changes(folder, before.get(v.id), v.id, told),
                "withdrawn": _tombstone(gone.of(v.id), successor),
            }
            for v in versions
        ],
        "notices": list(notices),
        "withdrawn": _tombstone(gone.of_dataset(), None),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_private(private_folder(folder) / INDEX, text)
    return path


def _published(folder: Path, version: Version, gone: Withdrawals) -> bool:
    return (folder / f"{version.id}.parquet").is_file() or gone.holds(version.id)


def _tombstone(found: Tombstone | None, successor: str | None) -> dict[str, Any] | None:
    return found and {**found.to_json(), "successor": found.successor or successor}


def read_index(path: Path) -> dict[str, Any]:
    """The index in the file ``path``; an empty one where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    return content if isinstance(content, dict) and content.get("format") == FORMAT else {"versions": []}


def _changes(
    folder: Path, former: str | None, present: str, told: Mapping[tuple[str, str], dict[str, Any]]
) -> dict[str, Any] | None:
    """What changed since the published version before; None for the first one, and where it was not counted."""
    if former is None:
        return None
    return told.get((former, present)) or changed(folder, former, present)


def _results(home: Path, dataset: str) -> list[QualityResult]:
    """The kept results; none where one cannot be read, for a version is published with or without them."""
    try:
        return ReportStore(home).results(dataset)
    except NoReport:
        return []


def _quality(
    result: QualityResult | None, contract: Contract, plan: Blueprint, version: Version
) -> dict[str, Any] | None:
    if result is None:
        return None
    return quality_told(result, made_by(contract, plan, version), open_columns(contract, plan, version))


def _entry(version: Version, folder: Path, known: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
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
        "run": version.run_id,
        "content_hash": version.content_hash,
        "code_version": version.code_version,
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
