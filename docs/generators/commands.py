"""Writes the reference of the command line from the commands' own help."""

from __future__ import annotations

import click

from evosearch.cli.commands import COMMANDS
from evosearch.cli.main import cli

_WIDTH = 88


def commands() -> str:
    """Gives the help of `evosearch`, then a section for each command."""
    program = click.Context(cli, info_name="evosearch", **cli.context_settings)
    return "\n\n".join(
        [
            "## evosearch",
            _help(program),
            *(_section(name, program) for name in COMMANDS),
        ]
    )


def _section(name: str, program: click.Context) -> str:
    command = cli.get_command(program, name)
    assert command is not None, f"{name} is in the list of commands"
    return f"## {name}\n\n{_help(click.Context(command, info_name=name, parent=program))}"


def _help(context: click.Context) -> str:
    context.terminal_width = _WIDTH
    return f"```text\n{context.get_help()}\n```"
