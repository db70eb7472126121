"""Starts the command line and reports errors."""

from __future__ import annotations

import sqlite3
import sys
import warnings
from collections.abc import Callable
from io import TextIOWrapper

import click

from evosearch.cli.commands import Commands
from evosearch.errors import EvosearchError


def main() -> None:
    """Runs the command line and exits."""
    _replace_what_cannot_be_shown()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _shown_once()
            cli.main(prog_name="evosearch", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.UsageError as error:
        hint = f"; try `{error.ctx.command_path} --help`" if error.ctx else ""
        _fail(error.format_message().rstrip(".") + hint)
    except click.ClickException as error:
        _fail(error.format_message())
    except EvosearchError as error:
        _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        print("evosearch: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except sqlite3.Error as error:
        _fail(f"the run's database cannot be read ({error}); restore it from a copy")
    except Exception as error:
        from proxies import ModelError  # slow to load, which it is where one was raised

        if not isinstance(error, ModelError):
            raise
        _fail(str(error))


def _replace_what_cannot_be_shown() -> None:
    """Lets a terminal or file that is not UTF-8 have `?` for the letters it lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def _shown_once() -> Callable[..., None]:
    """Makes a hook that shows each warning once, on a line, without the place in the source."""
    told: set[str] = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if str(message) not in told:
            told.add(str(message))
            print(f"evosearch: {message}", file=sys.stderr)

    return show


def _fail(message: str) -> None:
    print(f"evosearch: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="evosearch")
@click.pass_context
def cli(context: click.Context) -> None:
    """Discover optimizers for deep learning by symbolic program search.

    A PROGRAM is a known rule's name (`evosearch rules` lists them), a file (FILE:NAME where it
    holds several), or a candidate of a run: RUN#ID or RUN#best. A RUN is a folder that `evosearch
    search` wrote, or its name under runs/.

    \b
    A first search:     evosearch search --preset quick
    Its best rule:      evosearch show RUN#best
    As an optimizer:    evosearch export RUN#best --out my_optimizer.py
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
