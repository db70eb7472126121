"""What `simplify` tells, and with which exit status."""

from pathlib import Path

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
    assert set(record) == {"before", "after", "steps", "factor", "dropped"}
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


def test_bad_input_is_told_in_one_line(run: Run) -> None:
    """What, where, and what to do."""
    assert "no known rule named 'loin'; did you mean 'lion'?" in refused(run("simplify", "loin"))
    Path("bad.py").write_text("def f(g): return h", encoding="utf-8")
    assert "bad.py" in refused(run("simplify", "bad.py"))


def test_a_program_of_a_run_keeps_the_name_by_which_it_is_shown(run: Run, recorded: Path) -> None:
    """All descend from the start rule, whose name says nothing of them."""
    _, shown, _ = run("show", f"{recorded}#best")
    _, out, _ = run("simplify", f"{recorded}#best")
    (name,) = [line for line in shown.splitlines() if line.startswith("def ")]
    assert name.partition("(")[0] in out
