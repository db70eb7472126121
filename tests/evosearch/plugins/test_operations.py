"""Operations from a user's file: they work everywhere, and a bad file is one line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from evosearch import EvosearchError, lower, parse
from evosearch.export.notation.provenance import Provenance
from evosearch.export.pytorch.file import write
from evosearch.graph.digest import digest
from evosearch.graph.interpreter import Interpreter
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.operations import (
    load_operations,
    load_operations_text,
    require_operations,
)
from evosearch.scoring.evaluation import Entrant, Means, evaluate
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.scoring.yardstick_cache import save
from evosearch.screening.contender import plan
from evosearch.search.config_values import make_config
from evosearch.search.executor import executor
from evosearch.search.genotype import family_of
from evosearch.search.loop import search
from evosearch.search.store_writer import StoreWriter
from primitives import OPERATIONS, NumpySegments
from proxies import TASKS
from tests.support.commands import Run
from tests.support.direction_runners import WAYS
from tests.support.made_yardstick import made_yardstick
from tests.support.small_search import Silent

GOOD = """
import numpy as np
import sympy
import torch
from primitives import Composite, Kind, Primitive, ranges

PRIMITIVES = [
    Primitive(
        name="bump",
        definition="a * tanh(a)",
        accepts=(Kind.TENSOR,),
        numpy=lambda a: a * np.tanh(a),
        torch=lambda a: a * torch.tanh(a),
        sympy=lambda a: a * sympy.tanh(a),
        source="{0} * torch.tanh({0})",
        scalar_source="{0} * math.tanh({0})",
        range=ranges.magnitude,
        even=True,
        zero_preserving=True,
    ),
    Primitive(
        name="energy",
        definition="the sum of a * a over the parameter tensor",
        accepts=(Kind.TENSOR,),
        aliases=("power_of",),
        numpy=lambda s, a: s.sum(a * a),
        torch=lambda s, a: s.sum(a * a),
        sympy=sympy.Function("energy"),
        source="{0}.square().sum()",
        reduces_to=Kind.LEAF,
        range=ranges.magnitude,
        even=True,
        zero_preserving=True,
    ),
    Primitive(
        name="reach",
        definition="twice the sum of |a| over all parameters",
        accepts=(Kind.TENSOR,),
        numpy=lambda s, a: 2 * s.sum_all(np.abs(a)),
        torch=lambda s, a: 2 * s.sum_all(a.abs()),
        sympy=sympy.Function("reach"),
        source="{0}.abs().sum()",
        finish="{0} * 2",
        reduces_to=Kind.SCALAR,
        range=ranges.magnitude,
        even=True,
        zero_preserving=True,
    ),
    Composite(
        name="centred",
        definition="a less its mean",
        accepts=(Kind.TENSOR,),
        expansion="a - mean(a)",
    ),
    Composite(
        name="small",
        definition="1 where |a| < b, else 0",
        accepts=(Kind.TENSOR, Kind.SCALAR),
        expansion="+bump(abs(a)) < b",
    ),
]
"""
RULE = """
def rule(g, m, s, *, h=0.9):
    m = lerp(bump(g), m, h)
    s = 0.5 * s + centred(reach(m))
    return centred(m) / (1 + reach(g)) + small(g, 0.5) * energy(m), m, s
"""


@pytest.fixture(scope="module")
def mine() -> Additions:
    """The operations of the good file."""
    return load_operations_text(GOOD, "mine.py", NOTHING_ADDED)


def test_operations_of_a_file_are_operations(mine: Additions) -> None:
    """They are called by name or alias, once however often the file is named, and by no other."""
    before = dict(OPERATIONS)
    again = load_operations_text(GOOD, "again.py", mine)
    names = ("bump", "energy", "reach", "centred", "small")
    assert again.operation_names == mine.operation_names == names
    assert set(mine.table.operations) - set(OPERATIONS) == set(names)
    assert dict(OPERATIONS) == before
    by_alias, by_name = (
        parse(f"def f(g):\n return {name}(g)", table=mine.table) for name in ("power_of", "energy")
    )
    assert by_alias == by_name
    with pytest.raises(EvosearchError, match="unknown function 'energy'"):
        parse("def f(g):\n return energy(g)")
    (file,) = mine.operation_sources
    require_operations([file.digest], mine)


def test_every_back_end_runs_them(mine: Additions, tmp_path: Path) -> None:
    """The reference, the trainer and an exported file give what plain arithmetic gives."""
    program, sizes = parse(RULE, table=mine.table), (3, 2)
    draw = np.random.default_rng(0)
    gradients, rates = draw.standard_normal((4, 5)), np.ones((4, 1))
    reference = Interpreter(lower(program), NumpySegments(sizes))
    rule = plan(lower(program, bind=True))
    updaters = [way(rule, sizes, rates, torch.float64) for way in WAYS]
    source = write(lower(program), "Mine", Provenance("a test", "0" * 32, "0"))
    assert "evosearch" not in source.split('"""', 2)[2]
    scope: dict[str, Any] = {}
    exec(compile(source, tmp_path / "mine.py", "exec"), scope)
    weights = [torch.zeros(size, dtype=torch.float64) for size in sizes]
    optimizer = scope["Mine"](weights, lr=1.0, weight_decay=0.0)
    m = np.zeros(5)
    for t, g in enumerate(gradients, start=1):
        m = 0.1 * g * np.tanh(g) + 0.9 * m
        parts = [m[:3], m[3:]]
        energies = np.repeat([(x * x).sum() for x in parts], sizes)
        centred = np.concatenate([x - x.mean() for x in parts])
        small = g * np.tanh(g) < 0.5
        expected = centred / (1 + 2 * np.abs(g).sum()) + small * energies
        given = torch.tensor(g)[None]
        for weight, part in zip(weights, torch.split(given[0], sizes), strict=True):
            weight.zero_()
            weight.grad = part
        optimizer.step()
        found = (
            reference.step(w=np.zeros(5), g=g, lr=1.0, t=t),
            *(u.direction(t, torch.zeros_like(given), given)[0].numpy() for u in updaters),
            -torch.cat(weights).numpy(),
        )
        for direction in found:
            np.testing.assert_allclose(direction, expected, rtol=1e-12, atol=1e-12)


def test_facts_of_a_row_are_identities(mine: Additions) -> None:
    """What a row says of itself simplifies programs, like what the table says."""

    def same(a: str, b: str) -> bool:
        texts = (f"def f(g):\n return {x}" for x in (a, b))
        one, other = (digest(lower(parse(text, table=mine.table), bind=True)) for text in texts)
        return one == other

    assert same("bump(-g)", "bump(g)")
    assert same("bump(abs(g))", "bump(g)")
    assert same("g + reach(g - g)", "g")
    assert same("centred(g)", "g - mean(g)")
    assert same("small(g, 0.25)", "0.25 > bump(g)")
    assert not same("bump(g)", "g * tanh(g)")


def test_kind_of_a_short_form_is_that_of_what_it_stands_for(mine: Additions) -> None:
    """A state that holds `a - mean(a)` of one number holds one number per tensor."""
    program = parse("def f(g, s, t):\n return g + s, centred(t)", table=mine.table)
    assert str(program.slot_kinds["s"]) == "leaf"
    held = parse("def f(g, s, t):\n return g * s, centred(t * t) + s", table=mine.table)
    run = Interpreter(lower(held), NumpySegments((2, 3)))
    assert run.step(w=np.ones(5), g=np.ones(5), lr=1.0, t=2).tolist() == [0.0] * 5


def file_of(fields: str, kind: str = "Composite") -> str:
    header = "from primitives import Composite, Kind, Primitive\n"
    header += "T, S, L = Kind.TENSOR, Kind.SCALAR, Kind.LEAF\n"
    return f"{header}PRIMITIVES = [{kind}({fields})]"


def short(expansion: str, more: str = "") -> str:
    accepts = "" if "accepts" in more else "accepts=(T,), "
    name = "" if "name" in more else "name='mine', "
    return file_of(f"{name}definition='.', {accepts}expansion={expansion!r}{more}")


BAD = {
    "syntax": ("x = 1\ndef", r"my\.py:2: syntax error, invalid syntax"),
    "exception": ("x = 1\n1 / 0", r"my\.py:2: ZeroDivisionError: division by zero"),
    "exception below": ("def f():\n 1 / 0\nf()", r"my\.py:2: ZeroDivisionError"),
    "exit": ("import sys\nsys.exit(0)", r"my\.py:2: SystemExit: 0"),
    "endless": ("def f(): f()\nf()", r"my\.py:1: RecursionError"),
    "null byte": ("x = '\0'", r"my\.py:1: .*null bytes"),
    "missing import": ("import no_such_thing", r"my\.py:1: ModuleNotFoundError: No module named"),
    "nothing": ("", r"my\.py: expected a list PRIMITIVES of Primitive"),
    "number": ("PRIMITIVES = 5", r"my\.py: expected a list PRIMITIVES of Primitive"),
    "list of numbers": ("PRIMITIVES = [5]", r"PRIMITIVES lists a int; expected"),
    "missing field": (file_of("name='mine'"), r"my\.py:3: TypeError: .*missing 3 required"),
    "unknown field": (short("a", ", colour=1"), r"my\.py:3: TypeError: .*unexpected keyword arg"),
    "taken name": (short("a", ", name='sqrt'"), r"an operation named 'sqrt' already; choose anoth"),
    "taken alias": (short("a", ", aliases=('sign',)"), r"'sign' with 1 arguments is sign already"),
    "input's name": (short("a", ", name='lr'"), r"lr: 'lr' is an input of every program; choose"),
    "input's alias": (short("a", ", aliases=('w',)"), r"mine: 'w' is an input of every program"),
    "direction's name": (short("a", ", name='update'"), r"'update' is a name that programs are wr"),
    "part's name": (short("a", ", aliases=('v12',)"), r"mine: 'v12' is a name that programs are"),
    "new state's name": (short("a", ", name='new_m_'"), r"'new_m_' is a name that programs are"),
    "keyword": (short("a", ", name='lambda'"), r"lambda: 'lambda' is a word of Python's; choose"),
    "operator": (short("a", ", infix='@'"), r"mine: infix must be empty; the language has no"),
    "no expansion": (short(""), r"mine: return of nothing"),
    "number as expansion": (short("a").replace("'a'", "5"), r"mine: expansion must be a text"),
    "unknown function": (short("sgn(a)"), r"mine: unknown function 'sgn'; did you mean 'sign'"),
    "itself": (short("mine(a)"), r"mine: unknown function 'mine'"),
    "other argument": (short("a + b"), r"mine: undefined name 'b'"),
    "gradient": (short("a + g"), r"mine: the expansion reads 'g'; expected the arguments"),
    "learning rate": (short("a * lr"), r"mine: the expansion reads 'lr'; expected the argument"),
    "two results": (short("a, a"), r"mine: expected 1 returned value"),
    "two lines": (short("a\n return a"), r"mine: "),
    "no expression": (short("a if a else a"), r"mine: .* is not part of the language"),
    "tensor exponent": (short("2 ** a"), r"mine: argument 2 of power must be a scalar"),
    "leaf for a scalar": (short("mean(a)", ", reduces_to=S"), r"expansion gives a leaf, red"),
    "tensor for a leaf": (short("-a", ", reduces_to=L"), r"expansion gives a tensor, red"),
    "unsound": (short("a", ", aliases='xy'"), r"mine: aliases must be a tuple of names"),
    "message of lines": ("raise ValueError('a\\nb')", r"my\.py:1: ValueError: a\nb"),
}  # fmt: skip
"""Files, and what is said of them."""


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_files_are_explained(text: str, message: str) -> None:
    """A file that fails or lists an unsound operation is an error that names file and operation."""
    with pytest.raises(EvosearchError, match=message) as caught:
        load_operations_text(text, "my.py", NOTHING_ADDED)
    assert str(caught.value).startswith("my.py")


def test_missing_file_is_explained(tmp_path: Path) -> None:
    """A file that is not there is an error; a run that needs one asks for it by its digest."""
    with pytest.raises(EvosearchError, match=r"nowhere\.py: cannot be read \(No such file"):
        load_operations(tmp_path / "nowhere.py", NOTHING_ADDED)
    with pytest.raises(EvosearchError, match=r"SHA-256 begins abcabcabcabc\); add --primitives FI"):
        require_operations(["abc" * 20], NOTHING_ADDED)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a file of operations and a rule that uses them."""
    (tmp_path / "mine.py").write_text(GOOD, encoding="utf-8")
    (tmp_path / "rule.py").write_text(RULE, encoding="utf-8")
    return tmp_path


def test_commands_take_a_file_of_operations(files: Path, run: Run) -> None:
    """Without the file the operations are unknown; with it, all commands know them."""
    status, out, _ = run("check", "rule.py")
    assert status == 1
    assert re.search(r"rule\.py:3:14: unknown function 'bump'", out)
    (files / "bad.py").write_text("PRIMITIVES = [5]", encoding="utf-8")
    status, out, err = run("check", "rule.py", "--primitives", "bad.py")
    assert (status, out) == (2, "")
    assert re.fullmatch(r"evosearch: bad\.py: PRIMITIVES lists a int; expected .*\n", err)
    mine = ("--primitives", "mine.py")
    status, out, err = run("check", "rule.py", "--json", *mine)
    assert (status, err) == (0, "")
    (record,) = json.loads(out)
    assert (record["valid"], record["gate"]) == (True, None)
    status, out, _ = run("show", "rule.py", *mine)
    assert status == 0
    assert "reach(" in out
    assert "centred" not in out  # it is short for what stands there
    status, out, _ = run("primitives", *mine)
    assert status == 0
    assert re.search(r"^energy\(a\) +the sum of a \* a .*; also power_of$", out, re.MULTILINE)
    status, _, err = run("export", "rule.py", "--out", "out.py", *mine)
    assert (status, err) == (0, "")
    assert "Rule(Optimizer)" in (files / "out.py").read_text(encoding="utf-8")


def test_a_run_that_used_them_asks_for_the_file(files: Path, run: Run) -> None:
    """A search starts from such a rule; without the file its programs stay closed."""
    mine = load_operations(files / "mine.py", NOTHING_ADDED)
    task = TASKS["digit_images"]
    save(files / "yardsticks", task, made_yardstick(task))
    values = {"tasks": ["digit_images"], "evaluations": 3, "population": 2, "block": 2}
    values |= {"compile": False, "seeds": 1, "finalists": 1, "fresh_seeds": 2, "budget": 8}
    config = make_config(values, "test", mine)
    assert set(config.primitives) > {"bump", "energy", "reach"}
    with executor(0) as ready, StoreWriter.create(files / "run", config, RULE) as store:
        search(store, ready, Silent(), files / "yardsticks")
        assert store.done
        assert "bump" in store.candidate(1).text
    status, out, err = run("show", "run#1", "--primitives", "mine.py")
    assert (status, err) == (0, "")
    assert "reach(" in out
    status, out, err = run("status", "run", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["state"] == "done"
    for arguments in (
        ("show", "run#1"),
        ("export", "run#best", "--out", "o.py"),
        ("resume", "run"),
    ):
        status, out, err = run(*arguments)
        assert (status, out) == (2, "")
        assert err.count("\n") == 1, err
        assert re.search(r"operations of a file that is not loaded .*; add --primitives FI", err)


@pytest.mark.slow
@pytest.mark.ray
def test_workers_know_them(mine: Additions) -> None:
    """A Ray worker trains such a rule to the same losses as this process."""
    entrant = Entrant(family_of(parse(RULE, table=mine.table), True), ("a test",))
    task = TASKS["digit_images"]
    tasks, means = [MeasuredTask(task, made_yardstick(task))], Means(8, 1, 0.0)
    results = []
    for workers in (0, 1):
        with executor(workers, additions=mine) as ready:
            work = ready.submit(evaluate, [entrant], tasks, means)
            results.append(work.result())
    assert results[0] == results[1]
    assert results[0][0].tuned["digit_images"].evaluations
