"""``hanoi new``: a contract proposed from a file, for an author to finish."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from ops.options import JSON, BilingualGroup, telling


def register(group: click.Group) -> None:
    """Add the group to the one command."""
    group.add_command(new)


@click.group(cls=BilingualGroup)
def new() -> None:
    """Bắt đầu một khai báo mới. / Begin a new declaration."""


def _slug(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    from pydantic import TypeAdapter, ValidationError

    from blueprint.concept import Slug

    try:
        return value and TypeAdapter(Slug).validate_python(value)
    except ValidationError:
        raise click.BadParameter(
            f"{value!r}: chỉ dùng chữ thường không dấu, chữ số và gạch nối. / only small letters, digits and hyphens.",
            param=parameter,
        ) from None


@new.command()
@click.argument("file", metavar="FILE|URL")
@click.option(
    "--agency",
    required=True,
    callback=_slug,
    help="Mã cơ quan sở hữu dữ liệu. / Code of the agency that owns the data.",
)
@click.option(
    "--id", "dataset", callback=_slug, help="Mã bộ dữ liệu; mặc định theo tên tệp. / Dataset id; from the file's name."
)
@click.option(
    "--sheet",
    help="Trang tính, mặc định trang nhiều dòng nhất; bảng GTFS hoặc lớp bản đồ trong tệp nén. / "
    "Sheet, the one with the most rows; the GTFS file or map layer of an archive.",
)
@click.option("--encoding", help="Bảng mã của tệp văn bản. / Encoding of a text file.")
@click.option("--root", type=click.Path(path_type=Path), help="Thư mục Blueprint. / Folder of the Blueprint.")
@click.option("--force", is_flag=True, help="Ghi đè bản nháp đã có. / Replace a draft that is there.")
@click.option("--dry-run", is_flag=True, help="Chỉ in ra, không ghi. / Print it and write nothing.")
@JSON
def dataset(
    file: str,
    agency: str,
    dataset: str | None,
    sheet: str | None,
    encoding: str | None,
    root: Path | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Đề xuất hợp đồng dữ liệu từ một tệp. / Propose a data contract from a file.

    Đọc mẫu của tệp, gắn từng cột vào một khái niệm, và liệt kê những điều còn ngờ. / Reads a sample, binds each column to
    a concept, and lists what is doubtful.
    """
    with telling() as teller:
        from blueprint.load import ROOT, load
        from dags.settings import PipelineSettings
        from ops.authoring import propose
        from ops.authoring.draft import keep
        from ops.authoring.grid import local, read

        folder = root or ROOT
        with (
            teller.console.status("Đang đọc tệp… / Reading the file…"),
            local(file, PipelineSettings().max_delivery_bytes) as path,
        ):
            proposal = propose(read(path, sheet, encoding), agency, load(folder), dataset)
        written = None if dry_run else keep(proposal, folder, force=force)
        if as_json:
            said = proposal.to_json() | {"file": str(written) if written else None}
            click.echo(json.dumps(said, ensure_ascii=False))
        else:
            _show(teller, proposal, written, file)
    sys.exit(0)


def _show(teller: Any, proposal: Any, written: Path | None, file: str) -> None:
    if written is None:
        click.echo(proposal.yaml(), nl=False)
        return
    for doubt in proposal.doubts:
        where = f"{doubt.column}: " if doubt.column else ""
        click.echo(f"? {where}{doubt.vi}\n  {where}{doubt.en}")
    teller.say(f"Đã ghi / written: {written} ({len(proposal.contract['columns'])} cột / columns)")
    teller.say(
        f"Tiếp theo: sửa tệp trên, rồi hanoi blueprint lint và hanoi check {file} --dataset {proposal.dataset} / "
        f"next: edit that file, then hanoi blueprint lint and hanoi check {file} --dataset {proposal.dataset}"
    )
