"""Finds out by training what each part of a rule is worth, and leaves out what is worth nothing."""
