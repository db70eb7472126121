"""Configurations: checked when made, and the same after they were stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.scoring.yardstick import MOST_SEEDS
from evosearch.search.config import SearchConfig
from evosearch.search.config_values import load_config, make_config
from evosearch.search.mutations import MUTATION_NAMES
from evosearch.search.presets import PRESETS
from primitives import OPERATIONS
from proxies import SUITES, TASKS
from tests.support.user_files import bending, task_text


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_sound(preset: str) -> None:
    """Their tasks and operations are known."""
    config = make_config(PRESETS[preset], preset)
    names = [*config.tasks, *config.micro, *config.select]
    assert [task.name for task in config.training_tasks] == names
    assert set(config.primitives) <= set(OPERATIONS)


def test_constants_mutate_where_they_are_not_tuned_and_there_alone() -> None:
    """In `paper`, a control, beside all other edits; in `constants`, another, nothing else does."""
    for name, values in PRESETS.items():
        config = make_config(values, name)
        assert ("modify-constant" in config.mutations) == (not config.tunes_constants)
        assert config.tunes_constants == (name not in ("paper", "constants"))
    assert set(make_config(PRESETS["paper"], "paper").mutations) == set(MUTATION_NAMES)
    assert make_config(PRESETS["constants"], "constants").mutations == ("modify-constant",)
    one = make_config({"mutations": ["modify-constant"], "tunes_constants": False}, "test")
    assert one.mutations == ("modify-constant",)


def test_controls_differ_from_the_quick_search_in_what_they_control_alone() -> None:
    """So that they can be given the same budget in replica-steps."""
    quick = dict(make_config(PRESETS["quick"], "quick"))
    for name, changed in (
        ("random", {"tournament"}),
        ("constants", {"tunes_constants", "first_budget", "budget", "mutations"}),
    ):
        control = dict(make_config(PRESETS[name], name))
        assert {key for key, value in control.items() if value != quick[key]} == changed
    assert make_config(PRESETS["random"], "random").tournament == 1


def test_tasks_of_ones_own_come_without_stages_on_other_tasks() -> None:
    """Unless these are given too, as suites or by name; no task has two places."""
    default = make_config({}, "test")
    assert (default.micro, default.select) == (SUITES["micro"], SUITES["select"])
    alone = make_config({"tasks": ["byte_text"]}, "test")
    assert (alone.micro, alone.select) == ((), ())
    given = {"tasks": "byte_text", "micro": "micro", "select": ["byte_lm"]}
    both = make_config(given, "test")
    assert (both.micro, both.select) == (SUITES["micro"], ("byte_lm",))
    assert both.all_tasks == ("byte_text", *SUITES["micro"], "byte_lm")
    for key in ("micro", "select"):
        with pytest.raises(EvosearchError, match=rf"{key}: 'byte_text' is one of tasks; choose"):
            make_config({**given, key: ["byte_text"]}, "test")
        with pytest.raises(EvosearchError, match=f"{key}: 'digits_vae' is of the suite final"):
            make_config({**given, key: ["final"]}, "test")
        with pytest.raises(EvosearchError, match=f"test: {key}: no task named 'lgoistic'"):
            make_config({**given, key: ["lgoistic"]}, "test")


def test_a_new_structure_has_half_of_the_budget_unless_told() -> None:
    """At least one training."""
    for values, expected in (
        ({"budget": 96}, 48),
        ({"budget": 1}, 1),
        ({"budget": 96, "first_budget": 30}, 30),
    ):
        means = make_config(values, "test").means
        assert (means.in_round(0), means.in_round(1)) == (expected, values["budget"])


def test_a_stored_configuration_is_the_same_again() -> None:
    """All but what a user's files hold, which is given to it anew."""
    config = make_config({"seed": 3, "tasks": ["byte_text"]}, "test")
    again = SearchConfig.model_validate_json(config.model_dump_json())
    assert again == config
    assert again.additions is NOTHING_ADDED
    assert again.training_tasks == (TASKS["byte_text"],)


def test_suites_stand_for_their_tasks() -> None:
    """In their order."""
    assert make_config({"tasks": ["micro"]}, "test").tasks == SUITES["micro"]


def test_a_users_operations_are_drawn_unless_the_values_say_otherwise() -> None:
    """The file stands in the configuration by its digest."""
    added = bending("tanh(a)")
    config = make_config({}, "test", added)
    assert config.extensions == (added.operation_sources[0].digest,)
    assert config.primitives[-1] == "bend"
    assert config.additions is added
    few = make_config({"primitives": ["add", "sign"]}, "test", added)
    assert few.primitives == ("add", "sign")


def test_a_users_task_is_loaded_and_named(tmp_path: Path) -> None:
    """By the name that it gives itself; its file stands in the configuration by its digest."""
    (tmp_path / "mine.py").write_text(task_text(2.0), encoding="utf-8")
    config = make_config({"tasks": [f"{tmp_path / 'mine.py'}:MINE", "logistic"]}, "test")
    assert config.tasks == ("mine", "logistic")
    assert config.task_files == {"mine": config.additions.task_sources["mine"].digest}
    assert [task.steps for task in config.training_tasks] == [40, TASKS["logistic"].steps]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"color": 1}, "here: unknown key 'color'; known are start, tasks, seed"),
        ({"seed": -1}, "here: seed: input should be greater than or equal to 0, got -1"),
        ({"tasks": ["chess"]}, "here: tasks: no task named 'chess'"),
        ({"tasks": ["logistic", "logistic"]}, "here: tasks: a task stands twice"),
        ({"primitives": ["foo"]}, "here: primitives: no operation named 'foo'"),
        ({"device": "tpu"}, "here: device: no device 'tpu'; expected cpu, cuda or cuda:N"),
        ({"extensions": ["ab"]}, "operations of a file that is not loaded"),
        (
            {"mutations": ["jump"]},
            "here: mutations: no mutation 'jump'; known are insert, delete, .*modify-constant",
        ),
        (
            {"mutations": ["modify-constant"]},
            "here: mutations: with 'modify-constant' alone there is one structure, whose constants "
            "are tuned; set tunes_constants to false, or add other mutations",
        ),
        ({"remeasure_after": 3}, "here: unknown key 'remeasure_after'"),
        ({"budget": 0}, "here: budget: input should be greater than or equal to 1, got 0"),
        ({"seeds": MOST_SEEDS + 1}, f"here: seeds: .* less than or equal to {MOST_SEEDS}"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, object], message: str) -> None:
    """With the place of the values, the key, and what would be valid."""
    with pytest.raises(EvosearchError, match=message):
        make_config(values, "here")


def test_files_of_values_are_toml(tmp_path: Path) -> None:
    """What cannot be read is said."""
    path = tmp_path / "c.toml"
    path.write_text("seed = 3\ntasks = ['logistic']\n", encoding="utf-8")
    assert load_config(path) == {"seed": 3, "tasks": ["logistic"]}
    path.write_bytes(b"\xef\xbb\xbfseed = 3\r\n")  # as some editors begin and end lines
    assert load_config(path) == {"seed": 3}
    path.write_text("seed 3", encoding="utf-8")
    with pytest.raises(EvosearchError, match=r"c\.toml: not a TOML file, .*line 1"):
        load_config(path)
    with pytest.raises(EvosearchError, match=r"none\.toml: cannot be read \(No such file"):
        load_config(tmp_path / "none.toml")


def test_files_of_values_may_be_json(tmp_path: Path) -> None:
    """As `--show-config` prints them."""
    path = tmp_path / "c.json"
    path.write_text('{"seed": 3, "tasks": ["logistic"]}', encoding="utf-8")
    assert load_config(path) == {"seed": 3, "tasks": ["logistic"]}
    path.write_text('{"seed": 3,', encoding="utf-8")
    with pytest.raises(EvosearchError, match=r"c\.json: not a JSON file, .*line 1"):
        load_config(path)


def test_operations_may_be_called_by_their_other_names() -> None:
    """As `evosearch primitives` lists them; the configuration has the first."""
    given = {"primitives": ["add", "sub", "mul"]}
    assert make_config(given, "here").primitives == ("add", "subtract", "multiply")
    with pytest.raises(EvosearchError, match="here: primitives: no operation named 'subb'"):
        make_config({"primitives": ["subb"]}, "here")
