"""The command line. Every command is a thin call of the library; errors are one line, status 2."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import tomllib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from evosearch import yardstick as yardsticks
from evosearch.config import PRESETS, load_config, make_config
from evosearch.digest import digest
from evosearch.errors import EvosearchError
from evosearch.execution import configure_process, executor
from evosearch.export import Provenance, class_name, is_class_name, to_source
from evosearch.formula import equations, explanations
from evosearch.gates import GATES
from evosearch.leaderboard import Entry, leaderboard
from evosearch.library import known_rule, rule_names
from evosearch.lowering import lower
from evosearch.printer import to_text
from evosearch.program import Program
from evosearch.progress import ProgressDisplay
from evosearch.readable import readable
from evosearch.references import RUNS, open_run, resolve
from evosearch.replay import replay
from evosearch.screening import screen
from evosearch.search import search
from evosearch.store import Store
from proxies import TASKS, Task

_WIDTH_ELSEWHERE = 120
"""Columns of a table that does not go to a terminal."""

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def main() -> None:
    """Runs the command line and exits."""
    try:
        cli.main(prog_name="evosearch", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.UsageError as error:
        hint = f"; try `{error.ctx.command_path} --help`" if error.ctx else ""
        _fail(error.format_message().rstrip(".") + hint)
    except click.ClickException as error:
        _fail(error.format_message())
    except EvosearchError as error:
        _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        print("evosearch: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except sqlite3.Error as error:
        _fail(f"the run's database: {error}; is another process writing it?")


def _fail(message: str) -> None:
    print(f"evosearch: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="evosearch")
@click.pass_context
def cli(context: click.Context) -> None:
    """Discover optimizers for deep learning by symbolic program search.

    A PROGRAM is a known rule's name (`evosearch rules` lists them), a file, or a candidate of a
    run: RUN#ID or RUN#best. A RUN is a folder that `evosearch search` wrote, or its name under
    runs/.

    \b
    A first search:     evosearch search --preset quick
    Its best rule:      evosearch show RUN#best
    As an optimizer:    evosearch export RUN#best --out my_optimizer.py
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _opened(run: str) -> Store:
    """The run, which is closed when the command ends."""
    store = open_run(run)
    click.get_current_context().call_on_close(store.close)
    return store


@cli.command("search")
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), help="Start from a named configuration."
)
@click.option("--config", "file", type=Path, help="A TOML file of configuration values.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set any value.")
@click.option("--start", metavar="PROGRAM", help="The rule to start from.  [default: adamw]")
@click.option("--task", "tasks", multiple=True, help="A proxy task; may be given several times.")
@click.option("--seed", type=int, help="Names the run's random draws.  [default: 0]")
@click.option("--evaluations", type=int, help="Distinct candidates to train.")
@click.option("--population", type=int, help="Individuals alive.")
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Ray actors; 0 works in this process. The result is the same.",
)
@click.option("--ray-address", help="A running Ray cluster; without, Ray starts on this machine.")
@click.option("--out", type=Path, help="The run's folder.  [default: a new one under runs/]")
@click.option("--resume", metavar="RUN", help="Go on with an interrupted run.")
@click.option("--show-config", is_flag=True, help="Print the configuration and stop.")
def search_command(
    preset: str | None,
    file: Path | None,
    settings: tuple[str, ...],
    start: str | None,
    tasks: tuple[str, ...],
    seed: int | None,
    evaluations: int | None,
    population: int | None,
    workers: int,
    ray_address: str | None,
    out: Path | None,
    resume: str | None,
    show_config: bool,
) -> None:
    """Search for optimizers that train faster than tuned AdamW.

    `--preset quick` takes a few minutes on two cores. The result is a function of the
    configuration alone, whatever the number of workers. Interrupt with Ctrl-C; `evosearch resume`
    goes on.
    """
    flags = {
        "start": start,
        "tasks": tasks or None,
        "seed": seed,
        "evaluations": evaluations,
        "population": population,
    }
    given = {key: value for key, value in flags.items() if value is not None}
    if resume is not None:
        if preset or file or settings or given or out or show_config:
            raise click.UsageError(
                "--resume goes on with the run's own configuration; give it alone, "
                "or with --workers"
            )
        _run(_opened(resume), workers, ray_address)
        return
    values: dict[str, Any] = dict(PRESETS[preset]) if preset else {}
    source = "command line"
    if file is not None:
        values |= load_config(file)
        source = str(file)
    values |= _settings(settings) | given
    config = make_config(values, source)
    if show_config:
        click.echo(config.model_dump_json(indent=2))
        return
    start_rule = resolve(config.start).program
    _check_start(start_rule, config.start)
    folder = out or RUNS / f"{time.strftime('%Y%m%d-%H%M%S')}-{preset or 'search'}"
    _run(Store.create(folder, config, to_text(start_rule)), workers, ray_address)


@cli.command("resume")
@click.argument("run")
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Ray actors; 0 works in this process. The result is the same.",
)
@click.option("--ray-address", help="A running Ray cluster; without, Ray starts on this machine.")
def resume_command(run: str, workers: int, ray_address: str | None) -> None:
    """Go on with an interrupted run, to the result it would have had."""
    _run(_opened(run), workers, ray_address)


def _settings(pairs: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--set expected KEY=VALUE, got '{pair}'")
        try:
            values[key.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            values[key.strip()] = text
    return values


def _check_start(program: Program, name: str) -> None:
    """
    Raises:
        EvosearchError: a gate rejects the rule, so that there would be nothing to evolve.
    """
    rejection = screen(program).facts.rejection
    for gate in GATES:
        if gate.name == rejection:
            raise EvosearchError(
                f"cannot start from {name}: {gate.reason} (gate '{gate.name}'); "
                "start from a rule that trains, such as adamw"
            )


def _run(store: Store, workers: int, address: str | None) -> None:
    print(f"run folder: {store.folder}", file=sys.stderr)
    started = time.monotonic()
    try:
        with executor(workers, address) as ready, ProgressDisplay() as display:
            search(store, ready, display, store.folder.parent / "yardsticks")
    except KeyboardInterrupt:
        print(
            f"evosearch: interrupted; `evosearch resume {store.folder}` goes on where it stopped",
            file=sys.stderr,
        )
        sys.exit(130)
    text = _render(store)
    click.echo(text)
    click.echo(f"\n{store.folder}: done in {time.monotonic() - started:.0f} s")
    (store.folder / "summary.txt").write_text(text + "\n", encoding="utf-8")
    store.close()


def _render(store: Store) -> str:
    """The table of best rules, the counts and the verdict, as text."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_ELSEWHERE)
    with console.capture() as capture:
        console.print(_table(leaderboard(store, 5)))
    counts = store.counts()
    gates = ", ".join(f"{number} {gate}" for gate, number in counts["rejected"].items())
    lines = [
        capture.get().rstrip(),
        "",
        f"generated {counts['generated']}, rejected {sum(counts['rejected'].values())}"
        + (f" ({gates})" if gates else "")
        + f", found in the cache {counts['cached']}, trained {counts['trained']}"
        f" (of which {counts['stopped_at_hurdle']} stopped at the hurdle)",
        "",
        _verdict(store),
        f"Next: evosearch show {store.folder}#best",
        f"      evosearch export {store.folder}#best --out my_optimizer.py",
    ]
    return "\n".join(lines)


def _verdict(store: Store) -> str:
    best = leaderboard(store, 1)[0]
    if best.interval is None or best.interval[0] <= 1:
        return "Nothing better than tuned AdamW was found on these tasks."
    return (
        f"Best: candidate {best.id}. It scored {best.search_score:.2f} in the search and "
        f"{best.score:.2f} [{best.interval[0]:.2f}, {best.interval[1]:.2f}] on fresh seeds: on "
        f"the search tasks tuned AdamW needs {best.score:.2f} times its steps. "
        "Other tasks were not tried."
    )


def _table(entries: list[Entry]) -> Table:
    table = Table(show_lines=True)
    # Where room is short, only the text may wrap.
    for name in ("id", "score", "fresh seeds", "statements", "slots"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("text", overflow="fold")
    for entry in entries:
        fresh = "not measured"
        if entry.interval is not None:
            low, high = entry.interval
            fresh = f"{entry.score:.2f} [{low:.2f}, {high:.2f}]"
        table.add_row(
            str(entry.id),
            f"{entry.search_score:.2f}",
            fresh,
            str(entry.statements),
            str(entry.slots),
            entry.text.rstrip(),
        )
    return table


@cli.command("top")
@click.argument("run")
@click.option("-n", "limit", type=click.IntRange(1), default=5, show_default=True)
@_JSON
def top_command(run: str, limit: int, as_json: bool) -> None:
    """List a run's best rules.

    The score is the speed-up over tuned AdamW on the search's own seeds, where the best is also
    the luckiest; trust the one on fresh seeds, with its 95% interval.
    """
    store = _opened(run)
    entries = leaderboard(store, limit)
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in entries], indent=2))
    elif not entries:
        click.echo(f"{store.folder}: nothing trained yet")
    else:
        Console(width=None if sys.stdout.isatty() else _WIDTH_ELSEWHERE).print(_table(entries))


@cli.command("status")
@click.argument("run")
@_JSON
def status_command(run: str, as_json: bool) -> None:
    """Tell how far a run is; it may be going on."""
    store = _opened(run)
    counts = store.counts() | {
        "wanted": store.config.evaluations,
        "state": "done" if store.done else "unfinished",
    }
    if as_json:
        click.echo(json.dumps(counts, indent=2))
        return
    for key, value in counts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v}" for k, v in value.items()) or "none"
        click.echo(f"{key.replace('_', ' '):<18} {value}")


@cli.command("show")
@click.argument("program")
@_JSON
def show_command(program: str, as_json: bool) -> None:
    """Print a PROGRAM without its dead code, as text and as formulas."""
    reference = resolve(program)
    graph = lower(reference.program)
    key = digest(lower(reference.program, bind=True))
    text, formulas = readable(graph, reference.name), equations(graph)
    if as_json:
        record = {
            "origin": reference.origin,
            "digest": key,
            "text": text,
            "statements": graph.size,
            "slots": len(graph.slots),
            "evidence": reference.evidence or None,
            "formula": [formula.plain for formula in formulas],
            "latex": [formula.latex for formula in formulas],
        }
        click.echo(json.dumps(record, indent=2))
        return
    click.echo(f"# {reference.origin}; {graph.size} statements, {len(graph.slots)} state slots")
    if reference.evidence:
        click.echo(f"# {reference.evidence}")
    click.echo(f"\n{text}\nFormula:")
    for formula in formulas:
        click.echo(f"  {formula.plain}")
    for line in explanations(graph):
        click.echo(f"  with {line}")
    click.echo("\nLaTeX:")
    for formula in formulas:
        click.echo(f"  {formula.latex}")


@cli.command("export")
@click.argument("program")
@click.option("--out", type=Path, required=True, help="The file to write.")
@click.option("--name", help="The class's name.  [default: from the program's]")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def export_command(program: str, out: Path, name: str | None, force: bool) -> None:
    """Write a PROGRAM as a torch optimizer, in one file that needs only torch."""
    reference = resolve(program)
    if name is not None and not is_class_name(name):
        raise click.UsageError(f"--name: '{name}' cannot name a class of the file")
    graph = lower(reference.program)
    source = to_source(
        graph,
        name or class_name(reference.name),
        Provenance(
            origin=reference.origin,
            digest=digest(lower(reference.program, bind=True)),
            version=version("evosearch"),
            evidence=reference.evidence,
        ),
        lr=float(f"{1e-3 * reference.rate:.1g}"),
    )
    if out.exists() and not force:
        raise EvosearchError(f"{out}: exists already; choose another --out, or add --force")
    try:
        out.write_text(source, encoding="utf-8")
    except OSError as error:
        raise EvosearchError(
            f"{out}: cannot be written ({error.strerror}); choose another --out"
        ) from None
    click.echo(f"{out}: class {name or class_name(reference.name)}, from {reference.origin}")


@cli.command("replay")
@click.argument("run")
@click.option(
    "-n",
    "limit",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="How many of the best candidates; the start rule comes on top.",
)
@click.option("--all", "everything", is_flag=True, help="Every trained candidate.")
@_JSON
def replay_command(run: str, limit: int, everything: bool, as_json: bool) -> None:
    """Make a run's stored trainings again and compare the losses.

    Exit status 0 if all agree to 1e-6, 1 if any differs.
    """
    configure_process()
    store = _opened(run)
    rows = store.trained(-1 if everything else limit)
    numbers = list(dict.fromkeys([0, *(row.id for row in rows)])) if rows else []
    results = []
    for result in replay(store, numbers):
        results.append(result)
        if not as_json:
            verdict = "agrees" if result.agrees else "DIFFERS"
            click.echo(
                f"candidate {result.candidate:>6}  {result.task:<14} {result.runs:>3} runs, "
                f"{result.identical} identical, largest deviation {result.deviation:.1e}  {verdict}"
            )
    agree = all(result.agrees for result in results)
    if as_json:
        record = [asdict(result) | {"agrees": result.agrees} for result in results]
        click.echo(json.dumps(record, indent=2))
    elif not results:
        click.echo(f"{store.folder}: nothing trained yet")
    else:
        runs = sum(result.runs for result in results)
        click.echo(f"{runs} trainings made again: " + ("all agree" if agree else "some differ"))
    sys.exit(0 if agree else 1)


@cli.command("rules")
@_JSON
def rules_command(as_json: bool) -> None:
    """List the known rules."""
    records = []
    for name in rule_names():
        program = known_rule(name)
        graph = lower(program)
        about = " ".join(program.doc.split())
        records.append(
            {"name": name, "statements": graph.size, "slots": len(graph.slots), "about": about}
        )
    if as_json:
        click.echo(json.dumps(records, indent=2))
        return
    for record in records:
        click.echo(
            f"{record['name']:<16} {record['statements']:>2} statements  "
            f"{record['slots']} slots  {record['about']}"
        )


@cli.command("tasks")
@click.option("--qualify", is_flag=True, help="Measure AdamW's yardstick where it is not cached.")
@_JSON
def tasks_command(qualify: bool, as_json: bool) -> None:
    """List the proxy tasks, with AdamW's yardstick where it was measured.

    The yardstick is tuned AdamW's loss at 1/4 to 4 times the task's steps; the resolution is the
    speed-up that one seed can tell from none.
    """
    configure_process()
    records = [_task_record(task, qualify) for task in TASKS.values()]
    if as_json:
        click.echo(json.dumps(records, indent=2))
        return
    for record in records:
        click.echo(f"{record['name']}: {record['summary']}")
        click.echo(
            f"  {record['parameters']} parameters, {record['steps']} steps of "
            f"{record['batch_size']} examples"
        )
        if record["yardstick"] is None:
            click.echo("  yardstick not measured yet; --qualify does")
            continue
        points = ", ".join(f"{p['loss']:.3f} at {p['steps']}" for p in record["yardstick"])
        click.echo(
            f"  AdamW's loss: {points} steps; resolution {record['resolution']:.0%} per seed"
        )


def _task_record(task: Task, qualify: bool) -> dict[str, Any]:
    path = yardsticks.cache_path(RUNS / "yardsticks", task)
    yardstick = yardsticks.load(path)
    if yardstick is None and qualify:
        yardstick = yardsticks.measure(task)
        yardsticks.save(path, yardstick)
    return {
        "name": task.name,
        "summary": task.summary,
        "parameters": sum(p.numel() for p in task.model().parameters()),
        "steps": task.steps,
        "batch_size": task.batch_size,
        "yardstick": None
        if yardstick is None
        else [{"steps": p.steps, "rate": p.rate, "loss": p.loss} for p in yardstick.points],
        "resolution": None if yardstick is None else yardstick.resolution,
    }
