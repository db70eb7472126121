"""Moves the rows of a cohort by its rules: a plan is applied to many replicas at once."""
