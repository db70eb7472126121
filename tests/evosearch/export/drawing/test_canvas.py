"""Drawings are files that others read, with the rule's symbols as text, the same every time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from io import BytesIO
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from PIL import Image

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.export.drawing.canvas import drawn
from evosearch.export.drawing.picture import picture
from tests.support.bred_programs import breed
from tests.support.sampling import sampled

SVG = "{http://www.w3.org/2000/svg}"


def shown_texts(program: Program) -> list[str]:
    root = ElementTree.fromstring(drawn(picture(lower(program)), "svg"))
    assert root.tag == f"{SVG}svg"
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("name", sampled(rule_names(), 8))
def test_an_svg_holds_each_text(name: str) -> None:
    """It is XML; the texts of all boxes can be searched."""
    program = known_rule(name)
    texts = shown_texts(program)
    boxes = [box.text for box in picture(lower(program)).boxes]
    for text in set(boxes):
        assert texts.count(text) >= boxes.count(text)


def test_an_svg_names_what_the_rule_names() -> None:
    """AdEMAMix has three states, five constants, a gradient and a step."""
    joined = " ".join(shown_texts(known_rule("ademamix")))
    for symbol in ("m_{t-1}", "slow_{t-1}", "v_{t-1}", "m_t", "slow_t", "v_t", "g_t", "u_t"):
        assert symbol in joined.split()
    for symbol in ("β₁", "β₂", "β₃", "α", "ε", "t"):
        assert symbol in joined


@pytest.mark.parametrize("program", breed(6, 5).programs, ids=range(5))
def test_a_png_is_a_picture(program: Program) -> None:
    """Of a size that can be read, not empty, with some white around."""
    content = drawn(picture(lower(program)), "png")
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    image = Image.open(BytesIO(content))
    assert 300 < image.width < 8000
    assert 100 < image.height < 4000
    pixels = np.asarray(image.convert("L"))
    assert (pixels < 128).sum() > 500
    edges = (pixels[:16], pixels[-16:], pixels[:, :16], pixels[:, -16:])
    assert all((edge == 255).all() for edge in edges)


def test_text_is_no_markup() -> None:
    """A dollar or a brace in a name, or a sign that XML keeps for itself, is shown as it is."""
    program = parse("def f(g, m, *, h=2):\n    return (g > m) * h, g")
    assert ">" in shown_texts(program)


@pytest.mark.slow
def test_drawings_are_the_same_in_every_process() -> None:
    """Whatever the seed of Python's hashes; no date is in them."""
    code = (
        "import hashlib, evosearch\n"
        "for name in ('adam', 'lion'):\n"
        "    for form in ('svg', 'png'):\n"
        "        print(hashlib.sha256(evosearch.drawing(name, form)).hexdigest())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    here = [
        hashlib.sha256(drawn(picture(lower(known_rule(name))), form)).hexdigest()
        for name in ("adam", "lion")
        for form in ("svg", "png")
    ]
    assert outputs == {"\n".join(here) + "\n"}


def test_settings_of_matplotlib_are_as_before() -> None:
    """And nothing is kept of a figure."""
    before = dict(matplotlib.rcParams)
    drawn(picture(lower(known_rule("lion"))), "svg")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.slow
def test_matplotlib_is_loaded_when_something_is_drawn() -> None:
    """The command line starts without it."""
    code = (
        "import sys, evosearch.cli.main, evosearch\n"
        "assert 'matplotlib' not in sys.modules\n"
        "evosearch.drawing('sgd')\n"
        "assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
