"""Progress below a notebook's cell: a line for each phase, written anew."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from evosearch.progress.display import ProgressDisplay
from evosearch.progress.notebook import notebook_display
from evosearch.search.store_reader import StoreReader


class Cell:
    """Stands for a cell's output: texts in order, each of which can be replaced."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def display(self, output: dict[str, str], *, raw: bool, display_id: bool) -> Any:
        assert raw
        assert display_id
        place = len(self.texts)
        self.texts.append(output["text/plain"])

        def update(output: dict[str, str], *, raw: bool) -> None:
            assert raw
            self.texts[place] = output["text/plain"]

        return SimpleNamespace(update=update)


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    """A process that runs in a notebook, as IPython tells it."""
    cell = Cell()
    ipython, display = ModuleType("IPython"), ModuleType("IPython.display")
    vars(ipython)["get_ipython"] = lambda: SimpleNamespace(kernel=object())
    vars(display)["display"] = cell.display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return cell


def test_each_phase_is_a_line(
    cell: Cell, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That of the phase is written anew, those before stay; nothing goes elsewhere."""
    with StoreReader.open(recorded) as store, ProgressDisplay() as display:
        display.phase("compiling models", 2)
        display.advance(2, store)
        display.phase("search", 100)
        display.advance(100, store)
    first, second = cell.texts
    assert "compiling models: 2/2" in first
    assert "search: 100/100" in second
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("shell", [None, SimpleNamespace()])
def test_a_shell_in_a_terminal_is_no_notebook(
    shell: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a process that has merely loaded IPython."""
    ipython = ModuleType("IPython")
    vars(ipython)["get_ipython"] = lambda: shell
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert notebook_display() is None
    monkeypatch.delitem(sys.modules, "IPython")
    assert notebook_display() is None
