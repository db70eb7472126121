"""A run with made-up results: the start rule and a mutant tuned, the mutant measured again."""

from __future__ import annotations

from pathlib import Path

from evosearch.language.parser import parse
from evosearch.scoring.evaluation import Result
from evosearch.scoring.setting import Setting
from evosearch.scoring.statistics import Measurement
from evosearch.scoring.trainings import Evaluation
from evosearch.scoring.tuner import Tuned
from evosearch.search.config_values import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.schema import RANKING, REPORT
from evosearch.search.store_writer import StoreWriter

START = "def start(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return m, m\n"
RECORDED = make_config(
    {"tasks": ["digit_images"], "population": 4, "block": 1, "lag": 1}, "the test"
)
BETA = 0.75
"""The value of the mutant's constant `beta` that its last tuning chose."""


def tuned(constants: tuple[float, ...]) -> dict[str, Tuned]:
    """What tuning might have given that chose these constants."""
    evaluation = Evaluation("digit_images", 100, 0, 1.0, 0.5, constants)
    own = Tuned(Setting(1.0, constants), {0: 0.5}, (evaluation,), 1200)
    return {"digit_images": own}


def record(folder: Path) -> Path:
    """Writes the run into a folder."""
    with StoreWriter.create(folder, RECORDED, START) as store:
        evolution = Evolution(RECORDED, [parse(START)], store.memory)
        for number, fitness in enumerate((0.0, 1.0)):
            block = evolution.breed(number, 1)
            (one,) = (c for c in block if c.entrant is not None)
            assert one.entrant is not None
            family = one.entrant.family
            results = {one.id: Result(fitness, True, tuned(family.defaults))}
            store.add_block(block, results, evolution.commit(block, results))
        measured = Measurement(1.5, 1.25, 1.75, {"digit_images": 1.5})
        chosen = tuple(
            BETA if name == "beta" else value
            for name, value in zip(family.names, family.defaults, strict=True)
        )
        store.add_stage(RANKING, [(one.id, measured)], {one.id: tuned(chosen)}, {})
        store.add_stage(REPORT, [(one.id, measured)], {}, {})
        store.finish()
    return folder
