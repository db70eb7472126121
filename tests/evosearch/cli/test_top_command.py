"""The rules of a run that `top` lists, and the forms in which it gives them."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from pathlib import Path

import pytest

from evosearch.language.parser import parse
from tests.support.commands import Run, read, refused


def test_top_as_json(run: Run, recorded: Path) -> None:
    """Best first, with the score on fresh seeds and its interval where there is one."""
    best, start = read(run("top", recorded, "--json"))
    keys = {"id", "score", "interval", "search_score", "statements", "slots", "text"}
    keys |= {"select", "select_interval"}
    keys.add("recognised")
    assert set(best) == set(start) == keys
    assert (best["score"], best["interval"], best["search_score"]) == (1.5, [1.25, 1.75], 2.0)
    assert (start["id"], start["score"], start["interval"]) == (0, 1.0, None)
    assert parse(best["text"]).name == f"rule_{best['id']}"
    assert read(run("top", recorded, "--json", "-n", "1")) == [best]
    # The start rule is a moving average, which is momentum.
    assert (start["recognised"]["rule"], start["recognised"]["relation"]) == (
        "momentum",
        "identical",
    )


def test_top_says_which_rule_each_is(run: Run, recorded: Path) -> None:
    """In a comment above its text."""
    assert "# This is identical to momentum, times 0.1." in run("top", recorded).out


def table(text: str) -> list[dict[str, str]]:
    """The rows of a CSV file, by column."""
    return list(csv.DictReader(StringIO(text)))


def test_all_and_some(run: Run, recorded: Path) -> None:
    """`--all` lifts the limit that is there without it."""
    everything = read(run("top", recorded, "--json", "--all", "--recognise"))
    assert everything == read(run("top", recorded, "--json"))
    assert len(everything) == 2
    assert len(table(run("top", recorded, "--all", "--format", "csv").out)) == 2
    assert len(table(run("top", recorded, "-n", "1", "--format", "csv").out)) == 1


def test_recognition_is_asked_for(run: Run, recorded: Path) -> None:
    """It takes a second for each rule: with `--all` it is left out, unless it is wanted."""
    quick_json = read(run("top", recorded, "--json", "--all"))
    assert [one["recognised"] for one in quick_json] == [None, None]
    assert "# This is" not in run("top", recorded, "--no-recognise").out
    quick = table(run("top", recorded, "--format", "csv", "--no-recognise").out)
    full = table(run("top", recorded, "--format", "csv").out)
    assert [row["rule"] for row in full][1:] == ["momentum"]
    added = {"rule", "relation", "distance"}
    assert set(full[0]) - set(quick[0]) == added
    assert [{k: v for k, v in row.items() if k not in added} for row in full] == quick


def test_where_selects_before_the_limit(run: Run, recorded: Path) -> None:
    """The best of those for which the condition holds, which need not be among the best."""
    options = ("top", recorded, "--no-recognise")
    (one,) = read(run(*options, "--json", "-n", "1", "--where", "parent IS NULL"))
    assert one["id"] == 0
    best, start = read(run(*options, "--json", "--where", "score > 0.5 AND slots >= 1"))
    assert (best["score"], start["score"]) == (1.5, 1.0)
    rows = table(run(*options, "--format", "csv", "--where", "stage = 'report'").out)
    assert [row["score"] for row in rows] == ["1.5"]


def test_the_front_leaves_out_what_is_beaten(run: Run, recorded: Path) -> None:
    """The mutant scores higher than the start rule, with as many statements and states."""
    best, start = read(run("top", recorded, "--json", "--no-recognise"))
    assert best["search_score"] > start["search_score"]
    kept = read(run("top", recorded, "--front", "--json", "--no-recognise"))
    cheaper = start["statements"] < best["statements"] or start["slots"] < best["slots"]
    assert kept == ([best, start] if cheaper else [best])
    assert read(run("top", recorded, "--front", "-n", "1", "--json", "--no-recognise")) == [best]
    message = refused(run("top", recorded, "--front", "--all"))
    assert message.startswith("--all gives all and --front gives some")


def test_where_no_rule_is_left(run: Run, recorded: Path) -> None:
    """People are told so, and machines get no rows."""
    none = ("top", recorded, "--where", "score > 9")
    assert run(*none).out == f"{recorded}: no trained rule with score > 9\n"
    assert read(run(*none, "--json")) == read(run(*none, "--format", "json")) == []
    (heading,) = run(*none, "--format", "csv").out.splitlines()
    assert heading.startswith("id,score,low,high,")


def test_a_file_holds_what_is_printed(run: Run, recorded: Path, tmp_path: Path) -> None:
    """In any form; a file that exists is kept, unless by --force."""
    for form in (["--format", "csv"], ["--format", "json"], ["--json"], ["--format", "table"]):
        options = ("top", recorded, *form, "--no-recognise")
        printed = run(*options).out
        done = run(*options, "--out", "file", "--force")
        assert (done.status, done.out) == (0, "")
        assert (tmp_path / "file").read_text(encoding="utf-8") == printed
    message = refused(run("top", recorded, "--out", "file"))
    assert message == "file: exists already; choose another --out, or add --force"


def test_parquet_goes_to_a_file(run: Run, recorded: Path, tmp_path: Path) -> None:
    """It reads back as the rows of the JSON."""
    parquet = pytest.importorskip("pyarrow.parquet")
    options = ("top", recorded, "--all", "--format")
    assert run(*options, "parquet", "--out", "top.parquet").status == 0
    rows = parquet.read_table(tmp_path / "top.parquet").to_pylist()
    assert rows == json.loads(run(*options, "json").out)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--all", "-n", "3"], r"-n gives some and --all gives all; give one of them; try .*"),
        (
            ["--json", "--format", "csv"],
            r"--json has a form of its own; give .*",
        ),
        (["--format", "parquet"], r"--format parquet is not text; say with --out which file .*"),
        (["--format", "xml"], r"Invalid value for '--format': 'xml' is not .*'csv'.*'parquet'.*"),
        (
            ["--where", "colour = 1"],
            r".*'colour = 1': no such column: colour; .* id, score, .*",
        ),
        (
            ["--where", "score >"],
            r"--where 'score >': .*syntax error; expected a condition .*",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    options: list[str], message: str, run: Run, recorded: Path
) -> None:
    """In one line that says what to give instead."""
    assert re.fullmatch(message, refused(run("top", recorded, *options)))


def test_below_the_table_stands_what_the_best_score_is_worth(run: Run, recorded: Path) -> None:
    """For people alone, and not where a condition picked rules."""
    line = (
        "Candidate 1 had the highest of 2 scores in the search, 2.00, which is therefore too high"
    )
    plain = run("top", recorded, "--no-recognise").out
    assert plain.splitlines()[-1].startswith(line)
    for option in (("--where", "score > 0"), ("--json",), ("--format", "csv")):
        assert "had the highest" not in run("top", recorded, "--no-recognise", *option).out
