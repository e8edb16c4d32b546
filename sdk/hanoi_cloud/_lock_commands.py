"""The verbs of ``hanoi lock`` and ``hanoi codegen``: versions of datasets that a project rests on."""

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import cast

import click
from rich.console import Console
from rich.table import Table

from hanoi_cloud._cache import written_at_once
from hanoi_cloud._city import City, connect
from hanoi_cloud._codegen import Style, source_of
from hanoi_cloud._dataset import Dataset
from hanoi_cloud._exceptions import DatasetNotFound
from hanoi_cloud._lock import NAME, Pinned, lock_file, pin_of, read_lock, standing, write_lock
from hanoi_cloud._options import JSON, URL, BilingualGroup, print_json

_FILE = click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Tệp khóa; mặc định {NAME} gần nhất. / The lock file; the nearest {NAME} where absent.",
)
_STATES = {
    "current": "[green]mới nhất / current[/green]",
    "newer": "[yellow]có bản mới / newer[/yellow]",
    "breaking": "[red]bản mới phá vỡ / breaking[/red]",
    "gone": "[red]không còn / gone[/red]",
}


@click.group(cls=BilingualGroup, invoke_without_command=True)
@_FILE
@JSON
@URL
@click.pass_context
def lock(ctx: click.Context, file: Path | None, as_json: bool, url: str | None) -> None:
    """Giữ phiên bản dữ liệu của dự án; không có lệnh con: cho biết tình trạng. / Pin versions; alone it shows where they stand.

    Mã kết thúc 1 khi có bản phá vỡ hoặc không còn. / Exit code 1 where a newer version breaks or a pinned one is gone.
    """
    if ctx.invoked_subcommand is not None:
        return
    path = _path(file)
    pins = read_lock(path)
    found: list[Pinned] = []
    if pins:
        with connect(url) as city:
            found = standing(pins, _newest(city, list(pins)))
    if as_json:
        print_json({"file": str(path), "datasets": [_told(one) for one in found]})
    else:
        table = Table(
            "bộ dữ liệu / dataset", "đã khóa / pinned", "mới nhất / newest", "tình trạng / state", title=str(path)
        )
        for one in found:
            table.add_row(one.dataset, one.pin.version, one.newest or "—", _STATES[one.state])
        if pins:
            Console().print(table)
        else:
            click.echo(f"{path}: chưa khóa bộ dữ liệu nào / nothing is pinned. hanoi lock add BỘ-DỮ-LIỆU / DATASET")
    ctx.exit(1 if any(one.state in ("breaking", "gone") for one in found) else 0)


@lock.command()
@click.argument("datasets", nargs=-1, required=True)
@_FILE
@URL
def add(datasets: tuple[str, ...], file: Path | None, url: str | None) -> None:
    """Khóa các bộ dữ liệu; ID@PHIÊN-BẢN chọn một bản. / Pin datasets; ID@VERSION chooses one version."""
    path = _path(file)
    pins = read_lock(path)
    with connect(url) as city:
        for name in datasets:
            dataset, _, version = name.partition("@")
            pins[dataset] = pin_of(city.dataset(dataset, version=version or None, locked=False))
            click.echo(f"{dataset} {pins[dataset].version}")
    write_lock(path, pins)


@lock.command()
@click.argument("datasets", nargs=-1)
@click.option(
    "--breaking",
    is_flag=True,
    help="Cả sang bản phá vỡ. / Also to a version that breaks readers (a new major contract).",
)
@_FILE
@URL
def update(datasets: tuple[str, ...], breaking: bool, file: Path | None, url: str | None) -> None:
    """Chuyển sang bản mới nhất. / Move pins to the newest versions, without those that break unless asked."""
    path = _path(file)
    pins = read_lock(path)
    names = datasets or tuple(pins)
    if unknown := [name for name in names if name not in pins]:
        raise DatasetNotFound(unknown[0], list(pins))
    with connect(url) as city:
        newest = {dataset.id: dataset for dataset in _newest(city, names)}
        found = standing({name: pins[name] for name in names}, newest.values())
        latest = {name: pin_of(dataset) for name, dataset in newest.items()}
    for one in found:
        if one.state == "newer" or (one.state == "breaking" and breaking):
            pins[one.dataset] = latest[one.dataset]
            click.echo(f"{one.dataset} {one.pin.version} → {one.newest}")
        elif one.state == "breaking":
            click.echo(
                f"{one.dataset} {one.pin.version}: bản mới phá vỡ / breaking: {one.newest} (--breaking)", err=True
            )
    write_lock(path, pins)


@lock.command()
@click.argument("datasets", nargs=-1, required=True)
@_FILE
def remove(datasets: tuple[str, ...], file: Path | None) -> None:
    """Bỏ khóa. / Take datasets out of the lock."""
    path = _path(file)
    pins = read_lock(path)
    for dataset in datasets:
        if pins.pop(dataset, None) is None:
            raise DatasetNotFound(dataset, list(pins))
    write_lock(path, pins)


@click.command()
@click.argument("dataset")
@click.option(
    "--style",
    type=click.Choice(["dataclass", "pydantic"]),
    default="dataclass",
    show_default=True,
    help="Kiểu lớp. / Kind of class.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Tệp đích; in ra nếu không có. / File to write; printed where absent.",
)
@URL
def codegen(dataset: str, style: str, output: Path | None, url: str | None) -> None:
    """Sinh lớp Python cho các dòng của bộ dữ liệu. / Write a typed Python class for a dataset's rows."""
    with connect(url) as city:
        source = source_of(city.dataset(dataset), cast(Style, style))
    if output is None:
        click.echo(source, nl=False)
        return
    with written_at_once(output) as file:
        file.write(source.encode())
    click.echo(output)


def _path(file: Path | None) -> Path:
    return file or lock_file() or Path.cwd() / NAME


def _newest(city: City, datasets: tuple[str, ...] | list[str]) -> list[Dataset]:
    found: list[Dataset] = []
    for dataset in datasets:
        with suppress(DatasetNotFound):
            found.append(city.dataset(dataset, locked=False))
    return found


def _told(one: Pinned) -> dict[str, object]:
    return json.loads(json.dumps(asdict(one)))
