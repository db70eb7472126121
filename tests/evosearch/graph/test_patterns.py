"""Patterns are read as Python reads them, and match exactly where a brute-force search says."""

import ast
import itertools
from collections.abc import Mapping, Sequence

import pytest

from evosearch import lower, parse
from evosearch.graph.graph import CONSTANT, Node
from evosearch.graph.patterns import Application, Literal, Variable, expansion, match, read_pattern
from primitives import COMPOSITES, INFIX, PRIMITIVES

TEXTS = ("a", "2", "a + b", "a + a", "a - b", "a * b + c", "max(a, -b)", "a + b * c", "-(a + 1)")


def spelt(nodes: Sequence[Node], index: int) -> str:
    """A node as Python text, in which each operand is in parentheses."""
    node = nodes[index]
    if node.row is None:
        return repr(node.value) if node.op == CONSTANT else node.label
    operands = [f"({spelt(nodes, operand)})" for operand in node.operands]
    if not node.row.infix:
        return f"{node.row.name}({', '.join(operands)})"
    return node.row.infix.join(["", *operands] if len(operands) == 1 else operands)


def forms(text: str, bound: Mapping[str, str]) -> set[str]:
    """An expression spelt likewise, names replaced, with commutative operands in either order."""

    def of(node: ast.expr) -> set[str]:
        match node:
            case ast.Constant(value=value):
                return {repr(float(value))}
            case ast.Name(id=name):
                return {bound[name]}
            case ast.UnaryOp(operand=operand):
                return {f"-({x})" for x in of(operand)}
            case ast.BinOp(left=left, op=op, right=right):
                symbol = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}[type(op)]
                pairs = set(itertools.product(of(left), of(right)))
                if symbol in "+*":
                    pairs |= {(b, a) for a, b in pairs}
                return {f"({a}){symbol}({b})" for a, b in pairs}
            case ast.Call(args=[first, second]):
                pairs = set(itertools.product(of(first), of(second)))
                pairs |= {(b, a) for a, b in pairs}
                return {f"maximum(({a}), ({b}))" for a, b in pairs}
        raise AssertionError(ast.dump(node))

    return of(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "rule",
    ["g + w * g", "max(g + 1, -w) * 3 + g", "(g + g) * (g + w) - max(w, -(g + w))", "2 + 3 * g"],
)
def test_matches_are_those_of_a_search_over_all_bindings(text: str, rule: str) -> None:
    """For each node, each assignment of nodes to variables that spells the node, and no other."""
    nodes = lower(parse(f"def f(w, g):\n return {rule}")).nodes
    names = sorted({name for name in "abc" if name in text.replace("max", "")})
    for index in range(len(nodes)):
        matched = {tuple(sorted(b.items())) for b in match(read_pattern(text), nodes, index, {})}
        expected = set()
        for chosen in itertools.product(range(len(nodes)), repeat=len(names)):
            bound = {name: spelt(nodes, n) for name, n in zip(names, chosen, strict=True)}
            if spelt(nodes, index) in forms(text, bound):
                expected.add(tuple(zip(names, chosen, strict=True)))
        assert matched == expected


def test_a_pattern_is_the_tree_of_its_text() -> None:
    """Mirrored comparisons are turned, signs of numbers belong to them, and names are resolved."""
    a, b = Variable("a"), Variable("b")
    assert read_pattern("a < b") == Application(INFIX[">", 2], (b, a))
    assert read_pattern("-1") == Literal(-1.0)
    assert read_pattern("+a") == a
    assert read_pattern("-a") == Application(INFIX["-", 1], (a,))
    assert read_pattern("min(a, 1)") == Application(PRIMITIVES["minimum"], (a, Literal(1.0)))


def test_composites_are_expanded_where_they_are_read() -> None:
    """A pattern holds primitives alone, arguments in their places."""
    assert read_pattern("softsign(a - b)") == read_pattern("(a - b) / (1 + abs(a - b))")
    assert expansion(COMPOSITES["clamp"]) == read_pattern("min(max(a, b), c)")


def test_only_nodes_that_may_be_entered_match() -> None:
    """An application stands for no node that is closed; a variable stands for any."""
    nodes = lower(parse("def f(w, g):\n return tanh(g + w)")).nodes
    root = len(nodes) - 1
    inner = next(i for i, node in enumerate(nodes) if node.op == "add")
    pattern = read_pattern("tanh(a + b)")
    assert len(list(match(pattern, nodes, root, {}))) == 2
    assert not list(match(pattern, nodes, root, {}, lambda index: index != inner))
    assert len(list(match(read_pattern("tanh(a)"), nodes, root, {}, lambda i: i == root))) == 1


@pytest.mark.parametrize("text", ["sgn(a)", "a if b else c", "a @ b", "a < b < c"])
def test_what_is_no_expression_of_the_language_is_refused(text: str) -> None:
    """The message shows what could not be read."""
    with pytest.raises(ValueError, match=r"cannot read .*; expected an expression of the language"):
        read_pattern(text)
