"""Defines the configuration of a search: all that its result depends on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.operations import require_operations
from evosearch.plugins.tasks import load_tasks, unknown_task
from evosearch.scoring.evaluation import Means
from evosearch.scoring.yardstick import BUDGET, MOST_SEEDS
from evosearch.search.mutations import CONSTANT_MUTATION, LITERAL_MUTATION, MUTATION_NAMES
from evosearch.search.process import is_device
from proxies import SUITES, Engine, Task

_DRAWN = (
    *("add", "subtract", "multiply", "divide", "power", "negative", "maximum", "minimum", "lerp"),
    *("greater", "where", "abs", "sign", "square", "cube", "sqrt", "reciprocal", "exp", "log"),
    *("tanh", "arctan", "sum", "mean", "rms", "norm", "dot", "cosine_sim"),
)
"""The operations of the known rules, and a few more; the preset `paper` draws the paper's own."""
OF_NUMBERS = (CONSTANT_MUTATION, LITERAL_MUTATION)
"""The mutations that change numbers alone."""
STRUCTURAL = tuple(name for name in MUTATION_NAMES if name not in OF_NUMBERS)
"""The others."""


class SearchConfig(BaseModel):
    """Holds all that a search depends on: same values, same result, on any number of workers.

    A stored configuration names a user's files by their digests alone; `with_additions` gives it
    what they hold.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # By a factory, since pydantic would try to copy a plain default.
    _additions: Additions = PrivateAttr(default_factory=lambda: NOTHING_ADDED)

    start: tuple[str, ...] = Field(
        ("adamw",),
        min_length=1,
        description="the rules evolution starts from: PROGRAMs, or files with several",
    )
    tasks: tuple[str, ...] = Field(
        SUITES["search"],
        min_length=1,
        description="proxy tasks, the cheapest first: names, suites, FILE.py:NAME",
    )
    seed: int = Field(0, ge=0, description="names the run's random draws")
    evaluations: int = Field(
        2000, ge=1, description="structures to tune, further rounds of good ones counted too"
    )
    replica_steps: int = Field(
        0,
        ge=0,
        description="training steps, of all replicas together, that tuning may take: no structure "
        "is bred once those in training will reach it, as far as can be told; 0 for no such limit",
    )
    candidates: int = Field(
        0, ge=0, description="programs to breed, rejected ones counted too; 0 for no such limit"
    )
    target: float = Field(
        0,
        ge=0,
        allow_inf_nan=False,
        description="score, in a further round of tuning, at which the search ends; 0 for none",
    )
    tunes_constants: bool = Field(
        True,
        description="judge a structure at its best constants; else constants mutate, and the "
        "learning rate alone is tuned",
    )
    mutations: tuple[str, ...] = Field(
        STRUCTURAL, min_length=1, description="the edits that mutation may make"
    )
    budget: int = Field(
        BUDGET,
        ge=1,
        description="trainings that tuning a structure may spend on a task in one round; times "
        "the task's steps, replica-steps",
    )
    population: int = Field(
        1000, ge=2, description="individuals alive in a population; the oldest dies"
    )
    populations: int = Field(
        1, ge=1, le=1000, description="populations, each with a stream of blocks of its own"
    )
    migrate_after: int = Field(
        20,
        ge=1,
        description="blocks after which the best of each population joins the next one too",
    )
    tournament: int = Field(2, ge=1, description="individuals drawn to choose a parent")
    block: int = Field(8, ge=1, description="structures tuned in one piece of work")
    lag: int = Field(
        2, ge=1, description="blocks between breeding and commit, so the most workers that are busy"
    )
    seeds: int = Field(
        2,
        ge=1,
        le=MOST_SEEDS,
        description="seeds on which settings are compared; the score is on as many fresh ones, "
        "twice and four times as many in further rounds",
    )
    hurdle: float = Field(
        0.6,
        ge=0,
        allow_inf_nan=False,
        description="speed-up that a task must show before the next one is tried",
    )
    rung_quantile: float = Field(
        0.6,
        gt=0,
        le=1,
        description="a structure goes on past a quarter, and half, of its first trainings if it is "
        "among this share of recent ones; 1 never stops any",
    )
    restart_after: int = Field(
        1000,
        ge=1,
        description="structures of a population tuned without a better one before a restart: from "
        "the start rules, the next time from the best rule, and so on in turn",
    )
    spare_slots: int = Field(1, ge=0, le=8, description="unused state slots offered to mutation")
    longest: int = Field(40, ge=1, le=1000, description="statements a program may have")
    finalists: int = Field(8, ge=1, description="candidates measured again on fresh seeds")
    fresh_seeds: int = Field(8, ge=2, description="seeds of the reported measurement")
    compile: bool = Field(
        True, description="compile the models' steps; slower to start, and then much faster"
    )
    device: str = Field("cpu", description="where to train: cpu, cuda or cuda:N")
    # Before `primitives`, which may name what the files add.
    extensions: tuple[str, ...] = Field(
        (), description="digests of the files that --primitives named; filled in"
    )
    primitives: tuple[str, ...] = Field(
        _DRAWN, min_length=1, description="operations that mutation may use"
    )
    task_files: dict[str, str] = Field(
        {}, description="digests of the files of your own tasks, by the tasks' names; filled in"
    )

    @field_validator("start", mode="before")
    @classmethod
    def _one_or_several(cls, start: Any) -> Any:
        return (start,) if isinstance(start, str) else start

    @field_validator("tasks")
    @classmethod
    def _distinct_tasks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        # Whether they are known is not asked here: a run can be read without the files of its own.
        if len(set(names)) != len(names):
            raise ValueError("a task stands twice")
        return names

    @field_validator("mutations")
    @classmethod
    def _known_mutations(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in MUTATION_NAMES:
                raise ValueError(f"no mutation '{name}'; known are {', '.join(MUTATION_NAMES)}")
        return names

    @model_validator(mode="after")
    def _something_to_search(self) -> SearchConfig:
        if self.tunes_constants and set(self.mutations) == {CONSTANT_MUTATION}:
            raise ValueError(
                f"mutations: with '{CONSTANT_MUTATION}' alone there is one structure, whose "
                "constants are tuned; set tunes_constants to false, or add other mutations"
            )
        return self

    @field_validator("device")
    @classmethod
    def _known_device(cls, name: str) -> str:
        if not is_device(name):
            raise ValueError(f"no device '{name}'; expected cpu, cuda or cuda:N")
        return name

    @property
    def engine(self) -> Engine:
        """Says how every process of the search trains."""
        return Engine(device=self.device, compiled=self.compile)

    @property
    def means(self) -> Means:
        """Says how much is spent on each rule."""
        return Means(self.budget, self.seeds, self.hurdle)

    @property
    def additions(self) -> Additions:
        """Gives the operations and tasks that the search may use, a user's own among them."""
        return self._additions

    def with_additions(self, additions: Additions) -> SearchConfig:
        """Gives the same configuration with the operations and tasks of `additions`."""
        copy = self.model_copy()
        copy._additions = additions
        return copy

    @property
    def training_tasks(self) -> tuple[Task, ...]:
        """Gives the tasks in the order of `tasks`; all must be known."""
        return tuple(self._additions.tasks[name] for name in self.tasks)


def load_config(path: Path) -> dict[str, Any]:
    """Reads the values in a TOML file.

    Raises:
        EvosearchError: it cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvosearchError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EvosearchError(f"{path}: not a TOML file, {error}") from None


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def make_config(
    values: Mapping[str, Any], source: str, additions: Additions = NOTHING_ADDED
) -> SearchConfig:
    """Makes a checked configuration; a user's operations are drawn too, unless `values` say.

    Tasks may be given as suites, and as FILE.py:NAME, which are loaded. `source` is what messages
    call the place of the values.

    Raises:
        EvosearchError: an unknown key or a value out of range; the message names it.
    """
    if _are_texts(values.get("tasks")):
        names, additions = load_tasks(values["tasks"], additions)
        for name in names:
            if name not in additions.tasks:
                raise EvosearchError(f"{source}: tasks: {unknown_task(name, additions)}")
        files = {n: additions.task_files[n].digest for n in names if n in additions.task_files}
        values = {"task_files": files, **values, "tasks": names}
    if additions.operation_files:
        own = {
            "extensions": tuple(file.digest for file in additions.operation_files),
            "primitives": (*_DRAWN, *additions.operation_names),
        }
        values = {**own, **values}
    try:
        config = SearchConfig(**values)
    except ValidationError as error:
        raise EvosearchError(f"{source}: {_fault(error)}") from None
    operations = additions.table.operations
    for name in config.primitives:
        if name not in operations:
            raise EvosearchError(
                f"{source}: primitives: no operation named '{name}'; "
                f"known are {', '.join(operations)}"
            )
    require_operations(config.extensions, additions)
    return config.with_additions(additions)


def _fault(error: ValidationError) -> str:
    """Says what is wrong with the first value that is."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key '{key}'; known are {', '.join(SearchConfig.model_fields)}"
    text = first["msg"].removeprefix("Value error, ")
    message = f"{key}: {text[0].lower() + text[1:]}" if key else text
    if first["type"] != "value_error":  # ours say what they got
        message += f", got {first['input']!r}"
    return message
