"""The command ``hanoi``: the consumer's verbs, and those of packages that join it.

A package joins with an entry point of the group ``hanoi_cloud.commands`` whose value is a function
``register(group: click.Group) -> None``.
"""

import importlib.metadata
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

GROUP = "hanoi_cloud.commands"


def main() -> int:
    """Run the command. Exit codes: 0 done, 1 failed, 2 wrong usage."""
    try:
        from hanoi_cloud._commands import hanoi
    except ModuleNotFoundError as cause:
        if cause.name not in {"click", "rich"}:
            raise
        from hanoi_cloud._exceptions import MissingDependency

        missing = MissingDependency(cause.name, "cli")
        print(f"{missing.vi}\n{missing}", file=sys.stderr)  # noqa: T201
        return 1
    join(hanoi)
    hanoi(prog_name="hanoi")
    return 0


def join(group: "click.Group") -> None:
    """Let other packages add their verbs. One that is broken costs its own verbs only, and says so."""
    for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            entry.load()(group)
        except ModuleNotFoundError as cause:
            # A wheel names the platform's verbs and holds none of its packages.
            if cause.name != entry.module.partition(".")[0]:
                _report(entry, cause)
        except Exception as cause:
            _report(entry, cause)


def _report(entry: importlib.metadata.EntryPoint, cause: Exception) -> None:
    print(  # noqa: T201
        f"Không nạp được các lệnh {entry.name!r} ({entry.value}): {cause!r}\n"
        f"The verbs {entry.name!r} ({entry.value}) could not be loaded: {cause!r}",
        file=sys.stderr,
    )
