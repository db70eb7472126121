"""Draws the data flow of a rule: what is drawn, where it lies, and how it looks."""
