"""No text of up to 100,000 characters can crash the parser, keep it busy, or be executed."""

from __future__ import annotations

import ast
import random
import re
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evosearch import Program, ProgramError, lower, parse, parse_file, to_text
from evosearch.language.parser import examine, parse_all
from evosearch.language.program import Statement
from evosearch.language.source import DEEPEST_NESTING, LONGEST_NAME, LONGEST_TEXT
from tests.support.random_programs import programs

MOST = 25
"""How much longer than Python's own parser takes over a plain text of the same length."""

RETURN = "def f(g):\n return "


@cache
def plain_seconds() -> float:
    """What Python's own parser takes, so that a slow or busy machine does not count."""
    text = repeated("x = a + b\n")
    times = []
    for _ in range(3):
        start = time.process_time()
        ast.parse(text)
        times.append(time.process_time() - start)
    return min(times)


def fault(text: str) -> str:
    """What is said about a text, checked in form, place and time; empty where nothing is wrong."""
    start = time.process_time()
    outcomes = [outcome for _, outcome in examine(text, "f.py")]
    assert time.process_time() - start < MOST * plain_seconds()
    faults = [str(outcome) for outcome in outcomes if isinstance(outcome, ProgramError)]
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for said in faults:
        place = re.fullmatch(r"f\.py:(\d+):(\d+): [^\r\n]+", said)
        assert place, said
        line, column = map(int, place.groups())
        assert 1 <= line <= len(lines), said
        assert 1 <= column <= len(lines[line - 1]) + 1, said  # a fault may be that the line ends
        assert said.isprintable(), said
    return faults[0] if faults else ""


def repeated(unit: str, before: str = "", after: str = "") -> str:
    """As often as there is room for."""
    return before + unit * ((LONGEST_TEXT - len(before + after)) // len(unit)) + after


def around(before: str, middle: str, after: str, depth: int = DEEPEST_NESTING - 1) -> str:
    return RETURN + before * depth + middle + after * depth


COSTLY = {
    "parentheses": repeated("("),
    "brackets": repeated("["),
    "braces": repeated("{"),
    "brackets of all kinds": repeated("([{"),
    "brackets in a formatted string": RETURN + "f'" + "{([" * 33_000,
    "formatted strings within each other": repeated("f'{", RETURN),
    "many formatted strings": repeated("f'{g}' ", RETURN),
    "lambdas": repeated("lambda x:", RETURN, "g"),
    "lambdas in parentheses": around("(lambda:", "g", ")"),
    "lambdas as defaults": around("(lambda x=", "g", ":g)"),
    "open lambdas": around("(lambda x, y=(1), *a, ", "", ""),
    "calls within each other": around("f(a=", "g", ")"),
    "open calls": around("f(a, b for c in d, ", "", ""),
    "generators": around("(g for g in ", "g", ")"),
    "choices within each other": around("(g if g else ", "g", ")"),
    "open choices": around("(g if ", "", ""),
    "walruses": around("(a:=", "g", ")"),
    "wrong walruses": around("(1:=", "", ""),
    "assignment to parentheses": "(" * 50 + "a" + ")" * 50 + " = 1",
    "deletion of parentheses": "del " + "(" * 50,
    "open with": "with " + "(a as b, " * 49,
    "open for": "for " + "(a, " * 49,
    "open import": "from a import " + "(" * 50,
    "patterns": "match x:\n case " + "A(b=" * 49 + "a" + ")" * 49 + ": pass",
    "type parameters": "def f" + "[T: " * 50,
    "sum": repeated(" + g", RETURN + "g"),
    "powers": repeated("**-g", RETURN + "g"),
    "comparisons": repeated("<g", RETURN + "g"),
    "minus signs": repeated("-", RETURN, "g"),
    "signs of a number": repeated("+-", RETURN, "1"),
    "signs of a default": f"def f(g, *, a={'-' * 50_000}1):\n return g",
    "nots": repeated("not ", RETURN, "g"),
    "attributes": repeated(".a", RETURN + "g"),
    "dotted import": repeated("a.", "import ", "a"),
    "spaced dotted import": repeated("a . ", "import ", "a"),
    "calls of calls": repeated("()", RETURN + "g"),
    "choices in a row": repeated("g if g else ", RETURN, "g"),
    "assignments in a row": repeated("a=", "", "1"),
    "decorators": repeated("@a\n", "", "def f(g): return g"),
    "indented blocks": "".join(" " * n + "if x:\n" for n in range(440)),
    "functions within each other": "".join(" " * n + "def f(g):\n" for n in range(99)),
    "one long string": RETURN + "'" + "a" * 99_000 + "'",
    "strings side by side": repeated("'a' ", RETURN),
    "triple quotes": repeated("'''"),
    "odd escapes": repeated("'\\d'\n"),
    "named letters": repeated("\\N{DIGIT ONE}", RETURN + "'", "'"),
    "continued lines": repeated("\\\n", RETURN, "g"),
    "backslashes": repeated("\\"),
    "tabs": repeated("\t"),
    "form feeds": repeated("\f"),
    "bare line ends": repeated("a\r"),
    "bare expressions": repeated("x\n"),
    "bare expressions on a line": repeated("x;"),
    "bare expressions after a foreign letter": repeated("x;", "'é';"),
    "other code among statements": repeated("x;x=1;", "'é';"),
    "statements on a line": repeated("g=g;", "def f(g):\n ", "return g"),
    "foreign letters in a comment": repeated("é", "def f(g): return g  # "),
    "foreign comments": repeated("#é\n", "", RETURN + "sgn(g)"),
    "foreign letters in a string": RETURN + "'" + "é" * 99_000 + "'",
    "foreign names": repeated("é "),
    "null bytes": repeated("\0"),
    "lone surrogates": repeated("\ud800"),
    "byte order marks": repeated("\ufeff"),
    "ends of files": repeated("\x1a"),
    "paragraph separators": repeated("\u2029"),
    "long integer": RETURN + "1" * 99_000,
    "long hexadecimal number": RETURN + "0x" + "F" * 99_000,
    "long fraction": RETURN + "1." + "1" * 99_000,
    "long exponent": RETURN + "1e" + "9" * 99_000,
    "integers": repeated("0x" + "F" * 4000 + "+", RETURN, "g"),
    "functions": "".join(f"def f{n}(g):\n return g\n" for n in range(3900)),
    "functions of one name": repeated("def f(g): return g\n"),
    "functions with a fault": repeated("def f(g):\n x\n"),
    "misspelt functions": "".join(f"def f{n}(g):\n return sg(g)\n" for n in range(3500)),
    "coroutines": repeated("async def f(g): return g\n"),
    "statements": repeated(" g=-g\n", "def f(g):\n", " return g"),
    "parameters": f"def f({','.join(f'a{n}' for n in range(14_000))}):\n return a0",
    "hyperparameters": f"def f(g, *, {','.join(f'a{n}=1' for n in range(10_000))}):\n return g",
    "arguments": repeated("-g,", RETURN + "sign(", ")"),
    "returned values": repeated("-g,", RETURN, "g"),
    "name like many others": "def f(g):\n"
    + "".join(f" {'x' * 60}{n}=g+g\n" for n in range(999))
    + f" return {'x' * 60}",
    "kinds that spread from slot to slot": "".join(
        f"def f{n}(g,{','.join(f's{k}' for k in range(64))}):\n"
        + " g=g+g\n" * 900
        + f" return g,g,{','.join(f's{k}' for k in range(63))}\n"
        for n in range(12)
    ),
}
"""Texts on which a parser may spend more than its due."""


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY)
def test_costly_text_is_cheap(text: str) -> None:
    """Whatever is repeated or nested, a text is read, or refused in a line, at once."""
    assert len(text) <= LONGEST_TEXT
    fault(text)


def test_longest_text_is_read() -> None:
    """A text of the largest length allowed is read, one character more is not."""
    program = RETURN + "g  # "
    assert fault(program + "x" * (LONGEST_TEXT - len(program))) == ""
    assert "expected at most 100000 characters" in fault(
        program + "x" * (LONGEST_TEXT - len(program) + 1)
    )


PIECES = (
    *("def f(g, m):", "def f(g, *, a=1):", "return ", "return g", "g", "m", "u", " = ", "+=", ":="),
    *("(", ")", ",", "*", "**", "-", "+", "/", ">", "<", "==", "!=", ":", "\n", "\n    ", " ", ";"),
    *("1", "0.5", "1e-8", "1_0", "0x1F", "5.", ".5", "1j", "1e999", "sign", "lerp(g, m, 0.5)"),
    *('"', "'", "'''", "#", "\\", "[", "]", "{", "}", ".", "@", "->", "~", "%", "!", "$", "?"),
    *(
        "if ",
        "else ",
        "lambda ",
        "not ",
        "await ",
        "async ",
        "yield ",
        "for ",
        "in ",
        "is ",
        "with ",
    ),
    *(
        "match ",
        "case ",
        "type ",
        "import ",
        "from ",
        "class ",
        "del ",
        "try:",
        "pass",
        "None",
        "f'",
    ),
    *(
        "\t",
        "\r",
        "\r\n",
        "\f",
        "\v",
        "\0",
        "é",
        "ﬁ",
        "\ufeff",
        "\x1b[2J",
        "\u2028",
        "\x85",
        "\xa0",
    ),
)
PLACES = ("", "def f(g):\n ", RETURN, RETURN + "(" * 40, "def f(g, *, a=", "match x:\n case ", "@")
CLOSING = {"(": ")", "[": "]", "{": "}"}


@st.composite
def soup(draw: st.DrawFn) -> str:
    """A few pieces, alone, repeated or nested, where they may be read as something."""
    unit = "".join(draw(st.lists(st.sampled_from(PIECES), max_size=8)))
    times = draw(st.sampled_from((1, 1, 2, 49, 50, 51, 2000, LONGEST_TEXT)))
    closed = "".join(CLOSING.get(letter, "") for letter in reversed(unit))
    text = draw(st.sampled_from(PLACES)) + unit * min(times, LONGEST_TEXT // (len(unit) + 1))
    if draw(st.booleans()):
        text += "g" + closed * min(times, LONGEST_TEXT // (len(closed) + 1))
    return text[:LONGEST_TEXT]


@settings(max_examples=500)
@given(soup() | st.text(max_size=200) | st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_parses_or_is_explained(text: str) -> None:
    """Whatever the text, the outcome is programs or one line that says where the fault is."""
    fault(text)


@settings(max_examples=300)
@given(programs(), st.randoms(use_true_random=False))
def test_any_change_to_a_program_parses_or_is_explained(
    program: Program, draw: random.Random
) -> None:
    """A program with pieces put in, taken out, doubled or exchanged is a program or explained."""
    text = to_text(program)
    for _ in range(draw.randint(1, 3)):
        a, b = sorted(draw.randrange(len(text) + 1) for _ in range(2))
        b = min(b, a + draw.choice((0, 1, 5, 1000)))
        piece = draw.choice((draw.choice(PIECES), "", text[a:b] * 2, text[b:] + text[:a]))
        text = text[:a] + piece + text[b:]
    fault(text)


NUMBERS = ("1_000", "0x1F", "0b1", "0o17", "1e-8", ".5", "5.", "1E5", "1_0.0_1e1_0", "00", "0")


@pytest.mark.parametrize("sign", ["", "-", "+", "- -", "-+-"])
@pytest.mark.parametrize("literal", NUMBERS)
def test_numbers_are_read_as_python_reads_them(sign: str, literal: str) -> None:
    """Any form of a number, with any signs, is the float that Python makes of it."""
    value = float(eval(sign + literal))
    program = parse(f"def f(g, *, a={sign}{literal}):\n return maximum(g, {sign}{literal}) * a")
    (_, found), maximum = program.hyperparameters[0], program.statements[0]
    assert found == maximum.arguments[1] == value


@pytest.mark.parametrize("literal", ["0777", "1__0", "0x", "1e", "1.5.2", "0b2", "1_"])
def test_what_is_no_number_is_a_syntax_error(literal: str) -> None:
    """Python's own rules of writing numbers hold."""
    with pytest.raises(ProgramError, match=r"^f\.py:2:\d+: syntax error, "):
        parse(RETURN + literal, "f.py")


TWO = "def a(g):\n return g\ndef b(g):\n return sgn(g)\ndef c(g):\n return -g\n"


def test_one_of_several_is_chosen_by_name() -> None:
    """A program is read whatever is wrong with the others; its own fault is told with its place."""
    assert parse(TWO, "f.py", "c") == parse("def c(g):\n return -g")
    assert parse(TWO, "f.py", "a").name == "a"
    with pytest.raises(ProgramError, match=r"^f\.py:4:9: unknown function 'sgn'"):
        parse(TWO, "f.py", "b")
    with pytest.raises(
        ProgramError, match=r"^f\.py:1:1: no function named 'd'; there are a, b, c$"
    ):
        parse(TWO, "f.py", "d")
    with pytest.raises(ProgramError, match=r"^f\.py:4:9: unknown function 'sgn'"):
        parse(TWO, "f.py")
    with pytest.raises(ProgramError, match=r"^f\.py:1:1: expected one function, got none"):
        parse("'nothing'", "f.py", "a")


def test_examination_goes_on_after_a_fault() -> None:
    """Each function has an outcome, in order; code outside any is one fault, the first."""
    found = examine("x = 1\ny = 2\n" + TWO + "z = 3\n", "f.py")
    assert [name for name, _ in found] == ["f.py", "a", "b", "c"]
    kinds = [type(outcome) for _, outcome in found]
    assert kinds == [ProgramError, Program, ProgramError, Program]
    assert str(found[0][1]).startswith("f.py:1:1: expected a function")
    assert [program.name for program in parse_all("def a(g):\n return g")] == ["a"]


@pytest.mark.parametrize("name", ["ﬁ", "𝐠", "ªb", "Ⅷ", "g\u0301", "ｗ"])
@pytest.mark.parametrize(
    "text", ["def f({0}):\n return {0}", "def {0}(g):\n return g", RETURN + "{0}"]
)
def test_names_that_python_would_change_are_refused(name: str, text: str) -> None:
    """No name reads as another than it looks: Python itself takes a ligature `ﬁ` for `fi`."""
    with pytest.raises(ProgramError, match=r":\d:\d+: the name '.*' has other letters than a to z"):
        parse(text.format(name))


def test_limits_are_where_they_are_said_to_be() -> None:
    """What is allowed at the limit is refused one beyond it."""

    def accepted(text: str) -> bool:
        return not fault(text)

    for limit, text in (
        (DEEPEST_NESTING, lambda n: RETURN + "sign(" * n + "g" + ")" * n),
        (DEEPEST_NESTING, lambda n: RETURN + "g" + " + g" * n),
        (LONGEST_NAME, lambda n: f"def f({'x' * n}):\n return {'x' * n}, {'x' * n}"),
        (LONGEST_NAME, lambda n: f"def {'x' * n}(g):\n return g"),
        (LONGEST_NAME, lambda n: f"def f(g):\n {'x' * n} = g\n return g"),
        (1000, lambda n: "def f(g):\n" + " g = -g\n" * n + " return g"),
        (1000, lambda n: "def f(g):\n" + " g = -g * 2\n" * (n // 2) + " g = -g\n" * (n % 2)
         + " return g"),
        (64, lambda n: (
            f"def f(g, {', '.join(f's{k}' for k in range(n))}):\n"
            f" return g, {', '.join('g' * n)}"
        )),
    ):  # fmt: skip
        assert accepted(text(limit)), text(limit)
        assert not accepted(text(limit + 1)), text(limit + 1)


@pytest.mark.parametrize(
    "text",
    [
        RETURN + "'\x1b[2J'",
        RETURN + "'a\x85b\u2028c\x0bd'",
        RETURN + "g['\x1b[2J']",
        "def f(g):\n \x1b = g\n return g",
        RETURN + "f'\x07{g}'",
    ],
)
def test_messages_cannot_command_a_terminal(text: str) -> None:
    """What does not print is not repeated in a message."""
    assert fault(text).isprintable()


def test_long_names_are_cut_in_messages() -> None:
    """A message does not repeat a name of any length."""
    for text in (RETURN + "x" * 90_000, RETURN + "x" * 90_000 + "(g)", f"def {'x' * 90_000}(g): 1"):
        assert 0 < len(fault(text)) < 300


@given(programs(longest=12))
def test_columns_count_letters_after_foreign_ones(program: Program) -> None:
    """A fault stands at the same column whether a comment above it is in Greek or English."""
    lines = to_text(program).splitlines()
    lines[-1] = "    return sgn(g)"
    said = [
        fault("\n".join([*lines[:1], f"    '''{word}'''", *lines[1:]])) for word in ("beta", "βήτα")
    ]
    assert said[0] == said[1]
    assert f"f.py:{len(lines) + 1}:12: unknown function 'sgn'" in said[0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("comment", ["", "  # β"])
def test_line_ends_are_those_of_any_system(end: str, comment: str) -> None:
    """A file's lines count alike however they end."""
    text = end.join([f"def f(g):{comment}", " g = -g", " return g + sgn(g)"])
    assert fault(text).startswith("f.py:3:13: unknown function 'sgn'")


def test_byte_order_mark_is_no_part_of_a_program(tmp_path: Path) -> None:
    """A file that an editor begins with a mark is the program that it looks like."""
    path = tmp_path / "marked.py"
    path.write_bytes(b"\xef\xbb\xbf" + RETURN.encode() + b"g")
    assert parse_file(path) == parse(RETURN + "g")


def test_encoding_comments_change_nothing() -> None:
    """A text is text; what it says of its encoding is a comment."""
    for encoding in ("latin-1", "utf-7", "nonsense"):
        assert fault(f"# coding: {encoding}\n{RETURN}g  # +AGc- é") == ""


def test_long_chains_of_identities_end() -> None:
    """A program of the largest size has a graph, whatever applies to all of its statements."""
    grown = [Statement("g", "tanh", ("g",))] * 499 + [Statement("w", "tanh", ("w",))] * 499
    for last in (Statement("u", "maximum", ("g", "w")), Statement("u", "sign", ("g",))):
        program = Program("f", ("g", "w"), (), (*grown, last), ("u",))
        assert lower(program).size >= 1
