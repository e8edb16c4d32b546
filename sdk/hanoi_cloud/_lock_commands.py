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
from hanoi_cloud._lock import NAME, Pin, Pinned, lock_file, pin_of, read_lock, standing, write_lock
from hanoi_cloud._options import JSON, URL, BilingualGroup, output, print_json

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
@JSON
@URL
def add(datasets: tuple[str, ...], file: Path | None, as_json: bool, url: str | None) -> None:
    """Khóa các bộ dữ liệu; ID@PHIÊN-BẢN chọn một bản. / Pin datasets; ID@VERSION chooses one version."""
    path = _path(file)
    pins = read_lock(path)
    added: dict[str, Pin] = {}
    with connect(url) as city:
        for name in datasets:
            dataset, _, version = name.partition("@")
            added[dataset] = pin_of(city.dataset(dataset, version=version or None, locked=False))
            if not as_json:
                click.echo(f"{dataset} {added[dataset].version}")
    write_lock(path, pins | added)
    if as_json:
        print_json({"file": str(path), "added": {dataset: asdict(pin) for dataset, pin in added.items()}})


@lock.command()
@click.argument("datasets", nargs=-1)
@click.option(
    "--breaking",
    is_flag=True,
    help="Cả sang bản phá vỡ. / Also to a version that breaks readers (a new major contract).",
)
@_FILE
@JSON
@URL
def update(datasets: tuple[str, ...], breaking: bool, file: Path | None, as_json: bool, url: str | None) -> None:
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
    moved = [one for one in found if one.state == "newer" or (one.state == "breaking" and breaking)]
    for one in moved:
        pins[one.dataset] = latest[one.dataset]
        if not as_json:
            click.echo(f"{one.dataset} {one.pin.version} → {one.newest}")
    for one in found:
        if one.state == "breaking" and not breaking:
            click.echo(
                f"{one.dataset} {one.pin.version}: bản mới phá vỡ / breaking: {one.newest} (--breaking)", err=True
            )
    write_lock(path, pins)
    if as_json:
        left = [one for one in found if one not in moved]
        print_json({"file": str(path), "moved": [_told(one) for one in moved], "unmoved": [_told(one) for one in left]})


@lock.command()
@click.argument("datasets", nargs=-1, required=True)
@_FILE
@JSON
def remove(datasets: tuple[str, ...], file: Path | None, as_json: bool) -> None:
    """Bỏ khóa. / Take datasets out of the lock."""
    path = _path(file)
    pins = read_lock(path)
    for dataset in datasets:
        if pins.pop(dataset, None) is None:
            raise DatasetNotFound(dataset, list(pins))
    write_lock(path, pins)
    if as_json:
        print_json({"file": str(path), "removed": list(datasets)})


@click.command()
@click.argument("dataset")
@click.option(
    "--style",
    type=click.Choice(["dataclass", "pydantic"]),
    default="dataclass",
    show_default=True,
    help="Kiểu lớp. / Kind of class.",
)
@output("Tệp đích; in ra nếu không có. / File to write; printed where absent.")
@JSON
@URL
def codegen(dataset: str, style: str, output: Path | None, as_json: bool, url: str | None) -> None:
    """Sinh lớp Python cho các dòng của bộ dữ liệu. / Write a typed Python class for a dataset's rows."""
    with connect(url) as city:
        found = city.dataset(dataset)
        source = source_of(found, cast(Style, style))
    if output is not None:
        with written_at_once(output) as file:
            file.write(source.encode())
    if as_json:
        written = {"source": source} if output is None else {"path": str(output)}
        print_json({"dataset": found.id, "version": found.version, "style": style, **written})
    else:
        click.echo(source if output is None else output, nl=output is not None)


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
