"""Tells of a run on one page of HTML: a module for each section, and what puts them together."""
