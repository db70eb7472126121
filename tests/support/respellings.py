"""Steps that change how a program is written and keep what it means.

Each takes a program whose names are each assigned once, and a generator, and gives another such
program. `DISGUISES` keep the graph, so digests must be equal after them; `RESPELLINGS` compute
the same function otherwise, equal but for rounding, and up to a positive factor.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from evosearch import Program, parse
from evosearch.language.program import RESERVED, Argument, Statement
from primitives import COMPOSITES, PRIMITIVES
from primitives.primitive import LETTERS

Disguise = Callable[[Program, random.Random], Program]

SPELLINGS: Mapping[str, Sequence[str]] = {
    "add": ("b + a", "a - -b", "-(-a - b)"),
    "subtract": ("a + -b", "-(b - a)", "-b + a"),
    "multiply": ("-a * -b", "-(a * -b)", "-(b * -a)"),
    "divide": ("a * reciprocal(b)", "-a / -b", "-(a / -b)"),
    "negative": ("0 - a", "a * -1", "a / -1"),
    "maximum": ("-min(-a, -b)", "where(a > b, a, b)"),
    "minimum": ("-max(-a, -b)", "where(a > b, b, a)"),
    "lerp": ("(1 - c) * a + c * b", "a + c * (b - a)", "c * b + (1 - c) * a", "lerp(b, a, 1 - c)"),
    "greater": ("0 > b - a", "1 - (b >= a)", "sign(a - b) > 0", "-b > -a"),
    "greater_equal": ("1 - (b > a)", "-b >= -a"),
    "equal": ("1 - (a != b)", "(a >= b) * (b >= a)"),
    "not_equal": ("1 - (a == b)", "abs(sign(a - b))"),
    "where": ("where(a == 0, c, b)", "where(abs(a) > 0, b, c)"),
    "abs": ("a * sign(a)", "max(a, -a)", "abs(-a)", "where(a > 0, a, -a)"),
    "sign": ("-sign(-a)", "a / abs(a)", "(a > 0) - (0 > a)"),
    "square": ("a * a", "a ** 2", "abs(a) * abs(a)", "square(-a)"),
    "cube": ("a * a * a", "a * square(a)", "a ** 3", "-cube(-a)"),
    "sqrt": ("a ** 0.5", "sqrt(-a)", "sqrt(abs(a))"),
    "reciprocal": ("1 / a", "a ** -1", "-reciprocal(-a)"),
    "exp": ("reciprocal(exp(-a))", "square(exp(a / 2))"),
    "log": ("log(-a)", "-log(reciprocal(a))", "0.5 * log(square(a))"),
    "tanh": ("-tanh(-a)",),
    "arctan": ("-arctan(-a)",),
    "sum": ("-sum(-a)", "sum(a / 2) * 2"),
    "mean": ("sum(a) / numel()", "mean(2 * a) / 2"),
    "rms": ("sqrt(mean(square(a)))", "norm(a) / sqrt(numel())"),
    "norm": ("sqrt(dot(a, a))", "norm(-a)"),
    "dot": ("sum(a * b)", "dot(b, a)", "-dot(-a, b)"),
    "cosine_sim": ("dot(a, b) / (norm(a) * norm(b))", "cosine_sim(b, a)"),
    **{name: (row.expansion,) for name, row in COMPOSITES.items()},
}
"""For an operation of `a`, `b` …, expressions that equal it for all finite inputs."""

VALUES = (
    *("-(-a)", "abs(a) * sign(a)", "sign(a) * abs(a)", "a + 0", "0 + a", "1 * a", "a / 1"),
    *("max(a, a)", "lerp(a, a, 0.3)", "identity(a)", "2 * a - a", "reciprocal(reciprocal(a))"),
    *("cbrt(cube(a))", "where(a > 0, a, a)"),
)
"""Expressions that equal `a`."""


def assigned_once(program: Program) -> Program:
    """The same program with a name of its own for every statement's result."""
    current: dict[Argument, Argument] = {}
    taken = {*program.inputs, *dict(program.hyperparameters)}
    names = _fresh(taken, "once")
    statements = []
    for statement in program.statements:
        arguments = tuple(current.get(argument, argument) for argument in statement.arguments)
        name = next(names)
        current[statement.target] = name
        statements.append(replace(statement, target=name, arguments=arguments))
    returns = tuple(str(current.get(name, name)) for name in program.returns)
    return replace(program, statements=tuple(statements), returns=returns)


def renamed(program: Program, rng: random.Random) -> Program:
    """Other names for everything but the reserved inputs, and the signature in another order."""
    names = _own_names(program)
    new = dict(zip(sorted(names), rng.sample(range(1000 + len(names)), len(names)), strict=True))

    def name(old: Argument) -> Argument:
        return f"n{new[old]}" if isinstance(old, str) and old in new else old

    written = dict(zip(program.slots, program.returns[1:], strict=True))
    inputs = rng.sample(program.inputs, len(program.inputs))
    slots = [slot for slot in inputs if slot in written]
    return Program(
        name="other",
        inputs=tuple(str(name(old)) for old in inputs),
        hyperparameters=tuple((str(name(old)), value) for old, value in program.hyperparameters),
        statements=tuple(
            replace(s, target=str(name(s.target)), arguments=tuple(map(name, s.arguments)))
            for s in program.statements
        ),
        returns=tuple(str(name(r)) for r in (program.returns[0], *(written[s] for s in slots))),
    )


def reordered(program: Program, rng: random.Random) -> Program:
    """Statements in a random order in which each still follows those it reads."""
    waiting = list(program.statements)
    done: list[Statement] = []
    while waiting:
        pending = {statement.target for statement in waiting}
        ready = [s for s in waiting if not pending & set(s.arguments)]
        done.append(rng.choice(ready))
        waiting.remove(done[-1])
    return replace(program, statements=tuple(done))


def swapped(program: Program, rng: random.Random) -> Program:
    """Arguments of commutative primitives in random order."""
    return replace(
        program,
        statements=tuple(
            replace(s, arguments=s.arguments[:: rng.choice((1, -1))])
            if s.primitive in PRIMITIVES and PRIMITIVES[s.primitive].commutative
            else s
            for s in program.statements
        ),
    )


def with_dead_code(program: Program, rng: random.Random) -> Program:
    """Statements and a slot that nothing reads."""
    fresh = _fresh(_all_names(program), "dead")
    statements = list(program.statements)
    for _ in range(2):
        names = [*program.inputs, *(s.target for s in statements)]
        statements.append(Statement(next(fresh), "tanh", (rng.choice(names),)))
    return replace(
        program,
        inputs=(*program.inputs, next(fresh)),
        statements=tuple(statements),
        returns=(*program.returns, statements[-1].target),
    )


def with_duplicates(program: Program, rng: random.Random) -> Program:
    """Some statements are computed twice, and each later use reads either."""
    fresh = _fresh(_all_names(program), "twin")
    statements: list[Statement] = []
    twins: dict[Argument, Argument] = {}

    def either(argument: Argument) -> Argument:
        return twins.get(argument, argument) if rng.random() < 0.5 else argument

    for statement in program.statements:
        targets = [statement.target]
        if rng.random() < 0.5:
            targets.append(next(fresh))
            twins[statement.target] = targets[-1]
        for target in targets:
            arguments = tuple(map(either, statement.arguments))
            statements.append(replace(statement, target=target, arguments=arguments))
    returns = tuple(str(either(name)) for name in program.returns)
    return replace(program, statements=tuple(statements), returns=returns)


def with_doubled_slot(program: Program, rng: random.Random) -> Program:
    """A second slot that holds the same as another, and is read in its place here and there."""
    if not program.slots:
        return program
    place = rng.randrange(len(program.slots))
    slot, written = program.slots[place], program.returns[1 + place]
    double = next(_fresh(_all_names(program), "double"))
    statements = tuple(
        replace(
            s,
            arguments=tuple(double if a == slot and rng.random() < 0.5 else a for a in s.arguments),
        )
        for s in program.statements
    )
    return replace(
        program,
        inputs=(*program.inputs, double),
        statements=statements,
        returns=(*program.returns, written),
    )


def with_idle_slot(program: Program, rng: random.Random) -> Program:
    """A slot that stays zero is added to the direction."""
    idle, total, kept = [next(_fresh(_all_names(program), n)) for n in ("idle", "total", "kept")]
    at = rng.randrange(len(program.statements) + 1)
    added = Statement(total, "add", (program.returns[0], idle))
    halved = Statement(kept, "multiply", (idle, 0.5))
    return replace(
        program,
        inputs=(*program.inputs, idle),
        statements=(*program.statements[:at], halved, *program.statements[at:], added),
        returns=(total, *program.returns[1:], kept),
    )


def with_named_numbers(program: Program, rng: random.Random) -> Program:
    """Numbers become hyperparameters, and hyperparameters numbers, here and there."""
    names = _fresh(_all_names(program), "h")
    values: dict[Argument, float] = dict(program.hyperparameters)
    added: list[tuple[str, float]] = []

    def other(argument: Argument) -> Argument:
        if rng.random() < 0.5:
            return argument
        if isinstance(argument, str):
            return values.get(argument, argument)
        added.append((next(names), float(argument)))
        return added[-1][0]

    statements = tuple(
        replace(s, arguments=tuple(map(other, s.arguments))) for s in program.statements
    )
    return replace(
        program, statements=statements, hyperparameters=(*program.hyperparameters, *added)
    )


DISGUISES: tuple[Disguise, ...] = (
    renamed,
    reordered,
    swapped,
    with_dead_code,
    with_duplicates,
    with_doubled_slot,
    with_idle_slot,
    with_named_numbers,
)
"""Changes that keep the graph, hyperparameters bound."""


def respelt(program: Program, rng: random.Random) -> Program:
    """Some operations are replaced by expressions that equal them."""
    fresh = _fresh(_all_names(program), "part")
    statements: list[Statement] = []
    for statement in program.statements:
        choices = SPELLINGS.get(statement.primitive)
        if choices and rng.random() < 0.3:
            expression = rng.choice(choices)
            new, result = _spell(expression, statement.arguments, fresh)
            statements += [*new, Statement(statement.target, "identity", (result,))]
        else:
            statements.append(statement)
    return replace(program, statements=tuple(statements))


def with_detours(program: Program, rng: random.Random) -> Program:
    """Some arguments are replaced by expressions that equal them."""
    fresh = _fresh(_all_names(program), "same")
    statements: list[Statement] = []
    for statement in program.statements:
        arguments = list(statement.arguments)
        for position, argument in enumerate(arguments):
            if isinstance(argument, str) and rng.random() < 0.1:
                new, arguments[position] = _spell(rng.choice(VALUES), (argument,), fresh)
                statements += new
        statements.append(replace(statement, arguments=tuple(arguments)))
    return replace(program, statements=tuple(statements))


def with_split_constants(program: Program, rng: random.Random) -> Program:
    """Some numbers are computed from two others, within rounding."""
    fresh = _fresh(_all_names(program), "whole")
    statements: list[Statement] = []
    kept: list[tuple[str, float]] = []
    for name, value in program.hyperparameters:
        if rng.random() < 0.3:
            statements.append(_split(name, value, rng))
        else:
            kept.append((name, value))
    for statement in program.statements:
        arguments = list(statement.arguments)
        for position, argument in enumerate(arguments):
            if not isinstance(argument, str) and rng.random() < 0.5:
                arguments[position] = next(fresh)
                statements.append(_split(str(arguments[position]), float(argument), rng))
        statements.append(replace(statement, arguments=tuple(arguments)))
    return replace(program, statements=tuple(statements), hyperparameters=tuple(kept))


def with_scaled_direction(program: Program, rng: random.Random) -> Program:
    """The direction times a positive number."""
    result = next(_fresh(_all_names(program), "scaled"))
    factor = round(10 ** rng.uniform(-3, 3), 6)
    statement = Statement(result, "multiply", (program.returns[0], factor))
    return replace(
        program,
        statements=(*program.statements, statement),
        returns=(result, *program.returns[1:]),
    )


def with_scaled_slot(program: Program, rng: random.Random) -> Program:
    """A slot that holds a multiple of what another held."""
    if not program.slots:
        return program
    place = rng.randrange(len(program.slots))
    slot, written = program.slots[place], program.returns[1 + place]
    names = _all_names(program)
    read, new = (next(_fresh(names, n)) for n in ("read", "written"))
    factor = round(rng.choice((-1, 1)) * 10 ** rng.uniform(-1, 1), 3)

    def other(argument: Argument) -> Argument:
        return read if argument == slot else argument

    statements = [
        Statement(read, "multiply", (slot, factor)),
        *(replace(s, arguments=tuple(map(other, s.arguments))) for s in program.statements),
        Statement(new, "divide", (other(written), factor)),
    ]
    returns = [str(other(name)) for name in program.returns]
    returns[1 + place] = new
    return replace(program, statements=tuple(statements), returns=tuple(returns))


RESPELLINGS: tuple[Disguise, ...] = (
    respelt,
    with_detours,
    with_split_constants,
    with_scaled_direction,
    with_scaled_slot,
)
"""Changes that compute the same in other words."""


def disguise(program: Program, rng: random.Random, longest: int = 8) -> Program:
    """The program after a chain of 1 to `longest` random steps of either sort."""
    other = assigned_once(program)
    for _ in range(rng.randint(1, longest)):
        other = rng.choice((*DISGUISES, *RESPELLINGS))(other, rng)
    return other


def _own_names(program: Program) -> set[str]:
    """All names but the reserved inputs."""
    return {
        *(name for name in program.inputs if name not in RESERVED),
        *dict(program.hyperparameters),
        *(statement.target for statement in program.statements),
    }


def _all_names(program: Program) -> set[str]:
    return {*RESERVED, *_own_names(program)}


def _fresh(taken: set[str], stem: str) -> Iterator[str]:
    """Names that begin so and are not taken."""
    return (name for n in range(10**6) if (name := f"{stem}{n}") not in taken)


def _split(target: str, value: float, rng: random.Random) -> Statement:
    part = round(rng.uniform(-3, 3), 2) or 1.0
    primitive, other = rng.choice(
        (
            ("add", value / 2),
            ("add", value - part),
            ("subtract", part - value),
            ("multiply", value / part),
            ("divide", part / value if value else None),
        )
    )
    if other is None or (primitive in ("add", "subtract") and abs(value) < 1e-3 * abs(part)):
        # A small number would not survive the difference of two large ones.
        primitive, other = "multiply", value / part
    if primitive == "add" and other == value / 2:
        part = other
    return Statement(target, primitive, (part, other))


@cache
def _statements_of(expression: str, arity: int) -> tuple[tuple[Statement, ...], str]:
    """The statements that compute an expression of `a`, `b` …, and the name of the result."""
    letters = ", ".join(LETTERS[:arity])
    # The arguments are slots to the parser, so it wants them back.
    returned = ", ".join([expression, *LETTERS[:arity]])
    program = parse(f"def f({letters}):\n    return {returned}")
    return program.statements, program.returns[0]


def _spell(
    expression: str, arguments: Sequence[Argument], fresh: Iterator[str]
) -> tuple[list[Statement], Argument]:
    """Statements that compute an expression of these arguments, and what holds the result."""
    statements, result = _statements_of(expression, len(arguments))
    names: dict[Argument, Argument] = dict(zip(LETTERS, arguments, strict=False))
    done = []
    for statement in statements:
        given = tuple(names.get(argument, argument) for argument in statement.arguments)
        target = names[statement.target] = next(fresh)
        done.append(replace(statement, target=target, arguments=given))
    return done, names[result]
