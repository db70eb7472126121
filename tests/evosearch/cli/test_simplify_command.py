"""What `simplify` tells, and with which exit status."""

import json
from pathlib import Path

import pytest

from evosearch import lower, parse
from tests.support.commands import Run, read, refused

TEXT = """
def slow(g, m, v):
    m = 0.9 * m + 0.1 * g
    dead = exp(v)
    return 6 * m / sqrt(m * m), m, v
"""


def test_each_stage_is_told_and_then_the_program(run: Run) -> None:
    """What it removed, why it is allowed, and the factor that the learning rate takes up."""
    Path("slow.py").write_text(TEXT, encoding="utf-8")
    status, out, err = run("simplify", "slow.py")
    assert (status, err) == (0, "")
    story, _, text = out.partition("\n\n")
    assert story.startswith("# program file slow.py; 8 statements become 2, 2 state slots 1")
    assert "canonical form: 8 statements become 7" in story
    assert "algebra: 7 statements become 2" in story
    assert "x / abs(x) -> sign(x)" in story
    assert "6 times the learning rate" in story
    assert [s.primitive for s in parse(text).statements] == ["lerp", "sign"]


def test_json_is_for_machines(run: Run) -> None:
    """Before, after, and the steps between."""
    Path("slow.py").write_text(TEXT, encoding="utf-8")
    record = read(run("simplify", "slow.py", "--json"))
    assert set(record) == {
        *("before", "after", "steps", "factor", "dropped"),
        *("first_steps", "worth", "tuned", "written"),
    }
    assert record["worth"] is record["tuned"] is record["written"] is None
    assert (record["before"]["statements"], record["before"]["slots"]) == (8, 2)
    assert (record["after"]["statements"], record["after"]["slots"]) == (2, 1)
    assert lower(parse(record["after"]["text"])).size == 2
    assert record["factor"] == 6.0
    assert record["dropped"] == []
    for step in record["steps"]:
        assert set(step) == {"stage", "before", "after", "why", "rules"}
        assert step["before"] >= step["after"]


def test_a_program_that_is_simple_is_told_so(run: Run) -> None:
    """And printed."""
    status, out, _ = run("simplify", "lion")
    assert status == 0
    assert "nothing shorter was found" in out
    assert "def lion(" in out


GUARDED = """
def guarded(g, m, t):
    m = lerp(clip(g, 1000000), m, 0.9)
    return m / (1 - 0.9 ** t), m
"""


@pytest.mark.slow
def test_what_never_acts_goes_and_what_vanishes_is_told(run: Run) -> None:
    """Unless only what is proven is asked for."""
    Path("guarded.py").write_text(GUARDED, encoding="utf-8")
    record = read(run("simplify", "guarded.py", "--json"))
    assert [step["stage"] for step in record["steps"]] == ["behaviour"]
    assert "clip" not in record["after"]["text"]
    assert "** t" in record["after"]["text"]
    assert record["first_steps"]["steps"] == 65
    assert "** t" not in record["first_steps"]["text"]
    proven = read(run("simplify", "guarded.py", "--exact", "--json"))
    assert (proven["steps"], proven["first_steps"]) == ([], None)
    _, out, _ = run("simplify", "guarded.py")
    assert "it never acts: on the short probe" in out
    assert "with --drop-vanishing it differs in the first 65 steps of a training" in out
    dropped = read(run("simplify", "guarded.py", "--drop-vanishing", "--json"))
    assert [step["stage"] for step in dropped["steps"]] == ["behaviour", "first steps"]
    assert "differs in the first 65 steps" in dropped["steps"][1]["why"]
    assert dropped["after"]["text"] == record["first_steps"]["text"]
    told = refused(run("simplify", "guarded.py", "--drop-vanishing", "--exact"))
    assert "without --drop-vanishing" in told


def test_the_result_can_be_written_as_a_program(run: Run) -> None:
    """A file that exists is kept."""
    Path("slow.py").write_text(TEXT, encoding="utf-8")
    record = read(run("simplify", "slow.py", "--out", "fast.py", "--json"))
    assert Path("fast.py").read_text(encoding="utf-8") == record["after"]["text"]
    assert run("hash", "fast.py").status == 0
    assert "fast.py: exists already" in refused(run("simplify", "lion", "--out", "fast.py"))
    assert run("simplify", "lion", "--out", "fast.py", "--force").status == 0


FAST_TASK = """
from proxies import Task
from tests.support.tiny_task import TINY
from dataclasses import replace

fast = replace(TINY, name="fast")
"""


def test_measured_in_training(run: Run) -> None:
    """On a task of one's own: what each part is worth is told, and a second call is a look-up."""
    Path("fast.py").write_text(FAST_TASK, encoding="utf-8")
    Path("odd.py").write_text(
        "def odd(g, m): m = lerp(arcsin(g / 9), m, 0.87); return m, m", encoding="utf-8"
    )
    arguments = ("simplify", "odd.py", "--measure", "fast.py:fast", "--budget", "12")
    status, out, err = run(*arguments, "--json")
    assert status == 0, err
    record = json.loads(out)
    assert "AdamW's yardstick on fast" in err
    assert "pass 1, tuning 1: " in err
    assert "arcsin" not in record["after"]["text"]
    speeds = [record["tuned"], record["written"]]
    for worth in record["worth"]:
        assert set(worth) == {"node", "instead", "speed"}
        speeds += [worth["speed"]] if worth["speed"] else []
    for speed in speeds:
        assert speed["low"] <= speed["speed"] <= speed["high"]
    status, out, err = run(*arguments, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == record


def test_what_cannot_be_measured_is_refused(run: Run) -> None:
    """A task that is none, a program that no search would train, and a contradiction."""
    assert "no task named 'serch'" in refused(run("simplify", "lion", "--measure", "serch"))
    Path("still.py").write_text("def still(w): return w", encoding="utf-8")
    told = refused(run("simplify", "still.py", "--measure", "spirals"))
    assert told.startswith("still.py cannot be trained: ")
    told = refused(run("simplify", "lion", "--measure", "spirals", "--exact"))
    assert "goes without --measure" in told


def test_bad_input_is_told_in_one_line(run: Run) -> None:
    """What, where, and what to do."""
    assert "no known rule named 'loin'; did you mean 'lion'?" in refused(run("simplify", "loin"))
    Path("bad.py").write_text("def f(g): return h", encoding="utf-8")
    assert "bad.py" in refused(run("simplify", "bad.py"))


@pytest.mark.slow
def test_a_program_of_a_run_keeps_the_name_by_which_it_is_shown(run: Run, recorded: Path) -> None:
    """All descend from the start rule, whose name says nothing of them."""
    _, shown, _ = run("show", f"{recorded}#best")
    _, out, _ = run("simplify", f"{recorded}#best")
    (name,) = [line for line in shown.splitlines() if line.startswith("def ")]
    assert name.partition("(")[0] in out
