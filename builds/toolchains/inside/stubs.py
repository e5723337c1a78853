"""Rewrites the project's functions for the negative control: to say their name, to raise, or to return without work.

The files stay as they are. The new code is put into the function objects of a copy of the process after everything has
been imported, so nothing can know at import what the run is for. A function's new code first calls a listener, which is
one of its constants and no global name; outside of a test it does nothing, so tables computed at import stay right.
"""

import ast
import gc
import pathlib
import types
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from values import CONTRARY, NEUTRAL, value_of

WORK, SOURCE = "/work", "/src"
MAX_NAMES = 2000
MAX_NAME = 200
ENTER, LEAVE = "agentsite: enter", "agentsite: leave"
KEPT = {"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__"}
"""Stubs that return leave these alone: an object that was never set up would be noticed by any test."""

Kind = Literal["mark", "raise", "neutral", "contrary"]
Types = Mapping[str, Sequence[str]]
Function = ast.FunctionDef | ast.AsyncFunctionDef
Codes = dict[tuple[str, str, int], types.CodeType]
"""File, qualified name and first line → the code to put there."""


class StubCalledError(BaseException):
    """Stands for the missing body of a function; no project can expect it, or catch it by catching exceptions."""


class Stubber(ast.NodeTransformer):
    """Puts a head on every function, and lists those that are public and do something."""

    def __init__(self, module: str, kind: Kind, types: Types | None = None, *, is_for_disk: bool = False) -> None:
        self.kind, self.types, self.is_for_disk = kind, types or {}, is_for_disk
        self.names = [module] if module else []
        self.functions: list[str] = []
        self.depth = 0

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Go into a class."""
        self.names.append(node.name)
        self.generic_visit(node)
        self.names.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Rewrite a function and those inside it."""
        return self.rewrite(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Rewrite a coroutine like any function."""
        return self.rewrite(node)

    def rewrite(self, node: Function) -> ast.AST:
        """Put the head after the docstring."""
        self.names.append(node.name)
        name = ".".join(self.names)[:MAX_NAME]
        if self.depth == 0 and is_public(self.names[1:]) and not is_empty(node):
            self.functions.append(name)
        self.depth += 1
        for step in node.body:
            self.visit(step)
        self.depth -= 1
        self.names.pop()
        start = 1 if ast.get_docstring(node, clean=False) is not None else 0
        node.body[start:start] = self.head(node, name)
        return node

    def head(self, node: Function, name: str) -> list[ast.stmt]:
        """Return what goes first."""
        call = call_of(ENTER, ast.Constant(name))
        if self.kind == "raise" and self.is_for_disk:
            return ast.parse("raise RuntimeError('stub')").body
        if self.kind in {"mark", "raise"}:
            return [ast.Expr(call)]
        if node.name in KEPT:
            return []
        answer = answering(node, CONTRARY if self.kind == "contrary" else NEUTRAL, self.types.get(name, ()))
        return answer if self.is_for_disk else [ast.If(call, answer, [])]

    def visit_Return(self, node: ast.Return) -> ast.AST:
        """While marking, show each result to the listener."""
        self.generic_visit(node)
        if self.kind == "mark" and node.value is not None and self.depth:
            node.value = call_of(LEAVE, ast.Constant(".".join(self.names)[:MAX_NAME]), node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Treat ``name = lambda …`` as the function that it is."""
        target = node.targets[0]
        if isinstance(node.value, ast.Lambda) and isinstance(target, ast.Name) and self.depth == 0:
            name = ".".join([*self.names, target.id])[:MAX_NAME]
            if is_public([*self.names[1:], target.id]):
                self.functions.append(name)
            call, body = call_of(ENTER, ast.Constant(name)), node.value.body
            stub = ast.Constant("?stub?" if self.kind == "contrary" else None)
            node.value.body = ast.IfExp(call, stub, body)
            return node
        return self.generic_visit(node)


def answering(node: Function, values: dict[str, str], seen: Sequence[str] = ()) -> list[ast.stmt]:
    """Return the statements that answer without work."""
    value = value_of(node.returns, values, seen)
    if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in own_nodes(node)):
        text = f"yield {value_of(None, values)}\nreturn" if values is CONTRARY else "return"
        return ast.parse(text).body
    return ast.parse(f"return {value}").body


def own_nodes(node: ast.AST) -> Iterable[ast.AST]:
    """Return what is inside a function, but not inside functions in it."""
    for part in ast.iter_child_nodes(node):
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield part
            yield from own_nodes(part)


def call_of(name: str, *arguments: ast.expr) -> ast.Call:
    """Build a call of a listener, which is put into the constants later."""
    return ast.Call(ast.Constant(name), list(arguments), [])


def parsed(path: str) -> ast.Module | None:
    """Return a file's tree as it was delivered; None for one that can't be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(pathlib.Path(SOURCE, path).read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def public_functions(paths: Iterable[str]) -> list[str]:
    """Return the names of all functions that tests should reach."""
    found: list[str] = []
    for path in paths:
        tree = parsed(path)
        if tree is not None:
            stubber = Stubber(module_of(path), "mark")
            stubber.visit(tree)
            found += stubber.functions
    return found[:MAX_NAMES]


def stubbed(
    paths: Iterable[str], kind: Kind, types: Types | None = None, *, is_for_disk: bool = False
) -> dict[str, ast.Module]:
    """Return the rewritten files.

    :param types: what each function was seen to return.
    """
    trees = {path: parsed(path) for path in paths}
    return {
        path: ast.fix_missing_locations(Stubber(module_of(path), kind, types, is_for_disk=is_for_disk).visit(tree))
        for path, tree in trees.items()
        if tree is not None
    }


def codes_of(trees: dict[str, ast.Module], listeners: dict[str, Callable[..., object]]) -> Codes:
    """Compile rewritten files; nothing of them is run."""
    codes: Codes = {}
    for path, tree in trees.items():
        file = f"{WORK}/{path}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = compile(tree, file, "exec", dont_inherit=True)
        for code in inner_codes(bound(module, listeners)):
            codes[file, code.co_qualname, code.co_firstlineno] = code
    return codes


def bound(code: types.CodeType, listeners: dict[str, Callable[..., object]]) -> types.CodeType:
    """Put the listeners where their names stand."""
    constants = tuple(
        bound(part, listeners)
        if isinstance(part, types.CodeType)
        else (listeners.get(part, part) if isinstance(part, str) else part)
        for part in code.co_consts
    )
    return code.replace(co_consts=constants)


def inner_codes(code: types.CodeType) -> Iterable[types.CodeType]:
    """Return all code inside, at any depth."""
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield part
            yield from inner_codes(part)


def exchange(codes: Codes) -> None:
    """Give every function of the project that is in memory its new code."""
    for thing in gc.get_objects():
        if type(thing) is types.FunctionType and thing.__code__.co_filename.startswith(WORK):
            old = thing.__code__
            new = codes.get((old.co_filename, old.co_qualname, old.co_firstlineno))
            if new is not None and new.co_freevars == old.co_freevars:
                thing.__code__ = new


def module_of(path: str) -> str:
    """Return the dotted name under which a file is imported."""
    name = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    return name.replace("/", ".")


def is_public(names: list[str]) -> bool:
    """Say whether neither a function nor its class is marked as private."""
    return not any(name.startswith("_") for name in names)


def is_empty(node: Function) -> bool:
    """Say whether a function only declares something: there is nothing to test in it."""
    return all(
        isinstance(step, ast.Pass)
        or (isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant))
        or (isinstance(step, ast.Raise) and "NotImplementedError" in ast.unparse(step))
        for step in node.body
    )
