"""Reads a page of HTML as a browser does, and finds what is in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

_EMPTY = {"meta", "br", "hr"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.builder, self.open = TreeBuilder(), []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice"
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in _EMPTY:
            self.builder.end(tag)
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        self.builder.end(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"
        self.builder.end(tag)

    def handle_data(self, data: str) -> None:
        if self.open:
            self.builder.data(data)


def read_page(text: str) -> Element:
    """The tree of a page or a part of one; an element that is not closed is an error."""
    reader = _Reader()
    reader.feed(text if text.startswith("<!") else f"<div>{text}</div>")
    reader.close()
    assert reader.open == []
    return reader.builder.close()


def text_of(element: Element) -> str:
    """All text in an element, spaces and line ends as one space."""
    return " ".join("".join(element.itertext()).split())


def by_id(page: Element, identifier: str) -> Element:
    (one,) = (element for element in page.iter() if element.get("id") == identifier)
    return one


def rows(page: Element, caption: str) -> list[list[str]]:
    """The cells of the body of the table whose caption begins so."""
    (table,) = (
        one for one in page.iter("table") if text_of(next(one.iter("caption"))).startswith(caption)
    )
    body = next(table.iter("tbody"))
    return [[text_of(cell) for cell in row] for row in body]


def faults(page: Element) -> list[str]:
    """What no page may have: identifiers twice, pictures without words, what is loaded."""
    identifiers = [element.get("id") for element in page.iter() if element.get("id")]
    wrong = [f"id {one} twice" for one in set(identifiers) if identifiers.count(one) > 1]
    for svg in page.iter("svg"):
        told = {text_of(part) and tag for tag in ("title", "desc") for part in svg.iter(tag)}
        named = svg.get("aria-labelledby", "").split()
        if told != {"title", "desc"} or svg.get("role") != "img" or len(named) != 2:
            wrong.append(f"a picture without words: {svg.attrib}")
        wrong += [f"no {one}" for one in named if one not in identifiers]
    for element in page.iter():
        for name, value in element.attrib.items():
            local = name in ("href", "src", "xlink:href")
            if local and not (value.startswith("#") and value[1:] in identifiers):
                wrong.append(f"{name} leads to {value}")
            wrong += [
                f"url({target})"
                for target in re.findall(r"url\(([^)]*)\)", value)
                if target[:1] != "#" or target[1:] not in identifiers
            ]
        if element.tag in ("script", "link", "img", "iframe", "object", "embed"):
            wrong.append(f"<{element.tag}>")
    for style in page.iter("style"):
        wrong += re.findall(r"@import|url\(|https?:", text_of(style))
    return wrong
