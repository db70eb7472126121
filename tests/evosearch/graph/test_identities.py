"""Every identity holds for every input, and is applied by the builder.

The texts are evaluated by Python itself (`tests.support.exact_numbers`). Once with 300 digits, in
which an identity must hold exactly, and once with every step rounded to double precision, in which
underflow shows.
"""

from __future__ import annotations

import itertools

import pytest

from evosearch.graph.builder import GraphBuilder
from evosearch.graph.identities import Identity, identities
from evosearch.graph.patterns import Application, Literal, Pattern, Variable
from primitives import INFIX, PRIMITIVES, SPELLINGS, Kind, Primitive, Range
from primitives.ranges import ANY
from tests.support.exact_numbers import EXTREME, VALUES, holds

IDENTITIES = identities()
RANGES = (ANY, Range(0.0), Range(0.0, low_open=True), Range(1.0), Range(-3.0, 3.0), Range(high=0.0))


unconditional = pytest.mark.parametrize(
    "identity", [i for i in IDENTITIES if i.condition is None], ids=lambda i: i.text
)
conditional = pytest.mark.parametrize(
    "identity", [i for i in IDENTITIES if i.condition is not None], ids=lambda i: i.text
)


@unconditional
def test_identity_holds_exactly(identity: Identity) -> None:
    """Both sides are equal in exact arithmetic for all combinations of numbers."""
    assert holds(identity.text, VALUES, double=False)


@unconditional
def test_identity_holds_in_double_precision(identity: Identity) -> None:
    """Both sides agree to rounding where tiny numbers underflow, overflow aside."""
    assert holds(identity.text, EXTREME, double=True)


@conditional
def test_conditional_identity_holds_in_its_ranges(identity: Identity) -> None:
    """Where its condition holds of a range, the identity holds of all numbers in it."""
    assert identity.condition is not None
    ranges = [r for r in RANGES if identity.condition(r)]
    assert ranges
    for r in ranges:
        inside = [v for v in EXTREME if r.low <= v <= r.high and (v != r.low or not r.low_open)]
        assert holds(identity.text, inside, double=True)
    assert not holds(identity.text, EXTREME, double=True)


@pytest.mark.parametrize(
    ("text", "exactly"),
    [
        ("sqrt(square(x)) -> abs(x)", True),
        ("x - y -> y - x", False),
        ("x / x -> 1", False),
        ("sqrt(x) * sqrt(x) -> x", False),
        ("reciprocal(x) * x -> 1", False),
    ],
)
def test_the_check_finds_what_does_not_hold(text: str, exactly: bool) -> None:
    """What fails at zero, at negative numbers or by underflow does not pass these tests."""
    assert not holds(text, EXTREME, double=True)
    if not exactly:
        assert not holds(text, VALUES, double=False)


def build(builder: GraphBuilder, pattern: Pattern, x: int) -> int:
    """The node of a pattern, with `x` the given node and other variables slots."""
    match pattern:
        case Variable("x"):
            return x
        case Variable(name):
            return builder.slot(name, Kind.SCALAR if name == "a" else Kind.TENSOR)
        case Literal(value):
            return builder.constant(value)
        case Application(primitive, operands):
            return builder.apply(primitive, [build(builder, operand, x) for operand in operands])


@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda i: i.text)
def test_builder_applies_the_identity(identity: Identity) -> None:
    """Building the left side gives the right side, also with commutative operands swapped."""
    builder = GraphBuilder()
    x = builder.slot("x", Kind.TENSOR) if identity.condition is None else builder.input("t")
    right = build(builder, identity.right, x)
    assert build(builder, identity.left, x) == right
    left = identity.left
    if left.primitive.commutative:
        swapped = Application(left.primitive, left.operands[::-1])
        assert build(builder, swapped, x) == right


@conditional
def test_builder_does_not_apply_a_conditional_identity_to_anything(identity: Identity) -> None:
    """Of a value that may be anything, the left side of a conditional identity stays."""
    builder = GraphBuilder()
    x = builder.slot("x", Kind.TENSOR)
    assert build(builder, identity.left, x) != build(builder, identity.right, x)


def test_identities_read_as_they_are_written() -> None:
    """A pattern is the tree of its text, functions under their own names."""
    by_text = {identity.text: identity for identity in IDENTITIES}
    x, y = Variable("x"), Variable("y")
    identity = by_text["max(x, -x) -> abs(x)"]
    negative = Application(INFIX["-", 1], (x,))
    assert identity.left == Application(PRIMITIVES["maximum"], (x, negative))
    assert identity.right == Application(PRIMITIVES["abs"], (x,))
    assert by_text["x * -1 -> -x"].left == Application(PRIMITIVES["multiply"], (x, Literal(-1.0)))
    assert by_text["-(x - y) -> y - x"].right == Application(PRIMITIVES["subtract"], (y, x))
    assert len(by_text) == len(IDENTITIES)


@pytest.mark.parametrize("name", [n for n, row in PRIMITIVES.items() if row.commutative])
def test_order_of_commutative_operands_does_not_matter(name: str) -> None:
    """Whichever identities apply to both operands, either order ends at the same node."""
    builder = GraphBuilder()
    x, y = builder.slot("x", Kind.TENSOR), builder.slot("y", Kind.TENSOR)
    forms = [x, y, *(builder.constant(v) for v in (0.0, 1.0, -1.0, 2.0))]
    for row in PRIMITIVES.values():
        if row.arity == 1:
            forms += [builder.apply(row, [x]), builder.apply(row, [y])]
        elif row.accepts == (Kind.TENSOR,) * 2:
            forms += [builder.apply(row, [x, y]), builder.apply(row, [y, x])]
    for a, b in itertools.product(forms, repeat=2):
        assert builder.apply(PRIMITIVES[name], [a, b]) == builder.apply(PRIMITIVES[name], [b, a])


OWN = {"identity", "abs", "sign"}
"""Functions that have identities of their own."""
UNARY = [
    row for row in PRIMITIVES.values() if row.arity == 1 and not row.infix and row.name not in OWN
]


@pytest.mark.parametrize("row", UNARY, ids=lambda row: row.name)
def test_facts_of_the_table_and_no_others_simplify(row: Primitive) -> None:
    """A function is simplified by each fact that its row states, and by none that it does not."""
    builder = GraphBuilder()
    x, y = builder.slot("x", Kind.TENSOR), builder.slot("y", Kind.TENSOR)

    def f(operand: int) -> int:
        return builder.apply(row, [operand])

    def of(name: str, *operands: int) -> int:
        (primitive,) = SPELLINGS[name]
        assert isinstance(primitive, Primitive)
        return builder.apply(primitive, operands)

    zero = builder.constant(0.0)
    assert (f(of("negative", x)) == f(x)) == row.even
    assert (f(of("abs", x)) == f(x)) == row.even
    assert (f(of("negative", x)) == of("negative", f(x))) == row.odd
    assert (of("sign", f(x)) == of("sign", x)) == row.keeps_sign
    assert (of("greater", f(x), zero) == of("greater", x, zero)) == row.keeps_sign
    assert (of("greater", zero, f(x)) == of("greater", zero, x)) == row.keeps_sign
    assert (of("max", f(x), f(y)) == f(of("max", x, y))) == row.monotone
    assert (of("min", f(x), f(y)) == f(of("min", x, y))) == row.monotone


@pytest.mark.parametrize(
    "row", [row for row in PRIMITIVES.values() if row.reduces and row.arity], ids=lambda r: r.name
)
def test_reductions_of_zero_are_zero_where_the_table_says(row: Primitive) -> None:
    """A reduction is no function of numbers, so that it is a fact of its row what it is of zero."""
    builder = GraphBuilder()
    zero = builder.constant(0.0)
    assert (builder.apply(row, [zero] * row.arity) == zero) == row.zero_preserving
