"""The operations that update rules are made of, each a row of one table.

This package knows nothing of programs, graphs or training.
"""

from primitives.kinds import Kind, join
from primitives.primitive import Guarded, Primitive, render
from primitives.ranges import Range
from primitives.segments import NumpySegments, Segments, TorchSegments
from primitives.table import INFIX, PRIMITIVES, SPELLINGS

__all__ = [
    "INFIX",
    "PRIMITIVES",
    "SPELLINGS",
    "Guarded",
    "Kind",
    "NumpySegments",
    "Primitive",
    "Range",
    "Segments",
    "TorchSegments",
    "join",
    "render",
]
