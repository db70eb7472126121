"""Holds the tables of algebra, by subject: one line each, with its condition.

Each line holds for every finite input by the primitives' definitions, guards included (`x / 0` is
0, roots and logarithms are of magnitudes), rounding, underflow and overflow aside, and for all
kinds of value that its condition admits. `tests/evosearch/simplification/test_rules.py` tries each.
"""
