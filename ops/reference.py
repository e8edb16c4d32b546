"""The reference of commands and settings, written from the code itself: ``python -m ops.reference`` writes docs/reference.md."""

from collections.abc import Iterator

import click

from ops.settings import REPOSITORY, Settings

PAGE = REPOSITORY / "docs" / "reference.md"
_HEAD = """# Lệnh và thiết lập / Commands and settings

This page is written by `python -m ops.reference`; a test fails when it is stale.
"""


def text() -> str:
    """The whole page."""
    return "\n".join([_HEAD, "## Commands\n", *_commands(), "## Settings\n", *_settings(), ""])


def _commands() -> Iterator[str]:
    from hanoi_cloud._cli import join
    from hanoi_cloud._commands import hanoi

    join(hanoi)
    yield from _of_group(hanoi, click.Context(hanoi, info_name="hanoi", terminal_width=110))


def _of_group(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None  # noqa: S101 - listed by the group itself
        inner = click.Context(command, info_name=name, parent=context, terminal_width=110)
        yield f"### {inner.command_path}\n\n```text\n{command.get_help(inner)}\n```\n"
        if isinstance(command, click.Group):
            yield from _of_group(command, inner)


def _settings() -> Iterator[str]:
    yield "Each is read from the environment.\n\n| variable | default | meaning |\n|---|---|---|"
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        yield f"| `HANOI_{name.upper()}` | {default} | {field.description} |"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text(), encoding="utf-8")
