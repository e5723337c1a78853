"""A small strict grammar for JavaScript's calls and literals."""

import json
import math
import re
from collections.abc import Callable

from builds.agent.parsing.literals import MAX_DEPTH, MAX_LENGTH, Call, Grammar, Literal

_SPACE = re.compile(r"[ \t]*")
_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", re.ASCII)
_KEY = re.compile(r"[A-Za-z_$][\w$]*|\d+", re.ASCII)
_WORD = re.compile(r"(?:true|false|null)\b")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w$.])", re.ASCII)
_ESCAPE = re.compile(r"\\(?:([nrtbfv0'\"\\/])|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_EXCEPTION = re.compile(r"(?:[A-Z]\w*)?(?:Error|Exception)", re.ASCII)
_NOT_OWN = frozenset(
    {
        *("if", "for", "while", "switch", "catch", "function", "return", "typeof", "new", "await", "super", "import"),
        *(
            "parseInt",
            "parseFloat",
            "Number",
            "String",
            "Boolean",
            "Array",
            "Object",
            "Symbol",
            "BigInt",
            "Date",
            "Map",
        ),
        *("Set", "Promise", "RegExp", "Error", "isNaN", "isFinite", "require", "setTimeout", "alert", "fetch", "test"),
        *("describe", "it", "expect"),
    }
)


class _NotALiteral(Exception):
    """The text is something else."""


class _Reader:
    """Reads from left to right; every method returns a key that is equal for equal values."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.floats: list[float] = []

    def call(self) -> Call:
        name = self._expect(_NAME)
        self._expect_mark("(")
        arguments = self._items(")", self.value, 0)
        self.end()
        return Call(name, f"{name}({', '.join(arguments)})", len(arguments), len(arguments))

    def value(self, depth: int = 0) -> str:
        self._skip()
        mark = self.text[self.at : self.at + 1]
        if depth > MAX_DEPTH or not mark:
            raise _NotALiteral
        if mark in "\"'":
            return json.dumps(self._string(mark))
        if mark == "[":
            self.at += 1
            return f"[{', '.join(self._items(']', self.value, depth))}]"
        if mark == "{":
            self.at += 1
            # Objects are compared without regard to the order of their keys.
            return f"{{{', '.join(sorted(self._items('}', self._pair, depth)))}}}"
        word = _WORD.match(self.text, self.at)
        return self._expect(_WORD) if word else self._number()

    def end(self) -> None:
        self._skip()
        if self.at != len(self.text):
            raise _NotALiteral

    def _items(self, closing: str, read: Callable[[int], str], depth: int) -> list[str]:
        items: list[str] = []
        self._skip()
        while not self.text.startswith(closing, self.at):
            if items:
                self._expect_mark(",")
            items.append(read(depth + 1))
            self._skip()
        self.at += 1
        return items

    def _pair(self, depth: int) -> str:
        self._skip()
        mark = self.text[self.at : self.at + 1]
        key = self._string(mark) if mark and mark in "\"'" else self._expect(_KEY)
        self._expect_mark(":")
        return f"{json.dumps(key)}: {self.value(depth)}"

    def _number(self) -> str:
        number = float(self._expect(_NUMBER))
        if not math.isfinite(number):
            raise _NotALiteral
        if not number.is_integer():
            self.floats.append(number)
        return repr(number)

    def _string(self, quote: str) -> str:
        self.at += 1
        pieces: list[str] = []
        while not self.text.startswith(quote, self.at):
            if self.at >= len(self.text):
                raise _NotALiteral
            pieces.append(self._character())
        self.at += 1
        return "".join(pieces)

    def _character(self) -> str:
        if self.text[self.at] == "\\":
            return self._escape()
        self.at += 1
        return self.text[self.at - 1]

    def _escape(self) -> str:
        escape = _ESCAPE.match(self.text, self.at)
        if not escape:
            raise _NotALiteral
        self.at = escape.end()
        return _ESCAPED.get(escape[1], escape[1]) if escape[1] else chr(int(escape[2] or escape[3], 16))

    def _expect(self, pattern: re.Pattern[str]) -> str:
        self._skip()
        found = pattern.match(self.text, self.at)
        if not found:
            raise _NotALiteral
        self.at = found.end()
        return found[0]

    def _expect_mark(self, mark: str) -> None:
        self._skip()
        if not self.text.startswith(mark, self.at):
            raise _NotALiteral
        self.at += 1

    def _skip(self) -> None:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at


def read_call(text: str) -> Call | None:
    """Read ``name(literal, …)``."""
    try:
        return _Reader(text.strip()).call() if len(text) <= MAX_LENGTH else None
    except _NotALiteral:
        return None


def read_value(text: str) -> Literal | None:
    """Read a number, string, array, object, true, false or null."""
    reader = _Reader(text.strip())
    try:
        if len(text) > MAX_LENGTH:
            return None
        key = reader.value()
        reader.end()
    except _NotALiteral:
        return None
    return Literal(key, tuple(reader.floats))


def _is_own_function(name: str) -> bool:
    return name not in _NOT_OWN


def _is_exception(name: str) -> bool:
    return bool(_EXCEPTION.fullmatch(name))


JAVASCRIPT = Grammar(read_call, read_value, _is_own_function, _is_exception)
