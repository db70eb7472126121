"""Holds what all written forms of a graph share: statements, names, formulas, text."""
