"""A run with made-up results: the start rule and a mutant trained, the mutant measured again."""

from __future__ import annotations

from pathlib import Path

from evosearch.language.parser import parse
from evosearch.scoring.evaluation import Result
from evosearch.scoring.statistics import Measurement
from evosearch.scoring.sweep import Evaluation
from evosearch.search.config import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.schema import BASELINE_ID, RANKING, REPORT
from evosearch.search.store_writer import StoreWriter

START = "def start(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return m, m\n"
RECORDED = make_config({"tasks": ["digit_images"], "population": 4, "block": 1}, "the test")


def record(folder: Path) -> Path:
    """Writes the run into a folder."""
    with StoreWriter.create(folder, RECORDED, START) as store:
        evolution = Evolution(RECORDED, parse(START))
        for number, fitness in enumerate((0.0, 1.0)):
            block = evolution.breed(number, 1)
            (trained,) = (c.id for c in block if c.contender is not None)
            evaluation = Evaluation("digit_images", 100, 0, 1.0, 0.5)
            results = {trained: Result(fitness, True, (evaluation,))}
            store.add_block(block, results, evolution.commit(block, results))
        measured = Measurement(1.5, 1.25, 1.75, {"digit_images": 1.5})
        store.add_stage(RANKING, [], {BASELINE_ID: [], trained: []})
        store.add_stage(REPORT, [(trained, measured)], {})
        store.finish()
    return folder
