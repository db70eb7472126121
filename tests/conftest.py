"""Settings that all tests share."""

import pytest
import torch
from hypothesis import settings

# The same examples in every run, and no deadline that a busy machine could miss.
settings.register_profile("tests", derandomize=True, deadline=None, database=None, max_examples=50)
settings.load_profile("tests")


@pytest.fixture(autouse=True, scope="session")
def _one_torch_thread() -> None:
    """Small operations are slower on several threads, and training promises results for one."""
    torch.set_num_threads(1)
