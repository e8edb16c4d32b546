"""The files that leave the platform: CSV, Parquet and the data dictionary of one version, with open columns only."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from blueprint import Blueprint, Contract
from blueprint.rules import fixed_date
from catalog.publisher.described import described
from catalog.publisher.errors import CatalogueError
from catalog.publisher.openness import made_by, open_columns, open_key
from catalog.publisher.publications import Publications
from lake import Lake, Version
from lake.folders import private_folder, replacing


@dataclass(frozen=True)
class PublishedFile:
    """One distribution: its path in the catalogue, media type, size in bytes and SHA-256."""

    name: str
    format: str
    media_type: str
    url: str
    bytes: int
    sha256: str


# Small row groups, so that the catalogue's DataStore need not read much for a page.
PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480"

KINDS = (
    ("csv", "CSV", "CSV", "text/csv"),
    ("parquet", "Parquet", "Parquet", "application/vnd.apache.parquet"),
    ("schema.json", "Từ điển dữ liệu", "JSON", "application/json"),
)


def published(
    home: Path, contract: Contract, plan: Blueprint, lake: Lake, version: Version
) -> tuple[PublishedFile, ...]:
    """Write the files of ``version`` under ``home/published``, each in one step, and describe them.

    Columns that are not bound to an open concept are left out. Files that are already there are never written again, so
    that the bytes behind a version's address stay the same. The version is noted as published first, so that the lake
    keeps it for good.

    Raises:
        CatalogueError: no column of the contract is open.
    """
    columns = [c.name for c in open_columns(contract, plan, version)]
    if not columns:
        raise CatalogueError(
            f"{contract.dataset}: không có cột nào được phép công bố (mọi khái niệm đều không mở).",
            f"{contract.dataset}: no column may be published (no concept among them is open).",
        )
    Publications(home, contract.dataset).note(version.id, (v.id for v in lake.versions(contract.dataset)))
    folder = private_folder(home / "published" / contract.dataset)
    select = lake.select(version, columns)
    # Where the key does not leave whole, the rows' order in the lake must not leave either.
    declared = made_by(contract, plan, version).key
    key = [c for c in declared if c in columns]
    order = key if len(key) == len(declared) else [*key, *(c for c in columns if c not in key)]
    found: list[PublishedFile] = []
    for suffix, name, format_, media_type in KINDS:
        path = folder / f"{version.id}.{suffix}"
        if not path.exists():
            with replacing(path) as part:
                if suffix == "schema.json":
                    content = json.dumps(dictionary(contract, plan, version), ensure_ascii=False, indent=1)
                    part.write_text(content, encoding="utf-8")
                else:
                    _copy(select, order, part, suffix)
                part.chmod(0o600)
        found.append(
            PublishedFile(
                name, format_, media_type, f"/data/{contract.dataset}/{path.name}", path.stat().st_size, sha256_of(path)
            )
        )
    return tuple(found)


def dictionary(contract: Contract, plan: Blueprint, version: Version) -> dict[str, object]:
    """The data dictionary of ``version`` as it is published: every open column with its shared definition."""
    columns = []
    declared = made_by(contract, plan, version)
    leaving = open_columns(contract, plan, version)
    names = {c.name for c in leaving}
    for column in leaving:
        concept = plan.concept_of(column)
        description = column.description or concept.definition
        columns.append(
            {
                "name": column.name,
                "title": column.title.model_dump(),
                "description": description.model_dump(),
                "concept": column.concept,
                # The day, or the column with the day, on which a code of a dated list is read.
                "as_of": column.as_of if column.as_of in names or fixed_date(column) else None,
                "type": concept.type,
                "unit": concept.unit,
                "required": column.required,
                **described(column, plan),
            }
        )
    return {
        "dataset": contract.dataset,
        "version": version.id,
        "contract": version.contract,
        "title": contract.title.model_dump(),
        "key": open_key(declared, leaving),
        "rows": version.rows,
        "columns": columns,
    }


def _copy(select: str, key: list[str], target: Path, suffix: str) -> None:
    import duckdb

    from blueprint.sql import ident, literal

    form = "FORMAT csv, HEADER" if suffix == "csv" else PARQUET
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(
            f"COPY (SELECT * FROM ({select}) ORDER BY {', '.join(map(ident, key))}) TO {literal(str(target))} ({form})"
        )


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
