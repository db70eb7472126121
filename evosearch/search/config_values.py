"""Makes configurations of values that people give: files, presets, flags."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.operations import require_operations
from evosearch.plugins.tasks import load_tasks, unknown_task
from evosearch.search.config import DRAWN, SearchConfig

_LONGEST_SHOWN = 200  # letters of what is wrong, which may be anything


def load_config(path: Path) -> dict[str, Any]:
    """Reads the values in a TOML file, or in one of JSON, as `--show-config` prints it.

    Raises:
        EvosearchError: it cannot be read or is neither.
    """
    form = "TOML"
    try:
        text = path.read_text(encoding="utf-8-sig")
        if not text.lstrip().startswith("{"):
            return tomllib.loads(text)
        form = "JSON"
        values: dict[str, Any] = json.loads(text)
        return values
    except OSError as error:
        raise EvosearchError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:  # numbers may be too long, and nests too deep
        raise EvosearchError(f"{path}: not a {form} file, {str(error)[:_LONGEST_SHOWN]}") from None


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def make_config(
    values: Mapping[str, Any], source: str, additions: Additions = NOTHING_ADDED
) -> SearchConfig:
    """Makes a checked configuration; a user's operations are drawn too, unless `values` say.

    Tasks may be given as suites, and as FILE.py:NAME, which are loaded. Where `tasks` are given,
    there are none of `micro` and `select` but those that are given too. `source` is what messages
    call the place of the values.

    Raises:
        EvosearchError: an unknown key or a value out of range; the message names it.
    """
    if "tasks" in values:
        # What foretells, or is foretold by, the tasks of another is for them to say.
        values = {"micro": (), "select": (), **values}
    files: dict[str, str] = {}
    for key in ("tasks", "micro", "select"):
        if isinstance(values.get(key), str):
            values = {**values, key: [values[key]]}
        if _are_texts(values.get(key)):
            names, additions = load_tasks(values[key], additions)
            for name in names:
                if name not in additions.tasks:
                    raise EvosearchError(f"{source}: {key}: {unknown_task(name, additions)}")
            files |= {
                n: additions.task_sources[n].digest for n in names if n in additions.task_sources
            }
            values = {**values, key: names}
    values = {"task_files": files, **values}
    if additions.operation_sources:
        own = {
            "extensions": tuple(source.digest for source in additions.operation_sources),
            "primitives": (*DRAWN, *additions.operation_names),
        }
        values = {**own, **values}
    if _are_texts(values.get("primitives")):
        names = tuple(_name_of(name, additions) for name in values["primitives"])
        values = {**values, "primitives": names}
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


def _name_of(name: str, additions: Additions) -> str:
    """Gives the name of the operation that has this one besides; the name itself if none has."""
    operations = additions.table.operations
    called = [one.name for one in operations.values() if name in one.aliases]
    return called[0] if name not in operations and len(called) == 1 else name


def _fault(error: ValidationError) -> str:
    """Says what is wrong with the first value that is."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key '{key}'; known are {', '.join(SearchConfig.model_fields)}"
    text = first["msg"].removeprefix("Value error, ")
    message = f"{key}: {text[0].lower() + text[1:]}" if key else text
    if first["type"] != "value_error":  # ours say what they got
        message += f", got {_shown(first['input'])}"
    return message


def _shown(value: Any) -> str:
    """Shows a value as Python writes it, not all of a long one."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, say
        return f"a {type(value).__name__} that is too large to show"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
