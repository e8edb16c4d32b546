"""``hanoi blueprint``: the author's verbs over the declarations. Each parses, makes one call, and shows what came."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ops.options import HOME, JSON, BilingualGroup

TARGETS = ("odcs", "jsonschema", "pydantic", "arrow", "duckdb", "gx", "table-schema", "ckan", "docs")
MODES = (
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
    "NONE",
)
KINDS = ("contracts", "concepts", "codelists", "crosswalks", "indicators")
_ROOT = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Thư mục Blueprint khác. / Another Blueprint folder.",
)
_OUT = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Tệp đích thay cho màn hình. / File to write to."
)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


def register(group: click.Group) -> None:
    """Add ``blueprint`` to the one command."""
    group.add_command(blueprint)


@click.group(cls=BilingualGroup)
def blueprint() -> None:
    """Khái niệm, danh mục, hợp đồng dữ liệu và chỉ số. / Shared concepts, code lists, contracts and indicators."""


@contextmanager
def _telling() -> Iterator[None]:
    """An error that is raised on purpose is shown in both languages and ends with exit code 1."""
    from blueprint.errors import HanoiError

    try:
        yield
    except HanoiError as error:
        click.echo(f"{click.style('Lỗi:', fg='red')} {error.vi}", err=True)
        click.echo(f"{click.style('Error:', fg='red')} {error.en}", err=True)
        sys.exit(1)


def _plan(root: Path | None) -> Any:
    from blueprint.load import ROOT, load

    return load(root or ROOT)


def _stored(root: Path | None, home: Path | None) -> Any:
    """The stored rows that tell what an edited rule does; those of another Blueprint only where their home is named."""
    if home is None and root is not None:
        return None
    from dags.settings import PipelineSettings

    place = (home or PipelineSettings().home).expanduser()
    if not place.is_dir():
        return None
    from ops.stored_rows import StoredRows

    return StoredRows(place.resolve())


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def _print(content: bytes, out: Path | None) -> None:
    if out is None:
        click.echo(content, nl=False)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        from blueprint.errors import HanoiError

        vi, en = f"Không ghi được {out}: {error.strerror}.", f"{out} cannot be written: {error.strerror}."
        raise HanoiError(vi, en) from error
    click.echo(out)


@blueprint.command()
@click.option("--strict", is_flag=True, help="Cảnh báo cũng là lỗi. / Warnings fail as well.")
@JSON
@_ROOT
def lint(strict: bool, as_json: bool, root: Path | None) -> None:
    """Kiểm tra mọi tệp khai báo, chỉ ra từng dòng sai. / Check every declaration and name each wrong line."""
    with _telling():
        from blueprint.lint import lint as run
        from blueprint.load import ROOT

        folder = root or ROOT
        report = run(folder)
    if as_json:
        _print_json(report.to_json())
    else:
        for problem in report.problems:
            mark = " (cảnh báo / warning)" if problem.severity == "warning" else ""
            click.echo(f"{_shown(folder)}/{problem.place}: {problem.rule}{mark}: {problem.vi}\n    {problem.en}")
        counts = report.counts
        n, m = len(report.errors), len(report.warnings)
        click.echo(
            f"{counts['contracts']} hợp đồng, {counts['concepts']} khái niệm, {counts['codelists']} danh mục, "
            f"{counts['crosswalks']} bảng chuyển đổi, {counts['indicators']} chỉ số: {n} lỗi, {m} cảnh báo"
        )
        click.echo(
            f"{counts['contracts']} contracts, {counts['concepts']} concepts, {counts['codelists']} code lists, "
            f"{counts['crosswalks']} crosswalks, {counts['indicators']} indicators: {n} errors, {m} warnings"
        )
    sys.exit(1 if report.errors or (strict and report.warnings) else 0)


def _shown(folder: Path) -> str:
    """The folder as an editor opens it from here."""
    near = os.path.relpath(folder)
    return str(folder) if near.startswith("..") else near


@blueprint.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--mode", type=click.Choice(MODES, case_sensitive=False), help="Chế độ tương thích. / Compatibility mode."
)
@JSON
@_ROOT
@HOME
def diff(old: str, new: str, mode: str | None, as_json: bool, root: Path | None, home: Path | None) -> None:
    """So sánh hai tệp hoặc hai phiên bản SUBJECT@VERSION. / Compare two files or two versions."""
    with _telling():
        from blueprint import compat
        from blueprint.concept import Mode
        from blueprint.judging import named

        plan = _plan(root)
        report = compat.diff(
            named(old, plan), named(new, plan), plan, Mode(mode.upper()) if mode else None, _stored(root, home)
        )
    if as_json:
        _print_json(report.to_json())
    else:
        from ops.show_blueprint import show_report

        show_report(report)
    sys.exit(0 if report.compatible else 1)


@blueprint.command()
@click.argument("subject")
@click.option("--dry-run", is_flag=True, help="Chỉ nói sẽ làm gì. / Only say what would be done.")
@click.option("--yes", is_flag=True, help="Không hỏi lại. / Do not ask.")
@click.option(
    "--effective", type=_DAY, help="Ngày hiệu lực của bản phá vỡ. / First day of a breaking version. [hôm nay / today]"
)
@click.option("--former-until", type=_DAY, help="Ngày cuối phục vụ bản cũ. / Last day of the former one. [+90]")
@click.option(
    "--approved-by",
    multiple=True,
    metavar="NAME",
    help="Người duyệt nâng mức phân loại. / Who approved a higher classification.",
)
@JSON
@_ROOT
@HOME
def release(
    subject: str,
    dry_run: bool,
    yes: bool,
    effective: datetime | None,
    former_until: datetime | None,
    approved_by: tuple[str, ...],
    as_json: bool,
    root: Path | None,
    home: Path | None,
) -> None:
    """Phát hành bản nháp của SUBJECT: tính phiên bản, kiểm tra, khóa. / Release a draft: version, checks, lock."""
    with _telling():
        from blueprint import releases
        from blueprint.load import ROOT

        first, last = (day.date() if day else None for day in (effective, former_until))
        terms = releases.Terms(effective=first, former_until=last, approved_by=approved_by, replay=_stored(root, home))
        proposal = releases.propose(subject, root or ROOT, terms)
        if not as_json:
            from ops.show_blueprint import show_release

            show_release(proposal.entry)
        if not (dry_run or yes):
            _confirmed()
        if not dry_run:
            releases.commit(proposal)
    if as_json:
        _print_json({"released": not dry_run, **proposal.entry.model_dump(mode="json")})
    elif dry_run:
        click.echo("Chưa phát hành (--dry-run). / Nothing was released (--dry-run).")
    else:
        click.echo(f"Đã phát hành {proposal.entry.ref}. / Released {proposal.entry.ref}.")


def _confirmed() -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("Hãy thêm --yes hoặc --dry-run. / Add --yes or --dry-run.")
    click.confirm("Phát hành? Sau đó không sửa được nữa. / Release? It can never be changed after that.", abort=True)


@blueprint.command()
@click.argument("concept", metavar="CONCEPT[@VERSION]")
@JSON
@_ROOT
def impact(concept: str, as_json: bool, root: Path | None) -> None:
    """Cột, bộ dữ liệu, chỉ số nào dùng khái niệm. / Which columns, datasets and indicators rest on a concept."""
    with _telling():
        from blueprint.impact import impact as run

        found = run(concept, _plan(root))
    if as_json:
        _print_json(found.to_json())
    else:
        from ops.show_blueprint import show_impact

        show_impact(found)


@blueprint.command()
@click.argument("subject", metavar="SUBJECT[@VERSION]")
@click.option("--to", "target", required=True, type=click.Choice(TARGETS), help="Dạng cần xuất. / Form to write.")
@_OUT
@_ROOT
def export(subject: str, target: str, out: Path | None, root: Path | None) -> None:
    """Xuất hợp đồng sang một chuẩn khác. / Write a contract in another form."""
    with _telling():
        from blueprint.compile import export as run
        from blueprint.contract import Contract
        from blueprint.errors import BlueprintError
        from blueprint.judging import named

        plan = _plan(root)
        contract = named(subject, plan)
        if not isinstance(contract, Contract):
            raise BlueprintError(
                f"{subject} không phải hợp đồng; chỉ hợp đồng của bộ dữ liệu mới xuất được.",
                f"{subject} is no contract; only the contract of a dataset can be exported.",
            )
        _print(run(contract, plan, target).encode(), out)


@blueprint.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Cổng trên 127.0.0.1; 0 lấy cổng trống. / Port; 0 takes a free one. [8030]",
)
@_ROOT
def serve(port: int | None, root: Path | None) -> None:
    """Mở sổ đăng ký để tra cứu đến khi Ctrl-C. / Serve the registry until Ctrl-C."""
    with _telling():
        from blueprint.load import ROOT
        from blueprint.registry.serve import PORT
        from blueprint.registry.serve import serve as run

        def ready(url: str) -> None:
            click.echo(f"Sổ đăng ký / Registry: {url} (Ctrl-C để dừng / to stop)")

        run(PORT if port is None else port, root or ROOT, ready=ready)


@blueprint.command("list")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@JSON
@_ROOT
def list_(kind: str | None, as_json: bool, root: Path | None) -> None:
    """Liệt kê các khai báo và phiên bản. / List the declarations and their versions."""
    with _telling():
        from ops.show_blueprint import listed, show_list

        found = listed(_plan(root), kind)
    if as_json:
        _print_json(found)
    else:
        show_list(found)


@blueprint.command()
@click.argument("subject", metavar="SUBJECT[@VERSION]")
@click.option("--as-of", type=_DAY, help="Chỉ mã có hiệu lực ngày này. / Only codes that hold on this day.")
@JSON
@_ROOT
def show(subject: str, as_of: datetime | None, as_json: bool, root: Path | None) -> None:
    """Xem một khái niệm, danh mục, bảng chuyển đổi, hợp đồng hoặc chỉ số. / Show one declaration."""
    with _telling():
        from ops.show_blueprint import seen, show_declaration

        plan = _plan(root)
        found = seen(subject, plan, as_of.date() if as_of else None)
    if as_json:
        _print_json(found.model_dump(mode="json", exclude_defaults=True))
    else:
        show_declaration(found, plan)


@blueprint.command()
@_OUT
@_ROOT
def build(out: Path | None, root: Path | None) -> None:
    """Ghi toàn bộ Blueprint thành một tệp JSON. / Write the whole Blueprint as one JSON document."""
    with _telling():
        from blueprint.build import build as run

        _print(run(_plan(root)), out)


@blueprint.command()
@click.argument("subject", required=False)
@JSON
@_ROOT
def changelog(subject: str | None, as_json: bool, root: Path | None) -> None:
    """Nhật ký phát hành, mới nhất trước. / What was released, newest first."""
    with _telling():
        from blueprint.changelog import changelog as run
        from blueprint.load import ROOT
        from blueprint.subjects import find

        if subject:
            find(subject, _plan(root))
        entries = [e for e in run(root or ROOT) if subject in (None, e.subject)]
    if as_json:
        _print_json([e.model_dump(mode="json") for e in entries])
    else:
        from ops.show_blueprint import show_changelog

        show_changelog(entries)
