"""What stubs answer, by the annotation of what they should."""

import ast
from collections.abc import Sequence

LISTS = ("list", "List", "Sequence", "Iterable", "Collection", "Iterator", "Generator", "deque")
DICTS = ("dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "Counter", "OrderedDict")
NEUTRAL = {
    "None": "None",
    "int": "0",
    "float": "0.0",
    "complex": "0j",
    "bool": "False",
    "str": "''",
    "bytes": "b''",
    **dict.fromkeys(LISTS, "[]"),
    **dict.fromkeys(DICTS, "{}"),
    **dict.fromkeys(("tuple", "Tuple"), "()"),
    **dict.fromkeys(("set", "Set", "frozenset", "FrozenSet"), "{*()}"),
    "": "None",
}
CONTRARY = {
    "None": "None",
    "int": "-7919",
    "float": "-7919.5",
    "complex": "-7919j",
    "bool": "True",
    "str": "'?stub?'",
    "bytes": "b'?stub?'",
    **dict.fromkeys(LISTS, "['?stub?']"),
    **dict.fromkeys(DICTS, "{'?stub?': '?stub?'}"),
    **dict.fromkeys(("tuple", "Tuple"), "('?stub?',)"),
    **dict.fromkeys(("set", "Set", "frozenset", "FrozenSet"), "{'?stub?'}"),
    "": "'?stub?'",
}
"""Where a test expects nothing, this is something; the empty name stands for all other annotations."""


def value_of(annotation: ast.expr | None, values: dict[str, str], seen: Sequence[str] = ()) -> str:
    """Return the expression that a stub answers with.

    :param seen: the types that the function was seen to return; they stand in for an annotation that isn't there.
    """
    names = [name for name in (members(annotation) if annotation is not None else plain(seen)) if name]
    if values is NEUTRAL and "None" in names:
        return "None"
    name = next((name for name in names if name != "None"), "None" if names else "")
    return values.get(name, values[""])


def type_name(value: object) -> str:
    """Name the type of a result; empty for what no stub can make."""
    name = "None" if value is None else type(value).__name__
    return name if type(value).__module__ == "builtins" and name in NEUTRAL else ""


def plain(seen: Sequence[str]) -> list[str]:
    """Return the types that were seen when they are one, or one and None."""
    return list(seen) if "" not in seen and len({*seen} - {"None"}) <= 1 else []


def members(annotation: ast.expr | None) -> list[str]:
    """Return the plain names of the types that an annotation allows."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return members(ast.parse(annotation.value, mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []
    if isinstance(annotation, ast.BinOp):
        return [*members(annotation.left), *members(annotation.right)]
    if isinstance(annotation, ast.Subscript):
        base = members(annotation.value)
        return [*members(annotation.slice), "None"] if base == ["Optional"] else base
    if isinstance(annotation, ast.Constant) and annotation.value is None:
        return ["None"]
    return [ast.unparse(annotation).rpartition(".")[2]] if annotation is not None else []
