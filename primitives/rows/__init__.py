"""Holds the rows of the table, by subject."""
