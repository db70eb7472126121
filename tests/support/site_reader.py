"""Reads a page of the documentation's site, and finds what is in it and what it would load."""

from __future__ import annotations

import re
from collections import defaultdict
from html.parser import HTMLParser

ELSEWHERE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
"""An address on another machine."""
IN_STYLE = re.compile(r"@import|url\(\s*['\"]?\s*(?:https?:)?//", re.IGNORECASE)
"""What makes a style sheet load another file, or any from another machine."""
_LOADING = {"src", "srcset", "href", "xlink:href", "data", "poster"}


class SitePage(HTMLParser):
    """Is a page: its identifiers, links, text by section, rows of tables, and what it loads."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.identifiers: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        """What comes from another machine when the page is shown, without a click."""
        self.sections: dict[str, str] = defaultdict(str)
        """The text below each heading, by the heading's identifier, its own text included."""
        self.rows: list[list[str]] = []
        self._section, self._raw, self._in_cell = "", "", False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._raw = tag if tag in ("script", "style") else ""
        if "id" in given:
            self.identifiers.add(given["id"])
            if re.fullmatch("h[1-6]", tag):
                self._section = given["id"]
        if tag == "a":
            self.links.append(given.get("href", ""))
        else:
            self.loaded += [
                f"<{tag} {name}={given[name]}>"
                for name in _LOADING & given.keys()
                if ELSEWHERE.match(given[name])
            ]
        # The theme's script asks GitHub for a source's stars, unpkg.com for what draws diagrams.
        if given.get("data-md-component") == "source" or "mermaid" in given.get("class", ""):
            self.loaded.append(f"<{tag}>, filled by a script")
        if IN_STYLE.search(given.get("style", "")):
            self.loaded.append(f"<{tag} style={given['style']}>")
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._raw = ""
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._raw == "style" and IN_STYLE.search(data):
            self.loaded.append(f"<style> with {data}")
        if self._raw == "script" and re.search(r"['\"](?:https?:)?//", data):
            self.loaded.append(f"<script> with {data}")
        self.sections[self._section] += data
        if self._in_cell:
            self.rows[-1][-1] += data
