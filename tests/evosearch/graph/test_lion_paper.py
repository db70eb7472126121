"""Listings of the Lion paper, and what is taken out of them, checked by numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evosearch import EvosearchError, known_rule, lower, parse
from evosearch.export.notation.program_text import readable
from evosearch.graph.digest import digest
from evosearch.graph.lion_paper import Converted, convert
from tests.support.random_programs import Overflow, close, evaluate, steps_of

LION = """
def train(weight, gradient, momentum, lr):
  update = interp(gradient, momentum, beta1)
  update = sign(update)
  momentum = interp(gradient, momentum, beta2)
  weight_decay = weight * lambda
  update = update + weight_decay
  update = update * lr
  return update, momentum
"""
"""Program 1 of the paper (arXiv 2302.06675), the constants of its text left open."""

RAW = """
def train(w, g, m, v, lr):
  g = clip(g, lr)
  g = arcsin(g)
  m = interp(g, v, 0.899)
  m2 = m * m
  v = interp(g, m, 1.109)
  abs_m = sqrt(m2)
  update = m / abs_m
  wd = w * 0.4602
  update = update + wd
  lr = lr * 0.0002
  m = cosh(update)
  update = update * lr
  return update, m, v
"""
"""Program 8, as the search found it."""

CONSTANTS = {"beta1": 0.9, "beta2": 0.99, "decay": 0.3, "scale": 4.0}


def listing(direction: str) -> str:
    return f"def train(w, g, m, lr):\n  m = interp(g, m, 0.9)\n  return {direction}, m"


NOTHING = "Nothing was taken out: the update is not the learning rate times a direction."


def taken_out(notes: tuple[str, ...], constants: Mapping[str, float]) -> tuple[float, float]:
    """The factor beside the learning rate, and the coefficient of the weights, that notes state."""
    number = r"[-+*.\w() ]+"
    notes = tuple(note.replace("lambda", "decay") for note in notes)  # Python keeps the word
    factor = re.fullmatch(
        rf"Taken out: the factor lr(?: \* ({number}))?; the trainer multiplies by its own rate\.",
        notes[0],
    )
    assert factor, notes
    scale, coefficient = eval(factor[1] or "1", {}, dict(constants)), 0.0
    for note in notes[1:]:
        decay = re.fullmatch(
            rf"Taken out: decoupled weight decay, ({number}) \* w times that factor; "
            rf"give the trainer weight_decay=({number})\.",
            note,
        )
        assert decay, note
        coefficient += eval(decay[1], {}, dict(constants))
        assert float(decay[2]) == pytest.approx(coefficient)
    # A trainer can have neither a negative rate nor a negative decay.
    assert scale > 0
    assert coefficient >= 0
    return scale, coefficient


def text_of(converted: Converted) -> str:
    """The rule as it is printed."""
    return readable(converted.graph, "rule")


def check(text: str, constants: Mapping[str, float] = CONSTANTS) -> Converted:
    """The conversion; the listing's update is what its text and its notes say together."""
    found = convert(text, constants=constants)
    for old, new in {"lambda": "decay", "weight": "w", "gradient": "g"}.items():
        text = re.sub(rf"\b{old}\b", new, text)
    names = ", ".join(f"{name}={value!r}" for name, value in constants.items())
    before = parse(text.replace("):", f", *, {names}):"))
    after = parse(text_of(found))
    steps = steps_of(5)
    for step, old, new in zip(steps, evaluate(before, steps), evaluate(after, steps), strict=True):
        if found.notes == (NOTHING,):
            expected = new
        else:
            scale, coefficient = taken_out(found.notes, constants)
            pairs = zip(new, step.w, strict=True)
            expected = [step.lr * scale * (u + coefficient * w) for u, w in pairs]
        assert close(old, expected, 1e-12)
    return found


def test_program_1_is_lion() -> None:
    """The paper's listing is the known rule; its rate and decay are the trainer's."""
    found = check(LION)
    assert found.notes[1] == (
        "Taken out: decoupled weight decay, lambda * w times that factor; "
        "give the trainer weight_decay=0.3."
    )
    rule = parse(text_of(found))
    assert rule.hyperparameters == (("beta1", 0.9), ("beta2", 0.99))
    assert digest(lower(rule, bind=True)) == digest(lower(known_rule("lion"), bind=True))


def test_program_8_keeps_what_is_not_the_scale() -> None:
    """The learning rate that clips the gradient stays; its factor and the decay are told."""
    found = check(RAW)
    assert taken_out(found.notes, {}) == (0.0002, 0.4602)
    rule = parse(text_of(found))
    assert "lr" in rule.inputs
    assert "w" not in rule.inputs


TAKEN = {
    "rate first": ("lr * (sign(m) + w * 0.1)", 1, 0.1),
    "rate last": ("(sign(m) + 0.1 * w) * lr", 1, 0.1),
    "rate in each term": ("lr * sign(m) + w * lr * 0.1", 1, 0.1),
    "rate with a scale": ("sign(m) * (lr * 0.25)", 0.25, 0),
    "scale before decay": ("lr * (0.5 * sign(m) + 0.2 * w)", 0.5, 0.4),
    "scale after decay": ("0.5 * (lr * (sign(m) + 0.2 * w))", 0.5, 0.2),
    "decay subtracted": ("lr * (sign(m) - 0.2 * w)", 1, 0),
    "update subtracted from decay": ("lr * (0.2 * w - sign(m))", 1, 0.2),
    "negative": ("-(lr * sign(m))", 1, 0),
    "named decay": ("lr * (sign(m) + w * lambda)", 1, 0.3),
    "named decay, scaled": ("lr * 2 * (sign(m) + w * lambda * 0.5)", 2, 0.15),
    "named decay first": ("lambda * w * lr + lr * m", 1, 0.3),
    "two named numbers": ("lr * (sign(m) + w * lambda * beta1)", 1, 0.27),
    "two decays": ("lr * (m + 0.2 * w) + w * lr", 1, 1.2),
    "two decays, one named": ("lr * (m + lambda * w) - w * lr", 1, 0),
    "rate in a numerator": ("lr * m / (abs(g) + 1)", 1, 0),
    "rate over a number": ("m / (1 / lr)", 1, 0),
    "decay in a quotient": ("lr * (m + w) / (abs(g) + 1)", 1, 0),
    "decay over a number": ("lr * (m + w / 4)", 1, 0),
    "weights as factors": ("lr * (m * w + w * w)", 1, 0),
    "weights in a function": ("lr * (m + tanh(w))", 1, 0),
    "named scale": ("lr * scale * m", 1, 0),
    "times minus one": ("sign(m) * (lr * -1)", 1, 0),
    "minus the rate": ("-lr * sign(m)", 1, 0),
    "times minus the rate": ("sign(m) * -lr", 1, 0),
    "zero less the rate": ("(0 - lr) * sign(m)", 1, 0),
    "over a negative number": ("lr * sign(m) / -4", 1, 0),
    "negative, with decay": ("-lr * (sign(m) + 0.2 * w)", 1, 0),
    "negative, decay positive": ("lr * -2 * sign(m) + lr * w * 0.5", 2, 0.25),
    "negative named scale": ("lr * -scale * m", 1, 0),
    "negative decays that cancel": ("lr * (m + 0.5 * w) - lr * 0.75 * w + lr * w", 1, 0.75),
    "number alone": ("lr * 3", 3, 0),
    "rate alone": ("lr", 1, 0),
    "rate inside and outside": ("lr * tanh(m * lr)", 1, 0),
}
"""What is returned, the factor beside the rate, and the weights' coefficient."""


@pytest.mark.parametrize(("direction", "scale", "coefficient"), TAKEN.values(), ids=TAKEN)
def test_rate_and_decay_are_taken_out(direction: str, scale: float, coefficient: float) -> None:
    """Wherever the rate and the decay stand, the update is the same with them outside."""
    found = check(listing(direction))
    assert taken_out(found.notes, CONSTANTS) == pytest.approx((scale, coefficient))
    assert len(found.notes) == 1 + bool(coefficient)


@pytest.mark.parametrize(
    "direction",
    [
        "m",
        "m + lr * w * 0.1",
        "lr * m + 0.1 * w",
        "lr * m * lr",
        "lr * (m + lr * g)",
        "m / lr",
        "sqrt(lr) * m",
        "lr * w",
        "maximum(lr * m, lr * g)",
        "0.5",
    ],
)
def test_what_is_not_the_rate_times_a_direction_stays(direction: str) -> None:
    """Without the rate, with two of them, or with decay alone, the listing is left as it is."""
    assert check(listing(direction)).notes == (NOTHING,)


PARTS = st.sampled_from(["g", "m", "w", "lr", "2", "0.5", "lambda", "sign(g)"])


@given(
    st.recursive(
        PARTS,
        lambda inner: st.tuples(inner, st.sampled_from("+-*/*"), inner).map(
            lambda x: f"({x[0]} {x[1]} {x[2]})"
        ),
        max_leaves=8,
    ),
    st.booleans(),
)
def test_nothing_is_lost_of_any_arithmetic(direction: str, scaled: bool) -> None:
    """Of any sums, products and quotients, text and notes together are the listing's update."""
    try:
        check(listing(f"lr * {direction}" if scaled else direction))
    except Overflow:
        assume(False)


@pytest.mark.parametrize(
    "signature",
    [
        "def train(w, g, lr):",
        "def train(w, g, lr,):",
        "def train(w, g, lr, *, beta2=0.5):",
        "def train(w, g, lr, *, beta2=(0.5)) :",
        "def train(w,  # (the weights):\n          g, lr\n          ):",
        "# A rule (see the text):\ndef train(w, g, lr) -> tuple:",
        '"""Rule (1):"""\ndef train(w: float, /, g, lr) -> f(1):',
    ],
)
def test_open_constants_go_into_any_signature(signature: str) -> None:
    """The numbers given become hyperparameters, however the signature is written."""
    found = convert(f"{signature}\n  return lr * g * beta1", {"beta1": 0.9})
    assert parse(readable(found.graph, "f")) == parse(
        "def f(g, *, beta1=0.9):\n    update = g * beta1\n    return update"
    )


def test_inputs_are_optional() -> None:
    """A listing of numbers alone has a signature of numbers alone."""
    found = convert("def train():\n  return beta1", {"beta1": 0.9})
    assert parse(readable(found.graph, "f")) == parse("def f(*, beta1=0.9):\n    return beta1")


@pytest.mark.parametrize(
    ("text", "constants", "message"),
    [
        (LION, {}, r"^l\.txt: the listing leaves beta1, beta2 open; .* --set beta1=\.\.\. --set b"),
        (listing("lr * g * lambda"), {}, r"leaves lambda open; give numbers with --set lambda="),
        (listing("lr * g + lambda * w"), {}, r"leaves lambda open"),
        (listing("lr * (g + lambda * w) - lr * w"), {}, r"leaves lambda open"),
        (listing("lr * sgn(g)"), {}, r"^l\.txt:3:15: unknown function 'sgn'"),
        (listing("lr *"), {}, r"^l\.txt:3:\d+: syntax error"),
        ("", {}, r"^l\.txt:1:1: expected one function, got none"),
        ("x = 1", {}, r"^l\.txt:1:1: expected a function"),
        ("def f(g):\n return g\ndef h(g):\n return g", {}, r"expected one function, got 2"),
        (LION, {"beta1": float("nan"), "beta2": 0.5}, r"needs a finite number"),
    ],
)
def test_what_cannot_be_converted_is_explained(
    text: str, constants: Mapping[str, float], message: str
) -> None:
    """A number that is missing or none, and text that is no program, are errors in one line."""
    with pytest.raises(EvosearchError, match=message):
        convert(text, constants=constants, source="l.txt")


def test_lambda_can_be_given_under_its_name() -> None:
    """A decay that stays takes the number given, as `lambda` or as what it becomes."""
    text = listing("lr * g * lambda")
    for name in ("lambda", "decay"):
        assert parse(text_of(convert(text, constants={name: 0.25}))).hyperparameters == (
            ("decay", 0.25),
        )


def test_a_decay_without_a_number_is_told_by_the_listings_name() -> None:
    """Where it is taken out it need not be given, and what is known of it is told."""
    for direction, told in (
        ("lr * (g + lambda * w)", "lambda"),
        ("lr * (g + 2 * w * lambda)", "2 * lambda"),
        ("lr * (g + lambda * w + 0.5 * w)", "lambda + 0.5"),
    ):
        note = convert(listing(direction), {}).notes[1]
        assert note.endswith(f"give the trainer weight_decay={told}.")


@pytest.mark.parametrize("tiny", ["1e-200", "1e200"])
def test_factors_beyond_floats_stay(tiny: str) -> None:
    """Of which the product is 0 or infinite."""
    text = listing(f"(lr * {tiny}) * (m * {tiny})")
    assert convert(text).notes == (NOTHING,)


def test_the_result_reads_as_a_rule() -> None:
    """The program is called as asked, and has no name of the listing's that it does not need."""
    assert readable(convert(LION, CONSTANTS).graph, "lion") == (
        "def lion(g, momentum, *, beta1=0.9, beta2=0.99):\n"
        "    update = sign(lerp(g, momentum, beta1))\n"
        "    momentum = lerp(g, momentum, beta2)\n"
        "    return update, momentum\n"
    )
