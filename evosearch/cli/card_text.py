"""Writes a card for people: as plain text, and as a page of Markdown."""

from __future__ import annotations

from textwrap import wrap

from evosearch.card.card import Card

_WIDTH = 100
_INDENT = "  "
_LABEL = 44
"""The columns for a fact's label; a longer one is followed by its value all the same."""


def plain(card: Card, origin: str) -> str:
    """Writes a card as text of 100 columns; `origin` is the phrase by which people call the rule.

    The labels of the facts stand in one column, their values in another.
    """
    blocks = [f"Card of {origin}"]
    for section in card.sections:
        lines = [section.title]
        lines += _wrapped(section.measured, _INDENT)
        for fact in section.facts:
            label = f"{_INDENT * 2}{fact.label}"
            hanging = " " * (_LABEL + len(_INDENT * 3))
            lines += wrap(
                f"{label:<{_LABEL + 4}}  {fact.value}",
                _WIDTH,
                subsequent_indent=hanging,
                drop_whitespace=True,
                break_on_hyphens=False,
            )
        lines += _wrapped(f"=> {section.meaning}", _INDENT)
        blocks.append("\n".join(lines))
    blocks += _left_out(card)
    return "\n\n".join(blocks)


def markdown(card: Card, origin: str) -> str:
    """Writes a card as a page of Markdown: a heading, a table and a sentence for each section."""
    blocks = [f"# Card of {_escaped(origin)}", f"Digest of the rule: `{card.digest}`."]
    for section in card.sections:
        blocks += [f"## {section.title}", _escaped(section.measured)]
        if section.facts:
            rows = [f"| {_cell(fact.label)} | {_cell(fact.value)} |" for fact in section.facts]
            blocks.append("\n".join(["| what | measured |", "|---|---|", *rows]))
        blocks.append(f"**{_escaped(section.meaning)}**")
    blocks += _left_out(card)
    return "\n\n".join(blocks) + "\n"


def _left_out(card: Card) -> list[str]:
    if not card.left_out:
        return []
    names = ", ".join(key.replace("_", " ") for key in card.left_out)
    return [f"Not measured, for it takes trainings: {names}."]


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def _escaped(text: str) -> str:
    """Keeps Markdown from taking an underscore, a star or an angle bracket as its own."""
    for letter in ("\\", "*", "_", "<", "`"):
        text = text.replace(letter, f"\\{letter}")
    return text


def _cell(text: str) -> str:
    return _escaped(text).replace("|", "\\|")
