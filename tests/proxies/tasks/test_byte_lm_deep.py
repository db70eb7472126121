"""The size of the deep language model."""

from proxies import TASKS
from proxies.training.cost import parameter_count


def test_final_models_are_as_large_as_promised() -> None:
    """The final suite has a transformer of at least half a million parameters in four blocks."""
    model = TASKS["byte_lm_deep"].model()
    assert parameter_count(TASKS["byte_lm_deep"]) >= 500_000
    assert len([m for m in model.modules() if type(m).__name__ == "Block"]) == 4
