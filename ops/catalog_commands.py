"""``hanoi catalog``: the catalogue's own state backed up and restored, running or not."""

import json
from pathlib import Path
from typing import Any

import click

from ops.options import HOME, JSON, BilingualGroup, telling


@click.group(cls=BilingualGroup)
def catalog() -> None:
    """Cổng dữ liệu: sao lưu và khôi phục. / The catalogue: back up and restore."""


def register(group: click.Group) -> None:
    """Add the group to the one command."""
    group.add_command(catalog)


@catalog.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--without-secrets",
    is_flag=True,
    help="Không kèm mật khẩu và khóa; khi khôi phục sẽ cấp mới. / Leave passwords and keys out; new ones are drawn.",
)
@click.option("--without-data", is_flag=True, help="Không kèm tệp đã công bố. / Leave the published files out.")
@click.option("--replace", is_flag=True, help="Ghi đè FILE. / Overwrite FILE.")
@JSON
@HOME
def backup(
    file: Path, without_secrets: bool, without_data: bool, replace: bool, as_json: bool, home: Path | None
) -> None:
    """Sao lưu cổng dữ liệu ra một tệp. / Back the catalogue up to one file.

    Gồm cơ sở dữ liệu, tệp tải lên, tệp đã công bố, mật khẩu và khóa; chỉ người chạy lệnh đọc được tệp. Chạy được cả khi máy chủ
    đang phục vụ. / Databases, uploads, published files, passwords and keys; only who runs this can read the file. The server
    may go on serving.
    """
    with telling() as teller:
        from ops.catalogue import ask_server
        from ops.settings import settings_for

        options = {"--without-secrets": without_secrets, "--without-data": without_data, "--replace": replace}
        chosen = [name for name, given in options.items() if given]
        told = ask_server("backup", settings_for(home).home, str(file.resolve()), *chosen)
        if as_json:
            click.echo(json.dumps(told))
        else:
            teller.say(f"Đã sao lưu / backed up: {file} ({_counted(told)})")


@catalog.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--replace",
    is_flag=True,
    help="Thay cổng dữ liệu đang có; trạng thái cũ được giữ lại. / Replace what is there; it is kept.",
)
@click.option(
    "--undo", is_flag=True, help="Trả lại trạng thái trước lần khôi phục gần nhất. / Put back what was there before."
)
@JSON
@HOME
def restore(file: Path | None, replace: bool, undo: bool, as_json: bool, home: Path | None) -> None:
    """Khôi phục cổng dữ liệu từ tệp sao lưu. / Restore the catalogue from a backup.

    Mọi thứ được kiểm tra và dựng bên cạnh trước, rồi mới đổi chỗ. Hãy dừng máy chủ trước. / Everything is checked and built
    beside the home before it takes its place. Stop the server first.
    """
    if (file is None) != undo:
        raise click.UsageError("Cần FILE hoặc --undo, một trong hai. / FILE or --undo, one of them.")
    with telling() as teller:
        from ops.catalogue import ask_server
        from ops.settings import settings_for

        arguments = ["--undo"] if file is None else [str(file.resolve()), *(["--replace"] if replace else [])]
        told = ask_server("restore", settings_for(home).home, *arguments)
        if as_json:
            click.echo(json.dumps(told))
            return
        counts = f" ({_counted(told)})" if file else ""
        teller.say(f"Đã khôi phục / restored: {file or told['restored']}{counts}")
        if told["kept"]:
            teller.say(f"Trạng thái cũ / former state: {told['kept']}; hoàn tác / undo: hanoi catalog restore --undo")


def _counted(told: dict[str, Any]) -> str:
    counts = told["counts"]
    names = {"datasets": "bộ dữ liệu / datasets", "organisations": "cơ quan / agencies", "users": "tài khoản / users"}
    return ", ".join(f"{counts.get(key, 0)} {name}" for key, name in names.items())
