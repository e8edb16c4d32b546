"""Options that the consumer's verbs share, and how they print JSON."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from hanoi_cloud._city import VARIABLE

Command = TypeVar("Command", bound=Callable[..., Any])
URL = click.option(
    "--url",
    envvar=VARIABLE,
    show_envvar=True,
    metavar="URL",
    help="Địa chỉ danh mục dữ liệu. / Address of the catalogue.",
)


def output(meaning: str, *, folder: bool = False) -> Callable[[Command], Command]:
    """The option ``-o``, which names a file, or with ``folder`` a folder as well."""
    kind = click.Path(dir_okay=folder, path_type=Path)
    return click.option("-o", "--output", type=kind, metavar="FILE", help=meaning)


JSON = click.option("--json", "as_json", is_flag=True, help="In một đối tượng JSON. / Print one JSON object.")


class BilingualGroup(click.Group):
    """A group whose list of verbs shows the first line of each help whole.

    click cuts it at the first full stop, which is where the second language begins.
    """

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        cmd.short_help = cmd.short_help or (cmd.help or "").strip().partition("\n")[0]
        super().add_command(cmd, name)


def print_json(value: object) -> None:
    """Print one JSON value, with letters as they are and times by ISO 8601."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_text))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
