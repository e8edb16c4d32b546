"""The whole Blueprint as one resolved document: every declaration in every version, with what it rests on by content hash.

Two builds of the same declarations are the same bytes, on any machine, with no network.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from blueprint.contract import Contract
from blueprint.indicator import Indicator
from blueprint.load import Blueprint
from blueprint.released import recorded
from blueprint.subjects import Declaration, file_of, subject_of, subjects, version_of
from blueprint.types import duckdb_type

FORMAT = 1
"""Raised when the shape of the document changes."""


def build(plan: Blueprint) -> bytes:
    """``plan`` as canonical JSON in UTF-8, ending in a line break: keys sorted, no blanks.

    Each declaration stands under its subject and version with its content and ``sha256``; each column of a contract also
    with what it resolves to: type, unit, classification, and the concept's and the code list's hash. Raises BlueprintError
    where a declaration points at nothing.

    >>> from blueprint import blueprint
    >>> document = json.loads(build(blueprint()))
    >>> document["contracts"]["bus-routes"]["1.0.0"]["columns"]["route_id"]["concept"]
    'route-id@1'
    """
    plan.check()
    lock = recorded(plan.root)
    hashes = _Hashes(plan)
    kinds = ("concepts", "codelists", "crosswalks", "contracts", "indicators")
    found: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in kinds}
    for subject, versions in subjects(plan).items():
        kind, _, name = subject.rpartition(":")
        for declaration in versions:
            entry: dict[str, Any] = {
                "sha256": hashes.of(declaration),
                "released": file_of(declaration) in lock,
                "content": declaration.model_dump(mode="json", exclude_defaults=True),
            }
            if isinstance(declaration, Contract):
                entry["columns"] = {c.name: _column(declaration, c.name, plan, hashes) for c in declaration.columns}
                entry["classification"] = plan.classification(declaration).value
            if isinstance(declaration, Indicator):
                read = {reads.dataset: plan.read_contract(reads) for reads in declaration.datasets}
                entry["contracts"] = {name: {"version": c.version, "sha256": hashes.of(c)} for name, c in read.items()}
                entry["concepts"] = {ref: hashes.of(plan.concept(ref)) for ref in declaration.concepts}
                entry["classification"] = plan.classification(declaration).value
            found[f"{kind or 'contract'}s"].setdefault(name, {})[version_of(declaration)] = entry
    document = {"format": FORMAT, **found}
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def sha256_of(declaration: Declaration) -> str:
    """The hash of what ``declaration`` says, tables included, however its files are written."""
    content = declaration.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class _Hashes:
    """The hash of each declaration, computed once."""

    def __init__(self, plan: Blueprint) -> None:
        self.plan = plan
        self._known: dict[str, str] = {}

    def of(self, declaration: Declaration) -> str:
        ref = f"{subject_of(declaration)}@{version_of(declaration)}"
        if ref not in self._known:
            self._known[ref] = sha256_of(declaration)
        return self._known[ref]


def _column(contract: Contract, name: str, plan: Blueprint, hashes: _Hashes) -> Mapping[str, Any]:
    concept = plan.concept_of(contract.column(name))
    codelist = plan.codelist(concept.codelist) if concept.codelist else None
    resolved = {
        "concept": concept.ref,
        "concept_sha256": hashes.of(concept),
        "type": duckdb_type(concept),
        "unit": concept.unit,
        "classification": concept.classification.value,
        "codelist": codelist.ref if codelist else None,
        "codelist_sha256": hashes.of(codelist) if codelist else None,
    }
    return {key: value for key, value in resolved.items() if value is not None}
