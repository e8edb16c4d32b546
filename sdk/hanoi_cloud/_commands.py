"""The consumer's verbs. Each parses, makes one call of the library, and shows what came."""

import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import click
from rich.console import Console
from rich.table import Column, Table

from hanoi_cloud import _repr
from hanoi_cloud._cache_commands import cache
from hanoi_cloud._city import connect
from hanoi_cloud._data_commands import diff, sql, versions
from hanoi_cloud._dataset import Dataset, Format
from hanoi_cloud._exceptions import BreakingChangeWarning, OfflineWarning, SimulatedDataWarning
from hanoi_cloud._lock_commands import codegen, lock
from hanoi_cloud._options import JSON, URL, BilingualGroup, output, print_json
from hanoi_cloud._version import __version__


def _one_line(usual: Callable[..., None]) -> Callable[..., None]:
    """Shows what this package warns of as one line, and every other warning as usual."""

    def show(message: Warning | str, category: type[Warning], *rest: Any, **named: Any) -> None:
        if issubclass(category, (SimulatedDataWarning, OfflineWarning, BreakingChangeWarning)):
            click.echo(f"! {message}", err=True)
        else:
            usual(message, category, *rest, **named)

    return show


class Hanoi(BilingualGroup):
    """A group that shows an error which carries both languages as two lines, and ends with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with warnings.catch_warnings():
                for category in (SimulatedDataWarning, OfflineWarning, BreakingChangeWarning):
                    warnings.simplefilter("always", category)
                warnings.showwarning = _one_line(warnings.showwarning)
                return super().invoke(ctx)
        except Exception as error:
            vi = getattr(error, "vi", None)
            if vi is None:
                raise
            for line in (vi, getattr(error, "en", None) or str(error)):
                click.echo(line, err=True)
            ctx.exit(1)


@click.group(cls=Hanoi, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hanoi")
def hanoi() -> None:
    """Hà Nội Cloud: dữ liệu mở của thành phố. / The city's open data."""


@hanoi.command()
@click.argument("query", default="")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Số kết quả tối đa. / At most so many."
)
@JSON
@URL
def search(query: str, limit: int, as_json: bool, url: str | None) -> None:
    """Tìm bộ dữ liệu, có dấu hay không dấu. / Search datasets, with or without Vietnamese marks."""
    with connect(url) as city:
        found = city.search(query, limit)
    if as_json:
        print_json({"query": query, "total": found.total, "datasets": [_summary(dataset) for dataset in found]})
        return
    ids = max((len(dataset.id) for dataset in found), default=0)
    # An id is there to be copied, so it is never cut.
    table = Table(
        Column("id", no_wrap=True, min_width=ids),
        "tên / title",
        "dòng / rows",
        "cập nhật / updated",
        title=f"{len(found)} / {found.total}",
    )
    for dataset in found:
        rows = "" if dataset.rows is None else f"{dataset.rows:,}"
        day = dataset.updated.date().isoformat() if dataset.updated else ""
        table.add_row(dataset.id, _marked(dataset), rows, day)
    Console().print(table)


@hanoi.command()
@click.argument("dataset")
@JSON
@URL
def show(dataset: str, as_json: bool, url: str | None) -> None:
    """Xem một bộ dữ liệu và các cột. / Show a dataset and its columns."""
    with connect(url) as city:
        found = city.dataset(dataset)
        columns = found.columns
    if as_json:
        print_json({**_summary(found), "columns": [asdict(column) for column in columns]})
        return
    console = Console()
    facts = Table(show_header=False, title=found.id)
    for name, value in _repr.facts(found):
        facts.add_row(name, value)
    table = Table("cột / column", "kiểu / type", "đơn vị / unit", "tên", "title")
    for column in columns:
        table.add_row(column.name, column.type, column.unit, column.title, column.title_en)
    console.print(facts, table)


@hanoi.command()
@click.argument("dataset")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    show_default=True,
    help="Định dạng tệp. / Format of the file.",
)
@output("Tệp hoặc thư mục đích. / File or folder to write to.", folder=True)
@JSON
@URL
def get(dataset: str, file_format: str, output: Path | None, as_json: bool, url: str | None) -> None:
    """Tải tệp của bộ dữ liệu và in ra đường dẫn. / Download a dataset's file and print its path."""
    with connect(url) as city:
        found = city.dataset(dataset)
        path = found.download(output, cast(Format, file_format))
    if as_json:
        [file] = [d for d in found.distributions if d.format == file_format]
        print_json({"dataset": found.id, "version": found.version, "path": str(path), **asdict(file)})
    else:
        click.echo(path)


def _marked(dataset: Dataset) -> str:
    return f"{dataset.title} (dữ liệu mô phỏng / simulated)" if dataset.simulated else dataset.title


def _summary(dataset: Dataset) -> dict[str, object]:
    return {
        "id": dataset.id,
        "title": dataset.title,
        "title_en": dataset.title_en,
        "organisation": dataset.organisation,
        "version": dataset.version,
        "rows": dataset.rows,
        "updated": dataset.updated.isoformat() if dataset.updated else None,
        "licence": dataset.licence,
        "simulated": dataset.simulated,
        "formats": [distribution.format for distribution in dataset.distributions],
        "url": dataset.url,
    }


for _verb in (versions, diff, sql, lock, codegen, cache):
    hanoi.add_command(_verb)
