"""numpy in the place of jax, and the little of optax that exported files use.

A tree is made of dicts, lists, tuples and None, as jax has it; all else is a leaf.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.special


class Transformation(NamedTuple):
    init: Callable[..., Any]
    update: Callable[..., Any]


def _parts(tree: Any) -> list[tuple[Any, Any]] | None:
    """The keys and values of a node; None of a leaf."""
    if tree is None:
        return []
    if isinstance(tree, dict):
        return sorted(tree.items())
    return list(enumerate(tree)) if isinstance(tree, list | tuple) else None


def _rebuilt(tree: Any, values: Sequence[Any]) -> Any:
    if tree is None:
        return None
    if isinstance(tree, dict):
        return dict(zip(sorted(tree), values, strict=True))
    return type(tree)(*values) if hasattr(tree, "_fields") else type(tree)(values)


@dataclass(frozen=True)
class Structure:
    """A tree's nodes, of which some may be leaves."""

    tree: Any
    is_leaf: Callable[[Any], bool]

    def flatten_up_to(self, other: Any) -> list[Any]:
        return list(self._matched(self.tree, other))

    def _matched(self, tree: Any, other: Any) -> Iterator[Any]:
        parts = None if self.is_leaf(tree) else _parts(tree)
        if parts is None:
            yield other
            return
        others = _parts(other)
        assert others is not None
        assert [key for key, _ in parts] == [key for key, _ in others], (tree, other)
        for (_, part), (_, matching) in zip(parts, others, strict=True):
            yield from self._matched(part, matching)

    def unflatten(self, leaves: Sequence[Any]) -> Any:
        remaining = iter(leaves)

        def rebuilt(tree: Any) -> Any:
            parts = None if self.is_leaf(tree) else _parts(tree)
            if parts is None:
                return next(remaining)
            return _rebuilt(tree, [rebuilt(part) for _, part in parts])

        result = rebuilt(self.tree)
        assert next(remaining, self) is self
        return result


def _no_leaf(_: Any) -> bool:
    return False


def flatten(tree: Any, is_leaf: Callable[[Any], bool] = _no_leaf) -> tuple[list[Any], Structure]:
    structure = Structure(tree, is_leaf)
    return structure.flatten_up_to(tree), structure


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The first tree decides the structure; of the others, a leaf may be a tree."""
    leaves, structure = flatten(tree)
    lists = [structure.flatten_up_to(other) for other in others]
    return structure.unflatten(list(map(function, leaves, *lists)))


def modules() -> dict[str, ModuleType]:
    """`jax`, `jax.numpy` and `optax`, as far as a file needs them."""
    jax, jnp, optax = ModuleType("jax"), ModuleType("jax.numpy"), ModuleType("optax")
    vars(jnp).update({n: getattr(np, n) for n in dir(np) if not n.startswith("__")})
    tree = SimpleNamespace(flatten=flatten, map=mapped, leaves=lambda tree: flatten(tree)[0])
    scipy_module = SimpleNamespace(special=scipy.special)
    vars(jax).update({"numpy": jnp, "tree": tree, "scipy": scipy_module})
    vars(optax).update(
        {
            "GradientTransformationExtraArgs": Transformation,
            "ScalarOrSchedule": Any,
            "safe_increment": lambda count: count + 1,
        }
    )
    return {"jax": jax, "jax.numpy": jnp, "optax": optax}


def load(text: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that an optax file defines, where jax is numpy."""
    for name, module in modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    scope: dict[str, Any] = {"__name__": "exported"}
    monkeypatch.setitem(sys.modules, "exported", ModuleType("exported"))
    exec(text, scope)
    return scope
