"""The verbs of ``hanoi lake``: each parses, makes one call, and shows what came."""

import json
import sys
from dataclasses import asdict
from datetime import datetime, time
from pathlib import Path
from typing import Any

import click

from ops.options import HOME, JSON, BilingualGroup, telling

_DAY = len("2026-01-31")


@click.group(cls=BilingualGroup)
def lake() -> None:
    """Các phiên bản dữ liệu: liệt kê, so sánh, kiểm tra, nguồn gốc, bảo trì. / The versions of the data."""


def register(group: click.Group) -> None:
    """Add the lake's verbs to the one command."""
    group.add_command(lake)


@lake.command()
@click.argument("dataset")
@click.option(
    "--as-of",
    metavar="DATE",
    help="Chỉ phiên bản hiện hành vào cuối ngày này ở Hà Nội, hoặc vào thời điểm ISO này. / "
    "Only the version that was current at the end of this day in Hà Nội, or at this ISO instant.",
)
@JSON
@HOME
def versions(dataset: str, as_of: str | None, as_json: bool, home: Path | None) -> None:
    """Liệt kê các phiên bản của một bộ dữ liệu. / List the versions of a dataset."""
    with telling():
        from ops.settings import settings_for

        lake, name = settings_for(home).lake, _known(dataset)
        found = [lake.as_of(name, _moment(as_of))] if as_of else lake.versions(name)
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
        from ops.settings import settings_for

        plan = blueprint()
        contract = plan.contract(dataset)
        store = settings_for(home).lake
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
    """Đọc và băm lại mọi phiên bản và tệp gốc. / Read and hash every version and every raw file again.

    Không nêu bộ dữ liệu thì kiểm tra tất cả. Thoát với mã 1 khi có hư hỏng. / Without a dataset all are verified. Ends with
    code 1 where anything is damaged.
    """
    with telling() as teller:
        from rich.markup import escape

        from ops.settings import settings_for
        from ops.verify import verify as run

        with teller.console.status("Đang đọc và băm lại… / Reading and hashing…") as status:
            settings, known = settings_for(home), _known(dataset) if dataset else None
            found = run(settings, known, told=lambda text: status.update(escape(f"{text}…")))
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


@lake.command()
@click.argument("dataset", required=False)
@click.option("--dry-run", is_flag=True, help="Chỉ cho biết sẽ làm gì. / Only say what there is to do.")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    help="Số phiên bản mới nhất luôn giữ. / Newest versions to keep. [HANOI_LAKE_KEEP_VERSIONS, 30]",
)
@click.option(
    "--keep-days",
    type=click.IntRange(min=0),
    help="Số ngày luôn giữ mọi phiên bản. / Days for which every version is kept. [HANOI_LAKE_KEEP_DAYS, 90]",
)
@click.option("--no-compact", is_flag=True, help="Không gộp tệp nhỏ. / Do not put small files together.")
@click.option("--no-retention", is_flag=True, help="Không bỏ phiên bản nào. / Remove no version.")
@click.option("--no-clean", is_flag=True, help="Không xóa tệp thừa. / Remove no files.")
@JSON
@HOME
def maintain(
    dataset: str | None,
    dry_run: bool,
    keep: int | None,
    keep_days: int | None,
    no_compact: bool,
    no_retention: bool,
    no_clean: bool,
    as_json: bool,
    home: Path | None,
) -> None:
    """Gộp tệp nhỏ, bỏ phiên bản quá cũ, xóa tệp thừa. / Compact, drop old versions, remove orphan files.

    Không bao giờ bỏ phiên bản mới nhất, phiên bản đã công bố hay không rõ đã công bố chưa, và tệp gốc. Tệp không còn dùng được
    giữ thêm 24 giờ cho người đang đọc. Thoát với mã 1 khi có bảng không bảo trì được. / The newest version, published versions,
    versions of which that is not known, and raw files are never removed. Files out of use stay 24 hours for those who are
    reading. Ends with code 1 where a table could not be maintained.
    """
    with telling() as teller:
        from rich.markup import escape

        from dags.steps.upkeep import maintain as run
        from dags.steps.upkeep import rules
        from ops.settings import settings_for

        settings, known = settings_for(home), _known(dataset) if dataset else None
        wanted = rules(settings, keep, keep_days, compact=not no_compact, retain=not no_retention, clean=not no_clean)
        with teller.console.status("Đang bảo trì… / Maintaining…") as status:
            found = run(settings, known, wanted, dry_run=dry_run, told=lambda text: status.update(escape(f"{text}…")))
        if as_json:
            click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        else:
            from ops.show_lake import show_maintained

            show_maintained(found)
    sys.exit(0 if found.ok else 1)


def _moment(text: str) -> datetime:
    """The instant that ``--as-of`` names: an ISO instant, in Hà Nội's time without a zone, or the end of a day there."""
    from blueprint.days import ZONE
    from blueprint.errors import HanoiError

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise HanoiError(
            f"--as-of nhận một ngày như 2026-01-31 hoặc một thời điểm ISO như 2026-01-31T17:00:00Z, không nhận {text!r}.",
            f"--as-of takes a day such as 2026-01-31 or an ISO instant such as 2026-01-31T17:00:00Z, not {text!r}.",
        ) from None
    if len(text) <= _DAY:
        found = datetime.combine(found, time.max)
    return found if found.tzinfo else found.replace(tzinfo=ZONE)


def _known(dataset: str) -> str:
    from blueprint import blueprint

    return blueprint().contract(dataset).dataset


def _version(version: Any) -> dict[str, Any]:
    content = asdict(version)
    for private in ("new", "snapshot_id"):
        content.pop(private)
    return {**content, "committed_at": version.committed_at.isoformat(timespec="seconds")}
