"""The check of rows that others write: sound rows pass, each kind of unsound row is told."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy
import torch

from primitives import OPERATIONS, Composite, Foreach, Guarded, Kind, Operation, Primitive, Range
from primitives.ranges import ANY, always, magnitude
from primitives.row_checks import first_fault

T, L, S = Kind.TENSOR, Kind.LEAF, Kind.SCALAR

ELEMENTWISE = Primitive(
    name="bump",
    definition="a * tanh(a)",
    accepts=(T,),
    numpy=lambda a: a * np.tanh(a),
    torch=lambda a: a * torch.tanh(a),
    sympy=lambda a: a * sympy.tanh(a),
    source="{0} * torch.tanh({0})",
    scalar_source="{0} * math.tanh({0})",
    in_place={0: "{0}.mul_(torch.tanh({0}))"},
    range=magnitude,
    even=True,
    zero_preserving=True,
)
GUARDED = Primitive(
    name="inverse",
    definition="1 / a, and 0 where a is 0",
    accepts=(T,),
    numpy=lambda a: np.where(a == 0, 0.0, 1 / np.where(a == 0, 1.0, a)),
    torch=torch.reciprocal,
    sympy=lambda a: 1 / a,
    source="1 / {0}",
    scalar_source="1 / {0}",
    guarded=Guarded(
        unneeded=lambda a: a.nonzero,
        torch=lambda a: torch.where(a == 0, 0.0, 1 / a),
        source="torch.where({0} == 0, 0.0, 1 / {0})",
        scalar_source="(1 / {0} if {0} else 0.0)",
    ),
    odd=True,
    keeps_sign=True,
)
BINARY = Primitive(
    name="length",
    definition="sqrt(a * a + b * b)",
    accepts=(T, T),
    numpy=np.hypot,
    torch=torch.hypot,
    sympy=lambda a, b: sympy.sqrt(a * a + b * b),
    source="({0} ** 2 + {1} ** 2) ** 0.5",
    scalar_source="math.hypot({0}, {1})",
    range=lambda *_: Range(0.0),
    commutative=True,
)
REDUCTION = Primitive(
    name="energy",
    definition="the sum of a * a over the parameter tensor",
    accepts=(T,),
    numpy=lambda s, a: s.sum(a * a),
    torch=lambda s, a: s.sum(a * a),
    sympy=sympy.Function("energy"),
    source="{0}.square().sum()",
    reduces_to=L,
    range=magnitude,
    even=True,
    zero_preserving=True,
)
TOTAL = replace(
    REDUCTION,
    name="reach",
    numpy=lambda s, a: 2 * s.sum_all(np.abs(a)),
    torch=lambda s, a: 2 * s.sum_all(a.abs()),
    source="{0}.abs().sum()",
    finish="{0} * 2",
    reduces_to=S,
)
COUNT = Primitive(
    name="count",
    definition="the number of elements",
    accepts=(),
    numpy=lambda s: s.sizes,
    torch=lambda s: s.sizes,
    sympy=sympy.Function("count"),
    source="p.new_tensor(p.numel())",
    scalar_source="float(p.numel())",
    reduces_to=L,
)
SHORT = Composite(name="twice", definition="2 * a", accepts=(T,), expansion="2 * a")
SOUND = {
    row.name: row for row in (ELEMENTWISE, GUARDED, BINARY, REDUCTION, TOTAL, COUNT, SHORT)
}  # fmt: skip


@pytest.mark.parametrize("row", [*OPERATIONS.values(), *SOUND.values()], ids=lambda row: row.name)
def test_sound_rows_pass(row: Operation) -> None:
    """The table itself keeps to what is asked of others."""
    assert first_fault(row) is None


@pytest.mark.parametrize(
    "code", ["jnp.stack([d for d in g if d is not None])", "(lambda d: d * w)({0})", "float({0})"]
)
def test_code_for_jax_may_bind_names_of_its_own(code: str) -> None:
    """And read the gradient, the parameter, and what Python has."""
    assert first_fault(replace(ELEMENTWISE, jax=code)) is None


def hidden(s: Any, a: Any) -> Any:
    """Right for one row, but of several it gives the first row's."""
    return s.sum((a if a.ndim == 1 else a[:1].expand_as(a)).square())


GUARD = GUARDED.guarded
assert GUARD is not None
ANY_ROW = (ELEMENTWISE, GUARDED, BINARY, REDUCTION, TOTAL, SHORT)
UNSOUND: list[tuple[tuple[Operation, ...], str, dict[str, Any], str]] = [
    (ANY_ROW, "no name", {"name": "a b"}, r"'a b' is no name; expected"),
    (ANY_ROW, "empty name", {"name": ""}, r"'' is no name"),
    (ANY_ROW, "number for a name", {"name": 5}, r"5 is no name"),
    (ANY_ROW, "foreign name", {"name": "ß"}, r"'ß' is no name"),
    (ANY_ROW, "long name", {"name": "x" * 81}, r"'x+.* is no name"),
    (ANY_ROW, "keyword", {"name": "lambda"}, r"'lambda' is a word of Python's"),
    (ANY_ROW, "keyword for an alias", {"aliases": ("is",)}, r"'is' is a word of Python's"),
    (ANY_ROW, "text for aliases", {"aliases": "abc"}, r"aliases must be a tuple of names"),
    (ANY_ROW, "alias twice", {"aliases": ("me", "me")}, r"a name stands twice"),
    (ANY_ROW, "no definition", {"definition": ""}, r"expected a definition, a line"),
    (ANY_ROW, "lines of definition", {"definition": "a\nb"}, r"expected a definition, a line"),
    (ANY_ROW, "number for a definition", {"definition": 5}, r"expected a definition, a line"),
    (ANY_ROW, "list of kinds", {"accepts": [T]}, r"accepts must be a tuple"),
    (ANY_ROW, "texts for kinds", {"accepts": ("tensor",)}, r"accepts must be a tuple"),
    (ANY_ROW, "too many arguments", {"accepts": (T,) * 7}, r"accepts must be a tuple"),
    (ANY_ROW, "reduces to a tensor", {"reduces_to": T}, r"reduces_to is tensor; expected a Kind"),
    (ANY_ROW, "reduces to a text", {"reduces_to": "leaf"}, r"reduces_to is leaf; expected a Kind"),
    (ANY_ROW[:5], "cost", {"cost": -1}, r"cost is -1; expected a whole number"),
    (ANY_ROW[:5], "text for a cost", {"cost": "1"}, r"cost is '1'; expected a whole number"),
    (ANY_ROW[:5], "decay position", {"decay_position": 5}, r"decay_position is 5; expected that"),
    (ANY_ROW[:5], "guard of no kind", {"guarded": 5}, r"guarded must be Guarded\(\.\.\.\) or None"),
    (ANY_ROW[:5], "number for jax", {"jax": 5}, r"jax is no expression of \d arguments"),
    (ANY_ROW[:5], "no expression for jax", {"jax": "x = 1"}, r"jax is no expression of"),
    (ANY_ROW[:5], "argument of jax", {"jax": "jnp.abs({3})"}, r"jax is no expression of"),
    (ANY_ROW[:5], "torch for jax", {"jax": "torch.abs(g)"}, r"jax reads 'torch'; expected jax, j"),
    (ANY_ROW[:5], "name for jax", {"jax": "[d for d in g] + c"}, r"jax reads 'c'; expected jax"),
    (ANY_ROW[:5], "finish for jax", {"jax_finish": "np.sqrt({0})"}, r"jax_finish reads 'np'; exp"),
    (ANY_ROW[:5], "fewer arguments", {"accepts": ()}, r"."),
    (ANY_ROW[:5], "more arguments", {"accepts": (T,) * 3, "commutative": False}, r"."),
    (ANY_ROW[:5], "numpy that fails", {"numpy": lambda *a: a[9]}, r"IndexError: tuple index"),
    (ANY_ROW[:5], "numpy of another shape", {"numpy": lambda *a: a[-1][:2]}, r"numpy gave the sh"),
    (ANY_ROW[:3], "not total", {"numpy": lambda *a: a[0] * np.inf}, r"numpy gave .*; be total"),
    ((REDUCTION,), "not total", {"numpy": lambda s, a: s.sum(a * a) * np.inf}, r"be total"),
    ((TOTAL,), "not total", {"numpy": lambda s, a: s.sum_all(a) * np.inf}, r"be total"),
    (ANY_ROW[:5], "no sympy", {"sympy": lambda *_: "x"}, r"sympy|Sympify|x"),
    (ANY_ROW[:5], "sympy of none", {"sympy": lambda: 1}, r"TypeError: .*takes 0"),
    (ANY_ROW[:5], "no range", {"range": lambda *_: 5}, r"AttributeError: 'int' object has no"),
    (ANY_ROW[:5], "false range", {"range": always(Range(700.0))}, r"range leaves out "),
    (
        (ELEMENTWISE, BINARY, REDUCTION, TOTAL),
        "source",
        {"source": lambda x, _: f"{x[0]}.sum() * 0 + 3"},
        r"source gave ",
    ),
    ((ELEMENTWISE,), "no template", {"source": "{1}"}, r"IndexError"),
    ((ELEMENTWISE,), "no code", {"source": "{0} +"}, r"SyntaxError"),
    ((ELEMENTWISE, BINARY), "torch", {"torch": lambda *a: a[0]}, r"torch gave .* at a = .*, n"),
    (
        (ELEMENTWISE,),
        "torch of all elements",
        {"torch": lambda a: a * torch.tanh(a) + (len(a) != 7)},
        r"torch gave ",
    ),
    (
        (ELEMENTWISE,),
        "torch in double precision only",
        {"torch": lambda a: a.double() * torch.tanh(a.double())},
        r"torch gave torch\.float64 of single precision",
    ),
    (
        (BINARY,),
        "source for tensors only",
        {"source": "torch.hypot({0}, {1})"},
        r"TypeError: hypot\(\): argument",
    ),
    ((ELEMENTWISE, BINARY), "no scalar source", {"scalar_source": ""}, r"expected a scalar_source"),
    (
        (ELEMENTWISE, BINARY),
        "scalar source",
        {"scalar_source": "{0} + 7"},
        r"scalar_source gave .* at a = ",
    ),
    ((ELEMENTWISE, BINARY), "formula", {"sympy": lambda *a: a[0] + 1}, r"sympy gave .*, numpy"),
    ((GUARDED,), "formula where plain", {"sympy": lambda a: a}, r"sympy gave .* at a = 2|-3|0\.5"),
    ((ELEMENTWISE,), "in place", {"in_place": {0: "{0}.zero_()"}}, r"in_place gave 0 at a = 1"),
    (
        (ELEMENTWISE,),
        "in lists",
        {"foreach": Foreach(forms={0: "torch._foreach_exp{_}({0})"})},
        r"foreach gave",
    ),
    ((ELEMENTWISE,), "degrees", {"degrees": (1,)}, r"it claims to be of these degrees, and is not"),
    ((ELEMENTWISE,), "many degrees", {"degrees": (1, 1)}, r"degrees has 2 numbers; expected one"),
    ((ELEMENTWISE,), "no such place", {"in_place": {3: "{0}"}}, r"in_place has code for"),
    ((ELEMENTWISE,), "odd", {"odd": True}, r"it claims to be odd, and is not"),
    ((GUARDED,), "even", {"even": True}, r"it claims to be even, and is not"),
    ((ELEMENTWISE, GUARDED), "monotone", {"monotone": True}, r"to be monotone, and is not"),
    ((ELEMENTWISE,), "sign", {"keeps_sign": True}, r"it claims to be keeps_sign, and is not"),
    ((ELEMENTWISE, REDUCTION), "commutes", {"commutative": True}, r"commutative, which is"),
    (
        (BINARY,),
        "commutative",
        {
            "numpy": np.subtract,
            "torch": torch.subtract,
            "source": "{0} - {1}",
            "scalar_source": "{0} - {1}",
            "range": always(ANY),
        },
        r"it claims to be commutative, and is not",
    ),
    (
        (ELEMENTWISE,),
        "zero",
        {
            "numpy": np.cosh,
            "torch": torch.cosh,
            "source": "torch.cosh({0})",
            "scalar_source": "math.cosh({0})",
            "sympy": sympy.cosh,
            "range": always(Range(1.0)),
            "in_place": {},
        },
        r"it claims to be zero_preserving, and is not",
    ),
    (
        (GUARDED,),
        "guard left out",
        {"guarded": replace(GUARD, unneeded=lambda _: True)},
        r"torch without its guard gave inf at a = 0, numpy 0",
    ),
    ((GUARDED,), "guard's torch", {"guarded": replace(GUARD, torch=torch.abs)}, r"torch gave "),
    ((GUARDED,), "guard's source", {"guarded": replace(GUARD, source="{0}")}, r"source gave "),
    (
        (GUARDED,),
        "guard's scalar source",
        {"guarded": replace(GUARD, scalar_source="{0}")},
        r"scalar_source gave ",
    ),
    ((ELEMENTWISE, REDUCTION), "finish", {"finish": "{0} * 2"}, r"finish is for red"),
    ((TOTAL,), "other finish", {"finish": "{0} * 3"}, r"source gave .*, numpy"),
    ((REDUCTION, TOTAL), "torch", {"torch": lambda s, a: s.sum_all(a)}, r"torch gave "),
    ((REDUCTION,), "rows", {"torch": hidden}, r"torch of two rows gave "),
    (
        (REDUCTION,),
        "source for vectors only",
        {"source": "{0}.square().sum(-1)"},
        r"source gave 2 numbers for a parameter of",
    ),
    ((REDUCTION, TOTAL), "odd", {"odd": True}, r"it claims to be odd, and is not"),
    (
        (REDUCTION,),
        "even",
        {
            "numpy": lambda s, a: s.sum(a),
            "torch": lambda s, a: s.sum(a),
            "source": "{0}.sum()",
            "range": always(ANY),
        },
        r"it claims to be even, and is not",
    ),
    (
        (REDUCTION,),
        "range",
        {"numpy": lambda s, a: s.sum(a), "torch": lambda s, a: s.sum(a), "source": "{0}.sum()"},
        r"range leaves out -",
    ),
    (
        (REDUCTION,),
        "zero",
        {
            "numpy": lambda s, a: s.sum(a * a) + 1,
            "torch": lambda s, a: s.sum(a * a) + 1,
            "source": "{0}.square().sum() + 1",
        },
        r"it claims to be zero_preserving, and is not",
    ),
    ((REDUCTION, TOTAL), "monotone", {"monotone": True}, r"are for operations on"),
    ((REDUCTION, TOTAL), "sign", {"keeps_sign": True}, r"are for operations on"),
    ((REDUCTION, TOTAL), "in place", {"in_place": {0: "{0}"}}, r"are for operations on"),
    ((REDUCTION, TOTAL), "guard", {"guarded": GUARD}, r"are for operations on"),
    ((REDUCTION, TOTAL), "float", {"scalar_source": "{0}"}, r"scalar_source is for"),
    ((COUNT,), "float", {"scalar_source": "1.0"}, r"scalar_source gave 1, numpy 3"),
    ((COUNT,), "source", {"source": "p.new_tensor(1.0)"}, r"source gave 1, numpy 3"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "changes", "message"),
    [
        pytest.param(row, changes, message, id=f"{row.name}: {what}")
        for rows, what, changes, message in UNSOUND
        for row in rows
    ],
)
def test_unsound_rows_are_told(row: Operation, changes: dict[str, Any], message: str) -> None:
    """Each field in turn wrong: the fault is found, and said in a line."""
    fault = first_fault(replace(row, **changes))
    assert fault is not None
    assert re.search(message, fault), fault
