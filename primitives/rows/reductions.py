"""Holds the rows for reductions, to one number per parameter tensor or for all together."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
import torch

from primitives import ranges
from primitives.division import over, over_torch
from primitives.kinds import Kind
from primitives.primitive import Foreach, Primitive

_S, _L, _T = Kind.SCALAR, Kind.LEAF, Kind.TENSOR


def _symbolic(name: str) -> Any:
    """Makes what stands for a reduction in a formula: an undefined function of that name."""
    return lambda *arguments: sympy.Function(name)(*arguments)


ROWS = (
    Primitive(
        name="sum",
        definition="the sum of a over the parameter tensor",
        accepts=(_T,),
        numpy=lambda s, a: s.sum(a),
        torch=lambda s, a: s.sum(a),
        sympy=_symbolic("sum"),
        source="{0}.sum()",
        jax="jnp.sum({0})",
        reduces_to=_L,
        result_role="total",
        degrees=(1,),
        range=ranges.of_signs,
        odd=True,
        zero_preserving=True,
    ),
    Primitive(
        name="mean",
        definition="the mean of a over the parameter tensor",
        accepts=(_T,),
        numpy=lambda s, a: s.sum(a) / s.sizes,
        torch=lambda s, a: s.sum(a) / s.sizes,
        sympy=_symbolic("mean"),
        source="{0}.mean()",
        jax="jnp.mean({0})",
        reduces_to=_L,
        result_role="mean",
        degrees=(1,),
        range=ranges.of_signs,
        odd=True,
        zero_preserving=True,
    ),
    Primitive(
        name="rms",
        definition="the root mean square of a over the parameter tensor",
        accepts=(_T,),
        numpy=lambda s, a: np.sqrt(s.sum(np.square(a)) / s.sizes),
        torch=lambda s, a: torch.sqrt(s.sum(torch.square(a)) / s.sizes),
        sympy=_symbolic("rms"),
        source="{0}.square().mean().sqrt()",
        jax="jnp.sqrt(jnp.mean(jnp.square({0})))",
        reduces_to=_L,
        result_role="rms",
        degrees=(1,),
        range=ranges.magnitude,
        even=True,
        zero_preserving=True,
        cost=2,
    ),
    Primitive(
        name="norm",
        definition="the Euclidean norm of a over the parameter tensor",
        accepts=(_T,),
        numpy=lambda s, a: np.sqrt(s.sum(np.square(a))),
        torch=lambda s, a: torch.sqrt(s.sum(torch.square(a))),
        sympy=_symbolic("norm"),
        source="torch.linalg.vector_norm({0})",
        jax="jnp.sqrt(jnp.sum(jnp.square({0})))",
        foreach=Foreach(forms={0: "torch._foreach_norm({0})"}, in_place=False),
        reduces_to=_L,
        result_role="norm",
        degrees=(1,),
        range=ranges.magnitude,
        even=True,
        paper=True,
        zero_preserving=True,
        cost=2,
    ),
    Primitive(
        name="dot",
        definition="the inner product of a and b over the parameter tensor",
        accepts=(_T, _T),
        numpy=lambda s, a, b: s.sum(a * b),
        torch=lambda s, a, b: s.sum(a * b),
        sympy=_symbolic("dot"),
        source="({0} * {1}).sum()",
        jax="jnp.sum({0} * {1})",
        reduces_to=_L,
        result_role="product",
        degrees=(1, 1),
        range=ranges.of_signs,
        commutative=True,
        paper=True,
        zero_preserving=True,
        cost=2,
    ),
    Primitive(
        name="cosine_sim",
        definition="dot(a, b) / (norm(a) * norm(b)), and 0 where a norm is 0",
        jax="jnp.nan_to_num(jnp.sum({0} * {1}) / (jnp.sqrt(jnp.sum(jnp.square({0}))) * "
        "jnp.sqrt(jnp.sum(jnp.square({1})))), nan=0.0, posinf=0.0, neginf=0.0)",
        accepts=(_T, _T),
        numpy=lambda s, a, b: over(
            s.sum(a * b), np.sqrt(s.sum(np.square(a))) * np.sqrt(s.sum(np.square(b)))
        ),
        torch=lambda s, a, b: over_torch(
            s.sum(a * b), torch.sqrt(s.sum(a.square())) * torch.sqrt(s.sum(b.square()))
        ),
        sympy=_symbolic("cosine_sim"),
        workspace=3,
        # A norm that underflows gives infinity.
        source="(({0} / {0}.norm()) * ({1} / {1}.norm())).sum().nan_to_num(0.0, 0.0, 0.0)",
        reduces_to=_L,
        range=ranges.of_signs,
        commutative=True,
        paper=True,
        zero_preserving=True,
        switches=True,  # a sign, where a tensor has one element or an argument one number
        cost=6,
    ),
    Primitive(
        name="numel",
        definition="the number of elements of the parameter tensor",
        accepts=(),
        numpy=lambda s: s.sizes,
        torch=lambda s: s.sizes,
        sympy=_symbolic("numel"),
        source="p.new_tensor(p.numel())",
        jax="float(jnp.size(g))",
        scalar_source="float(p.numel())",
        reduces_to=_L,
        range=ranges.always(ranges.Range(1.0)),
        cost=0,
    ),
    Primitive(
        name="global_norm",
        definition="the Euclidean norm of a over all parameters of the model",
        accepts=(_T,),
        numpy=lambda s, a: np.sqrt(s.sum_all(np.square(a))),
        torch=lambda s, a: torch.sqrt(s.sum_all(torch.square(a))),
        sympy=_symbolic("global_norm"),
        source="{0}.square().sum()",
        jax="jnp.sum(jnp.square({0}))",
        jax_finish="jnp.sqrt({0})",
        finish="{0}.sqrt()",
        reduces_to=_S,
        range=ranges.magnitude,
        even=True,
        paper=True,
        zero_preserving=True,
        cost=2,
    ),
    Primitive(
        name="global_dot",
        definition="the inner product of a and b over all parameters of the model",
        accepts=(_T, _T),
        numpy=lambda s, a, b: s.sum_all(a * b),
        torch=lambda s, a, b: s.sum_all(a * b),
        sympy=_symbolic("global_dot"),
        source="({0} * {1}).sum()",
        jax="jnp.sum({0} * {1})",
        reduces_to=_S,
        range=ranges.of_signs,
        commutative=True,
        zero_preserving=True,
        cost=2,
    ),
)
