"""The terminal that results are shown in, and tables whose cells are folded rather than cut off."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

_WIDTH = 160
"""Characters of a line where no terminal tells its own width."""


def terminal() -> Console:
    """Standard output, as wide as its terminal, or 160 characters where it is a file or a pipe."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=_WIDTH)


def listing(*headings: str, title: str | None = None) -> Table:
    """A table with a column per heading: what names the line stays whole, the others are folded.

    >>> listing("Mã / Code", "Tên / Name").columns[0].header
    'Mã / Code'
    """
    made = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title=title, title_justify="left")
    for number, heading in enumerate(headings):
        made.add_column(heading, no_wrap=number == 0, overflow="fold")
    return made


def facts() -> Table:
    """A table of a name and a value per line, without lines or headings."""
    return Table(box=None, show_header=False, padding=(0, 2, 0, 0))
