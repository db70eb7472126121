"""Defines the errors that are meant to be read by the person who caused them."""

from __future__ import annotations


class EvosearchError(Exception):
    """Is raised for bad input; the message is one line: what is wrong, where, and what to do."""


class ProgramError(EvosearchError):
    """Is raised for a program that is not valid.

    `statement` is the index of the offending statement, or None where the fault lies in the
    signature or the returned values; the parser turns it into a line and a column.
    """

    def __init__(self, message: str, statement: int | None = None) -> None:
        super().__init__(message)
        self.statement = statement
