"""The index finds exactly the fingerprints that are near, and looks at few others."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evosearch.screening import fingerprint_index
from evosearch.screening.fingerprint import LENGTH, TOLERANCE, Fingerprint
from evosearch.screening.fingerprint_index import FingerprintIndex

Array = NDArray[np.float64]


def moved(vector: Array, distance: float, towards: Array) -> Fingerprint:
    """A vector at a distance in root mean square."""
    return Fingerprint(vector + distance * towards / np.sqrt(np.mean(np.square(towards))))


def test_index_numbers_classes_in_order() -> None:
    """Classes are numbered as they come, and each is found again under its number."""
    draw = np.random.default_rng(3)
    vectors = [Fingerprint(vector) for vector in draw.standard_normal((200, LENGTH))]
    index = FingerprintIndex()
    assert [index.add(vector) for vector in vectors] == list(range(200))
    assert len(index) == 200
    assert [index.find(vector) for vector in vectors] == list(range(200))
    assert index.find(Fingerprint(draw.standard_normal(LENGTH))) is None


@given(st.integers(0, 10**6), st.floats(0, 0.999), st.floats(1.001, 1e4))
def test_index_finds_exactly_what_is_within_the_tolerance(
    seed: int, inside: float, outside: float
) -> None:
    """A vector within the tolerance in any direction is found, one beyond it is not."""
    draw = np.random.default_rng(seed)
    vector, towards = draw.standard_normal((2, LENGTH))
    index = FingerprintIndex()
    index.add(Fingerprint(vector))
    assert index.find(moved(vector, inside * TOLERANCE, towards)) == 0
    assert index.find(moved(vector, outside * TOLERANCE, towards)) is None


def test_near_vectors_are_found_across_the_edges_of_cells() -> None:
    """Vectors on either side of the corner of four cells are found if near, and only then."""
    axes = fingerprint_index._projections()
    draw = np.random.default_rng(4)
    for _ in range(50):
        vector = draw.standard_normal(LENGTH)
        place = axes @ vector / fingerprint_index._CELL
        corner = vector + np.linalg.pinv(axes) @ (np.round(place) - place) * fingerprint_index._CELL
        for signs in ([1, 1], [1, -1], [-1, 1], [-1, -1]):
            towards = np.array(signs) @ axes
            index = FingerprintIndex()
            index.add(moved(corner, 0.45 * TOLERANCE, towards))
            assert index.find(moved(corner, -0.45 * TOLERANCE, towards)) == 0
            assert index.find(moved(corner, -0.65 * TOLERANCE, towards)) is None


def test_index_files_few_vectors_in_one_cell() -> None:
    """Cells are so many that the vectors to compare do not grow with the classes."""
    draw = np.random.default_rng(5)
    index = FingerprintIndex()
    for vector in draw.standard_normal((3000, LENGTH)):
        index.add(Fingerprint(vector))
    assert max(len(cell) for cell in index._cells.values()) <= 3
