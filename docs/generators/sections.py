"""Takes sections out of the README, so that pages need not repeat them."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.exceptions import PluginError

README = Path(__file__).parents[2] / "README.md"


def readme(title: str) -> str:
    """Gives the README's section of that title, without the title.

    Raises:
        PluginError: there is no such section.
    """
    text = README.read_text(encoding="utf-8")
    section = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if section is None:
        raise PluginError(f"the README has no section '{title}'; give the title of one")
    return section[1].strip()
