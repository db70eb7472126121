"""Who goes on from a stage: thresholds from what was seen, and stages that know their limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evosearch.scoring.evaluation import Result
from evosearch.search.candidate import DUPLICATE
from evosearch.search.funnel import (
    BY_LOT,
    LOT,
    MOST_PROMOTED,
    PASSED,
    PROMOTED,
    RECENT,
    STOPPED,
    Funnel,
    Seen,
    Stage,
    by_lot,
    passed_of,
)
from proxies.keys import generator
from tests.support.evolving import grow, shortness


def stage_of(foretells: float, count: int = 150, share: float = 0.6) -> Stage:
    """A stage that saw structures of which a share went on, and some of the rest by lot."""
    stage, draw = Stage(share, 1.0), generator("stage", count)
    for _ in range(count):
        score = float(draw.standard_normal())
        later = foretells * score + float(draw.standard_normal()) * (1 - abs(foretells))
        passed = PASSED if score >= -0.25 else BY_LOT if draw.random() < 0.2 else STOPPED
        stage.note(Seen(score, passed, later if passed else None))
    return stage


def test_the_pass_mark_is_a_quantile_of_recent_scores() -> None:
    """As numpy has it; of the latest, and of nobody while there are few."""
    stage, scores = Stage(0.25, 1.0), generator("scores").standard_normal(300).tolist()
    for count, score in enumerate(scores, start=1):
        stage.note(Seen(score, STOPPED, None))
        if count < 20:
            assert stage.pass_mark == -np.inf
    recent = scores[-RECENT:]
    expected = np.quantile(recent, 0.75, method="lower")
    assert stage.pass_mark == expected
    assert np.mean(np.array(recent) >= expected) == pytest.approx(0.25, abs=0.01)


def test_a_stage_that_foretells_the_next_keeps_its_share() -> None:
    """The correlation is told, and is that of those that went on."""
    stage = stage_of(0.9)
    assert stage.foresight is not None
    assert stage.foresight > 0.8
    assert stage.share == 0.6


def test_a_stage_that_foretells_nothing_stops_nobody() -> None:
    """One that foretells the contrary does not either."""
    contrary = stage_of(-0.9)
    assert contrary.foresight is not None
    assert contrary.foresight < 0
    assert (contrary.share, contrary.pass_mark) == (1.0, -np.inf)


def test_between_the_share_widens_as_foresight_falls() -> None:
    """In proportion to what it lacks: at a quarter, half of the way."""
    shares = {}
    for foretells in np.linspace(0.0, 0.6, 25):
        stage = stage_of(float(foretells))
        assert stage.foresight is not None
        shares[stage.foresight] = stage.share
        lack = min(max(0.5 - stage.foresight, 0.0), 0.5) / 0.5
        assert stage.share == pytest.approx(0.6 + 0.4 * lack)
    assert min(shares) < 0.25 < 0.5 < max(shares)


@pytest.mark.parametrize("count", [0, 5])
def test_little_is_known_of_few(count: int) -> None:
    """Then a stage keeps its share."""
    stage = stage_of(-0.9, count)
    assert stage.foresight is None
    assert stage.share == 0.6


def test_without_lots_nothing_is_known_of_a_stage_that_stops_some() -> None:
    """Those that passed are no fair sample; while all pass, they are."""
    fair, unfair = Stage(0.6, 1.0), Stage(0.6, 1.0)
    for number in range(40):
        score = float(number % 20)
        fair.note(Seen(score, PASSED, score))
        passed = PASSED if score > 8 else STOPPED
        unfair.note(Seen(score, passed, score if passed else None))
    assert fair.foresight == 1.0
    assert unfair.foresight is None


def test_a_lot_falls_on_as_many_as_it_says() -> None:
    """On others in another run, and on the same in the same."""
    drawn = [by_lot(0, number) for number in range(4000)]
    assert drawn == [by_lot(0, number) for number in range(4000)]
    assert drawn != [by_lot(1, number) for number in range(4000)]
    assert np.mean(drawn) == pytest.approx(LOT, abs=0.015)


def test_how_a_candidate_came_into_training() -> None:
    """By its score before, by lot, or not at all; where nothing was asked, nothing is told."""
    one = next(c for c in grow(shortness, 2) if c.entrant is not None)
    assert one.entrant is not None
    tried, untried = Result(0.0, True, {}, micro=0.1), Result(0.0, True, {})
    for mark, lot, expected in (
        *((0.1, False, PASSED), (0.1, True, PASSED), (-np.inf, False, PASSED)),
        *((0.2, False, STOPPED), (0.2, True, BY_LOT)),
    ):
        own = replace(one, entrant=replace(one.entrant, pass_mark=mark, by_lot=lot))
        assert passed_of(own, tried) == expected
        assert passed_of(own, untried) is None
        again = replace(own, outcome="retuned")
        assert passed_of(again, untried) == (BY_LOT if lot else PASSED)
    assert passed_of(replace(one, entrant=None, outcome=DUPLICATE), None) is None


def test_a_further_round_is_foretold_by_the_one_before() -> None:
    """A funnel knows each of its stages' own scores."""
    one = next(c for c in grow(shortness, 2) if c.entrant is not None)
    assert one.entrant is not None
    funnel = Funnel(0.6)
    assert (funnel.rounds.share, funnel.micro.share) == (PROMOTED, 0.6)
    for number in range(60):
        fitness = float(number)
        funnel.record(one, Result(fitness, True, {}, micro=-fitness), 0.0)
        entrant = replace(one.entrant, by_lot=number % 3 == 0)
        again = replace(one, outcome="retuned", entrant=entrant)
        funnel.record(again, Result(-fitness, True, {}), fitness)
    assert funnel.micro.foresight == -1.0
    assert funnel.rounds.foresight == -1.0
    assert (funnel.rounds.share, funnel.micro.share) == (MOST_PROMOTED, 1.0)
