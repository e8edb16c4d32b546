"""The verbs of ``hanoi indicator``: each parses, makes one call, and shows what came."""

import json
from pathlib import Path

import click

from ops.options import HOME, JSON, BilingualGroup, telling


@click.group(cls=BilingualGroup)
def indicator() -> None:
    """Chỉ số của thành phố, tính từ kho dữ liệu. / Indicators of the city, computed from the lake."""


def register(group: click.Group) -> None:
    """Add the indicators' verbs to the one command."""
    group.add_command(indicator)


@indicator.command()
@click.argument("name", metavar="NAME[@VERSION]")
@JSON
@HOME
def compute(name: str, as_json: bool, home: Path | None) -> None:
    """Tính một chỉ số từ các phiên bản mới nhất. / Compute one indicator from the newest versions.

    Khai báo của chỉ số: hanoi blueprint show indicator:NAME. / Its declaration: hanoi blueprint show indicator:NAME.
    """
    with telling():
        from ops.indicators import figures_of

        found = figures_of(name, home)
        if as_json:
            click.echo(json.dumps(found.to_json(), ensure_ascii=False, default=str))
        else:
            from ops.show_indicator import show_figures

            show_figures(found)
