"""Rewrites the project's functions, inside the sandbox only, so that each first says its name to a hook.

While a test runs the hook notes the name or raises; at import it does neither, so modules that compute their tables
with their own functions can still be imported.
"""

import ast
import pathlib

HOOK_NAME = "__agentsite_enter__"
MAX_NAMES = 2000
MAX_NAME = 200


class StubCalledError(Exception):
    """Stands for the missing body of a function; no project can expect it."""


class Instrumenter(ast.NodeTransformer):
    """Puts a call of the hook at the head of every function, and lists those that are public and do something."""

    def __init__(self, module: str) -> None:
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

    def rewrite(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        """Put the hook after the docstring."""
        self.names.append(node.name)
        name = ".".join(self.names)[:MAX_NAME]
        if self.depth == 0 and is_public(self.names[1:]) and not is_empty(node):
            self.functions.append(name)
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
        self.names.pop()
        start = 1 if ast.get_docstring(node, clean=False) is not None else 0
        node.body.insert(start, ast.Expr(hook_call(name)))
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Treat ``name = lambda …`` as the function that it is."""
        target = node.targets[0]
        if isinstance(node.value, ast.Lambda) and isinstance(target, ast.Name) and self.depth == 0:
            name = ".".join([*self.names, target.id])[:MAX_NAME]
            if is_public([*self.names[1:], target.id]):
                self.functions.append(name)
            pair = ast.Tuple([hook_call(name), node.value.body], ast.Load())
            node.value.body = ast.Subscript(pair, ast.Constant(1), ast.Load())
            return node
        return self.generic_visit(node)


def instrument_all(work: str, paths: list[str]) -> list[str]:
    """Rewrite the files in place and return the public functions; a file that can't be parsed is left as it is."""
    functions: list[str] = []
    for path in paths:
        file = pathlib.Path(work, path)
        try:
            tree = ast.parse(file.read_bytes())
            instrumenter = Instrumenter(module_of(path))
            text = ast.unparse(ast.fix_missing_locations(instrumenter.visit(tree)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        file.write_text(text, encoding="utf-8")
        functions += instrumenter.functions
    return functions[:MAX_NAMES]


def module_of(path: str) -> str:
    """Return the dotted name under which a file is imported."""
    name = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    return name.replace("/", ".")


def is_public(names: list[str]) -> bool:
    """Say whether neither a function nor its class is marked as private."""
    return not any(name.startswith("_") for name in names)


def is_empty(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a function only declares something: there is nothing to test in it."""
    return all(
        isinstance(step, ast.Pass)
        or (isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant))
        or (isinstance(step, ast.Raise) and "NotImplementedError" in ast.unparse(step))
        for step in node.body
    )


def hook_call(name: str) -> ast.Call:
    """Build the call that goes first."""
    return ast.Call(ast.Name(HOOK_NAME, ast.Load()), [ast.Constant(name)], [])
