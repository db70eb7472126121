"""Exported optimizers move sharded parameters as one process moves whole ones, or refuse.

All cases run in one pair of processes, in double precision: `tests/support/sharded_steps.py`. What
is expected is the same on one process, where the rules are held against others' code elsewhere.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import torch
from torch import nn

from evosearch import known_rule, lower, optimizer, parse, rule_names
from evosearch.export.notation.provenance import Provenance
from evosearch.export.pytorch.file import write
from primitives import FUSIONS, PRIMITIVES, Kind

Results = dict[str, float | str]

WORKER = Path(__file__).parents[3] / "support" / "sharded_steps.py"
TOLERANCE = 1e-9
SECONDS = 240
PROVENANCE = Provenance(origin="a test", digest="0" * 32, version="0.0.0")
OWN = {
    "clipped": """
        def clipped(w, g, m, *, beta=0.9):
            m = lerp(g / maximum(global_norm(g), 1), m, beta)
            return m * (global_dot(m, w) + 1), m
    """,
    "spread": """
        def spread(w, g):
            return g * (dot(mean(g), w) + sum(norm(w)) + dot(g, 2) + mean(1.5))
    """,
    "kept_number": """
        def kept_number(g, s, lr, t):
            n = norm(g)
            s = maximum(lerp(n, s, 0.9), 0.5 * n)
            return where(greater(s, n), g / (s + t), sign(g - mean(g)) * lr), s
    """,
}
"""Rules that reduce over all parameters, reduce what has no shape, and keep a number of each."""
REDUCTIONS = [row for row in PRIMITIVES.values() if row.reduces]


def programs() -> Iterator[tuple[str, str]]:
    """Yields the name and text of each rule that nobody knows."""
    yield from ((name, dedent(text).strip()) for name, text in OWN.items())
    for row in REDUCTIONS:
        arguments = ", ".join(["g", "w"][: row.arity])
        yield f"by_{row.name}", f"def rule(w, g):\n    return g * {row.name}({arguments})\n"


def list_calls() -> Iterator[str]:
    """Yields calls of all functions of lists that the table allows for DTensors."""
    for row in PRIMITIVES.values():
        if row.foreach is None:
            continue
        numbers = ["0.5"] if row.foreach.numbers_with_shards else []
        numbers += ["[0.5, 2.0]"] if numbers and row.foreach.listed_numbers else []
        for position, form in row.foreach.forms.items():
            for mark in ("", "_") if row.foreach.in_place else ("",):
                for other in ["ys", *([] if row.arity == 1 else numbers)]:
                    operands = ["xs" if i == position else other for i in range(row.arity)]
                    call = form.replace("{_}", mark).format(*operands)
                    wants_number = "1 - ys" in call
                    wants_list = any(operands[i] not in ("xs", "ys") for i in row.tensors)
                    if not wants_number and not wants_list:
                        yield call
    for fusion in FUSIONS:
        for templates in (fusion.foreach, fusion.tensor_foreach):
            letters = ["0.5" if i in fusion.numbers else "xs" for i in range(5)]
            yield from (line.format(*letters) for line in templates.split("\n") if line)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What two processes found, by the names of the cases."""
    folder = tmp_path_factory.mktemp("sharded")
    graphs = {name: lower(known_rule(name)) for name in rule_names()}
    graphs |= {name: lower(parse(text)) for name, text in programs()}
    for name, graph in graphs.items():
        (folder / f"{name}.py").write_text(write(graph, "Opt", PROVENANCE))
    (folder / "calls.json").write_text(json.dumps(list(dict.fromkeys(list_calls()))))
    commands = [[sys.executable, str(WORKER), str(folder), rank] for rank in "01"]
    processes = [subprocess.Popen(one, stderr=subprocess.PIPE, text=True) for one in commands]
    try:
        errors = [process.communicate(timeout=SECONDS)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], errors
    seen: Results = json.loads((folder / "results.json").read_text())
    return seen


def wrong(results: Results, start: str) -> list[str]:
    """Lists the cases of that beginning that differ from one process, or raise."""
    cases = {name: result for name, result in results.items() if name.startswith(start)}
    assert cases
    return [
        f"{name}: {result}"
        for name, result in cases.items()
        if isinstance(result, str) or not result < TOLERANCE
    ]


def test_all_rules_move_shards_as_one_process_moves_the_whole(results: Results) -> None:
    """Single and in lists, of FSDP2; a shard may be empty, and the shards of unlike sizes."""
    assert {f"FSDP2, {name}, lists" for name in rule_names()} < results.keys()
    assert wrong(results, "FSDP2, ") == refused(results)


def refused(results: Results) -> list[str]:
    """Lists the cases of FSDP2 of rules that look along rows and columns; all must be refused."""
    cases = []
    for name, result in results.items():
        case = name.split(", ")
        if case[0] == "FSDP2" and looks_along_sides(case[1]):
            text = r"RuntimeError: the rule needs [a-z_ ]+ of whole tensors, .* are DTensors, as of"
            assert re.match(text, str(result)), (name, result)
            cases.append(f"{name}: {result}")
    assert len(cases) >= 6
    return cases


def looks_along_sides(name: str) -> bool:
    """Tells whether a rule has a number for each row or column."""
    text = dict(programs()).get(name)
    graph = lower(known_rule(name) if text is None else parse(text))
    rows = [node.row for node in graph.nodes if node.row is not None]
    return any(row.reduces_to in (Kind.ROW, Kind.COLUMN) for row in rows)


def test_gradients_of_shards_are_those_of_one_process(results: Results) -> None:
    """Else the comparison of the rules would say nothing."""
    assert not wrong(results, "gradients")


def test_rules_go_through_tensor_parallelism(results: Results) -> None:
    """Layers split by rows and by columns, and parameters that are no DTensors among them."""
    assert not wrong(results, "tensor parallel, ")


def test_training_under_fsdp2_is_torchs_own(results: Results) -> None:
    """With torch's AdamW as an anchor, under FSDP2 and on one process."""
    assert not wrong(results, "FSDP2 training, ")


def test_whole_parameters_that_are_divided_among_processes_are_served(results: Results) -> None:
    """Torch's ZeroRedundancyOptimizer cuts no tensor."""
    assert not wrong(results, "ZeroRedundancyOptimizer, ")


def test_torch_knows_the_functions_of_lists_for_shards(results: Results) -> None:
    """Those that the table allows there do what they do for lists of whole tensors."""
    assert not wrong(results, "torch._foreach")


def test_flattened_shards_are_refused_where_it_matters(results: Results) -> None:
    """With original parameters or a flat one; an elementwise rule is the same there."""
    for case in ("FSDP1, ", "FSDP1, flat parameter, "):
        assert not wrong(results, f"{case}adamw")
        assert str(results[f"{case}cautious_adamw"]).startswith(
            "RuntimeError: the rule needs numel and sum of whole tensors, and the parameters are"
        )
        assert "needs global_norm and global_dot of" in str(results[f"{case}clipped"])


def test_what_fsdp1_leaves_whole_is_served(results: Results) -> None:
    """Without sharding it marks parameters too."""
    assert not wrong(results, "FSDP1, not sharded, ")


def test_flat_partitions_of_deepspeed_are_refused() -> None:
    """Its third stage gives an optimizer flat partitions, with a mark on each."""
    flat = nn.Parameter(torch.ones(5))
    flat.ds_id = "0_3"
    flat.grad = torch.ones(5)
    with pytest.raises(RuntimeError, match=r"^the rule needs norm of whole tensors, .*FSDP2"):
        optimizer("lamb")([flat]).step()
    optimizer("lion")([flat], lr=0.5, weight_decay=0.0).step()
    assert flat.tolist() == [0.5] * 5


@pytest.mark.parametrize("name", ["cautious_adamw", "lamb", "adafactor", "adamw", "lion"])
def test_the_docstring_begins_with_it_where_shards_matter(name: str) -> None:
    """Of rules that go element by element there is nothing to say."""
    first = (optimizer(name).__doc__ or "").split("\n\n")[0]
    assert ("flattened shards" in first) == (name in ("cautious_adamw", "lamb", "adafactor"))
