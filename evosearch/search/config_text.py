"""Writes a configuration as a file that `evosearch search --config` reads."""

from __future__ import annotations

import json
from textwrap import wrap

from evosearch.search.config import SearchConfig

FILLED_IN = ("extensions", "task_files")
"""What a search fills in itself, from the files that it was given."""
_WIDTH = 100


def as_toml(config: SearchConfig, explained: bool = False) -> str:
    """Writes it in TOML; `explained` puts each key's meaning above it, as a comment.

    >>> from evosearch.search.config_values import make_config
    >>> print(as_toml(make_config({"seed": 3}, "here"), explained=True).splitlines()[6])
    # names the run's random draws
    """
    values = json.loads(config.model_dump_json())
    lines: list[str] = []
    for name, value in values.items():
        if name in FILLED_IN:
            continue
        if explained:
            told = SearchConfig.model_fields[name].description or ""
            lines += ["", *wrap(told, _WIDTH, initial_indent="# ", subsequent_indent="# ")]
        # What JSON writes of numbers, truth values, texts and lists of them, TOML reads alike.
        lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines).lstrip("\n") + "\n"
