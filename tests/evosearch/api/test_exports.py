"""Exported optimizers as classes in memory, and compiled."""

from __future__ import annotations

import inspect
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import evosearch
from evosearch import EvosearchError, known_rule, parse, rule_names
from tests.evosearch.export.pytorch.test_file import _START as START
from tests.evosearch.export.pytorch.test_file import (
    DECAY,
    deviation,
    flatten,
    gradient,
    mutants,
    rate,
    split,
    stable_path,
)
from tests.support.allocations import Allocations


def test_a_rule_a_text_and_a_file_give_a_class(tmp_path: Path) -> None:
    """A program, a known rule's name and a file's path all name what is exported."""
    path = tmp_path / "mine.py"
    path.write_text("def mine(g, *, scale=0.5):\n    return scale * g\n", encoding="utf-8")
    weights = [torch.ones(2) for _ in range(3)]
    programs = (known_rule("sgd"), "sgd", str(path))
    for program, weight in zip(programs, weights, strict=True):
        weight.grad = torch.ones(2)
        evosearch.optimizer(program)([weight], lr=0.5, weight_decay=0.0).step()
    assert [weight.tolist() for weight in weights] == [[0.5, 0.5], [0.5, 0.5], [0.75, 0.75]]


def test_the_class_is_that_of_the_text() -> None:
    """The same program gives the same class, whose source can be looked at."""
    lion = evosearch.optimizer("lion")
    assert lion is evosearch.optimizer("lion")
    assert lion is not evosearch.optimizer("lion", "Other")
    assert issubclass(lion, torch.optim.Optimizer)
    assert inspect.getsource(lion) in evosearch.to_source("lion")
    assert evosearch.optimizer("lion", "Other").__name__ == "Other"


def test_names_that_are_none_are_refused() -> None:
    """An error says which name is wrong."""
    with pytest.raises(EvosearchError, match="'class' cannot name a class"):
        evosearch.optimizer("lion", "class")
    with pytest.raises(EvosearchError, match="no known rule named 'lyon'"):
        evosearch.to_source("lyon")


def test_instances_are_unpickled_in_another_process(tmp_path: Path) -> None:
    """A pickle holds the text of its class, so it needs nothing but evosearch."""
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    weight.grad = torch.tensor([0.5, 0.25])
    optimizer = evosearch.optimizer("adamw")([weight], lr=0.125)
    optimizer.step()
    path = tmp_path / "pickled"
    path.write_bytes(pickle.dumps((weight, optimizer)))
    code = (
        "import pickle, sys, torch\n"
        "w, o = pickle.loads(open(sys.argv[1], 'rb').read())\n"
        "w.grad = torch.tensor([-1.0, 0.5])\n"
        "o.step()\n"
        "print(w.tolist())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=120
    )
    weight.grad = torch.tensor([-1.0, 0.5])
    optimizer.step()
    assert done.stdout.strip() == str(weight.tolist()), done.stderr


def assert_memory_is_as_said(kind: type[Any], foreach: bool) -> None:
    """Temporaries, counted in tensors of a parameter's size, and states in bytes."""
    said = " ".join((kind.__doc__ or "").split())
    found = re.search(r"A step takes (\w+) temporar", said)
    most = {"one": 1}.get(found[1]) or int(found[1]) if found else 0
    # Matrices, of which rows and columns are small.
    weights = [torch.randn(rows, 50) for rows in (10, 40, 80)]
    sizes = [weight.numel() for weight in weights]
    for weight in weights:
        weight.grad = torch.randn(weight.shape)
    optimizer = kind(weights, lr=0.01, foreach=foreach)
    optimizer.step()
    with Allocations() as allocations:
        optimizer.step()
    largest = sum(sizes) if foreach else max(sizes)
    per_row, per_column = (
        re.search(rf"(\d+) bytes per {side}", said) for side in ("row", "column")
    )
    # What there is for each row and column is small beside the tensors.
    beside = 1000 if per_row or per_column or "row_mean" in said else 200
    assert allocations.peak <= 4 * (most * largest + beside)
    states = re.search(r"they take (\d+) bytes per parameter", said)
    held = sum(v.nbytes for v in optimizer.state[weights[2]].values() if v.numel() > 1)
    units = ((states, sizes[2]), (per_row, 80), (per_column, 50))
    assert held == sum(int(told[1]) * count for told, count in units if told)


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("name", rule_names())
def test_a_step_takes_no_more_memory_than_the_docstring_says(name: str, foreach: bool) -> None:
    """So a person can tell whether it fits."""
    assert_memory_is_as_said(evosearch.optimizer(name), foreach)


def test_nor_does_a_step_of_what_evolution_finds() -> None:
    """Reductions of numbers, loops over lists, numbers divided by tensors: all is counted."""
    for program in mutants(75, seed=8):
        kind = evosearch.optimizer(program)
        for foreach in (False, True):
            assert_memory_is_as_said(kind, foreach)


def test_formulas_and_drawings_are_those_of_the_files(tmp_path: Path) -> None:
    """Of a program, a name or a file: what `export` writes, apart from where it is from."""
    path = tmp_path / "mine.py"
    path.write_text("def mine(g, *, scale=0.5):\n    return scale * g\n", encoding="utf-8")
    latex = "\n".join(
        [
            r"\begin{aligned}",
            r"  u_t &= \mathrm{scale} \cdot g_t \\",
            r"  \theta_t &= (1 - \eta_t \lambda) \theta_{t-1} - \eta_t u_t",
            r"\end{aligned}",
        ]
    )
    program = evosearch.parse(path.read_text("utf-8"))
    for given in (program, str(path)):
        assert evosearch.latex(given) == latex
        page = evosearch.markdown(given, "Title")
        assert page.startswith("# Title\n")
        assert f"$$\n{latex}\n$$" in page
        assert evosearch.drawing(given) == evosearch.drawing(program, "svg")
        assert evosearch.drawing(given, "png").startswith(b"\x89PNG")
    with pytest.raises(EvosearchError, match="no known rule named 'lyon'"):
        evosearch.latex("lyon")


@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "foreach"), [pytest.param("nadam", False, marks=pytest.mark.slow), ("lion", True)]
)
def test_compiled_steps_are_the_same_and_compiled_once(name: str, foreach: bool) -> None:
    """Twenty steps at twenty rates and step counts run the same compiled code."""
    expected = stable_path(known_rule(name), 1e-6, 1e-4)
    assert expected is not None
    torch._dynamo.reset()
    weights = split(START, torch.float64)
    lr = torch.tensor(1.0, dtype=torch.float64)
    made = evosearch.optimizer(name)(
        weights, lr=lr, weight_decay=DECAY, foreach=foreach, capturable=foreach
    )
    step = torch.compile(made.step)
    graphs = []
    for t, wanted in enumerate(expected, start=1):
        parts = split(gradient(flatten(weights), t), torch.float64)
        for weight, part in zip(weights, parts, strict=True):
            weight.grad = part
        lr.fill_(rate(t))
        step()
        assert deviation(flatten(weights), wanted) < 1e-12
        graphs.append(torch._dynamo.utils.counters["stats"]["unique_graphs"])
    assert graphs[-1] == graphs[0] > 0


@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")
def test_compiled_steps_keep_the_digits_of_small_numbers() -> None:
    """Where torch's own compiled function, which takes eight numbers at once, has none right."""
    torch._dynamo.reset()
    program = parse("def f(g):\n    return arctanh(1e-9 * g)")
    weight = torch.zeros(64)
    weight.grad = torch.linspace(-1, 1, 64)
    made = evosearch.optimizer(program)([weight], lr=torch.tensor(1e9), weight_decay=0.0)
    torch.compile(made.step)()
    torch.testing.assert_close(weight, -weight.grad)
