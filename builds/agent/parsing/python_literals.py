"""Python's calls and literals, read with ``ast`` and never run."""

import ast
import builtins
import keyword
import math
import re
from collections.abc import Iterator

from builds.agent.parsing.literals import MAX_DEPTH, MAX_LENGTH, Call, Grammar, Literal

_EXCEPTION = re.compile(r"[A-Z]\w*(?:Error|Exception)")


def read_call(text: str) -> Call | None:
    """Read ``name(literal, …)``; starred arguments, nested calls and names are not read."""
    node = _parse(text)
    if not isinstance(node, ast.Call):
        return None
    function = _dotted_name(node.func)
    values = [*node.args, *(argument.value for argument in node.keywords)]
    is_plain = all(argument.arg for argument in node.keywords) and all(_is_sound(value) for value in values)
    if not function or not is_plain:
        return None
    return Call(function, ast.unparse(node), positional=len(node.args), arguments=len(values))


def read_value(text: str) -> Literal | None:
    """Read a literal that ``ast.literal_eval`` takes, without ``...``, complex numbers and infinity."""
    node = _parse(text)
    if node is None or not _is_sound(node):
        return None
    return Literal(ast.unparse(node), tuple(_floats(node)))


def _parse(text: str) -> ast.expr | None:
    text = text.strip()
    if len(text) > MAX_LENGTH or sum(text.count(bracket) for bracket in "([{") > MAX_LENGTH // 2:
        return None
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _dotted_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        root = _dotted_name(node.value)
        return f"{root}.{node.attr}" if root else ""
    return node.id if isinstance(node, ast.Name) else ""


def _is_sound(node: ast.expr) -> bool:
    """Say whether an expression is a literal whose value can be built."""
    if not _is_literal(node, 0) or not all(map(math.isfinite, _floats(node))):
        return False
    try:
        ast.literal_eval(node)
    except (TypeError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_literal(node: ast.AST | None, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return False
    if isinstance(node, ast.Constant):
        return node.value is not Ellipsis and not isinstance(node.value, complex)
    if isinstance(node, ast.UnaryOp):
        is_number = isinstance(node.operand, ast.Constant) and type(node.operand.value) in {int, float}
        return is_number and isinstance(node.op, ast.USub | ast.UAdd)
    if isinstance(node, ast.Dict):
        return all(_is_literal(item, depth + 1) for item in (*node.keys, *node.values))
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return all(_is_literal(item, depth + 1) for item in node.elts)
    return False


def _floats(node: ast.expr) -> Iterator[float]:
    return (
        child.value for child in ast.walk(node) if isinstance(child, ast.Constant) and isinstance(child.value, float)
    )


def _is_own_function(name: str) -> bool:
    return not hasattr(builtins, name) and not keyword.iskeyword(name)


def _is_exception(name: str) -> bool:
    known = getattr(builtins, name, None)
    return bool(_EXCEPTION.fullmatch(name)) or (isinstance(known, type) and issubclass(known, BaseException))


PYTHON = Grammar(read_call, read_value, _is_own_function, _is_exception)
