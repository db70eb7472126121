"""Fills pages with what the package says of itself, each time that the site is built.

A line `{{ name }}` of a page stands for the Markdown that a generator gives. So nothing that the
code knows is copied into a page by hand, and no generated file is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from generators.commands import commands
from generators.known_rules import known_rules
from generators.operations import operations
from generators.proxy_tasks import proxy_tasks
from generators.public_names import described, public_names
from generators.sections import readme
from generators.settings import settings
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import evosearch

GENERATORS: dict[str, Callable[..., str]] = {
    "commands": commands,
    "described": described,
    "known_rules": known_rules,
    "operations": operations,
    "proxy_tasks": proxy_tasks,
    "public_names": public_names,
    "readme": readme,
    "settings": settings,
}
"""What a line may name; the words after the name are the generator's argument."""
DRAWN = ("lion",)
"""The known rules whose data flow pages show, as `figures/NAME.svg`."""

_LINE = re.compile(r"^\{\{ (\w+)(?: (.+))? \}\}$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the drawings of rules, as if they lay in the folder of pages."""
    for name in DRAWN:
        content = evosearch.drawing(name)
        files.append(File.generated(config, f"figures/{name}.svg", content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Puts in the place of each line `{{ name }}` what its generator gives.

    Raises:
        PluginError: there is no generator of the name, which ends the build.
    """

    def written(line: re.Match[str]) -> str:
        name, argument = line.groups()
        if name not in GENERATORS:
            there = ", ".join(GENERATORS)
            raise PluginError(f"{page.file.src_uri}: no generator '{name}'; there are {there}")
        return GENERATORS[name](*filter(None, [argument]))

    return _LINE.sub(written, markdown)
