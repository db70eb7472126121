"""Generated rows are those of the tables in mean and covariance, and half of each is hidden."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine

from proxies import TASKS
from proxies.keys import generator


@pytest.mark.parametrize(
    ("name", "load"), [("wine_gaps", load_wine), ("cancer_gaps", load_breast_cancer)]
)
def test_generated_rows_have_the_means_and_covariances_of_the_table(name: str, load: Any) -> None:
    """Over classes that are drawn equally often."""
    table = load()
    values = (table.data - table.data.mean(axis=0)) / table.data.std(axis=0)
    classes = [values[table.target == label] for label in np.unique(table.target)]
    mean = np.mean([rows.mean(axis=0) for rows in classes], axis=0)
    second = np.mean(
        [np.cov(rows.T) + np.outer(rows.mean(axis=0), rows.mean(axis=0)) for rows in classes],
        axis=0,
    )
    _, targets = TASKS[name].data().sample(generator("a"), 40_000)
    drawn = targets[:, 0].astype(np.float64)
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.05)
    np.testing.assert_allclose(drawn.T @ drawn / len(drawn), second, atol=0.1)


def test_what_is_asked_for_is_not_given() -> None:
    """Half of the measurements are hidden; the others are as they are."""
    inputs, targets = TASKS["cancer_gaps"].data().held_out()
    hidden = targets[:, 1] == 1
    assert np.array_equal(inputs[:, 1], targets[:, 1])
    assert not inputs[:, 0][hidden].any()
    assert np.array_equal(inputs[:, 0][~hidden], targets[:, 0][~hidden])
    assert 0.45 < hidden.mean() < 0.55
