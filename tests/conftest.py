"""Settings and fixtures that all tests share."""

import os
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from evosearch.cli import main as command_line
from proxies import Engine
from tests.support.commands import Outcome, Run

# Clusters of the tests too, or their workers starve beside other tests.
os.environ.setdefault("RAY_worker_niceness", "0")

# The same examples in every run, and no deadline that a busy machine could miss.
settings.register_profile("tests", derandomize=True, deadline=None, database=None, max_examples=50)
settings.load_profile("tests")


@pytest.fixture(autouse=True, scope="session")
def _one_torch_thread() -> None:
    """Small operations are slower on several threads, and training promises results for one."""
    torch.set_num_threads(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", default="cpu", help="where tests of training train (default: cpu)")


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """The device on which tests of training train; what they compare with stays on the CPU."""
    name: str = request.config.getoption("--device")
    return name


@pytest.fixture(scope="session")
def engine(device: str) -> Engine:
    """How a search trains there, up to the compiler: a GPU's libraries choose their way by the
    number of replicas, so that only a compiled model, whose calls are of one size, is exact."""
    return Engine(device=device, compiled=device != "cpu")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `evosearch` with arguments, in the test's own folder."""
    monkeypatch.chdir(tmp_path)

    def start(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["evosearch", *map(str, arguments)])
        status = 0
        try:
            command_line.main()
        except SystemExit as stop:
            status = int(stop.code or 0)
        return Outcome(status, *capsys.readouterr())

    return start
