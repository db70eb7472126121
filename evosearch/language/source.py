"""Turns program text into a Python syntax tree, within limits that keep every text cheap to read.

Python's own parser is not meant for text from strangers: a few hundred brackets can take it
minutes or exhaust its stack. So the text is looked over before, and nothing of it is executed.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from functools import cached_property
from typing import NoReturn

from evosearch.errors import ProgramError

LONGEST_TEXT = 100_000
"""The most characters of a text."""
DEEPEST_NESTING = 50
"""The most brackets or operations within each other."""
LONGEST_NAME = 80
"""The most characters of a name."""

_BRACKETS = re.compile(r"[()]")
_FOREIGN = re.compile(r"[\[\]{}]")
_DOTTED = re.compile(r"[^\W\d]\s*\.")
TOO_DEEP = (
    f"nested more than {DEEPEST_NESTING} deep; give parts of the expression names of their own"
)


class SourceText:
    """Holds a program's text and what to call it in messages, which begin `name:line:column:`."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")  # as Python reads them
        self.name = name
        self._lines = self.text.split("\n")

    @cached_property
    def may_clash(self) -> bool:
        """Tells whether the text has names such as the parser gives to parts of expressions."""
        return re.search(r"\bv\d", self.text) is not None

    def tree(self) -> ast.Module:
        """Parses the whole text into a syntax tree.

        Raises:
            ProgramError: the text is no Python, or exceeds a limit.
        """
        if len(self.text) > LONGEST_TEXT:
            self.fail_at(
                1,
                1,
                f"expected at most {LONGEST_TEXT} characters, got {len(self.text)}; "
                "put programs into files of their own",
            )
        if not self._is_plainly_harmless():
            self._look_over()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of odd literals: they are errors later, or fine
                return ast.parse(self.text)
        except SyntaxError as error:
            self._fail_syntax(error.msg, error.lineno, error.offset)
        except ValueError as error:
            self.fail_at(1, 1, f"{error}; expected a program as plain text")
        except (RecursionError, MemoryError):
            self.fail_at(1, 1, TOO_DEEP)

    def fail(self, node: ast.AST, message: str) -> NoReturn:
        """Raises `ProgramError` at the place of `node`."""
        line = getattr(node, "lineno", 1)
        self.fail_at(line, self._column(line, getattr(node, "col_offset", 0)), message)

    def fail_at(self, line: int, column: int, message: str) -> NoReturn:
        """Raises `ProgramError`; lines and columns count from 1."""
        if line > len(self._lines):  # where Python misses something that never came
            line, column = len(self._lines), len(self._lines[-1]) + 1
        column = min(column, len(self._lines[line - 1]) + 1)
        raise ProgramError(f"{self.name}:{line}:{column}: {message}")

    def excerpt(self, node: ast.expr | ast.stmt) -> str:
        """Gives the start of the code of `node`, on one line."""
        start = self._column(node.lineno, node.col_offset) - 1
        text = self._line(node.lineno)[start:]
        if node.end_lineno == node.lineno:
            text = text[: self._column(node.lineno, node.end_col_offset or 0) - 1 - start]
        cut = text if len(text) <= 40 else f"{text[:40]} …"
        # A terminal would obey what does not print.
        return "".join(letter if letter.isprintable() else "?" for letter in cut)

    def _column(self, line: int, offset: int) -> int:
        """Gives the column that a reader counts, from 1, for the byte that `ast` counts.

        The two differ after a `β`.
        """
        text = self._line(line)
        return 1 + (offset if text.isascii() else len(text.encode()[:offset].decode()))

    def _line(self, number: int) -> str:
        return self._lines[min(number, len(self._lines)) - 1]

    def _fail_syntax(self, message: str, line: int | None, column: int | None) -> NoReturn:
        self.fail_at(
            line or 1,
            max(1, column or 1),
            f"syntax error, {message}; write statements such as `m = lerp(g, m, beta1)`",
        )

    def _is_plainly_harmless(self) -> bool:
        """Tells whether the whole text, strings and comments included, needs no closer look."""
        depth = 0
        for bracket in _BRACKETS.findall(self.text):
            depth += 1 if bracket == "(" else -1
            if depth > DEEPEST_NESTING:
                return False
        return self.text.isascii() and not (_FOREIGN.search(self.text) or _DOTTED.search(self.text))

    def _look_over(self) -> None:
        """Refuses, token by token, text on which Python's parser may spend too long."""
        depth = dots = 0
        try:
            for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
                line, column = token.start[0], token.start[1] + 1
                # A combining accent is an error to `tokenize`, but part of a name to Python.
                part = token.type == tokenize.ERRORTOKEN and f"a{token.string}".isidentifier()
                if (part or token.type == tokenize.NAME) and not token.string.isascii():
                    self.fail_at(
                        line,
                        column,
                        f"the name '{token.string[:40]}' has other letters than a to z; "
                        "spell it out, such as beta1",
                    )
                if token.type != tokenize.OP:
                    dots *= token.type == tokenize.NAME
                    continue
                dots = dots + 1 if token.string == "." else 0
                if _FOREIGN.match(token.string):
                    self.fail_at(
                        line,
                        column,
                        f"'{token.string}' is not part of the language; "
                        "expected names, numbers, arithmetic and calls",
                    )
                depth += (token.string == "(") - (token.string == ")")
                if max(depth, dots) > DEEPEST_NESTING:
                    self.fail_at(line, column, TOO_DEEP)
        except tokenize.TokenError as error:
            message, (line, column) = error.args
            self._fail_syntax(message, line, column)
        except SyntaxError as error:
            self._fail_syntax(error.msg, error.lineno, error.offset)
