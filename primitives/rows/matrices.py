"""Holds the rows for means over the rows and columns of each parameter tensor's matrix view."""

from __future__ import annotations

from primitives import ranges
from primitives.kinds import Kind
from primitives.primitive import Primitive, symbolic

_L, _R, _C, _T = Kind.LEAF, Kind.ROW, Kind.COLUMN, Kind.TENSOR

ROWS = (
    Primitive(
        name="row_mean",
        definition="the mean of a over each row, one number per row of the tensor's matrix view",
        accepts=(_T,),
        numpy=lambda s, a: s.mean_over(_R, a),
        torch=lambda s, a: s.mean_over(_R, a),
        sympy=symbolic("row_mean"),
        # As of a tensor with one more dimension: a vector's rows are its elements.
        source="torch.squeeze({0}[..., None].mean([*range(1, p.dim() + 1)], True), -1)",
        jax="jnp.mean({0}[..., None], tuple(range(1, g.ndim + 1)), keepdims=True)[..., 0]",
        reduces_to=_R,
        result_role="row_mean",
        degrees=(1,),
        range=ranges.of_signs,
        odd=True,
        zero_preserving=True,
    ),
    Primitive(
        name="column_mean",
        definition="the mean of a over each column, one number per column of the matrix view",
        accepts=(_T,),
        numpy=lambda s, a: s.mean_over(_C, a),
        torch=lambda s, a: s.mean_over(_C, a),
        sympy=symbolic("column_mean"),
        source="{0}.mean(0, True)",
        jax="jnp.mean({0}, 0, keepdims=True) if g.ndim else {0}",
        reduces_to=_C,
        result_role="column_mean",
        degrees=(1,),
        range=ranges.of_signs,
        odd=True,
        zero_preserving=True,
    ),
    Primitive(
        name="rows",
        definition="the number of rows of the tensor's matrix view; 1 of a single number",
        accepts=(),
        numpy=lambda s: s.rows,
        torch=lambda s: s.rows,
        sympy=symbolic("rows"),
        source="p.new_tensor(p.shape[0] if p.dim() else 1)",
        jax="float(g.shape[0] if g.ndim else 1)",
        scalar_source="float(p.shape[0] if p.dim() else 1)",
        reduces_to=_L,
        range=ranges.always(ranges.Range(1.0)),
        cost=0,
    ),
    Primitive(
        name="columns",
        definition="the number of columns of the matrix view; 1 of a vector",
        accepts=(),
        numpy=lambda s: s.columns,
        torch=lambda s: s.columns,
        sympy=symbolic("columns"),
        source="p.new_tensor(p.shape[1:].numel())",
        jax="float(jnp.size(g) // (g.shape[0] if g.ndim else 1))",
        scalar_source="float(p.shape[1:].numel())",
        reduces_to=_L,
        range=ranges.always(ranges.Range(1.0)),
        cost=0,
    ),
)
