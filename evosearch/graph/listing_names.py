"""Settles the names of a listing: those of inputs, those that it leaves open, and `lambda`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from evosearch.errors import EvosearchError
from evosearch.language.source import SourceText

_SPELLINGS = {"weight": "w", "weights": "w", "gradient": "g", "grad": "g", "learning_rate": "lr"}
"""The names that the paper gives the inputs where it writes for people."""
_LAMBDA = re.compile(r"\blambda\b(?!\s*\w*\s*:)")
_DECAY = "decay"
"""The name here for `lambda`, which Python keeps for itself, unless the listing has another use for
it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Is a listing's text in this language's names, with what these were and are worth."""

    text: str
    before: Mapping[str, str]
    """What the listing calls that which has another name now."""
    unknown: Collection[str]
    """The names that are left open and of which no number is given; they stand for 1."""
    source: str

    def refuse_unknown(self, names: Collection[str]) -> None:
        """Refuses those of the names that are unknown.

        Raises:
            EvosearchError: there are some; it names them as the listing does.
        """
        missing = [self.before.get(name, name) for name in self.unknown if name in names]
        if missing:
            options = " ".join(f"--set {name}=..." for name in missing)
            raise EvosearchError(
                f"{self.source}: the listing leaves {', '.join(missing)} open; "
                f"give numbers with {options}"
            )


def settled(text: str, constants: Mapping[str, float], source: str) -> Settled:
    """Gives a listing with this language's names, and what it leaves open as hyperparameters.

    `constants` are numbers by the listing's names; `source` is what messages call it.

    Raises:
        EvosearchError: the listing is no Python, has two names for one input, or leaves open
            another number than `lambda`, which is of no account where it is taken out.
    """
    here = _renamings(text, source)
    text = re.sub(r"\b[^\W\d]\w*\b", lambda word: here.get(word[0], word[0]), text)
    given = {here.get(name, name): value for name, value in constants.items()}
    function = _function(text, source)
    open_names = _open_names(function) if function else []
    unknown = [name for name in open_names if name not in given]
    if function and open_names:
        text = _with_hyperparameters(text, function, {n: given.get(n, 1.0) for n in open_names})
    result = Settled(text, {new: old for old, new in here.items()}, unknown, source)
    result.refuse_unknown({*unknown} - {here.get("lambda", "")})
    return result


def _renamings(text: str, source: str) -> dict[str, str]:
    """Finds what names of a listing are to be called here, no two of them the same.

    Inputs get this language's names, and `lambda` one that is not Python's; what the listing calls
    so already gets another.

    Raises:
        EvosearchError: the listing is no Python, or has two names for one input.
    """
    stand_in = _unused("lambd_", set(re.findall(r"\w+", text)))
    function = _function(_LAMBDA.sub(stand_in, text), source)
    if function is None:
        return {}
    nodes = list(ast.walk(function))
    arguments = [node.arg for node in nodes if isinstance(node, ast.arg)]
    used = {*arguments, *(node.id for node in nodes if isinstance(node, ast.Name))}
    here: dict[str, str] = {}
    if stand_in in used:
        used.remove(stand_in)
        here["lambda"] = _unused(_DECAY, used)
    for name in arguments:
        new = _SPELLINGS.get(name)
        if new is None or new in arguments:
            continue
        other = next((old for old, taken in here.items() if taken == new), None)
        if other is not None:
            raise EvosearchError(
                f"{source}: '{other}' and '{name}' both name the input {new}; rename one of them"
            )
        here[name] = new
    for new in sorted({*here.values()} & used):
        here[new] = _unused(f"{new}_", {*used, *here.values()})
    return here


def _unused(name: str, used: Collection[str]) -> str:
    while name in used:
        name += "_"
    return name


def _with_hyperparameters(
    text: str, function: ast.FunctionDef, constants: Mapping[str, float]
) -> str:
    """Puts these constants at the end of the function's signature."""
    lines = io.StringIO(text).readlines()
    tokens = tokenize.generate_tokens(
        iter(["\n"] * (function.lineno - 1) + lines[function.lineno - 1 :]).__next__
    )
    depth, before = 0, ""
    for token in tokens:
        depth += (token.string == "(") - (token.string == ")")
        if token.string == ")" and depth == 0:
            break
        if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP):
            before = token.string
    row, column = token.start
    added = ["" if before in "(," else ", "]
    added += ["*, "] * (not function.args.kwonlyargs)
    added += [", ".join(f"{name}={value!r}" for name, value in constants.items())]
    line = lines[row - 1]
    lines[row - 1] = line[:column] + "".join(added) + line[column:]
    return "".join(lines)


def _function(text: str, source: str) -> ast.FunctionDef | None:
    """Finds the first function of the listing."""
    body = SourceText(text, source).tree().body
    return next((node for node in body if isinstance(node, ast.FunctionDef)), None)


def _open_names(function: ast.FunctionDef) -> list[str]:
    """Lists the names that the listing reads and nowhere binds."""
    unbound: dict[str, None] = {}
    arguments = function.args
    bound = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    nodes = [node for item in function.body for node in ast.walk(item)]
    bound |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id not in bound and id(node) not in called:
            unbound[node.id] = None
    return list(unbound)
