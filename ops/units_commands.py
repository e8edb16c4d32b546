"""The verbs ``hanoi units``: codes read as of a day, and tables moved from one era to another."""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ops.options import BilingualGroup

if TYPE_CHECKING:
    from blueprint import CodeEntry
    from blueprint.units.passages import Link

_WARDS = "ha-noi-wards"


class _Day(click.ParamType):  # pyright: ignore[reportMissingTypeArgument] - not generic in click 8.1
    """A day written 2025-06-30."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()
        except ValueError:
            self.fail(
                f"{value!r} không phải ngày dạng 2025-06-30. / {value!r} is not a date such as 2025-06-30.", param, ctx
            )


_JSON = click.option("--json", "as_json", is_flag=True, help="In một đối tượng JSON. / Print one JSON object.")
_ON = click.option("--on", "day", type=_Day(), help="Ngày đọc mã, như 2025-07-01. / Day by which to read codes.")


def _list(default: str | None) -> Any:
    vi, en = (default, default) if default else ("tự nhận ra", "found by the codes")
    return click.option("--list", "codelist", default=default, help=f"Danh mục [{vi}]. / Code list [{en}].")


def register(group: click.Group) -> None:
    """Add the verbs to the one command."""
    group.add_command(units)


@contextmanager
def _told(as_json: bool) -> Generator[None]:
    """Show an error that is raised on purpose in both languages, as JSON where that is asked for, and end with exit code 1."""
    from blueprint.errors import HanoiError

    try:
        yield
    except HanoiError as error:
        if as_json:
            found = error.to_json() if hasattr(error, "to_json") else {"vi": error.vi, "en": error.en}  # type: ignore[attr-defined]
            click.echo(json.dumps({"ok": False, **found}, ensure_ascii=False))
        else:
            click.echo(f"Lỗi: {error.vi}\nError: {error.en}", err=True)
        sys.exit(1)


@click.group(cls=BilingualGroup)
def units() -> None:
    """Đơn vị hành chính theo thời gian. / Administrative units in time."""


@units.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", required=True, help="Cột chứa mã đơn vị. / Column of unit codes.")
@click.option("--from", "from_date", type=_Day(), help="Ngày mà mã đang theo. / Day by which the codes are read.")
@click.option("--from-column", help="Cột ngày của từng dòng, thay cho --from. / Column of each row's date instead.")
@click.option("--to", "to_date", type=_Day(), required=True, help="Ngày cần chuyển tới. / Day whose units are wanted.")
@click.option(
    "--weight",
    type=click.Choice(["population", "area", "equal"]),
    default="population",
    show_default=True,
    help="Chia đơn vị bị tách theo dân số, diện tích, hoặc chia đều. / How divided units are shared out.",
)
@click.option(
    "--measure", "measures", multiple=True, help="Cột số lượng cần chia; lặp lại được. / Quantity to share out."
)
@click.option("--no-measure", is_flag=True, help="Không chia cột nào. / Share out no column.")
@click.option("--name-column", help="Cột tên đơn vị, được viết lại. / Column of unit names, written anew.")
@click.option("--total", is_flag=True, help="Cộng các dòng giống nhau ở mọi cột khác. / Sum rows that agree otherwise.")
@click.option("--keep-unknown", is_flag=True, help="Giữ nguyên dòng có mã sai, ghi vào cột problem. / Keep bad rows.")
@click.option("--pad", type=click.IntRange(1, 20), help="Độ dài mã, để thêm lại số 0 ở đầu. / Put lost zeros back.")
@_list(None)
@click.option("--sheet", help="Trang tính của tệp Excel. / Sheet of an Excel file.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Tệp .csv hoặc .parquet. / File to write.")
@click.option("--force", is_flag=True, help="Ghi đè tệp đã có. / Overwrite a file that exists.")
@_JSON
def translate(
    file: Path,
    out: Path,
    *,
    force: bool,
    as_json: bool,
    sheet: str | None,
    measures: tuple[str, ...],
    no_measure: bool,
    **asked: Any,
) -> None:
    """Chuyển một bảng sang đơn vị của ngày khác. / Move a table to the units of another day."""
    if measures and no_measure:
        raise click.UsageError(
            "--measure và --no-measure loại trừ nhau. / --measure and --no-measure exclude each other."
        )
    with _told(as_json):
        from blueprint.units import files
        from blueprint.units import translate as run

        files.writable(out, force=force)
        source = files.read(file, sheet)
        chosen = measures or (() if no_measure else None)
        done = run(source.table, measures=chosen, text=source.text, **asked)
        files.write(done.table, out, force=force, bom=source.bom)
        if as_json:
            click.echo(json.dumps({"ok": True, "out": str(out), **done.report.to_json()}, ensure_ascii=False))
        else:
            for vi, en in done.report.lines():
                click.echo(f"{vi}.\n  {en}.")
            click.echo(f"Đã ghi {out}.\n  {out} is written.")


@units.command()
@click.argument("code")
@_ON
@_list(_WARDS)
@_JSON
def show(code: str, day: date | None, codelist: str, as_json: bool) -> None:
    """Cho biết mã là đơn vị nào vào một ngày. / Say which unit a code is on a day."""
    with _told(as_json):
        from blueprint.units import eras

        found = eras(codelist)
        found.lookup(code, day)
        history = found.history(code, day or date.min)
        if as_json:
            told = {
                **_entry(history.unit),
                "made_from": [_link(link, "old") for link in history.made_from],
                "became": [_link(link, "new") for link in history.became],
                "bearers": [_entry(e) for e in history.bearers],
            }
            click.echo(json.dumps(told, ensure_ascii=False))
            return
        unit = history.unit
        click.echo(f"{unit.code}  {unit.vi} / {unit.en}  {_days(unit)}  {unit.legal_basis}")
        _show_links("Hình thành từ / Made from", history.made_from, "old")
        _show_links("Trở thành / Became", history.became, "new")
        for other in history.bearers:
            if other is not unit:
                click.echo(f"Cùng mã / Same code: {other.vi} / {other.en}  {_days(other)}")


@units.command("list")
@_ON
@_list(_WARDS)
@_JSON
def list_(day: date | None, codelist: str, as_json: bool) -> None:
    """Liệt kê đơn vị của một ngày. / List the units of a day."""
    with _told(as_json):
        from blueprint.units import eras
        from blueprint.units.errors import DateNeeded

        if day is None:
            raise DateNeeded(
                "Danh sách đơn vị chỉ có nghĩa khi kèm ngày, vì đơn vị và mã thay đổi theo thời gian. Hãy thêm --on NGÀY.",
                "A list of units means something only with a date, for units and codes change in time. Add --on DATE.",
            )
        found = eras(codelist).units(day)
        if as_json:
            click.echo(json.dumps({"on": day.isoformat(), "units": [_entry(e) for e in found]}, ensure_ascii=False))
        else:
            for e in found:
                click.echo(f"{e.code}  {e.vi} / {e.en}")
            click.echo(f"{len(found)} đơn vị ngày {day} / units on {day}", err=True)


@units.command()
@click.option("--out", "folder", type=click.Path(path_type=Path), required=True, help="Thư mục. / Folder.")
@_JSON
def export(folder: Path, as_json: bool) -> None:
    """Ghi danh mục và bảng chuyển đổi thành Parquet. / Write units and crosswalks as Parquet."""
    with _told(as_json):
        from blueprint.units import export as run

        written = [str(path) for path in run(folder)]
        click.echo(json.dumps({"ok": True, "files": written}) if as_json else "\n".join(written))


def _entry(entry: "CodeEntry") -> dict[str, Any]:
    return {
        "code": entry.code,
        "vi": entry.vi,
        "en": entry.en,
        "valid_from": entry.valid_from.isoformat(),
        "valid_to": entry.valid_to and entry.valid_to.isoformat(),
        "legal_basis": entry.legal_basis,
    }


def _link(link: "Link", side: str) -> dict[str, Any]:
    entry = link.old if side == "old" else link.new
    return {
        "code": entry.code,
        "vi": entry.vi,
        "en": entry.en,
        "relation": link.relation,
        "area_weight": None if link.area_weight is None else str(link.area_weight),
        "population_weight": None if link.population_weight is None else str(link.population_weight),
        "legal_basis": link.legal_basis,
    }


def _show_links(title: str, links: "tuple[Link, ...]", side: str) -> None:
    for link in links:
        entry = link.old if side == "old" else link.new
        if link.relation == "full":
            part = "toàn bộ / whole"
        else:
            part = f"dân số / population {_share(link.population_weight)}, diện tích / area {_share(link.area_weight)}"
        click.echo(f"{title}: {entry.code} {entry.vi} ({part})")


def _share(weight: Any) -> str:
    return "?" if weight is None else f"{weight:.4f}".rstrip("0").rstrip(".")


def _days(entry: "CodeEntry") -> str:
    return f"{entry.valid_from} – {entry.valid_to or ''}".rstrip()
