"""Evaluate arithmetic expressions with a small recursive-descent parser."""

import re

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?|\.\d+)|([-+*/()]))")
_MAX_DEPTH = 100


class ExpressionError(ValueError):
    """The text is not an arithmetic expression."""


def evaluate(text: str) -> float:
    """Compute an expression of numbers, ``+ - * /``, signs and parentheses.

    :raises ExpressionError: the text is not such an expression.
    :raises ZeroDivisionError: something is divided by zero.
    """
    return _Parser(tokenize(text)).parse()


def tokenize(text: str) -> list[str]:
    """Split an expression into numbers, operators and parentheses.

    :raises ExpressionError: a character belongs to none of these.
    """
    tokens = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(f"unexpected character at {position}")
        tokens.append(match[1] or match[2])
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def parse(self) -> float:
        value = self._sum()
        if self._position < len(self._tokens):
            raise ExpressionError(f"unexpected {self._tokens[self._position]!r}")
        return value

    def _sum(self) -> float:
        value = self._product()
        while operator := self._accept("+", "-"):
            right = self._product()
            value = value + right if operator == "+" else value - right
        return value

    def _product(self) -> float:
        value = self._factor()
        while operator := self._accept("*", "/"):
            right = self._factor()
            value = value * right if operator == "*" else value / right
        return value

    def _factor(self) -> float:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ExpressionError("too deeply nested")
        if sign := self._accept("+", "-"):
            value = self._factor()
            value = -value if sign == "-" else value
        elif self._accept("("):
            value = self._sum()
            if not self._accept(")"):
                raise ExpressionError("missing ')'")
        else:
            value = self._number()
        self._depth -= 1
        return value

    def _number(self) -> float:
        if self._position == len(self._tokens):
            raise ExpressionError("unexpected end")
        part = self._tokens[self._position]
        if part in "+-*/()":
            raise ExpressionError(f"unexpected {part!r}")
        self._position += 1
        return float(part)

    def _accept(self, *wanted: str) -> str:
        tokens = self._tokens[self._position : self._position + 1]
        if not tokens or tokens[0] not in wanted:
            return ""
        self._position += 1
        return tokens[0]
