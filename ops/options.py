"""What the operator's commands share: their common options, and how an error is told."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.show import Teller

HOME = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Thư mục trạng thái. / State folder. [HANOI_HOME, .hanoi]",
)
JSON = click.option("--json", "as_json", is_flag=True, help="In một đối tượng JSON. / Print one JSON object.")


class BilingualGroup(click.Group):
    """A group that lists its verbs in both languages."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        # click cuts the line in the list of verbs at the first full stop, which is where the second language begins.
        cmd.short_help = cmd.short_help or (cmd.help or "").strip().partition("\n")[0]
        super().add_command(cmd, name)


@contextmanager
def telling() -> "Iterator[Teller]":
    """A teller; an error that the platform raises on purpose is shown in both languages and ends with exit code 1."""
    from blueprint.errors import HanoiError
    from dags.errors import DiskFull
    from ops.show import Teller

    teller = Teller()
    try:
        with DiskFull.told():
            yield teller
    except HanoiError as error:
        teller.error(error)
        sys.exit(1)
