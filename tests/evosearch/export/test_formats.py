"""A rule is written in each form, with what was measured and no more."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from evosearch import EvosearchError, known_rule, parse
from evosearch.export import formats
from evosearch.export.formats import (
    DEFAULT_FORMAT,
    FORMATS,
    markdown_source,
    name_of,
    provenance_of,
    source_of,
)
from evosearch.export.notation.provenance import Reference
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.version import UNKNOWN

LION = Reference(known_rule("lion"), "lion", "known rule lion")


@pytest.mark.parametrize(
    ("rate", "said", "default"),
    [
        (None, "lr: learning rate.", "1e-3"),
        (1.0, "lr: learning rate; where this rule was measured, the best was 1 times", "0.001"),
        (0.3, "lr: learning rate; where this rule was measured, the best was 0.3 times", "0.0003"),
    ],
)
def test_a_rate_of_exactly_adamws_is_a_measured_one(
    rate: float | None, said: str, default: str
) -> None:
    """What was not measured is None, and says nothing."""
    reference = replace(LION, rate=rate)
    assert provenance_of(reference).rate == rate
    text = " ".join(source_of(reference, None).split())
    assert said in text
    assert f"lr: float | Tensor = {float(default)!r}," in text
    assert json.loads(FORMATS["json"].content(reference, None))["relative_rate"] == rate


def test_names_are_the_users_or_the_programs() -> None:
    """And one that no class may have is refused."""
    assert name_of(LION, None) == "Lion"
    assert name_of(LION, "Mine") == "Mine"
    with pytest.raises(EvosearchError, match="'class' cannot name a class"):
        name_of(LION, "class")


DRAWINGS = {"svg": b"<?xml", "png": b"\x89PNG"}


@pytest.mark.parametrize("form", sorted(set(FORMATS) - set(DRAWINGS)))
def test_every_text_says_where_the_rule_comes_from(form: str) -> None:
    """In its head, or as data."""
    assert DEFAULT_FORMAT in FORMATS
    assert "known rule lion" in FORMATS[form].content(LION, None).decode()


@pytest.mark.parametrize("form", DRAWINGS)
def test_drawings_are_what_their_formats_are_called(form: str) -> None:
    """As their first bytes tell."""
    assert FORMATS[form].content(LION, None).startswith(DRAWINGS[form])


def test_a_page_is_called_as_the_user_says() -> None:
    """Else as the program."""
    assert markdown_source(LION, "mine").startswith("# mine\n\nLion (Chen et al.")
    assert FORMATS["markdown"].content(LION, None).startswith(b"# lion\n")


def test_json_holds_the_rule() -> None:
    """Its text reads back, its numbers are those of the paper."""
    record = json.loads(FORMATS["json"].content(LION, "mine"))
    assert record["name"] == "mine"
    assert record["hyperparameters"] == {"beta1": 0.9, "beta2": 0.99}
    assert record["states"] == {"m": "tensor"}
    assert record["digest"] == digest(lower(known_rule("lion"), bind=True))
    assert digest(lower(parse(record["text"]), bind=True)) == record["digest"]
    assert record["evidence"] is None


def test_latex_is_balanced() -> None:
    """An environment that begins and ends, one equation a line, the step last."""
    lines = FORMATS["latex"].content(LION, None).decode().splitlines()
    assert lines[1] == r"\begin{align*}"
    assert lines[-1] == r"\end{align*}"
    assert all("&=" in line for line in lines[2:-1])
    assert lines[-2].lstrip().startswith(r"\theta_t &=")


def test_a_checkout_that_is_not_installed_exports_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the header depends on the installed version; without one it says so."""
    reference = Reference(known_rule("lion"), "lion", "known rule lion")
    installed = source_of(reference, None)
    monkeypatch.setattr(formats, "installed_version", lambda: UNKNOWN)
    text = source_of(reference, None)
    assert "written by evosearch of a checkout that is not installed." in text
    assert text.split("class Lion")[1] == installed.split("class Lion")[1]
