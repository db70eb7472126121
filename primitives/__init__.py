"""The operations that update rules are made of, each a row of one table.

This package knows nothing of programs, graphs or training.
"""

from primitives.fusions import FUSIONS
from primitives.kinds import Kind, join
from primitives.primitive import Composite, Foreach, Fusion, Guarded, Operation, Primitive, render
from primitives.ranges import Range
from primitives.segments import NumpySegments, Segments, TorchSegments
from primitives.table import (
    COMPOSITES,
    INFIX,
    OPERATIONS,
    PRIMITIVES,
    REFUSED,
    SPELLINGS,
    register,
)

__all__ = [
    "COMPOSITES",
    "FUSIONS",
    "INFIX",
    "OPERATIONS",
    "PRIMITIVES",
    "REFUSED",
    "SPELLINGS",
    "Composite",
    "Foreach",
    "Fusion",
    "Guarded",
    "Kind",
    "NumpySegments",
    "Operation",
    "Primitive",
    "Range",
    "Segments",
    "TorchSegments",
    "join",
    "register",
    "render",
]
