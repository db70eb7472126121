"""Defines the operations that update rules are made of, each as a row of one table.

This package knows nothing of programs, graphs or training.
"""

from primitives.fusions import FUSIONS
from primitives.kinds import Kind, fits, join
from primitives.primitive import Composite, Foreach, Fusion, Guarded, Operation, Primitive, render
from primitives.ranges import Range
from primitives.segments import NumpySegments, Segments, TorchSegments
from primitives.table import (
    BUILT_IN,
    COMPOSITES,
    INFIX,
    OPERATIONS,
    PRIMITIVES,
    REFUSED,
    SPELLINGS,
    Table,
)

__all__ = [
    "BUILT_IN",
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
    "Table",
    "TorchSegments",
    "fits",
    "join",
    "render",
]
