"""The commands: ``python -m hanoi_server {run,prepare,stop,status,backup,restore,ckan}``."""

import json
import os
import signal
import sys
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import FrameType

import click
import psutil

from hanoi_server import lock
from hanoi_server.account import postgres_account
from hanoi_server.cluster import locate
from hanoi_server.errors import ServerError
from hanoi_server.layout import Layout
from hanoi_server.leftovers import end_leftovers, running
from hanoi_server.prepare import Wanted, everything, prepare
from hanoi_server.progress import stage
from hanoi_server.secret_store import load_secrets
from hanoi_server.services import Service, http_ok
from hanoi_server.settings import PLUGINS

_STOP_PATIENCE = 40

home_option = click.option(
    "--home",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="HANOI_HOME; everything is kept in HOME/ckan.",
)
organisations_option = click.option(
    "--organisations",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON: [{name, title, title_en, description}].",
)
plugins_option = click.option("--plugins", default=PLUGINS, show_default=True, help="CKAN plugins, in order.")


@click.group()
def main() -> None:
    """Máy chủ cổng dữ liệu CKAN. / The CKAN catalogue server."""


@main.command()
@home_option
@click.option("--port", required=True, type=click.IntRange(1024, 65535), help="Port of 127.0.0.1.")
@organisations_option
@plugins_option
def run(home: Path, port: int, organisations: Path | None, plugins: str) -> None:
    """Chuẩn bị rồi phục vụ cho đến khi được dừng. / Prepare, then serve until told to stop."""
    from hanoi_server.supervise import serve

    layout = Layout.of(home)
    with _held(layout):
        serve(layout, prepare(layout, Wanted(port, organisations, plugins)), port)


@main.command("prepare")
@home_option
@click.option(
    "--port", default=8800, show_default=True, type=click.IntRange(1024, 65535), help="Port written to ckan.ini."
)
@organisations_option
@plugins_option
def prepare_only(home: Path, port: int, organisations: Path | None, plugins: str) -> None:
    """Chỉ chuẩn bị, không phục vụ. / Prepare without serving."""
    layout = Layout.of(home)
    with _held(layout):
        prepare(layout, Wanted(port, organisations, plugins))


@main.command()
@home_option
def stop(home: Path) -> None:
    """Dừng máy chủ và chờ nó dừng hẳn. / Stop the server and wait until it is gone."""
    layout = Layout.of(home)
    if not layout.root.is_dir():
        stage("Không có gì đang chạy", "Nothing is running")
        return
    pid = lock.holder(layout)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + _STOP_PATIENCE
        while lock.holder(layout) == pid and psutil.pid_exists(pid):
            if time.monotonic() > end:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.2)
    with _held(layout):
        ended = end_leftovers(_services(layout))
        layout.server_json.unlink(missing_ok=True)
    if pid is None and not ended:
        stage("Không có gì đang chạy", "Nothing is running")
    else:
        stage("Đã dừng", "Stopped")


@main.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(home: Path, as_json: bool) -> None:
    """Cho biết máy chủ có đang chạy không (mã thoát 0 hoặc 1). / Tell whether it runs (exit code 0 or 1)."""
    layout = Layout.of(home)
    pid = lock.holder(layout)
    state: dict[str, object] = {"running": pid is not None, "ready": False, "pid": pid}
    if pid is not None and layout.server_json.exists():
        state |= json.loads(layout.server_json.read_text("utf-8"))
        state["ready"] = http_ok(int(str(state["port"])))
    if layout.root.is_dir():
        state["services"] = running(_services(layout))
    if as_json:
        click.echo(json.dumps(state))
    elif pid is None:
        click.echo("Không chạy / Not running")
    else:
        click.echo(f"Đang chạy / Running: {state.get('url', '…')} (pid {pid})")
    sys.exit(0 if pid is not None else 1)


@main.command("backup")
@home_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-secrets", is_flag=True, help="Leave passwords and keys out.")
@click.option("--without-data", is_flag=True, help="Leave the published files out.")
@click.option("--replace", is_flag=True, help="Overwrite FILE.")
def backup_command(home: Path, file: Path, without_secrets: bool, without_data: bool, replace: bool) -> None:
    """Sao lưu ra một tệp, dù máy chủ đang chạy hay không. / Back up to one file, running or not."""
    from hanoi_server.backup import backup

    layout = Layout.of(home)
    click.echo(_brief(backup(layout, file, secrets=not without_secrets, data=not without_data, replace=replace)))


@main.command("restore")
@home_option
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Replace the catalogue that is there; it is kept aside.")
@click.option("--undo", "undoing", is_flag=True, help="Put back what the last restoration kept aside.")
def restore_command(home: Path, file: Path | None, replace: bool, undoing: bool) -> None:
    """Khôi phục từ tệp sao lưu; trạng thái cũ được giữ lại. / Restore from a backup; the former state is kept aside."""
    from hanoi_server.restore import restore, undo

    if (file is None) != undoing:
        raise click.UsageError("FILE or --undo, one of them.")
    layout = Layout.of(home)
    click.echo(_brief(undo(layout) if file is None else restore(layout, file, replace=replace)))


def _brief(manifest: dict[str, object]) -> str:
    """A manifest without its list of members, as JSON."""
    members = manifest.get("members")
    told = {name: value for name, value in manifest.items() if name != "members"}
    return json.dumps(told | ({"members": len(members)} if isinstance(members, dict) else {}))


@main.command("ckan", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@home_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def ckan_command(home: Path, arguments: tuple[str, ...]) -> None:
    """Chạy lệnh `ckan` với cấu hình của HOME. / Run CKAN's own command with the configuration of HOME."""
    import pylibmagic  # noqa: F401 - brings libmagic, which CKAN's command imports at once

    os.environ["CKAN_INI"] = str(Layout.of(home).ini)
    from ckan.cli.cli import ckan

    sys.argv = ["ckan", *arguments]
    ckan()


def _held(layout: Layout) -> AbstractContextManager[None]:
    layout.create()
    return lock.home_lock(layout)


def _services(layout: Layout) -> list[Service]:
    if not layout.secrets.exists():
        return []  # never prepared, so nothing of it can run
    cluster = locate(layout, postgres_account())
    return list(everything(layout, cluster, load_secrets(layout), 0))


def _leave(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    os.umask(0o077)
    # Until the services have a supervisor, a signal unwinds the preparation, which ends what it started.
    signal.signal(signal.SIGTERM, _leave)
    try:
        main(prog_name="python -m hanoi_server")
    except ServerError as error:
        stage(error.vi, error.en)
        sys.exit(error.code)
