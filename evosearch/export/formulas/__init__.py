"""Writes rules as mathematics: symbols, terms, and the styles in which they are written."""
