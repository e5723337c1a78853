"""Makes small mistakes in the project's functions, a sample that its seed decides.

A comparison at its boundary or turned round, arithmetic, a constant, a condition, ``and`` for ``or``, a result left
out, a call left out. Only code inside functions is changed, because only that can be exchanged after import.
"""

import ast
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from stubs import MAX_NAME, module_of, parsed

MAX_WORDS = 120
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}

OTHER_RESULT = """(
    not _other if (_other := ...).__class__ is True.__class__
    else _other + 1 if _other.__class__ in (0 .__class__, 0.0.__class__, 0j.__class__)
    else _other + '?' if _other.__class__ is ''.__class__
    else _other + b'?' if _other.__class__ is b''.__class__
    else [*_other, '?mutant?'] if _other.__class__ is [].__class__
    else (*_other, '?mutant?') if _other.__class__ is ().__class__
    else {*_other, '?mutant?'} if _other.__class__ is {0}.__class__
    else {**_other, '?mutant?': '?mutant?'} if _other.__class__ is {}.__class__
    else '?mutant?' if _other is None else None
)"""
"""An expression of its own, because the project may use the names of types for something else."""


@dataclass(frozen=True)
class Mutant:
    """One mistake: where it is, and how it is made again in a fresh tree."""

    path: str
    place: int
    """Which of the tree's places, counted by ``places``."""
    variant: int
    line: int
    function: str
    words: str


Change = Callable[[], None]


def sampled(paths: Sequence[str], seed: int, most: int) -> tuple[int, list[Mutant]]:
    """Return how many mistakes are possible, and some of them: every function has its turn before one has two."""
    by_function: dict[str, list[Mutant]] = {}
    for path in paths:
        for mutant in possible(path):
            by_function.setdefault(mutant.function, []).append(mutant)
    chance = random.Random(seed)
    for mutants in by_function.values():
        chance.shuffle(mutants)
    total = sum(map(len, by_function.values()))
    turns = max(map(len, by_function.values()), default=0)
    names = sorted(by_function)
    chance.shuffle(names)
    drawn = [by_function[name][turn] for turn in range(turns) for name in names if turn < len(by_function[name])]
    return total, drawn[:most]


def possible(path: str) -> Iterator[Mutant]:
    """Return every mistake that can be made in a file."""
    tree = parsed(path)
    if tree is None:
        return
    for number, (function, node) in enumerate(places(tree, module_of(path))):
        for variant, (words, _change) in enumerate(changes(node)):
            yield Mutant(path, number, variant, node.lineno, function[:MAX_NAME], words[:MAX_WORDS])


def made(mutant: Mutant) -> ast.Module:
    """Return the file's tree with the mistake in it."""
    tree = parsed(mutant.path)
    assert tree is not None
    for number, (_function, node) in enumerate(places(tree, module_of(mutant.path))):
        if number == mutant.place:
            changes(node)[mutant.variant][1]()
            break
    return ast.fix_missing_locations(tree)


def places(node: ast.AST, name: str, *, is_inside: bool = False) -> Iterator[tuple[str, ast.AST]]:
    """Return every expression and statement inside functions, with the function's name; annotations are left out."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = f"{name}.{node.name}" if name else node.name
        is_inside = is_inside or not isinstance(node, ast.ClassDef)
        children: list[ast.AST] = list(node.body)
    elif isinstance(node, ast.AnnAssign):
        children = [node.value] if node.value is not None else []
    elif isinstance(node, ast.Raise | ast.JoinedStr) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ):
        children = []
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        if is_inside and hasattr(child, "lineno"):
            yield name, child
        yield from places(child, name, is_inside=is_inside)


def changes(node: ast.AST) -> list[tuple[str, Change]]:
    """Return what can be done wrong at one place."""
    make = MAKERS.get(type(node))
    return make(node) if make is not None else []  # type: ignore[arg-type]


def change_of(node: ast.AST, name: str, value: object, words: str) -> tuple[str, Change]:
    """Return one way to do it wrong: another value for one part."""
    return words, lambda: setattr(node, name, value)


def comparison(node: ast.Compare) -> list[tuple[str, Change]]:
    """Move the boundary, or turn it round."""
    first, *rest = node.ops
    text = ast.unparse(node)
    return [
        change_of(node, "ops", [other(), *rest], f"{text}: {type(first).__name__} → {other.__name__}")
        for other in COMPARISONS[type(first)]
    ]


def arithmetic(node: ast.BinOp | ast.AugAssign) -> list[tuple[str, Change]]:
    """Use another operator."""
    other = ARITHMETIC.get(type(node.op))
    is_format = isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
    if other is None or is_format:
        return []
    return [change_of(node, "op", other(), f"{ast.unparse(node)}: {type(node.op).__name__} → {other.__name__}")]


def both_or_one(node: ast.BoolOp) -> list[tuple[str, Change]]:
    """Use ``or`` for ``and``."""
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    return [change_of(node, "op", other, f"{ast.unparse(node)}: and ↔ or")]


def constant(node: ast.Constant) -> list[tuple[str, Change]]:
    """Use another value."""
    value = node.value
    if isinstance(value, bool):
        return [change_of(node, "value", not value, f"{value} → {not value}")]
    if isinstance(value, int | float):
        return [change_of(node, "value", value + 1, f"{value} → {value + 1}")]
    if isinstance(value, str) and value:
        return [change_of(node, "value", value + "?", f"{value!r} → {value + '?'!r}")]
    return []


def result(node: ast.Return) -> list[tuple[str, Change]]:
    """Return something else, of the same type where that is possible: else a test of the type alone would notice."""
    if node.value is None:
        return []
    other = ast.parse(OTHER_RESULT, mode="eval").body
    given = next(part for part in ast.walk(other) if isinstance(part, ast.NamedExpr))
    given.value = node.value
    return [change_of(node, "value", other, f"{ast.unparse(node)}: result → something else")]


def condition(node: ast.If | ast.While | ast.IfExp) -> list[tuple[str, Change]]:
    """Turn it round."""
    return [change_of(node, "test", ast.UnaryOp(ast.Not(), node.test), f"{ast.unparse(node.test)}: negated")]


def statement(node: ast.Expr) -> list[tuple[str, Change]]:
    """Leave a call out."""
    if not isinstance(node.value, ast.Call):
        return []
    return [change_of(node, "value", ast.Constant(None), f"{ast.unparse(node)}: left out")]


MAKERS: dict[type[ast.AST], Callable[..., list[tuple[str, Change]]]] = {
    ast.Compare: comparison,
    ast.BinOp: arithmetic,
    ast.AugAssign: arithmetic,
    ast.BoolOp: both_or_one,
    ast.Constant: constant,
    ast.Return: result,
    ast.If: condition,
    ast.While: condition,
    ast.IfExp: condition,
    ast.Expr: statement,
}
