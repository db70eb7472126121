"""Tells with what the run was made, and how to make it, check it and go on with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from shlex import quote
from typing import Any

from evosearch.reports.page.html import Section, code, folded, joined, paragraphs, table, tag
from evosearch.reports.page.material import Material
from evosearch.search.circumstances import Circumstances
from evosearch.search.config import SearchConfig
from evosearch.search.config_text import as_toml


def setup_section(material: Material) -> Section:
    """Gives the commands, the configuration as a table and as a file, and the circumstances."""
    config, folder = material.store.config, quote(str(material.store.folder))
    files = "".join(f" {option}" for option in _files(config))
    commands = [
        f"evosearch search --config config.toml --out runs/again{files}",
        f"evosearch replay {folder}{files}    # trains the best again and compares the losses",
        f"evosearch export {folder}#best --out my_optimizer.py",
    ]
    if not material.done:
        commands.insert(0, f"evosearch resume {folder}{files}    # goes on with this run")
    rows = [
        (name, _shown(getattr(config, name)), SearchConfig.model_fields[name].description or "")
        for name in SearchConfig.model_fields
    ]
    parts = [
        code("\n".join(commands)),
        paragraphs(
            "A search is a function of its configuration alone: the same candidates and the same "
            "scores, bit for bit, on any number of workers and after any interruption, with the "
            "versions and on the processor named below."
        ),
        folded("config.toml", code(as_toml(config))),
        folded("What it started from", code(material.store.start)),
        table("The configuration", ("key", "value", "meaning"), rows),
        tag("h3", "Versions and processor"),
        *(
            table("What a part of the run was made with", ("what", "which"), _circumstances(one))
            for one in material.store.circumstances
        ),
    ]
    if not material.store.circumstances:
        parts.append(paragraphs("With which versions and processor it was made is not recorded."))
    return Section("setup", "Configuration, and how to reproduce it", joined(parts))


def _files(config: SearchConfig) -> Iterator[str]:
    """Yields the options for files of a user's own, of which a run knows no places."""
    yield from ("--primitives FILE.py" for _ in config.extensions)
    yield from ("--task FILE.py:NAME" for _ in config.task_files)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {digest}" for name, digest in value.items()) or "none"
    return str(value)


def _circumstances(one: Circumstances) -> list[tuple[str, str]]:
    record = asdict(one)
    tasks = record.pop("tasks")
    return [(name, str(value)) for name, value in record.items()] + [
        (f"task {name}", str(digest)) for name, digest in tasks.items()
    ]
