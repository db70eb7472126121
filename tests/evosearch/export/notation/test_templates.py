"""Template files are filled in: texts, lines, and what depends on a condition."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from evosearch.export.notation import templates
from evosearch.export.notation.templates import filled

TEMPLATE = (
    "class $name:",
    "    $docstring",
    "    $if sized",
    "    size = $size",
    "    $if large",
    "    large = True",
    "    $else",
    "    large = False",
    "    $end",
    "    $else",
    "    size = None",
    "    $end",
    "    $fields",
)


@pytest.fixture(autouse=True)
def template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "_template", lambda _: TEMPLATE)


def fill(sized: bool, large: bool, fields: list[str]) -> list[str]:
    parts = {"name": "A", "docstring": ['"""Costs $5."""'], "sized": sized, "size": "3"}
    return filled("any", parts | {"large": large, "fields": fields})


def test_texts_lines_and_conditions() -> None:
    """Lines are indented as their name is; what is not the case is left out."""
    assert fill(True, False, ["x = 1", "", "y = 2"]) == [
        "class A:", '    """Costs $5."""', "    size = 3", "    large = False",
        "    x = 1", "", "    y = 2",
    ]  # fmt: skip
    assert fill(True, True, [])[2:] == ["    size = 3", "    large = True"]


@pytest.mark.parametrize("large", [False, True])
def test_what_is_left_out_is_left_out_whole(large: bool) -> None:
    """A condition within what is left out changes nothing."""
    assert fill(False, large, [])[2:] == ["    size = None"]


def test_a_name_without_meaning_is_a_fault() -> None:
    """Nothing is left unfilled in silence."""
    with pytest.raises(KeyError, match="name"):
        filled("any", {"docstring": []})


def test_conditions_of_every_template_end() -> None:
    """In each file that is shipped, every `$if` has its `$end`."""
    folder = files("evosearch") / "export" / "templates"
    names = [entry.name for entry in folder.iterdir() if entry.name.endswith(".txt")]
    assert len(names) >= 3
    for name in names:
        depth = 0
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            depth += bool(re.match(r" *\$if ", line)) - bool(re.match(r" *\$end$", line))
            assert depth >= 0
        assert depth == 0
