"""Gives the known rules that ship with the package, one program file each in `rules/`."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from evosearch.errors import EvosearchError
from evosearch.language.parser import parse
from evosearch.language.program import Program


@cache
def rule_names() -> tuple[str, ...]:
    """Lists the names of all known rules, sorted.

    >>> {"adamw", "lion", "nadam"} <= set(rule_names())
    True
    """
    folder = files("evosearch.language") / "rules"
    return tuple(sorted(f.name[:-3] for f in folder.iterdir() if f.name.endswith(".py")))


@cache
def known_rule(name: str) -> Program:
    """Gives the known rule of that name.

    >>> known_rule("lion").hyperparameters
    (('beta1', 0.9), ('beta2', 0.99))

    Raises:
        EvosearchError: there is none; the message names the closest.
    """
    if name not in rule_names():
        close = get_close_matches(name, rule_names(), n=1)
        hint = f"did you mean '{close[0]}'?" if close else "`evosearch rules` lists them"
        raise EvosearchError(f"no known rule named '{name}'; {hint}")
    return parse(rule_text(name), f"{name}.py")


def rule_text(name: str) -> str:
    """Reads the program file of a known rule."""
    return (files("evosearch.language") / "rules" / f"{name}.py").read_text(encoding="utf-8")
