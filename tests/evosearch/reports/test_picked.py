"""What a search's best score is worth, of runs whose noise was written down."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from evosearch.reports.picked import Picked, picked, spread
from evosearch.reports.references import resolve
from evosearch.reports.summary import render
from evosearch.scoring.best_of_many import Corrected, correct_best
from evosearch.search.store_reader import StoreReader
from tests.support.recorded_run import record
from tests.support.scored_run import Logs, scored_run

MEANS = [0.02 * place for place in range(11)] + [0.3]
"""The scores of twelve classes in the first round."""
SEEDS = (0.07, -0.07)
"""What each seed does to all classes alike, as AdamW's luck does."""
SIZE = 0.05
"""By which classes in turn do better on one seed and worse on the other, on both tasks."""
PER_SEED = SIZE * math.sqrt(24 / 11)
"""Twelve classes and two seeds leave 11 degrees of freedom to 24 residuals of this size."""
TOO_FEW = "therefore too high; too few "


def logs(mean: float, sign: int) -> Logs:
    """A class's logarithms; the tasks are apart, and all else on them is alike."""
    by_seed = [mean + SEEDS[0] + sign * SIZE, mean + SEEDS[1] - sign * SIZE]
    return [[value + apart for value in by_seed] for apart in (0.4, -0.4)]


FIRST = [logs(mean, (-1) ** place) for place, mean in enumerate(MEANS)]


def best_of(run: Path) -> Picked:
    with StoreReader.open(run) as store:
        best = picked(store)
    assert best is not None
    return best


def close(one: Corrected | None, other: Corrected) -> bool:
    assert one is not None
    return (one.low, one.estimate, one.high) == pytest.approx(
        (other.low, other.estimate, other.high)
    )


def test_the_noise_is_what_is_left_of_classes_and_seeds() -> None:
    """By hand: twelve classes that do in turn better on one seed and on the other."""
    turns = np.resize([1.0, -1.0], 12)
    table = np.add.outer(np.array(MEANS), np.array(SEEDS)) + SIZE * np.outer(turns, [1, -1])
    assert spread([table]) == pytest.approx(PER_SEED)
    # 24 and 48 squares over 11 and 33 degrees of freedom.
    wider = np.outer(turns, [1, 1, -1, -1]) * SIZE
    assert spread([table, wider]) == pytest.approx(SIZE * math.sqrt(72 / 44))


def test_the_noise_of_a_simulation_is_found() -> None:
    """Within two percent, of 800 classes that differ, on seeds that do."""
    generator = np.random.default_rng(4)
    own, shared = generator.normal(size=(800, 1)), generator.normal(size=4)
    table = own + shared + generator.normal(0.0, 0.06, (800, 4))
    assert spread([table]) == pytest.approx(0.06, rel=0.05)


def test_too_little_tells_no_noise() -> None:
    """Few classes, one seed, none at all, or classes that do not spread."""
    noise = np.random.default_rng(5).normal(size=(10, 2))
    assert spread([noise]) is None
    assert spread([np.resize(noise, (40, 1))]) is None
    assert spread([]) is None
    assert spread([np.add.outer(np.array(MEANS), np.array(SEEDS))]) is None
    assert spread([noise, noise]) is not None


def test_the_best_score_is_corrected(tmp_path: Path) -> None:
    """By the noise of a mean of two seeds, from all classes' scores."""
    best = best_of(scored_run(tmp_path / "run", FIRST, {}))
    assert (best.id, best.among) == (11, 12)
    assert best.score == pytest.approx(2**0.3)
    assert close(best.worth, correct_best(MEANS, PER_SEED / math.sqrt(2), 0.05))


def test_the_latest_round_counts(tmp_path: Path) -> None:
    """A score that faded is not the best any more, and one on four seeds is less noisy."""
    further = {10: [[0.26] * 4] * 2, 11: [[0.1] * 4] * 2}
    best = best_of(scored_run(tmp_path / "run", FIRST, further))
    scores = [*MEANS[:10], 0.26, 0.1]
    assert (best.id, best.among) == (10, 12)
    # The ten classes that are still in their first round: 20 squares over 9, and 1 x 3 of none.
    per_seed = SIZE * math.sqrt(20 / (9 + 3))
    assert close(best.worth, correct_best(scores, per_seed / 2, 0.05))


def test_a_class_that_diverged_on_a_seed_tells_no_noise(tmp_path: Path) -> None:
    """What is left of twelve is one too few for ten degrees of freedom, and of thirteen is not."""
    lost: Logs = [[0.0, math.inf], [0.0, 0.0]]
    assert best_of(scored_run(tmp_path / "few", [lost, *FIRST[2:]], {})).worth is None
    thirteen = best_of(scored_run(tmp_path / "more", [lost, *FIRST], {}))
    assert close(thirteen.worth, correct_best([0.0, *MEANS], PER_SEED / math.sqrt(2), 0.05))


def test_it_stands_beside_the_score(tmp_path: Path) -> None:
    """In the summary, and as the evidence of the best; that of others is as it was."""
    run = scored_run(tmp_path / "run", FIRST, {})
    worth = correct_best(MEANS, PER_SEED / math.sqrt(2), 0.05)
    low, estimate, high = (2**log for log in (worth.low, worth.estimate, worth.high))
    corrected = (
        f"corrected for having been picked by that, it is {estimate:.2f} [{low:.2f}, {high:.2f}], "
        "in which the luck of tuning and AdamW's own seeds are still left."
    )
    with StoreReader.open(run) as store:
        assert (
            f"Candidate 11 had the highest of 12 scores in the search, 1.23; {corrected}"
        ) in render(store).splitlines()
    assert resolve(f"{run}#best").evidence.endswith(
        f"1.23, on the seeds that selected it and therefore too high; of 12 scores it was the "
        f"highest, and {corrected}"
    )
    assert resolve(f"{run}#3").evidence.endswith(
        "1.04, on the seeds that selected it and therefore too high."
    )


def test_a_score_of_the_evidence_is_of_the_latest_round(tmp_path: Path) -> None:
    """As everywhere: that of the first was luckier."""
    run = scored_run(tmp_path / "run", FIRST, {11: [[0.1] * 4] * 2})
    assert ": 1.07, on the seeds" in resolve(f"{run}#11").evidence


def test_where_the_noise_is_not_known_the_text_says_so(tmp_path: Path) -> None:
    """And names no number."""
    run = scored_run(tmp_path / "run", FIRST[-3:], {})
    with StoreReader.open(run) as store:
        (line,) = (line for line in render(store).splitlines() if "had the highest" in line)
    assert line == (
        "Candidate 2 had the highest of 3 scores in the search, 1.23, which is therefore too high; "
        "too few were taken on the same seeds to say by how much."
    )
    assert resolve(f"{run}#best").evidence.endswith(
        "therefore too high; too few rules were scored on the same seeds to say by how much."
    )


def test_one_score_is_the_best_of_none(tmp_path: Path) -> None:
    """Nor is there anything to say of a run without any; of two it is said."""
    for count in (0, 1):
        with StoreReader.open(scored_run(tmp_path / str(count), FIRST[:count], {})) as store:
            assert picked(store) is None
            assert "had the highest" not in render(store)
    assert best_of(record(tmp_path / "two")).among == 2
