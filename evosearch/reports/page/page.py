"""Puts the sections of a run's page together: one file of HTML that loads nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.reports.page.ancestry_section import ancestry_section
from evosearch.reports.page.card_section import card_section
from evosearch.reports.page.course_section import course_section
from evosearch.reports.page.curve_training import curves_of
from evosearch.reports.page.curves_section import curves_section
from evosearch.reports.page.flow_section import flow_section
from evosearch.reports.page.front_section import front_section
from evosearch.reports.page.html import Html, Section, facts, joined, tag
from evosearch.reports.page.kept_card import kept_parts, made_parts
from evosearch.reports.page.material import Material, gather
from evosearch.reports.page.rule_section import rule_section
from evosearch.reports.page.setup_section import setup_section
from evosearch.reports.page.validation_section import validation_section
from evosearch.reports.page.verdict import Verdict, verdict
from evosearch.reports.page.worth_section import worth_section
from evosearch.reports.page.worths import worths_of
from evosearch.search.store_reader import StoreReader

Tell = Callable[[str], None]
"""Is told, in a line, what is being done."""


@dataclass(frozen=True, slots=True)
class Page:
    """Holds the page, and the verdict that it begins with."""

    html: str
    verdict: Verdict


def make_page(
    store: StoreReader,
    additions: Additions = NOTHING_ADDED,
    *,
    curves: bool = True,
    card: bool = True,
    tell: Tell = lambda _: None,
) -> Page:
    """Makes the page of a run, which may be going on or have only begun.

    With `curves`, training curves are made where none are kept, in seconds to minutes; with `card`,
    so is the best rule's card, in a minute or two. `tell` is told of it. The same run gives the
    same page, but for what is trained anew.
    """
    material = gather(store, additions)
    answer = verdict(material)
    drawn, parts = None, []
    if material.best is not None:
        if curves:
            drawn = curves_of(store, material.best.number, material.validations, tell)
        known = material.best.reference
        if card:
            code = additions.code_of(known.program)
            parts = made_parts(store.folder, known, tell, code)
        else:
            parts = kept_parts(store.folder, known)
    told = card_section(parts)
    sections = [
        course_section(material),
        flow_section(material),
        front_section(material),
        rule_section(material),
        ancestry_section(material),
        worth_section(material, worths_of(material)),
        curves_section(material, drawn),
        validation_section(material),
        *([told] if told else []),
        setup_section(material),
    ]
    return Page(_whole(material, answer, sections), answer)


def _whole(material: Material, answer: Verdict, sections: Sequence[Section]) -> str:
    title = f"evosearch: run {material.name}"
    links = [tag("li", tag("a", one.title, href=f"#{one.identifier}")) for one in sections]
    body = [
        tag("h1", title),
        _verdict(material, answer),
        tag("nav", tag("ul", *links), aria_label="Sections"),
        *(
            tag(
                "section",
                tag("h2", one.title, id=f"{one.identifier}-heading"),
                one.body,
                id=one.identifier,
                aria_labelledby=f"{one.identifier}-heading",
            )
            for one in sections
        ),
        tag("footer", "Written by evosearch report. This file loads nothing from elsewhere."),
    ]
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(_style())),
    ]
    page = tag("html", tag("head", *head), "\n", tag("body", tag("main", *body)), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _verdict(material: Material, answer: Verdict) -> Html:
    first, *others = answer.sentences
    counts = material.store.counts()
    state = (
        "complete" if material.done else f"not complete: {counts['trained'] + counts['retuned']}"
    )
    if not material.done:
        state += f" of {material.store.config.evaluations} structures tuned"
    told = facts(
        [
            ("tasks of the search", ", ".join(material.store.config.tasks)),
            ("started from", ", ".join(material.store.config.start)),
            ("the search is", state),
        ]
    )
    question = "Was something better than tuned AdamW found?"
    written = [tag("p", _with_commands(text)) for text in others]
    inside = joined(
        (tag("p", question, class_="answer"), tag("p", first, class_="lead"), *written, told)
    )
    return tag("section", inside, class_="verdict", id="verdict", aria_label=question)


def _with_commands(text: str) -> Html:
    """Sets what stands between backticks as code."""
    parts = text.split("`")
    return joined(tag("code", part) if place % 2 else part for place, part in enumerate(parts))


@cache
def _style() -> str:
    folder = files("evosearch") / "reports" / "page"
    return (folder / "style.css").read_text(encoding="utf-8")
