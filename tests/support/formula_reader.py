"""Reads formulas as a person would, in plain text or LaTeX, and works them out with numbers.

It shares no code with what writes them: a product is what stands side by side, `x / 0` is 0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce

from tests.support import plain_definitions as plain

FUNCTIONS: dict[str, Callable[..., float]] = {
    **plain.ELEMENTWISE,
    "max": lambda *values: reduce(max, values),
    "min": lambda *values: reduce(min, values),
    "mod": lambda a, b: a % b,
}
RELATIONS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "≥": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "≠": lambda a, b: a != b,
}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"

Token = tuple[str, str]
"""A kind (number, function, name, or the sign itself) and the text."""


def plain_tokens(text: str) -> list[Token]:
    """A function's name stands right before its parenthesis; a time follows an underscore."""
    letter = "(?:[^\\W⁰¹²³⁴⁵⁶⁷⁸⁹]|\N{COMBINING CIRCUMFLEX ACCENT}|′)"
    pattern = re.compile(
        rf"(?P<number>{_NUMBER})|(?P<function>[^\W\d]\w*)\((?!\s)|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
        rf"|(?P<word>\b(?:if|else)\b)|(?P<name>(?!\d){letter}+?"
        rf"(?:_t(?!{letter})|_\{{t-1\}}|(?!{letter})(?!\{{)))|(?P<sign>[^\w\s])"
    )
    tokens: list[Token] = []
    place = 0
    while place < len(text):
        if text[place] == " ":
            place += 1
            continue
        match = pattern.match(text, place)
        assert match, text[place:]
        place = match.end()
        kind = match.lastgroup
        if kind == "raised":
            tokens += [("^", "^"), ("number", match[kind].translate(_RAISED))]
        elif kind == "function":
            tokens += [("function", match[kind]), ("(", "(")]
        elif kind in ("sign", "word"):
            tokens.append((match[kind], match[kind]))
        else:
            assert kind
            tokens.append((kind, match[kind]))
    return tokens


def latex_tokens(text: str) -> list[Token]:
    """The same tokens as of plain text; braces become parentheses."""
    head = r"\\hat\{[^{}]*\}|\\mathrm\{(?:[^{}\\]|\\_)*\}|\\[a-z]+|[^\W\d_]"
    index = r"\{(?:[^{}]|\{(?:[^{}\\]|\\_)*\})*\}|\w"
    pattern = re.compile(
        rf"(?P<number>{_NUMBER})|\\operatorname\{{(?P<function>[^{{}}]*)\}}"
        r"|(?P<command>\\(?:frac|sqrt|cdot|left|right|ne|ge|text|begin|end|max|min|exp|log|arc\w+"
        r"|sinh?|cosh?|tanh?)(?![a-z]))"
        rf"|(?P<name>(?:{head})'*(?:_(?:{index}))?)|(?P<sign>\\\\|[^\w\s])"
    )
    tokens: list[Token] = []
    place = 0

    def group() -> list[Token]:
        nonlocal place
        if text[place] != "{":
            place += 1
            return latex_tokens(text[place - 1])
        depth, start = 1, place + 1
        while depth:
            place += 1
            depth += (text[place] == "{") - (text[place] == "}")
        place += 1
        return latex_tokens(text[start : place - 1])

    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        match = pattern.match(text, place)
        assert match, text[place:]
        place = match.end()
        kind = match.lastgroup
        assert kind
        shown = match[kind]
        if kind == "command":
            word = shown[1:]
            if word == "frac":
                tokens += [("(", ""), ("(", ""), *group(), (")", ""), ("/", "")]
                tokens += [("(", ""), *group(), (")", ""), (")", "")]
            elif word == "sqrt":
                tokens += [("√", ""), ("(", ""), *group(), (")", "")]
            elif word in ("left", "right"):
                bars = {"left": "open bar", "right": "close bar"}
                sign = text[place]
                tokens.append((bars[word] if sign == "|" else sign, sign))
                place += 1
            elif word == "text":
                (inner,) = re.match(r"\{(.*?)\}", text[place:]).groups()  # type: ignore[union-attr]
                place += len(inner) + 2
                tokens.append(("text", inner.strip()))
            elif word in ("begin", "end"):
                assert text[place:].startswith("{cases}")
                place += len("{cases}")
                tokens.append((f"{word} cases", ""))
            elif word in ("cdot", "ne", "ge"):
                sign = {"cdot": "·", "ne": "≠", "ge": "≥"}[word]
                tokens.append((sign, sign))
            else:
                tokens.append(("function", word))
        elif kind == "sign" and shown == "^":
            tokens += [("^", ""), ("(", ""), *group(), (")", "")]
        elif kind == "sign":
            sign = {"-": "−", "\\\\": "new line"}.get(shown, shown)
            tokens.append((sign, shown))
        else:
            tokens.append((kind, shown))
    return tokens


class Reader:
    """Works out what tokens say, by the usual precedence; names have the values given."""

    def __init__(
        self, tokens: list[Token], values: Mapping[str, float], beside: Sequence[str]
    ) -> None:
        self.tokens, self.values, self.place = tokens, values, 0
        self.beside = beside
        """The tokens that can follow a factor without a dot, and multiply it."""

    @property
    def next(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else "end"

    def take(self, kind: str) -> str:
        assert self.next == kind, (kind, self.tokens[self.place :])
        self.place += 1
        return self.tokens[self.place - 1][1]

    def whole(self) -> float:
        value = self.value()
        assert self.next == "end", self.tokens[self.place :]
        return value

    def value(self) -> float:
        if self.next == "begin cases":
            return self.latex_cases()
        value = self.sum()
        if self.next != "if":
            return value
        self.take("if")
        holds = self.comparison()
        self.take("else")
        otherwise = self.value()
        return value if holds else otherwise

    def latex_cases(self) -> float:
        self.take("begin cases")
        results: list[float] = []
        while True:
            value = self.value()
            self.take("&")
            if self.take("text") == "otherwise":
                results.append(value)
                break
            if self.comparison():
                results.append(value)
            self.take("new line")
        self.take("end cases")
        return results[0]

    def comparison(self) -> bool:
        left = self.sum()
        relation = RELATIONS[self.take(self.next)]
        return relation(left, self.sum())

    def sum(self) -> float:
        negative = self.next == "−"
        if negative:
            self.take("−")
        total = -self.product() if negative else self.product()
        while self.next in ("+", "−"):
            total += self.product() if self.take(self.next) == "+" else -self.product()
        return total

    def product(self) -> float:
        result = self.power()
        while True:
            if self.next == "·":
                self.take("·")
                result *= self.power()
            elif self.next == "/":
                self.take("/")
                result = plain.ELEMENTWISE["divide"](result, self.power())
            elif self.next in self.beside:
                result *= self.power()
            else:
                return result

    def power(self) -> float:
        base = self.atom()
        if self.next != "^":
            return base
        self.take("^")
        exponent = self.atom()
        # Mathematics knows no real power of a negative number to a fraction.
        if base < 0 and exponent % 1:
            return math.nan
        return plain.ELEMENTWISE["power"](base, exponent)

    def atom(self) -> float:
        match self.next:
            case "number":
                return float(self.take("number"))
            case "name":
                name = self.take("name")
                return 0.0 if name not in self.values and "t-1" in name else self.values[name]
            case "function":
                return self.call()
            case "√":
                self.take("√")
                inner = self.atom()
                # In a case that does not hold; elsewhere the result would be no number either.
                return math.sqrt(inner) if inner >= 0 else math.nan
            case "(":
                return self.enclosed("(", ")")
            case "open bar":
                return abs(self.enclosed("open bar", "close bar"))
            case "|":
                return abs(self.enclosed("|", "|"))
            case "[":
                self.take("[")
                holds = self.comparison()
                self.take("]")
                return float(holds)
        raise AssertionError(self.tokens[self.place :])

    def enclosed(self, left: str, right: str) -> float:
        self.take(left)
        value = self.value()
        self.take(right)
        return value

    def call(self) -> float:
        function = FUNCTIONS[self.take("function")]
        self.take("(")
        arguments = [self.value()]
        while self.next == ",":
            self.take(",")
            arguments.append(self.value())
        self.take(")")
        return function(*arguments)


def read_plain(text: str, values: Mapping[str, float]) -> float:
    """The value of a formula in plain text; a state of before the first step is 0."""
    return Reader(plain_tokens(text), values, ("name", "function")).whole()


def read_latex(text: str, values: Mapping[str, float]) -> float:
    """The value of a formula in LaTeX."""
    beside = ("name", "function", "(", "[", "√", "open bar")
    return Reader(latex_tokens(text), values, beside).whole()
