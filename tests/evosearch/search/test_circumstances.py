"""What a process records of its versions, processor and data."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import pytest

from evosearch.search import circumstances as module
from evosearch.search.circumstances import circumstances, circumstances_from, differences
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from proxies import TASKS
from tests.support.small_search import TASK, create


def test_the_record_is_of_what_is_installed_and_of_the_tasks() -> None:
    """It survives JSON, and is the same twice."""
    here = circumstances("cpu", [TASKS[TASK]])
    assert (here.torch.split("+")[0], here.numpy) == (
        version("torch").split("+")[0],
        version("numpy"),
    )
    assert here.tasks == {TASK: TASKS[TASK].digest()}
    assert circumstances_from(json.loads(json.dumps(asdict(here)))) == here
    assert circumstances("cpu", [TASKS[TASK]]) == here


def test_a_processor_is_told_from_others_of_its_vendor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By family, model and stepping of the first of its cores."""
    core = "model name\t: AMD EPYC\ncpu family\t: 25\nmodel\t\t: 17\nstepping\t: 1\n"
    (tmp_path / "cpuinfo").write_text(core + "\n" + core.replace("17", "18"), encoding="utf-8")
    monkeypatch.setattr(module, "_CPUINFO", tmp_path / "cpuinfo")
    expected = "AMD EPYC (cpu family 25, model 17, stepping 1)"
    assert circumstances("cpu", []).processor == expected
    monkeypatch.setattr(module, "_CPUINFO", tmp_path / "none")
    assert circumstances("cpu", []).processor


def test_what_differs_is_named_but_for_the_data() -> None:
    """Each in a sentence; what an older record lacks is unknown there."""
    here = replace(circumstances("cpu", []), torch="2.13.0", instructions="AVX2")
    then = replace(here, torch="2.12.0", tasks={"a": "1"})
    assert differences(then, here) == ["torch 2.12.0 there, 2.13.0 here"]
    record = {key: value for key, value in asdict(here).items() if key != "instructions"}
    assert differences(circumstances_from(record), here) == [
        "instructions unknown there, AVX2 here"
    ]


def test_a_run_keeps_each_of_its_circumstances_once(tmp_path: Path) -> None:
    """A run from before they were kept has none."""
    here = circumstances("cpu", [])
    other = replace(here, processor="another")
    with create(tmp_path / "run") as store:
        assert store.circumstances == []
        for one in (here, here, other, here):
            store.note_circumstances(one)
    with StoreWriter.open(tmp_path / "run") as store:
        assert store.circumstances == [here, other]


def test_a_search_notes_what_it_is_trained_with(finished: StoreReader) -> None:
    """Once, before anything is trained."""
    assert finished.circumstances == [circumstances("cpu", [TASKS[TASK]])]
