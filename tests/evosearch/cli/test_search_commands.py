"""What `search` and `resume` refuse, and what they keep."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from evosearch import known_rule
from evosearch.cli import scalars
from evosearch.language.parser import parse, parse_all
from evosearch.language.printer import to_text
from evosearch.search import yardsticks
from evosearch.search.config import SearchConfig
from evosearch.search.presets import PRESETS
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from tests.support.commands import Run, read, refused
from tests.support.kept_scalars import KeptScalars
from tests.support.recorded_run import RECORDED
from tests.support.small_search import rows
from tests.support.user_files import task_text

CONFIGS = {
    "unknown key": ("color = 1", r"c\.toml: unknown key 'color'; known are start, tasks, seed, .*"),
    "negative population": (
        "population = -3",
        r"c\.toml: population: input should be greater than or equal to 2, got -3",
    ),
    "unknown task": (
        'tasks = ["chess"]',
        r"c\.toml: tasks: no task named 'chess'; known are digit_images, .*",
    ),
    "task twice": (
        'tasks = ["digit_images", "digit_images"]',
        r"c\.toml: tasks: a task stands twice",
    ),
    "unknown primitive": (
        'primitives = ["add", "foo"]',
        r"c\.toml: primitives: no operation named 'foo'; known are add, .*",
    ),
    "no number": (
        'population = "many"',
        r"c\.toml: population: input should be a valid integer, .*, got 'many'",
    ),
    "infinite": ("hurdle = inf", r"c\.toml: hurdle: input should be a finite number, got inf"),
    "not TOML": ("population 3", r"c\.toml: not a TOML file, .*line 1.*"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_invalid_configurations_are_named(name: str, run: Run, tmp_path: Path) -> None:
    """A configuration file's unknown key or bad value is named, with what would be valid."""
    text, message = CONFIGS[name]
    (tmp_path / "c.toml").write_text(text, encoding="utf-8")
    outcome = run("search", "--config", "c.toml", "--out", "o")
    assert re.fullmatch(message, refused(outcome))
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "none.toml"], r"none\.toml: cannot be read \(No such file or directory\)"),
        (["--set", "population"], r"--set expected KEY=VALUE, got 'population'; try .*--help`"),
        (["--set", "color=1"], r"command line: unknown key 'color'; known are start, .*"),
        (["--set", "seed=x"], r"command line: seed: input should be a valid integer, .*, got 'x'"),
        (
            ["--population", "-1"],
            r"command line: population: .* greater than or equal to 2, got -1",
        ),
        (
            ["--evaluations", "0"],
            r"command line: evaluations: .* greater than or equal to 1, got 0",
        ),
        (["--seed", "x"], r"Invalid value for '--seed': .*; try `evosearch search --help`"),
        (["--task", "chess"], r"command line: tasks: no task named 'chess'; known are .*"),
        (["--preset", "huge"], r"Invalid value for '--preset': 'huge' is not .*'quick'.*; try .*"),
        (
            ["--workers", "-1"],
            r"Invalid value for '--workers': -1 is not in the range x>=0; try .*",
        ),
        (["--start", "lyon"], r"no known rule named 'lyon'; did you mean 'lion'\?; .*"),
        (
            ["--preset", "constants", "--set", "tunes_constants=true"],
            r"command line: mutations: with 'modify-constant' alone there is one structure, .*",
        ),
        (["--device", "tpu"], r".*: device: no device 'tpu'; expected cpu, cuda or cuda:N"),
        (["--device", "cuda:99"], r"device 'cuda:99': torch sees .* CUDA devices here; use .*"),
        (["--workers", "2", "--gpus-per-worker", "0.5"], r"--gpus-per-worker 0\.5: .* is cpu, .*"),
        (["--slots", "0"], r"Invalid value for '--slots': 0 is not in the range x>=1; try .*"),
        (["extra"], r"Got unexpected extra argument \(extra\); try `evosearch search --help`"),
        (["--frobnicate"], r"No such option.*--frobnicate.*; try `evosearch search --help`"),
        (["--out", "file/run"], r"file/run: cannot write a run there \(.*\); choose another --out"),
        (["--out", "."], r"\.: not empty; choose another --out, or `evosearch resume \.`"),
    ],
)
def test_invalid_searches_do_not_start(
    arguments: list[str], message: str, run: Run, tmp_path: Path
) -> None:
    """An option that is wrong is named before anything is written."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert re.fullmatch(message, refused(run("search", *arguments)))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("def f(w):\n    return w", "ignores-gradient"),
        ("def f(g):\n    return -g", "not-descent"),
        ("def f(g):\n    return abs(g)", "one-signed"),
    ],
)
def test_a_hopeless_start_is_refused(text: str, gate: str, run: Run, tmp_path: Path) -> None:
    """A rule that a gate rejects leaves nothing to evolve; the reason is given."""
    (tmp_path / "p.py").write_text(text, encoding="utf-8")
    message = refused(run("search", "--start", "p.py", "--out", "o"))
    assert message.startswith("cannot start from p.py: the direction ") or gate == "not-descent"
    assert message.endswith(f"(gate '{gate}'); start from a rule that trains, such as adamw")
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    "option",
    [
        "--seed=1",
        "--set=seed=1",
        "--preset=quick",
        "--config=c.toml",
        "--start=lion",
        "--task=byte_text",
        "--population=9",
        "--evaluations=9",
        "--slots=9",
        "--out=o",
        "--show-config",
    ],
)
def test_a_resumed_run_keeps_its_configuration(option: str, run: Run, recorded: Path) -> None:
    """Options that would change the configuration are refused together with --resume."""
    message = refused(run("search", "--resume", recorded, option))
    assert message.startswith("--resume goes on with the run's own configuration; give it alone")


def test_configuration_is_shown_and_not_run(run: Run, tmp_path: Path) -> None:
    """Later sources override earlier ones: preset, file, --set, then the flags."""
    (tmp_path / "c.toml").write_text("population = 5\nlag = 3\nseed = 7", encoding="utf-8")
    options = ["--preset", "quick", "--config", "c.toml", "--set", "lag=9", "--set", "hurdle=0.25"]
    shown = read(run("search", *options, "--seed", "4", "--start", "lion", "--show-config"))
    assert set(shown) == set(SearchConfig.model_fields)
    assert (shown["evaluations"], shown["population"]) == (PRESETS["quick"]["evaluations"], 5)
    assert (shown["lag"], shown["hurdle"]) == (9, 0.25)
    assert (shown["seed"], shown["start"]) == (4, ["lion"])
    assert SearchConfig(**shown) == SearchConfig.model_validate_json(json.dumps(shown))
    assert [path.name for path in tmp_path.iterdir()] == ["c.toml"]
    (tmp_path / "shown.json").write_text(json.dumps(shown), encoding="utf-8")
    assert read(run("search", "--config", "shown.json", "--show-config")) == shown
    toml = run("search", "--config", "shown.json", "--show-config=toml").out
    (tmp_path / "shown.toml").write_text(toml, encoding="utf-8")
    assert read(run("search", "--config", "shown.toml", "--show-config")) == shown


def test_a_run_stores_the_rule_it_starts_from(run: Run, tmp_path: Path) -> None:
    """A start rule's text is kept with the run, so that the file may change later."""
    with StoreWriter.create(tmp_path / "kept", RECORDED, to_text(known_rule("lion"))) as store:
        assert parse(store.start) == replace(known_rule("lion"), doc="")
    assert read(run("status", tmp_path / "kept", "--json"))["state"] == "unfinished"


SMALL = (
    *("--task", "tiny.py:MINE", "--evaluations", "3", "--population", "2", "--set", "block=2"),
    *("--set", "seeds=1", "--set", "finalists=1", "--set", "fresh_seeds=2"),
    *("--set", "compile=false", "--set", "budget=4"),
)


@pytest.fixture
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """AdamW is tuned with little, which takes less time."""
    monkeypatch.setattr(yardsticks, "BUDGET", 2)


def test_slots_say_how_many_blocks_are_in_training(run: Run) -> None:
    """Twice as many as slots, whatever a preset or --set say; without, a preset's own."""
    standard = ("search", "--preset", "standard", "--show-config")
    assert read(run(*standard))["lag"] == PRESETS["standard"]["lag"]
    assert read(run(*standard, "--slots", "30", "--set", "lag=9"))["lag"] == 60


@pytest.mark.parametrize("option", ["--gpus-per-worker", "--ray-address", "--workers"])
def test_where_work_is_done_is_said_to_all_commands_alike(option: str, run: Run) -> None:
    """To each that has workers."""
    for command in ("search", "resume", "replay", "simplify", "validate"):
        assert option in run(command, "--help").out


@pytest.mark.parametrize(
    "command",
    [
        ("resume", "recorded"),
        ("replay", "recorded"),
        ("validate", "lion", "--task", "logistic"),
        ("simplify", "sgd", "--measure", "logistic"),
    ],
    ids=lambda command: command[0],
)
@pytest.mark.usefixtures("recorded")
def test_shares_of_a_gpu_are_for_gpus(command: tuple[str, ...], run: Run) -> None:
    """Where the work is on processors, they are refused before anything is trained."""
    outcome = run(*command, "--workers", "2", "--gpus-per-worker", "0.5")
    assert (outcome.status, outcome.out) == (2, "")
    last = outcome.err.splitlines()[-1]
    assert last.startswith("evosearch: --gpus-per-worker 0.5: the device is cpu")


def test_workers_that_will_idle_are_told_of(run: Run, recorded: Path) -> None:
    """Before they start, here in a place where they cannot."""
    assert RECORDED.lag == 1
    outcome = run("resume", recorded, "--workers", "3", "--ray-address", "127.0.0.1:1")
    assert outcome.status == 2
    idle = r"evosearch: 2 of 3 workers will idle: lag is 1, .* --slots 3 would keep them busy\n"
    assert re.search(idle, outcome.err)


@pytest.mark.slow
@pytest.mark.usefixtures("_little")
def test_yardsticks_are_found_wherever_the_run_lies(run: Run, tmp_path: Path) -> None:
    """They are kept in `runs/yardsticks`, with --out elsewhere too, and used by the next search."""
    (tmp_path / "tiny.py").write_text(task_text(1.0), encoding="utf-8")
    first = run("search", *SMALL, "--out", tmp_path / "one" / "run")
    assert first.status == 0
    assert "AdamW's yardstick: 6 to do" in first.err
    (kept,) = (tmp_path / "runs" / "yardsticks").iterdir()
    assert kept.name.startswith("mine-")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["run"]
    second = run("search", *SMALL, "--out", tmp_path / "two" / "run")
    assert second.status == 0
    assert "AdamW's yardstick" not in second.err
    assert "\nNext: evosearch " in second.out


@pytest.mark.slow
@pytest.mark.usefixtures("_little")
def test_a_search_runs_where_runs_cannot_be_written(run: Run, tmp_path: Path) -> None:
    """Then yardsticks are kept beside the run."""
    (tmp_path / "tiny.py").write_text(task_text(1.0), encoding="utf-8")
    (tmp_path / "runs").write_text("in the way", encoding="utf-8")
    assert run("search", *SMALL, "--out", tmp_path / "one" / "run").status == 0
    assert [p.name.split("-")[0] for p in (tmp_path / "one" / "yardsticks").iterdir()] == ["mine"]


@pytest.mark.slow
@pytest.mark.usefixtures("_little")
def test_the_result_does_not_depend_on_its_curves(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of a run are the same with and without; the curves go to the end of the search."""
    (tmp_path / "tiny.py").write_text(task_text(1.0), encoding="utf-8")
    writers: list[KeptScalars] = []

    def begun(folder: str, **options: object) -> KeptScalars:
        writers.append(KeptScalars(folder, **options))
        return writers[-1]

    monkeypatch.setattr(scalars, "_writer_class", lambda: begun)
    assert run("search", *SMALL, "--out", "without").status == 0
    assert writers == []
    assert run("search", *SMALL, "--out", "with", "--tensorboard", "with/curves").status == 0
    (writer,) = writers
    assert (writer.folder, writer.closed) == ("with/curves", True)
    with StoreReader.open(Path("without")) as one, StoreReader.open(Path("with")) as other:
        assert rows(one) == rows(other)
    tuned = writer.curve("search/evaluations")
    assert list(tuned.values()) == list(tuned) == sorted(tuned)
    assert max(tuned) == 3
    again = run("resume", "with", "--task", "tiny.py:MINE", "--tensorboard", "more")
    assert again.status == 0
    assert writers[-1].points == []


@pytest.mark.parametrize("command", ["search", "resume"])
def test_curves_need_their_package(
    command: str, run: Run, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is missing, no search begins, and it is told in a line."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    options = ["--out", "o"] if command == "search" else [str(recorded)]
    message = refused(run(command, *options, "--tensorboard", "curves"))
    assert re.fullmatch(r"--tensorboard needs the package tensorboard \(.*\); `pip .*`", message)
    assert not Path("o").exists()
    assert not Path("curves").exists()


@pytest.mark.usefixtures("_little")
def test_several_rules_to_start_from(run: Run, tmp_path: Path) -> None:
    """Known ones, and all of a file; those of one name are numbered."""
    text = "def lion(g):\n    return sign(g)\ndef mine(g, m):\n    m = m + g\n    return m, m\n"
    (tmp_path / "rules.py").write_text(text, encoding="utf-8")
    (tmp_path / "tiny.py").write_text(task_text(1.0), encoding="utf-8")
    options = ("--start", "lion", "--start", "rules.py", "--evaluations", "1", "--populations", "2")
    message = refused(run("search", *SMALL, *options, "--start", "lion", "--out", "twice"))
    assert message.startswith("the start rules lion and lion_3 are one structure")
    # One structure is wanted, and three are there to begin with.
    assert run("search", *SMALL, *options, "--out", "several").status == 0
    with StoreReader.open(tmp_path / "several") as store:
        assert [p.name for p in parse_all(store.start)] == ["lion", "lion_2", "mine"]
        assert [one.parent for one in store.candidates()[:3]] == [None] * 3
        assert store.config.populations == 2


@pytest.mark.usefixtures("_little")
def test_a_search_ends_after_some_hours_or_when_it_is_to_finish(run: Run, tmp_path: Path) -> None:
    """It is done all the same, with the best measured again."""
    (tmp_path / "tiny.py").write_text(task_text(1.0), encoding="utf-8")
    assert run("search", *SMALL, "--hours", "1e-9", "--out", "short").status == 0
    assert read(run("status", "short", "--json"))["state"] == "done"
    assert read(run("status", "short", "--json"))["generated"] == 0
    (tmp_path / "short").rename(tmp_path / "gone")
    assert refused(run("search", *SMALL, "--hours", "0", "--out", "no")).startswith("Invalid value")


@pytest.mark.ray
@pytest.mark.parametrize(
    ("number", "workers"),
    [pytest.param(signal.SIGINT, 0, marks=pytest.mark.slow), (signal.SIGTERM, 1)],
)
def test_what_is_interrupted_says_how_to_go_on(
    run: Run, tmp_path: Path, number: signal.Signals, workers: int
) -> None:
    """In seconds, by Ctrl-C or by a batch system's signal; --finish then measures what there is.

    With workers no more is told than without.
    """
    (tmp_path / "tiny.py").write_text(task_text(1.0), encoding="utf-8")
    command = [sys.executable, "-m", "evosearch"]
    # The task's file imports from the tests.
    known = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    many = [*SMALL, "--evaluations", "100000"]
    with subprocess.Popen(
        [*command, "search", *many, "--out", "run", "--workers", str(workers)],
        cwd=tmp_path,
        env=known,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            told = line
            if "search: 0/" in line:
                break
        assert "search: 0/" in told
        time.sleep(3)  # a block takes a fraction of a second
        process.send_signal(number)
        told = process.stderr.read()
        assert process.wait(60) == 130
    assert all(line.startswith(("[", "evosearch: ")) for line in told.splitlines()), told
    assert "interrupted; `evosearch resume run` goes on where it stopped" in told
    assert run("resume", "run", "--task", "tiny.py:MINE", "--finish").status == 0
    with StoreReader.open(tmp_path / "run") as store:
        assert store.done
        assert 0 < store.counts()["trained"] < 100000


@pytest.mark.usefixtures("_little")
def test_the_summary_is_kept_where_nobody_reads_the_output(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in `evosearch search | head`, where the reader goes away."""
    (tmp_path / "tiny.py").write_text(task_text(1.0), encoding="utf-8")

    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("evosearch.cli.search_commands.click.echo", gone)
    monkeypatch.setattr("sys.stderr.close", lambda: None)
    assert run("search", *SMALL, "--out", "unread").status == 1
    assert "AdamW" in (tmp_path / "unread" / "summary.txt").read_text(encoding="utf-8")
