"""Notices when foreign code meddles with the test machinery, or looks for where the record is kept."""

import builtins
import gc
import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

import pluggy
from _pytest.assertion.rewrite import AssertionRewritingHook

PACKAGES = ("_pytest", "pluggy", "pytest", "unittest", "pytest_child")
own: list[types.ModuleType] = []
"""Our own modules, which are not in sys.modules: a project may use their names."""
WITHOUT_ADDITIONS = ("_pytest.reports.", "_pytest.runner.", "_pytest.outcomes.")
"""Classes that get no new attributes, which could hide inherited ones."""
FORBIDDEN = {
    *("gc.get_objects", "gc.get_referrers", "gc.get_referents"),
    *("ctypes.string_at", "ctypes.wstring_at", "ctypes.cdata", "ctypes.dlsym", "sys._current_frames"),
    *("sys._current_exceptions", "cpython._PySys_ClearAuditHooks", "sys.addaudithook"),
}
OWN_NEEDS = {"gc.get_objects", "sys.addaudithook"}
BELOW_PYTHON = {"ctypes", "_ctypes"}
"""What reads and writes any memory, and mostly tells nobody; libraries that can do without it ask for it too."""
TRACING = {"sys.settrace", "sys.setprofile", "sys.monitoring.register_callback"}
ATTRIBUTES = {"object.__getattr__", "object.__setattr__"}
OFTEN_PATCHED = {"print", "input", "open", "__import__", "_", "__spec__", "__loader__"}
"""Built-in names that honest projects replace, and that no verdict depends on."""

SERVERS_TESTS = "test_acceptance"
"""The module of the tests that the server wrote."""
REGISTRY = "__warningregistry__"
"""What Python itself puts into a module from which a warning came."""

finders, callbacks, path_hooks = sys.meta_path, gc.callbacks, sys.path_hooks
get_dict, identity = type.__dict__["__dict__"].__get__, id
get_implementations = pluggy.HookCaller.__dict__["_hookimpls"].__get__
get_function = pluggy.HookImpl.__dict__["function"].__get__
PLACES = (types.FunctionType, type, classmethod, staticmethod, property, types.BuiltinFunctionType)
is_quiet = [False]


def listen(warn: Callable[[str], None], watched: set[int], ledger: types.CodeType) -> None:
    """Hear of everything that could lead to the ledger; a hook once added stays.

    :param watched: identities of the functions whose code is not to be changed.
    :param ledger: code of the generator that nobody may look into.
    """
    frame_of = sys._getframe  # noqa: SLF001 (there is no other way to know who calls)
    tracers = tracing_codes()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FORBIDDEN:
            if not (event in OWN_NEEDS and is_quiet[0] is warn):
                warn(f"called {event}")
        elif event in TRACING and frame_of(1).f_code not in tracers:
            warn(f"called {event}")
        elif event in ATTRIBUTES:
            look(event, arguments)
        elif event == "import" and arguments[0].rpartition(".")[2] in BELOW_PYTHON:
            raise ImportError(f"{arguments[0]} is not available while tests run")

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        name = arguments[1]
        if name == "gi_frame" and arguments[0].gi_code is ledger:
            warn("looked into the ledger")
        elif event == "object.__setattr__" and name == "__code__" and identity(arguments[0]) in watched:
            warn("changed the test machinery")

    sys.addaudithook(hook)


def tracing_codes() -> frozenset[types.CodeType]:
    """Return the code that may set a trace function: coverage's own, and what starts threads for it.

    It is known by identity: any code can be compiled under the name of coverage's files.
    """
    codes = {threading.Thread._bootstrap_inner.__code__}  # type: ignore[attr-defined]  # noqa: SLF001
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "coverage":
            parts = [getattr(part, "__func__", part) for _, _, part, _ in marks_of(name, module)]
            codes |= {part.__code__ for part in parts if isinstance(part, types.FunctionType)}
    return frozenset(codes)


def is_watched(module: str) -> bool:
    """Say whether a module is part of the test machinery."""
    return module.partition(".")[0] in PACKAGES


class Machinery:
    """What pytest, pluggy, unittest and Python's built-in names are made of, by identity."""

    def __init__(self, config: Any) -> None:
        self.modules = {name: module for name, module in sys.modules.items() if is_watched(name)}
        watched = [*self.modules.values(), *own]
        self.marks = [mark for module in watched for mark in marks_of(module.__name__, module)]
        self.sizes = {
            owner: (names, len(names)) for names, _, _, owner in self.marks if owner.startswith(WITHOUT_ADDITIONS)
        }
        names = vars(builtins)
        self.builtins = [(names, name, value, "builtins") for name, value in names.items() if name not in OFTEN_PATCHED]
        self.interpreter, self.table = vars(sys), sys.modules
        self.manager, self.hooks = vars(config.pluginmanager), vars(config.hook)
        self.names = self.manager["_name2plugin"]
        self.plugins = self.registered()
        self.implementations = self.implemented()
        self.lists = called_anywhere()
        self.functions = set(functions(self.marks))
        """Identities of the functions whose code is not to be changed."""

    def remember_tests(self) -> None:
        """Watch the server's own tests too: they are there by now, and import the project only when they run."""
        module = sys.modules.get(SERVERS_TESTS)
        if module is None:
            return
        names = vars(module)
        names.setdefault(REGISTRY, {})
        marks = [(names, key, value, SERVERS_TESTS) for key, value in names.items()]
        self.modules[SERVERS_TESTS] = module
        self.sizes[SERVERS_TESTS] = (names, len(names))
        self.marks += marks
        self.functions.update(functions(marks))

    def changed(self) -> str:
        """Name the first thing that is not what it was; empty when all is."""
        if self.interpreter["modules"] is not self.table:
            return "sys.modules"
        for name, module in self.modules.items():
            if self.table.get(name) is not module:
                return f"sys.modules[{name}]"
        for marks in (self.marks, self.builtins):
            for names, key, value, owner in marks:
                if names.get(key) is not value:
                    return f"{owner}.{key}"
        other = self.longer()
        if other or self.registered() != self.plugins:
            return other or "pytest's plugins"
        return "" if self.implemented() == self.implementations else "pytest's hooks"

    def longer(self) -> str:
        """Name the first class or list that has other parts than it had."""
        for owner, (names, size) in self.sizes.items():
            if len(names) != size:
                return owner
        now = called_anywhere()
        return next((owner for owner, parts in self.lists.items() if now[owner] != parts), "")

    def registered(self) -> list[int]:
        """Return which plugins there are, and the table that names them."""
        return [identity(self.manager["_name2plugin"]), *map(identity, self.names.values())]

    def implemented(self) -> list[int]:
        """Return what every hook calls."""
        return [part for hook in self.hooks.values() for part in implementations_of(hook)]


def called_anywhere() -> dict[str, list[int]]:
    """Return the identities of what Python calls at any time, or asks before pytest for the text of a test file."""
    places = [place for place, finder in enumerate(finders) if type(finder) is AssertionRewritingHook]
    first = finders[: places[0] + 1] if places else []
    lists = {"gc.callbacks": callbacks, "sys.meta_path": first, "sys.path_hooks": path_hooks}
    return {name: list(map(identity, found)) for name, found in lists.items()}


def implementations_of(hook: object) -> list[int]:
    """Return the identities of what a hook calls; what is no hook at all is not asked, because it may be foreign."""
    found = get_implementations(hook) if type(hook) is pluggy.HookCaller else None
    if type(found) is not list:
        return [identity(hook)]
    functions = [get_function(each) for each in found if type(each) is pluggy.HookImpl]
    return [identity(part) for part in (*found, *functions)]


def functions(marks: list[Any]) -> Iterator[int]:
    """Return the identities of all functions among marks."""
    values = (getattr(value, "__func__", value) for _, _, value, _ in marks)
    return (identity(value) for value in values if isinstance(value, types.FunctionType))


def marks_of(name: str, module: types.ModuleType) -> Iterator[tuple[Any, str, object, str]]:
    """Return a module's functions and classes, and what its classes are made of: place, key, value, owner."""
    for key, value in list(vars(module).items()):
        if not isinstance(value, PLACES):
            continue
        yield vars(module), key, value, name
        if isinstance(value, type) and value.__module__ == name:
            names = get_dict(value)
            for attribute, part in list(names.items()):
                if isinstance(part, PLACES):
                    yield names, attribute, part, f"{name}.{key}"
