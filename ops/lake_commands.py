"""The verbs of ``hanoi lake``: each parses, makes one call, and shows what came."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ops.options import HOME, JSON, BilingualGroup, telling


@click.group(cls=BilingualGroup)
def lake() -> None:
    """Các phiên bản dữ liệu: liệt kê, so sánh, kiểm tra, nguồn gốc. / The versions of the data."""


def register(group: click.Group) -> None:
    """Add the lake's verbs to the one command."""
    group.add_command(lake)


@lake.command()
@click.argument("dataset")
@JSON
@HOME
def versions(dataset: str, as_json: bool, home: Path | None) -> None:
    """Liệt kê các phiên bản của một bộ dữ liệu. / List the versions of a dataset."""
    with telling():
        from lake import Lake
        from ops.settings import settings_for

        found = Lake(settings_for(home).home).versions(_known(dataset))
        if as_json:
            click.echo(json.dumps([_version(v) for v in found], ensure_ascii=False))
        else:
            from ops.show_lake import show_versions

            show_versions(found)


@lake.command()
@click.argument("dataset")
@click.argument("v1")
@click.argument("v2")
@click.option("--limit", type=click.IntRange(0, 100_000), default=20, help="Số dòng hiện ra. / Rows to show. [20]")
@JSON
@HOME
def diff(dataset: str, v1: str, v2: str, limit: int, as_json: bool, home: Path | None) -> None:
    """So sánh hai phiên bản, từng dòng theo khóa. / Compare two versions, row by row by the key.

    Thoát với mã 0 dù có khác hay không. / Ends with code 0 whether they differ or not.
    """
    with telling():
        from blueprint import blueprint
        from lake import Lake
        from ops.settings import settings_for

        plan = blueprint()
        contract = plan.contract(dataset)
        store = Lake(settings_for(home).home)
        found = store.diff(dataset, v1, v2, contract.key)
        rows = store.changes(dataset, v1, v2, contract.key, limit).to_pylist() if limit else []
        hidden = {c.name for c in contract.columns} - {c.name for c in plan.open_columns(contract)}
        shown = [
            {k: v for k, v in row.items() if k.removesuffix("__old").removesuffix("__new") not in hidden}
            for row in rows
        ]
        if as_json:
            content = {**asdict(found), "same": found.same, "changes": shown}
            click.echo(json.dumps(content, ensure_ascii=False, default=str))
        else:
            from ops.show_lake import show_diff

            show_diff(found, shown)


@lake.command()
@click.argument("dataset", required=False)
@JSON
@HOME
def verify(dataset: str | None, as_json: bool, home: Path | None) -> None:
    """Đọc và băm lại mọi phiên bản và tệp gốc. / Read and hash every version and every raw file again."""
    with telling() as teller:
        from ops.settings import settings_for
        from ops.verify import verify as run

        with teller.console.status("Đang đọc và băm lại… / Reading and hashing…"):
            found = run(settings_for(home).home, _known(dataset) if dataset else None)
        if as_json:
            click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        else:
            from ops.show_lake import show_verified

            show_verified(found)
    sys.exit(0 if found.ok else 1)


@lake.command()
@click.argument("version", metavar="DATASET[@VERSION]")
@click.option(
    "--replay", is_flag=True, help="Dựng lại từ tệp gốc và so băm. / Make it again from the raw bytes and compare."
)
@JSON
@HOME
def provenance(version: str, replay: bool, as_json: bool, home: Path | None) -> None:
    """Cho biết một phiên bản từ đâu mà có. / Say where a version comes from."""
    with telling():
        from ops.provenance import provenance as read
        from ops.settings import settings_for

        dataset, _, wanted = version.partition("@")
        found = read(settings_for(home).home, dataset, wanted or None, replay=replay)
        if as_json:
            click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        else:
            from ops.show_lake import show_provenance

            show_provenance(found)
    sys.exit(1 if found.replays is False else 0)


def _known(dataset: str) -> str:
    from blueprint import blueprint

    return blueprint().contract(dataset).dataset


def _version(version: Any) -> dict[str, Any]:
    content = asdict(version)
    for private in ("new", "snapshot_id"):
        content.pop(private)
    return {**content, "committed_at": version.committed_at.isoformat(timespec="seconds")}
