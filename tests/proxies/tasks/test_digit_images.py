"""What is held out of the digits is never trained on."""

from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from proxies import TASKS


class WholeDraw:
    """Stands for a generator that chooses every option once, and neither moves nor adds noise."""

    def choice(self, options: np.ndarray, size: int) -> np.ndarray:
        assert size > 0
        return options

    def integers(self, high: int, size: tuple[int, ...]) -> np.ndarray:
        assert high == 3
        return np.ones(size, dtype=np.int64)

    def standard_normal(self, size: tuple[int, ...], dtype: Any) -> np.ndarray:
        return np.zeros(size, dtype)


def test_digit_images_holds_out_whole_digits() -> None:
    """No digit is both trained on and held out, in any distortion."""
    digits = load_digits()
    data: Any = TASKS["digit_images"].data()
    trained, _ = data.sample(WholeDraw(), 1)
    seen = {image.tobytes() for image in np.round((trained + 0.3) * 16).astype(np.int8)}
    originals = digits.images.astype(np.int8)
    unseen = [i for i, image in enumerate(originals) if image.tobytes() not in seen]
    assert unseen == list(range(0, len(originals), 5))

    held_out, labels = data.held_out()
    copies = len(held_out) // len(unseen)
    assert np.array_equal(labels, np.tile(digits.target[unseen], copies))
    # What is left of each held-out image without its own digit, moved as fits best, is noise.
    padded = np.pad(digits.images[unseen] / 16.0, ((0, 0), (1, 1), (1, 1)))
    moved = [padded[:, r : r + 8, c : c + 8].reshape(-1, 64) for r in range(3) for c in range(3)]
    rest = np.tile(moved, (1, copies, 1)) - 0.3 - held_out
    assert np.sqrt(np.mean(np.square(rest), axis=2)).min(axis=0).max() < 0.4
