"""Names in exported files clash with nothing, and a person would have chosen them."""

from __future__ import annotations

import builtins
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch import lower, parse
from evosearch.export.notation.names import (
    OWN_NAMES,
    Namer,
    function_name,
    is_taken,
    names_in,
    renamed,
    without_underscores,
)


def test_a_namer_gives_each_name_once() -> None:
    """The second of a kind gets a number, what has one the next."""
    namer = Namer({"x1", "denom2"})
    assert [namer.new(name) for name in ("denom", "denom", "x1", "x1")] == [
        "denom", "denom3", "x2", "x3",
    ]  # fmt: skip
    assert namer.new("m2") == "m2"
    assert namer.new("m2") == "m2_2"


@given(st.lists(st.sampled_from(["x1", "x2", "x", "p", "max", "l", "is", "beta2"]), max_size=9))
def test_no_name_is_given_twice_or_taken(wanted: list[str]) -> None:
    """Whatever is asked for, and however often."""
    namer = Namer({"x2"})
    given_out = [namer.new(name) for name in wanted]
    assert len({*given_out, "x2"}) == len(given_out) + 1
    assert not any(map(is_taken, given_out))


@pytest.mark.parametrize(
    ("name", "plural"),
    [("m", "ms"), ("p", "params"), ("g", "grads"), ("step", "state_steps"), ("s", "ss"),
     ("loss_max", "loss_maxes"), ("m2", "ms2"), ("m_", "ms_")],
)  # fmt: skip
def test_plurals(name: str, plural: str) -> None:
    """A list is called by the plural; asked again, by the same."""
    namer = Namer(set())
    assert namer.plural(name) == plural
    assert namer.plural(name) == plural


def test_taken_are_pythons_names_and_the_files_own() -> None:
    """And the letters that look like digits."""
    assert all(map(is_taken, [*keyword.kwlist, *dir(builtins), *OWN_NAMES, "l", "O", "I"]))
    assert not any(map(is_taken, ["m", "beta1", "L", "denom"]))


def test_renaming_keeps_the_rule() -> None:
    """States and hyperparameters that clash are renamed; the graph is the same otherwise."""
    graph = lower(
        parse("def f(g, lists, lists_, *, __a=0.5):\n"
              "    return __a * (lists - lists_), lists + g, lists_ * g + g")
    )  # fmt: skip
    other = renamed(graph)
    names = [slot.name for slot in other.slots]
    assert set(names) == {"lists__", "lists_"}
    assert not any(map(is_taken, names))
    assert {node.label for node in other.nodes if node.op == "hyperparameter"} == {"a"}
    assert other.with_labels({"lists__": "lists", "a": "__a"}) == graph


def test_renaming_takes_the_wanted_names_that_are_free() -> None:
    """For a file of other names; what remains of a name without its underscores is one."""
    graph = lower(
        parse(
            "def f(g, _m, _1, _, m, step, *, a=0.5):\n"
            "    return a * (_m + _1 + _ + m + step), g, g * g, g + 1, g + 2, g + 3"
        )
    )
    other = renamed(graph, without_underscores, lambda name: is_taken(name, frozenset({"a"})))
    assert names_in(graph) == {"_m", "_1", "_", "m", "step", "a"}
    assert names_in(other) == {"m_", "x1", "x", "m", "step", "a_"}


@pytest.mark.parametrize("name", ["__1", "__", "__class", "__m", "___2x"])
def test_names_that_python_would_mangle_stay_names(name: str) -> None:
    """In a class; what is left of them may be a number or a keyword."""
    (new,) = names_in(renamed(lower(parse(f"def f(g, {name}):\n    return {name} + g, g"))))
    assert new.isidentifier()
    assert not new.startswith("__")
    assert not is_taken(new)


@pytest.mark.parametrize(
    ("name", "function"),
    [("CautiousAdamw", "cautious_adamw"), ("Lion", "lion"), ("Rule12", "rule12"), ("A2B", "a2_b")],
)
def test_function_names(name: str, function: str) -> None:
    """A class's name in small letters, words apart."""
    assert function_name(name) == function
