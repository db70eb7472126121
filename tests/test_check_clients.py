"""The table of clients tells right optimizers from wrong ones, and its page holds every rule."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from evosearch import optimizer, rule_names, to_source
from scripts import check_clients
from scripts.clients.client import Cell, Client, judge, write_exports
from scripts.clients.page import page
from scripts.clients.pair import judged_in_pair
from scripts.clients.problem import Plan, Weights, model, path, weights
from scripts.clients.table import CLIENTS

PAGE = Path(__file__).parents[1] / "docs" / "pages" / "clients.md"
HERE = ("reference", "OneCycleLR", "CyclicLR", "ReduceLROnPlateau", "SWA", "GradScaler")
"""Clients that need torch alone, and one process."""
Lion: Any = optimizer("lion")


class Still(Lion):
    """Its step does nothing."""

    def step(self, closure: Any = None) -> None:
        del closure


class Turned(Lion):
    """It goes uphill."""

    def __init__(self, params: Any, **options: Any) -> None:
        super().__init__(params, **options, maximize=True)


class Forgetful(Lion):
    """It loads options and no states."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict({**state_dict, "state": {}})


class Decayless(Lion):
    """It takes no heed of weight decay."""

    def __init__(self, params: Any, lr: float, weight_decay: float) -> None:
        super().__init__(params, lr=lr, weight_decay=0 * weight_decay)


class Unmoved(Lion):
    """What a scheduler does to its momentum is without effect."""

    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            group["betas"] = self.defaults["betas"]
        super().step(closure)


@pytest.mark.parametrize("name", HERE)
def test_a_right_optimizer_passes(name: str, tmp_path: Path) -> None:
    """Through the client's loop it ends where the plain loop does."""
    assert judge(CLIENTS[name], "lion", Lion, tmp_path).verdict == "passed"


@pytest.mark.parametrize("wrong", [Still, Turned, Decayless])
@pytest.mark.parametrize("name", HERE)
def test_a_wrong_optimizer_fails(name: str, wrong: Any, tmp_path: Path) -> None:
    """In each client, told by how far its weights are off."""
    cell = judge(CLIENTS[name], "lion", wrong, tmp_path)
    assert cell.verdict == "failed"
    assert cell.told.endswith(f"weights differ by {cell.difference:.1e} of the largest")
    assert cell.difference > 1e-4


def test_what_only_some_clients_ask_for_is_missed_there(tmp_path: Path) -> None:
    """States after a checkpoint, and a momentum that is cycled."""
    for wrong, names in ((Forgetful, HERE[1:]), (Unmoved, ("OneCycleLR", "CyclicLR"))):
        for name in names:
            assert judge(CLIENTS[name], "lion", wrong, tmp_path).verdict == "failed", name
    assert judge(CLIENTS["reference"], "lion", Forgetful, tmp_path).verdict == "passed"
    assert judge(CLIENTS["GradScaler"], "lion", Unmoved, tmp_path).verdict == "passed"


def test_another_rule_is_no_right_one(tmp_path: Path) -> None:
    """What is expected is the rule's, whatever class is given."""
    assert judge(CLIENTS["SWA"], "signum", Lion, tmp_path).verdict == "failed"


@pytest.mark.slow
def test_two_processes_tell_right_from_wrong(tmp_path: Path) -> None:
    """All clients of torch on two processes; one rule's file is a wrong optimizer's."""
    write_exports(tmp_path, ["adamw", "lamb"])
    still = "\n\nclass Exported(Exported):\n    def step(self, closure=None):\n        pass\n"
    (tmp_path / "exported_lion.py").write_text(to_source("lion", "Exported") + still)
    names = ["DDP", "FSDP2", "distributed.checkpoint", "ZeroRedundancyOptimizer"]
    verdicts = {
        name: {rule: cell.verdict for rule, cell in cells.items()}
        for name, cells in judged_in_pair(names, tmp_path).items()
    }
    right = {"adamw": "passed", "lamb": "passed", "lion": "failed"}
    assert verdicts == dict.fromkeys(names, right)


def client(through: Any, **how: Any) -> Client:
    """Makes a client of a function."""
    return Client("one", ("torch",), "a function", lambda *_: {"": through()}, **how)


def lost() -> Weights:
    """Gives weights that are no numbers, but for the first tensor."""
    first, *others = weights(model())
    return [first, *(one * float("nan") for one in others)]


def known_weights(rule: str) -> Weights:
    """Gives the weights of a plain loop."""
    return [*path(optimizer(rule), Plan())][-1]


def raises() -> Weights:
    raise RuntimeError("of\n whole tensors")


def test_weights_that_are_no_numbers_fail(tmp_path: Path) -> None:
    """However many are numbers."""
    cell = judge(client(lost), "sgd", optimizer("sgd"), tmp_path)
    assert (cell.verdict, cell.difference) == ("failed", float("inf"))


def test_a_refusal_is_told_where_it_is_documented(tmp_path: Path) -> None:
    """In one line; what else is raised is a failure."""
    told = "RuntimeError: of whole tensors"
    kind = optimizer("sgd")
    assert judge(client(raises), "sgd", kind, tmp_path) == Cell("failed", told)
    documented = client(raises, refusal="of whole tensors")
    assert judge(documented, "sgd", kind, tmp_path) == Cell("refused", told)


def test_a_rule_that_is_unfit_is_told_by_where_it_ends(tmp_path: Path) -> None:
    """Not by what is raised; and where it ends right, it passes."""
    kind, how = optimizer("sgd"), {"unfit": lambda rule: f"no {rule}"}
    cell = judge(client(lost, **how), "sgd", kind, tmp_path)
    assert (cell.verdict, cell.told) == ("unfit", "no sgd")
    assert judge(client(raises, **how), "sgd", kind, tmp_path).verdict == "failed"
    fit = client(lambda: known_weights("sgd"), **how)
    assert judge(fit, "sgd", kind, tmp_path).verdict == "passed"


def test_an_expectation_that_moves_nothing_says_nothing(tmp_path: Path) -> None:
    """A client that does nothing would pass."""
    idle = client(lambda: weights(model()), expected={"": lambda _: weights(model())})
    assert "moves nothing" in judge(idle, "sgd", optimizer("sgd"), tmp_path).told


def test_what_is_not_installed_is_told_and_never_passed() -> None:
    """It has no column."""
    absent = replace(client(raises), name="absent", distributions=("torch", "no-such-thing"))
    assert absent.versions() is None
    there = replace(client(raises), name="there")
    cells = {"sgd": Cell("passed", difference=2e-8), "lion": Cell("failed", "a | b")}
    text = page([absent, there], ["sgd", "lion"], {"there": cells})
    assert "| absent | torch, no-such-thing not installed | a function | none |  |" in text
    assert f"| there | torch {torch.__version__} | a function | 1 of 2 | 2e-08 |" in text
    assert "| rule | there |" in text
    assert "| `sgd` | ✓ |" in text
    assert "| `lion` | failed (1) |" in text
    assert "1. failed: a \\| b" in text


def test_the_command_prints_cells_and_ends_with_its_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """As JSON and as a page; with status 1 if a cell fails."""
    out = tmp_path / "page.md"
    given = ["--clients", "CosineAnnealingLR", "--rules", "sgd", "nadam", "--json"]
    monkeypatch.setattr(sys, "argv", ["check_clients", *given, "--out", str(out)])
    check_clients.main()
    (column,) = json.loads(capsys.readouterr().out)
    assert column["client"] == "CosineAnnealingLR"
    assert {rule: cell["verdict"] for rule, cell in column["cells"].items()} == {
        "sgd": "passed",
        "nadam": "passed",
    }
    assert "| `nadam` | ✓ |" in out.read_text(encoding="utf-8")
    broken = replace(CLIENTS["CosineAnnealingLR"], expected=CLIENTS["CyclicLR"].expected)
    monkeypatch.setitem(CLIENTS, "CosineAnnealingLR", broken)
    with pytest.raises(SystemExit, match=r"^check_clients: 2 cells fail$"):
        check_clients.main()


def test_the_committed_page_has_every_rule_and_client() -> None:
    """A row for each rule, a cell for each client that ran; nothing fails."""
    text = PAGE.read_text(encoding="utf-8")
    told, table = text.split("## What came of it")
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
    assert [row[0] for row in rows[2:]] == [f"`{rule}`" for rule in rule_names()]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert set(rows[0][1:]) <= set(CLIENTS)
    assert all(f"| {name} | " in told for name in CLIENTS)
    assert "failed" not in text
