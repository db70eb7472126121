"""Reductions over all parameters: the reference, the trainer and exported files agree on them."""

from __future__ import annotations

import importlib.util
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from torch import Tensor

from evosearch import Program, lower, parse
from evosearch.export.notation.provenance import Provenance
from evosearch.export.notation.totals import cut
from evosearch.export.pytorch.file import write
from evosearch.graph.interpreter import Interpreter
from evosearch.graph.value_ranges import ranges
from evosearch.screening.contender import plan
from primitives import Kind, NumpySegments
from tests.support.direction_runners import WAYS, Directions
from tests.support.random_programs import (
    SIZES,
    Inputs,
    close,
    evaluate,
    programs,
    steps_of,
    well_conditioned,
)

SHAPES = ((2,), (), (3, 1))
"""The sizes are those of `steps_of`."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("totals")


def export(program: Program, folder: Path) -> type[Any]:
    """The exported class, loaded from its file."""
    path = folder / "exported.py"
    source = write(lower(program), "Exported", Provenance("a test", "0" * 32, "0.0.0"))
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("exported", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    exec(compile(source, path, "exec"), module.__dict__)
    kind: type[Any] = module.__dict__["Exported"]
    return kind


def split(flat: Sequence[float]) -> list[Tensor]:
    parts = torch.split(torch.tensor(flat, dtype=torch.float64), list(SIZES))
    return [part.reshape(shape).clone() for part, shape in zip(parts, SHAPES, strict=True)]


def flat(tensors: Sequence[Tensor]) -> list[float]:
    return torch.cat([tensor.detach().flatten() for tensor in tensors]).tolist()


def by_interpreter(program: Program, steps: Sequence[Inputs]) -> list[list[float]]:
    run = Interpreter(lower(program), NumpySegments(SHAPES))
    return [
        run.step(w=np.array(s.w), g=np.array(s.g), lr=s.lr, t=s.t).tolist() for s in steps
    ]  # fmt: skip


def by_trainer(
    way: Callable[..., Directions], program: Program, steps: Sequence[Inputs]
) -> list[list[float]]:
    rates = np.array([[s.lr] for s in steps])
    updater = way(plan(lower(program, bind=True)), SIZES, rates, torch.float64)
    found = []
    for s in steps:
        w, g = (torch.tensor([x], dtype=torch.float64) for x in (s.w, s.g))
        found.append(updater.direction(s.t, w, g)[0].tolist())
    return found


def by_export(program: Program, steps: Sequence[Inputs], folder: Path) -> list[list[float]]:
    weights = split(steps[0].w)
    optimizer = export(program, folder)(weights, lr=1.0, weight_decay=0.0)
    found = []
    for s in steps:
        optimizer.param_groups[0]["lr"] = s.lr
        for weight, old, g in zip(weights, split(s.w), split(s.g), strict=True):
            weight.copy_(old)
            weight.grad = g
        optimizer.step()
        found.append([(old - new) / s.lr for old, new in zip(s.w, flat(weights), strict=True)])
    return found


RULES = {
    "clipped gradient": "def f(g, *, c=0.5):\n return clip_by_global_norm(g, c)",
    "clipped momentum": "def f(g, m):\n m = 0.9 * m + clip(g, 1)\n return clip(m, 0.3), m",
    "limit from a total": "def f(w, g):\n return clip(g, 0.1 * global_norm(w))",
    "total of a state": "def f(g, m):\n u = g / (1 + global_norm(m))\n return u, lerp(m, g, 0.5)",
    "total of a new state": "def f(g, m):\n m = lerp(m, g, 0.5)\n return m / global_norm(m), m",
    "total in a state": "def f(g, s):\n s = 0.9 * s + global_norm(g)\n return g / s, s",
    "total in a leaf state": "def f(g, s):\n s = s + global_norm(g) * mean(g)\n return g * s, s",
    "total in a tensor state": "def f(g, s):\n s = s * g + global_norm(g)\n return g * s, s",
    "total of a total": """
def f(w, g):
    n = global_norm(g - w)
    k = global_norm(g + n)
    return g * n + global_dot(w * k, g / (1 + n))
""",
    "total of a state that holds a total": """
def f(g, s, m):
    n = global_norm(m - s * g)
    s = 0.5 * s + n
    m = lerp(m, g, 0.3)
    return m / (1 + n), s, m
""",
    "total of numbers": "def f(g, lr, t):\n return g * global_norm(lr) + global_dot(t, lr)",
    "total of one number per tensor": "def f(g):\n return g * global_norm(mean(g) + 1)",
    "total with the step, the rate and the weights": """
def f(w, g, lr, t, *, h=0.7):
    return h * g + global_norm(w * lr + g / t + h)
""",
    "total is the direction": "def f(w, g):\n return global_dot(w, g)",
    "total is the direction of weights": "def f(w):\n return global_norm(w)",
    "only a state reads it": "def f(w, g, s):\n return g * s, global_cosine_sim(w, g)",
    "cosine": "def f(g, m):\n return g * global_cosine_sim(g, m), lerp(m, g, 0.5)",
    "choice by a total": "def f(w, g):\n return where(global_dot(w, g) > 0, g, w)",
    "per tensor and in all": "def f(w, g):\n return g * norm(w) / global_norm(w) + mean(g)",
    "share of the elements": "def f(g):\n return g * numel() / global_dot(1, 1)",
    "number of elements of a value": "def f(g, m):\n return g * numel(g) + m, m + numel(m)",
    "nothing but numbers of elements": "def f(s, t):\n return s + t, numel()",
    "clashing names": """
def f(g, global_norm_, global_norm_parts, x1, update, part, *, global_norm_total=0.3, parts=2):
    n = global_norm(g)
    update = update + n
    x1 = x1 * global_norm_total + g
    part = global_norm(x1 * global_norm_) + parts
    u = g / n + x1 * update / part + global_norm_parts
    return u, g, global_norm(global_norm_parts - g), x1, update, part
""",
    "swapping states": """
def f(g, a, b):
    n = global_norm(a) + 1
    return a - b / n, b + g, a + g * n
""",
    "exponent from a total": "def f(g):\n return abs(g) ** tanh(global_norm(g)) * sign(g)",
    "decay rate": "def f(w, g, m):\n m = lerp(m, g, tanh(global_dot(w, 1)))\n return m, m",
}  # fmt: skip


@pytest.mark.parametrize("text", RULES.values(), ids=RULES)
def test_all_agree_with_plain_python(text: str, folder: Path) -> None:
    """The interpreter, the trainer and the exported file give the direction of plain Python."""
    program, steps = parse(text), steps_of(3, 6)
    expected = well_conditioned(program, steps)
    assert expected is not None
    for found in (
        by_interpreter(program, steps),
        *(by_trainer(way, program, steps) for way in WAYS),
        by_export(program, steps, folder),
    ):
        for t, (a, b) in enumerate(zip(found, expected, strict=True), start=1):
            assert close(a, b, 1e-11), (t, a, b)


TOTALS = ("global_norm", "global_dot", "global_cosine_sim", "clip_by_global_norm")


@settings(max_examples=60)
@given(
    program=programs(
        primitives=(*TOTALS, *TOTALS, "add", "multiply", "lerp", "divide", "mean", "tanh", "numel")
    )
)
def test_all_agree_on_random_programs(program: Program, folder: Path) -> None:
    """Totals of anything, in any place, are the same in the file, the trainer and the reference."""
    steps = steps_of(4)
    expected = well_conditioned(program, steps)
    assume(expected is not None)
    assert expected is not None
    trained = (by_trainer(way, program, steps) for way in WAYS)
    for path in (by_interpreter(program, steps), *trained, by_export(program, steps, folder)):
        assert all(close(a, b, 1e-6) for a, b in zip(path, expected, strict=True))


def gradients(weights: Sequence[Tensor], t: int) -> list[Tensor]:
    """Some large and some small."""
    return [torch.cos(3 * w + t) * (5.0 if t % 3 else 0.05) for w in weights]


@pytest.mark.parametrize(
    ("text", "make"),
    [
        (
            "def f(g, *, limit=1.5):\n return clip(g, limit)",
            lambda p: torch.optim.SGD(p, lr=0.1),
        ),
        (
            "def f(g, m):\n m = 0.9 * m + clip_by_global_norm(g, 1.5)\n return m, m",
            lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        ),
        (
            "def f(g, m, v, t):\n g = clip(g, 1.5)\n m = lerp(m, g, 0.1)\n"
            " v = lerp(v, g * g, 0.01)\n"
            " return m / (1 - 0.9 ** t) / (sqrt(v / (1 - 0.99 ** t)) + 1e-8), m, v",
            lambda p: torch.optim.AdamW(p, lr=0.1, betas=(0.9, 0.99), weight_decay=0.0),
        ),
    ],
    ids=["sgd", "momentum", "adamw"],
)
def test_clipping_is_torchs(
    text: str, make: Callable[[list[Tensor]], torch.optim.Optimizer], folder: Path
) -> None:
    """A rule that clips is torch's optimizer after torch's `clip_grad_norm_`."""
    ours, theirs = (split(np.linspace(-1, 2, 6).tolist()) for _ in range(2))
    mine = export(parse(text), folder)(ours, lr=0.1, weight_decay=0.0)
    reference = make(theirs)
    norms = []
    for t in range(8):
        for weights in (ours, theirs):
            for weight, gradient in zip(weights, gradients(weights, t), strict=True):
                weight.grad = gradient
        norm = math.hypot(*flat([w.grad for w in theirs if w.grad is not None]))
        norms.append(norm)
        # torch adds 1e-6 to the norm that it divides by.
        torch.nn.utils.clip_grad_norm_(theirs, 1.5 * (1 + 1e-6 / norm))
        mine.step()
        reference.step()
        assert flat(ours) == pytest.approx(flat(theirs), rel=1e-10, abs=1e-10)
    assert min(norms) < 1.5 < max(norms)


def test_groups_and_missing_gradients(folder: Path) -> None:
    """A total is over the parameters with a gradient, each with its group's numbers and step."""
    text = """
def f(w, g, lr, t, m, *, h=0.5):
    m = lerp(m, g, h)
    n = global_norm(h * m + lr * w + t)
    return m / n, m
"""
    weights = [torch.full(shape, 0.5, dtype=torch.float64) for shape in ((2,), (), (3, 1), (2,))]
    numbers = [(0.1, 0.5, 0.0), (0.1, 0.5, 0.0), (0.02, 0.25, 0.3), (0.02, 0.25, 0.3)]
    groups = [
        {"params": weights[:2]},
        {"params": weights[2:], "lr": 0.02, "momentum": 0.25, "weight_decay": 0.3},
    ]
    optimizer = export(parse(text), folder)(groups, lr=0.1, weight_decay=0.0)
    plain = [(w.flatten().tolist(), [0.0] * w.numel(), [0]) for w in weights]
    for t, present in enumerate([(0, 1, 2), (0, 2), (1, 3), (), (0, 1, 2, 3)], start=1):
        read, squares = [], 0.0
        for place, weight in enumerate(weights):
            weight.grad = torch.sin(weight + t + place) if place in present else None
            if weight.grad is None:
                continue
            (w, m, step), (lr, h, _) = plain[place], numbers[place]
            g = [math.sin(x + t + place) for x in w]
            m[:] = [a + h * (b - a) for a, b in zip(m, g, strict=True)]
            step[0] += 1
            squares += sum((h * a + lr * b + step[0]) ** 2 for a, b in zip(m, w, strict=True))
            read.append(place)
        for place in read:
            (w, m, _), (lr, _, decay) = plain[place], numbers[place]
            norm = math.sqrt(squares)
            w[:] = [(1 - lr * decay) * x - lr * a / norm for x, a in zip(w, m, strict=True)]
        optimizer.step()
        for weight, (w, _, _) in zip(weights, plain, strict=True):
            assert weight.flatten().tolist() == pytest.approx(w, rel=1e-12)


def test_no_gradients_at_all(folder: Path) -> None:
    """Where no parameter has a gradient, nothing moves, and the closure's value is returned."""
    weight = torch.ones(2)
    optimizer = export(parse(RULES["total in a state"]), folder)([weight], weight_decay=0.5)
    assert optimizer.step(lambda: 2.5) == 2.5
    assert weight.tolist() == [1.0, 1.0]
    assert weight not in optimizer.state


@pytest.mark.parametrize(
    "name", ["total in a state", "total of a state that holds a total", "clashing names"]
)
def test_state_dict_continues_as_if_never_interrupted(name: str, folder: Path) -> None:
    """Saved to bytes and loaded into a new optimizer, training goes on to the last bit."""
    kind = export(parse(RULES[name]), folder)
    weights = split(np.linspace(-1, 2, 6).tolist())
    optimizer = kind(weights, lr=0.1)

    def go_on(optimizer: torch.optim.Optimizer, weights: Sequence[Tensor], t: int) -> None:
        for weight, gradient in zip(weights, gradients(weights, t), strict=True):
            weight.grad = gradient
        optimizer.step()

    for t in range(1, 4):
        go_on(optimizer, weights, t)
    buffer = io.BytesIO()
    torch.save(optimizer.state_dict(), buffer)
    buffer.seek(0)
    copies = [weight.clone() for weight in weights]
    resumed = kind(copies, lr=0.7)
    resumed.load_state_dict(torch.load(buffer))
    for t in range(4, 8):
        go_on(optimizer, weights, t)
        go_on(resumed, copies, t)
    assert all(map(torch.equal, weights, copies))


def test_maximize_reaches_the_totals(folder: Path) -> None:
    """Ascending, a total too is of the gradient's negative."""
    kind = export(parse("def f(w, g):\n return g * global_dot(w, g)"), folder)
    up, down = (torch.tensor([1.0, -0.5]) for _ in range(2))
    up.grad, down.grad = torch.tensor([0.5, 2.0]), -torch.tensor([0.5, 2.0])
    kind([up], lr=0.1, maximize=True, weight_decay=0.0).step()
    kind([down], lr=0.1, weight_decay=0.0).step()
    assert torch.equal(up, down)
    assert up.tolist() == pytest.approx([1 + 0.1 * 0.25, -0.5 + 0.1 * 1.0])


def test_refused_parameters_change_nothing(folder: Path) -> None:
    """A sparse gradient is refused before the first state or parameter changes."""
    kind = export(parse(RULES["clipped momentum"]), folder)
    first, sparse = torch.ones(2), torch.ones(2)
    first.grad, sparse.grad = torch.ones(2), torch.ones(2).to_sparse()
    with pytest.raises(RuntimeError, match="does not support sparse gradients"):
        kind([first, sparse], lr=0.1).step()
    assert first.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", RULES.values(), ids=RULES)
def test_a_replica_does_not_depend_on_its_cohort(text: str, way: Callable[..., Directions]) -> None:
    """In single precision, to the last bit, a replica moves as it would alone."""
    sizes, steps = (300, 40, 1), 4
    draw = np.random.default_rng(0)
    weights, gradient = torch.tensor(
        draw.standard_normal((2, 5, sum(sizes))), dtype=torch.float32
    ).unbind(0)
    rates = np.outer(np.ones(steps), [0.1, 0.2, 0.3, 0.1, 0.5])
    rule = plan(lower(parse(text), bind=True))

    def run(rows: Sequence[int]) -> Tensor:
        updater = way(rule, sizes, rates[:, list(rows)], torch.float32)
        chosen = weights[list(rows)], gradient[list(rows)]
        return torch.stack([updater.direction(t, *chosen) for t in range(1, steps + 1)])

    together = run(range(5))
    for row in range(5):
        assert torch.equal(together[:, row], run([row])[:, 0])
    assert torch.equal(together[:, [3, 1]], run([3, 1]))


def test_cutting_leaves_no_total_behind() -> None:
    """Each total is computed from earlier ones; the rule reads them as given numbers."""
    graph = lower(parse(RULES["total of a total"]))
    stages = cut(graph, ranges(graph))
    names = [total.name for total in stages.totals]
    assert len(names) == len(set(names)) == 3
    known: set[str] = set()
    for total in stages.totals:
        root = total.graph.nodes[total.graph.direction]
        assert root.kind is Kind.SCALAR
        assert root.op.startswith("global_")
        assert set(total.graph.labels("input")) - {"w", "g"} <= known
        assert len(total.ranges) == len(total.graph.nodes)
        known.add(total.name)
    ops = {node.op for node in stages.graph.nodes}
    assert not {op for op in ops if op.startswith("global_")}


def test_evaluation_of_totals_is_by_hand() -> None:
    """The reference of these tests gives numbers that can be worked out on paper."""
    given_step = Inputs([0.0] * 6, [3.0, 0.0, 0.0, 4.0, 0.0, 0.0], 0.1, 1)
    rule = parse("def f(g):\n return clip(g, 1)")
    (direction,) = evaluate(rule, [given_step])
    assert direction == pytest.approx([0.6, 0, 0, 0.8, 0, 0])


@pytest.mark.parametrize("taken", ["global_norm_", "global_norm__part", "global_norm__total"])
def test_totals_are_called_by_names_that_are_free(taken: str) -> None:
    """Neither the file's own nor one by which the rule calls something of its own."""
    graph = lower(parse(f"def f(g, {taken}):\n    return g / global_norm({taken}), g"))
    (total,) = cut(graph, ranges(graph, {}), lambda name: name == "global_norm").totals
    names = {total.name, *(f"{total.name}_{end}" for end in ("part", "parts", "total"))}
    assert total.name.startswith("global_norm_")
    assert taken not in names
