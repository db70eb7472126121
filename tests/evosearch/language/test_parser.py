"""What text becomes a program, and what a person is told about text that does not."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evosearch import EvosearchError, Program, ProgramError, parse, parse_file
from evosearch.language.parser import parse_all
from evosearch.language.program import Statement
from primitives import OPERATIONS, Kind


def body(*lines: str, signature: str = "g, m, x, t, *, a=0.5") -> Program:
    """The program of these lines, of a direction `u` and two states."""
    text = "\n    ".join([f"def f({signature}):", *lines, "return u, m, x"])
    return parse(text)


def flat(expression: str) -> list[tuple[str, ...]]:
    """The statements of `u = expression` as tuples of texts."""
    return [
        (s.target, s.primitive, *map(str, s.arguments))
        for s in body(f"u = {expression}").statements
    ]


@pytest.mark.parametrize(
    ("expression", "statements"),
    [
        ("g + m * x", [("v1", "multiply", "m", "x"), ("u", "add", "g", "v1")]),
        ("(g + m) * x", [("v1", "add", "g", "m"), ("u", "multiply", "v1", "x")]),
        ("g - m - x", [("v1", "subtract", "g", "m"), ("u", "subtract", "v1", "x")]),
        ("g / m / x", [("v1", "divide", "g", "m"), ("u", "divide", "v1", "x")]),
        ("g / (m / x)", [("v1", "divide", "m", "x"), ("u", "divide", "g", "v1")]),
        ("-g ** 2", [("v1", "power", "g", "2.0"), ("u", "negative", "v1")]),
        ("(-g) ** 2", [("v1", "negative", "g"), ("u", "power", "v1", "2.0")]),
        ("g ** t ** a", [("v1", "power", "t", "a"), ("u", "power", "g", "v1")]),
        ("g ** -t", [("v1", "negative", "t"), ("u", "power", "g", "v1")]),
        ("-g * m", [("v1", "negative", "g"), ("u", "multiply", "v1", "m")]),
        ("g * m > x", [("v1", "multiply", "g", "m"), ("u", "greater", "v1", "x")]),
        ("g < m", [("u", "greater", "m", "g")]),
        ("--g", [("v1", "negative", "g"), ("u", "negative", "v1")]),
        ("+g", [("u", "identity", "g")]),
        ("g", [("u", "identity", "g")]),
        ("0.5", [("u", "identity", "0.5")]),
        ("sign(lerp(g, m, a))", [("v1", "lerp", "g", "m", "a"), ("u", "sign", "v1")]),
        ("max(abs(g), x)", [("v1", "abs", "g"), ("u", "maximum", "v1", "x")]),
        ("where(g > 0, -m, 1)", None),
    ],
)
def test_expressions_become_one_primitive_per_statement(
    expression: str, statements: list[tuple[str, ...]] | None
) -> None:
    """Nested expressions are flattened in Python's order of precedence."""
    expected = statements or [
        ("v1", "greater", "g", "0.0"),
        ("v2", "negative", "m"),
        ("u", "where", "v1", "v2", "1.0"),
    ]
    assert flat(expression) == expected


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("1e-8", 1e-8),
        ("1_000", 1000.0),
        ("0x10", 16.0),
        (".5", 0.5),
        ("-3", -3.0),
        ("- -2", 2.0),
        ("+1.5", 1.5),
        ("-(2)", -2.0),
        ("0b11", 3.0),
        ("1e308", 1e308),
    ],
)
def test_literals_are_numbers_as_in_python(literal: str, value: float) -> None:
    """Python's ways to write a finite number are all read, with their sign."""
    (statement,) = body(f"u = g * {literal}").statements
    assert statement == Statement("u", "multiply", ("g", value))
    assert parse(f"def f(g, *, a={literal}):\n return g").hyperparameters == (("a", value),)


@pytest.mark.parametrize(
    ("alias", "name"),
    [(alias, row.name) for row in OPERATIONS.values() for alias in row.aliases],
)
def test_aliases_are_other_spellings(alias: str, name: str) -> None:
    """A call by an alias is a call of the primitive."""
    arguments = ", ".join(
        "g" if largest is Kind.TENSOR else "a" for largest in OPERATIONS[name].accepts
    )
    assert body(f"u = {alias}({arguments})") == body(f"u = {name}({arguments})")


def test_the_papers_spellings_of_lerp_parse() -> None:
    """`interp` and `interpolate` are `lerp`, as the paper's listings write it."""
    programs = [body(f"u = {name}(g, m, a)") for name in ("lerp", "interp", "interpolate")]
    assert programs[0] == programs[1] == programs[2]


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "**"])
def test_augmented_assignment_is_assignment(operator: str) -> None:
    """`u op= e` means `u = u op e`."""
    augmented = body("u = g", f"u {operator}= a").statements
    assert augmented == body("u = g", f"u = u {operator} a").statements


def test_signature_says_what_each_name_is() -> None:
    """Reserved names are inputs, other positional ones states, keyword ones hyperparameters."""
    program = parse(
        '''
def rule(w, g, m, t, lr, v, *, beta=0.9, eps=1e-8):
    """What it is.

    And more.
    """
    # A comment.
    scaled: float = g * lr  # another
    return scaled + w * t, m, v
'''
    )
    assert program.name == "rule"
    assert program.inputs == ("w", "g", "m", "t", "lr", "v")
    assert program.slots == ("m", "v")
    assert program.hyperparameters == (("beta", 0.9), ("eps", 1e-8))
    assert program.doc == "What it is.\n\nAnd more."
    assert program.returns[1:] == ("m", "v")
    assert [s.primitive for s in program.statements] == ["multiply", "multiply", "add"]


def test_docstring_is_not_part_of_what_a_program_is() -> None:
    """Two programs that differ by their docstring are equal."""
    assert parse('def f(g):\n "one"\n return g') == parse('def f(g):\n "two"\n return g')


def test_fresh_names_avoid_the_programs_own() -> None:
    """Names for intermediate values are none that the program uses anywhere."""
    program = parse("def f(g, v1, *, v3=2):\n    v2 = g\n    return sign(abs(g + 1) + v2), g")
    targets = [s.target for s in program.statements]
    assert len(set(targets)) == len(targets)
    assert not {"g", "v1", "v3"} & set(targets)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("def f(g, m):\n return g, m", {"m": Kind.SCALAR}),
        ("def f(g, m, t):\n return g, m + t", {"m": Kind.SCALAR}),
        ("def f(g, m):\n return g, m + rms(g)", {"m": Kind.LEAF}),
        ("def f(g, m):\n return g, m * g", {"m": Kind.TENSOR}),
        ("def f(g, m, v):\n return g, v, g", {"m": Kind.TENSOR, "v": Kind.TENSOR}),
        ("def f(g, m, v):\n return g, v, mean(m)", {"m": Kind.LEAF, "v": Kind.LEAF}),
    ],
)
def test_slots_have_the_smallest_kind_that_holds_them(text: str, kinds: dict[str, Kind]) -> None:
    """A slot's kind is inferred from what is stored in it, through other slots too."""
    assert dict(parse(text).slot_kinds) == kinds


RETURN = "\n return g"
BAD = {
    "syntax": ("def f(g:\n return g", r"f\.py:1:\d+: syntax error, .*; write"),
    "empty": ("", r"f\.py:1:1: expected one function, got none; write one"),
    "two functions": (
        "def f(g):\n return g\ndef h(g):\n return g",
        r"1:1: expected one function, got 2 \(f, h\); choose one, such as f\.py:f",
    ),
    "top level": ("x = 1", r"1:1: expected a function `def name"),
    "null byte": ("def f(g):\n return g\0", r"1:\d+: .*null byte"),
    "lone surrogate": ("def f(g):\n return g # \ud800", r"1:1: .*; expected a program as"),
    "unknown function": (
        "def f(g):\n return sgn(g)",
        r"2:9: unknown function 'sgn'; did you mean 'sign'\?",
    ),
    "strange function": (
        "def f(g):\n return xyzzy(g)",
        r"2:9: unknown .*; `evosearch primitives` lists t",
    ),
    "undefined name": (
        "def f(g, *, beta1=1):\n return g * beta",
        r"2:9: undefined name 'beta'; did you mean 'beta1'\?",
    ),
    "undefined return": ("def f(g):\n u = g\n return q", r"3:2: undefined name 'q'; assign it"),
    "read too early": ("def f(g):\n a = b\n b = g\n return a", r"2:6: undefined name 'b'; assign"),
    "reads itself": ("def f(g):\n q = +q" + RETURN, r"2:6: undefined name 'q'; assign it first"),
    "augments nothing": ("def f(g):\n q += g" + RETURN, r"2:2: undefined name 'q'; assign"),
    "too few arguments": (
        "def f(g):\n return maximum(g)",
        r"2:9: maximum expected 2 arguments, got 1; it means the larger of a and b",
    ),
    "too many arguments": (
        "def f(g):\n return sign(g, g)",
        r"2:9: sign expected 1 argument, got 2",
    ),
    "no return": ("def f(g, m):\n m = g", r"2:2: f has no return; .*`return direction, m`"),
    "empty return": ("def f(g):\n return", r"2:2: return of nothing; return the direction"),
    "after return": ("def f(g):\n return g\n g = g", r"3:2: statement after the return; remove it"),
    "too few returns": (
        "def f(g, m):\n return g",
        r"2:2: expected 2 returned values \(the direction, the new m\), got 1; return the",
    ),
    "too many returns": ("def f(g):\n return g, g", r"2:2: expected 1 returned value \(the direc"),
    "tensor exponent": (
        "def f(g):\n return 2 ** g",
        r"2:9: argument 2 of power must be .*, got the tensor 'g'; try .* mean\(g\)",
    ),
    "tensor state as weight": (
        "def f(g, m):\n u = lerp(g, g, m)\n return u, m + g",
        r"2:6: argument 3 of lerp must be .*, got the tensor 'm'; try",
    ),
    "infinite literal": (
        "def f(g):\n return g * 1e999",
        r"2:13: the number 1e999 is too large; expected",
    ),
    "infinite integer": (
        "def f(g):\n return g * 1" + "0" * 400,
        r"2:13: the number 10+ … is",
    ),
    "endless integer": (
        "def f(g):\n return g * 0x" + "F" * 5000,
        r"2:13: the number 0xF+ … is",
    ),
    "infinite default": (
        "def f(g, *, a=1e999):" + RETURN,
        r"1:15: the number 1e999 is too large; expected at most",
    ),
    "no default": ("def f(g, *, a):" + RETURN, r"1:13: hyperparameter 'a' needs a finite"),
    "text default": ("def f(g, *, a='x'):" + RETURN, r"1:13: hyperparameter 'a' needs a finite"),
    "truth default": ("def f(g, *, a=True):" + RETURN, r"1:13: hyperparameter 'a' needs a fin"),
    "positional default": ("def f(g, a=1):" + RETURN, r"1:1: expected a plain signature; write"),
    "star arguments": ("def f(*g):" + RETURN, r"1:1: expected a plain signature; write"),
    "decorator": ("@cache\ndef f(g):" + RETURN, r"2:1: expected a plain signature; write"),
    "duplicate": ("def f(g, g):" + RETURN, r"1:10: 'g' stands twice in the signature; remove one"),
    "slot and default": ("def f(m, *, m=1):" + RETURN, r"1:13: 'm' stands twice"),
    "reserved default": ("def f(g, *, t=1):" + RETURN, r"1:13: 't' is an input; move it before"),
    "function as slot": ("def f(g, sign):" + RETURN, r"1:10: 'sign' is a function; choose"),
    "function as name": ("def f(g):\n max = g" + RETURN, r"2:8: 'max' is a function; choose"),
    "loop": ("def f(g):\n for i in g: g = i" + RETURN, r"2:2: for is not part .*`name = expr"),
    "branch": ("def f(g):\n if g: g = 1" + RETURN, r"2:2: if is not part of the language"),
    "import": ("def f(g):\n import os" + RETURN, r"2:2: import is not part of the language"),
    "import above": ("import os\ndef f(g):" + RETURN, r"1:1: expected a function `def"),
    "bare call": ("def f(g):\n print(g)" + RETURN, r"2:2: expr is not part of the language"),
    "attribute": ("def f(g):\n return g.T", r"2:9: `g\.T` is not part .*; expected a name"),
    "method": ("def f(g):\n return g.mean()", r"2:9: `g\.mean\(\)` is not part"),
    "keyword argument": ("def f(g):\n return sign(a=g)", r"2:9: `sign\(a=g\)` is not part"),
    "unpacked argument": ("def f(g):\n return sign(*g)", r"2:14: `\*g` is not part"),
    "text": ("def f(g):\n return g + 'a'", r"2:13: `'a'` is not part"),
    "split text": ("def f(g):\n return f'''a\n\n{g}'''", r"2:9: `f.*` is not part"),
    "truth": ("def f(g):\n return g * True", r"2:13: `True` is not part"),
    "imaginary": ("def f(g):\n return g * 1j", r"2:13: `1j` is not part"),
    "operator": ("def f(g):\n return g // 2", r"2:9: `g // 2` is not part"),
    "augmented operator": ("def f(g):\n g @= g" + RETURN, r"2:2: `g @= g` is not part"),
    "comparison": ("def f(g):\n return g is 0", r"2:9: `g is 0` is not part"),
    "chained comparison": ("def f(g):\n return 0 < g < 1", r"2:9: `0 < g < 1` is not part"),
    "subscript": ("def f(g):\n return g[0]", r"2:10: '\[' is not part"),
    "lambda": ("def f(g):\n return (lambda: g)()", r"2:9: `\(lambda: g\)\(\)` is not part"),
    "two targets": ("def f(g):\n a = b = g" + RETURN, r"2:2: assign is not part"),
    "unpacking": ("def f(g):\n a, b = g, g" + RETURN, r"2:2: assign is not part"),
    "annotation only": ("def f(g):\n a: float" + RETURN, r"2:2: annassign is not part"),
    "inner function": ("def f(g):\n def h(g): return g" + RETURN, r"2:2: functiondef is not"),
    "class": ("class f: pass", r"1:1: expected a function"),
    "long sum": ("def f(g):\n return g" + " + g" * 3000, r"\d:\d+: nested more than 50 deep; give"),
    "long chain of signs": (
        "def f(g):\n return " + "-" * 1500 + "g",
        r":\d:\d+: nested more",
    ),
    "many signs": ("def f(g):\n return " + "-" * 90_000 + "g", r"1:1: nested more than 50 deep; g"),
    "after a Greek letter": ("def f(g):\n 'β'; return sgn(g)", r"2:14: unknown function"),
    "after a Greek comment": (
        "def f(g):\n u = ('β', sgn(g))" + RETURN,
        r"2:6: `\('β', sgn\(g",
    ),
    "Greek name": ("def f(g):\n β = g; return β", r"2:2: the name 'β' has .*; spell it out"),
    "Greek signature": ("def f(g, *, a=1, γ=1):" + RETURN, r"1:18: the name 'γ' has other"),
    "ligature": ("def f(g):\n ﬁ = g; return fi", r"2:2: the name 'ﬁ' has other letters"),
    "deep calls": (
        "def f(g):\n return " + "sign(" * 60 + "g" + ")" * 60,
        r"2:263: nested more than 50 deep; give parts",
    ),
    "many statements": (
        "def f(g):\n" + " g = -g\n" * 1001 + " return g",
        r"1002:6: more than 1000 statements; shorten",
    ),
    "many slots": (
        f"def f(g, {', '.join(f's{n}' for n in range(65))}):" + RETURN,
        r"1:1: expected at most 64 state slots, got 65",
    ),
    "long name": (
        "def f(g):\n " + "x" * 81 + " = g" + RETURN,
        r"2:86: a name of 81 char",
    ),
    "long text": ("#" * 100_001, r"1:1: expected at most 100000 characters, got 100001; put"),
    "bitwise not": ("def f(g):\n return invert(g)", r"2:9: no function 'invert': .*; try reci"),
    "clip of four": (
        "def f(g):\n return clip(g, 1, 2, 3)",
        r"2:9: clamp expected 3 arguments, got 4; it means a clipped to",
    ),
    "second of a name": ("def f(g):\n return g\ndef f(g):\n return -g", r"3:1: a second .*; ren"),
}
"""Bad text, and what is said about it."""


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_text_is_explained(text: str, message: str) -> None:
    """Every fault is told in one line: file, line, column, what was found, and what to do."""
    with pytest.raises(ProgramError, match=message) as caught:
        parse(text, "f.py")
    told = str(caught.value)
    assert re.match(r"f\.py:\d+:\d+: ", told)
    assert "\n" not in told
    assert re.search(r"; |expected ", told)


def test_program_text_is_never_executed(tmp_path: Path) -> None:
    """Calls in the text, its defaults, decorators and annotations do not happen."""
    witness = tmp_path / "witness"
    act = f"open({str(witness)!r}, 'w')"
    for text in (
        f"{act}\ndef f(g):\n return g",
        f"@{act}\ndef f(g):\n return g",
        f"def f(g=({act})):\n return g",
        f"def f(g, *, a={act}):\n return g",
        f"def f(g):\n return {act}",
    ):
        with pytest.raises(ProgramError, match=r"<program>:\d+:\d+: "):
            parse(text)
    assert parse(f"def f(g: {act}) -> {act}:\n return g").inputs == ("g",)
    assert not witness.exists()


PIECES = (
    *("def f(g, m):", "def f(g, *, a=1):", "return", "return g", "g", "m", "u", "=", "+=", "lerp"),
    *(
        "(",
        ")",
        ",",
        "*",
        "**",
        "-",
        "/",
        ">",
        "<",
        ":",
        "\n",
        "\n    ",
        "1",
        "0.5",
        "1e-8",
        "sign",
    ),
    *('"', "'''", "#", "\\", "if", "lambda", "[", "]", ".", "@", "\t", "\r", "\f", "é", "\ufeff"),
)


def fault(text: str) -> str:
    """What is said about a text; empty where nothing is wrong."""
    try:
        parse_all(text, "f.py")
    except ProgramError as error:
        return str(error)
    return ""


@settings(max_examples=400)
@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
    | st.lists(st.sampled_from(PIECES), max_size=25).map(
        lambda x: "def f(g):\n return " + " ".join(x)
    )
)
def test_any_text_parses_or_is_explained(text: str) -> None:
    """Whatever the text, the outcome is programs or one line that says where the fault is."""
    assert re.fullmatch(r"|f\.py:\d+:\d+: [^\n]+", fault(text))


def test_every_function_in_a_file_is_read() -> None:
    """`parse_all` gives the programs of a text in order, docstrings aside."""
    text = '"""Two rules."""\ndef a(g):\n return g\n\ndef b(g):\n return -g'
    assert [program.name for program in parse_all(text)] == ["a", "b"]


def test_file_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    """A missing file, a folder, and bytes that are no text are told apart in one line."""
    with pytest.raises(EvosearchError, match=r"missing\.py: cannot be read \(No such file"):
        parse_file(tmp_path / "missing.py")
    with pytest.raises(EvosearchError, match=r"cannot be read \("):
        parse_file(tmp_path)
    binary = tmp_path / "binary.py"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(EvosearchError, match=r"binary\.py: not a text file; expected a program"):
        parse_file(binary)


def test_file_is_named_in_its_errors(tmp_path: Path) -> None:
    """A fault in a file is told with the file's path; a good file is its program."""
    path = tmp_path / "rule.py"
    path.write_text("def f(g):\n    return g +", encoding="utf-8")
    with pytest.raises(ProgramError, match=re.escape(os.fspath(path)) + r":2:\d+: syntax error"):
        parse_file(path)
    path.write_text("def f(g):\n    return g", encoding="utf-8")
    assert parse_file(path) == parse("def f(g):\n    return g")
