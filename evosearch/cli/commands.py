"""Lists the commands; the module of one is loaded when it is asked for, which may take seconds."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "search": ("search_commands", "Search for optimizers that train faster than tuned AdamW."),
    "resume": (
        "search_commands",
        "Go on with an interrupted run, to the result it would have had.",
    ),
    "status": ("run_commands", "Tell how far a run is; it may be going on."),
    "replay": ("replay_command", "Make a run's stored trainings again and compare the losses."),
    "top": ("top_command", "List a run's best rules."),
    "lineage": (
        "lineage_command",
        "Tell where a rule comes from: its ancestors, and what each mutation brought.",
    ),
    "report": (
        "report_command",
        "Write a page about a RUN that can be sent to others: one HTML file that loads nothing.",
    ),
    "show": (
        "program_commands",
        "Print a PROGRAM without its dead code, as text and as formulas.",
    ),
    "export": (
        "program_commands",
        "Write a PROGRAM as a torch optimizer, in one file that needs only torch.",
    ),
    "convert": (
        "program_commands",
        "Put a LISTING of the Lion paper (arXiv 2302.06675) into this language's form.",
    ),
    "rules": ("program_commands", "List the known rules."),
    "primitives": ("program_commands", "List what a program may call, with definitions."),
    "check": (
        "check_commands",
        "Tell of each program in the FILEs whether it is valid, and what it is made of.",
    ),
    "hash": ("check_commands", "Say which of the PROGRAMs do the same, up to a positive factor."),
    "recognise": (
        "check_commands",
        "Say which known rule each PROGRAM is, or to which it comes nearest.",
    ),
    "card": ("card_command", "Tell what to know of a PROGRAM before trusting it with a training."),
    "simplify": (
        "simplify_command",
        "Find the shortest program that does the same as a PROGRAM.",
    ),
    "tasks": (
        "task_commands",
        "List the proxy tasks, what they cost, and how well they tell rules apart.",
    ),
    "tune": ("tune_command", "Tune the learning rate and the constants of a rule, and score it."),
    "validate": (
        "validate_command",
        "Compare rules with AdamW and other baselines, all tuned alike, and give a verdict on "
        "each.",
    ),
    "doctor": (
        "doctor_command",
        "Look at this machine: what a search needs is tried, and what is amiss told.",
    ),
}
"""By name: the module, and the first sentence of the command's help."""


class Commands(click.Group):
    """Is a group of the commands in the list."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # as click has it
        """Names them in the order of the list."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002  # as click has it
        cmd_name: str,
    ) -> click.Command | None:
        """Loads one; None if there is none of the name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"evosearch.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002  # as click has it
        formatter: click.HelpFormatter,
    ) -> None:
        """Writes their list without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in COMMANDS.items()])
