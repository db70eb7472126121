"""Defines the configuration of a search: all that its result depends on."""

from __future__ import annotations

from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.scoring.evaluation import Means
from evosearch.scoring.yardstick import BUDGET, MOST_SEEDS
from evosearch.search.mutations import CONSTANT_MUTATION, LITERAL_MUTATION, MUTATION_NAMES
from evosearch.search.process import is_device
from proxies import SUITES, Engine, Task

DRAWN = (
    *("add", "subtract", "multiply", "divide", "power", "negative", "maximum", "minimum", "lerp"),
    *("greater", "where", "abs", "sign", "square", "cube", "sqrt", "reciprocal", "exp", "log"),
    *("tanh", "arctan", "sum", "mean", "rms", "norm", "dot", "cosine_sim"),
)
"""The operations of the known rules, and a few more; the preset `paper` draws the paper's own."""
OF_MATRICES = ("row_mean", "column_mean", "row_norm", "column_norm")
"""The operations that see rows and columns; the preset `matrix` draws them too."""
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
    micro: tuple[str, ...] = Field(
        SUITES["micro"],
        description="tasks of milliseconds that a structure is tuned on before `tasks`, to see "
        "whether it is worth it; none for no such stage",
    )
    micro_share: float = Field(
        0.6,
        gt=0,
        le=1,
        description="structures that go on past `micro`, those with the best scores among recent "
        "ones; more where these foretell little; 1 stops none",
    )
    micro_budget: int = Field(24, ge=1, description="trainings that tuning may spend on `micro`")
    first_budget: int = Field(
        0,
        ge=0,
        description="trainings that tuning a new structure may spend on a task; times the task's "
        "steps, replica-steps; 0 for half of budget",
    )
    budget: int = Field(
        BUDGET,
        ge=1,
        description="the same in a further round, for which one in eight is good enough (more "
        "where the first round foretells little), and in the measurements after the search",
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
    select: tuple[str, ...] = Field(
        SUITES["select"],
        description="tasks on which the best are tuned again, now and then and at the end: the "
        "best of a run is the best there; none for no such measurement",
    )
    select_after: int = Field(
        50, ge=1, description="blocks after which the best that were not yet are measured again"
    )
    finalists: int = Field(8, ge=1, description="candidates measured again in the end")
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
        DRAWN, min_length=1, description="operations that mutation may use"
    )
    task_files: dict[str, str] = Field(
        {}, description="digests of the files of your own tasks, by the tasks' names; filled in"
    )

    @field_validator("start", mode="before")
    @classmethod
    def _one_or_several(cls, start: Any) -> Any:
        return (start,) if isinstance(start, str) else start

    @field_validator("tasks", "micro", "select")
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
    def _each_task_in_one_place(self) -> SearchConfig:
        for key, names in (("micro", self.micro), ("select", self.select)):
            for name in names:
                if name in self.tasks:
                    raise ValueError(
                        f"{key}: '{name}' is one of tasks; choose others, or none with {key} = []"
                    )
                if name in SUITES["final"]:
                    raise ValueError(
                        f"{key}: '{name}' is of the suite final, whose tasks choose nothing; "
                        "`evosearch validate RUN --suite final` opens them"
                    )
        return self

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
        first = self.first_budget or (self.budget + 1) // 2
        return Means(self.budget, self.seeds, self.hurdle, first, self.micro_budget)

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
    def all_tasks(self) -> tuple[str, ...]:
        """Names all tasks that are trained in the run, those of the search first."""
        return tuple(dict.fromkeys((*self.tasks, *self.micro, *self.select)))

    @property
    def training_tasks(self) -> tuple[Task, ...]:
        """Gives the tasks in the order of `all_tasks`; all must be known."""
        return tuple(self._additions.tasks[name] for name in self.all_tasks)
