"""Tells the project's functions from mathematical notation such as ``C(5, 2) = 10``."""

import re

_NAME = r"([A-Za-z_$][\w$]*)"
_BEFORE = re.compile(
    rf"\b(?:functions?|def|func|method|called|named|функци\w{{1,3}}|метод\w{{0,2}}|называ\w{{2,5}})\s{{1,3}}[`*\"']{{0,3}}{_NAME}",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"(?<![\w$]){_NAME}(?:\(\))?[`*\"']{{0,3}} (?:function|method)\b", re.IGNORECASE)
_QUOTED = re.compile(rf"`{_NAME}(?:\([^`\n]{{0,200}}\))?`")
_USED = re.compile(
    rf"(?<![\w$]){_NAME}\([^()\n]{{0,120}}\)[`*]{{0,3}}\s{{0,3}}"
    r"(?:->|→|=>|={2,3}|returns?\b|gives?\b|raises?\b|throws?\b|should\b|must\b|верн|возвращ|долж|равн|да[её]т|вызыва|броса)"
)
_CAMEL = re.compile(r"[a-z]\w*[A-Z]")
_OF_CALCULATORS = re.compile(
    "sqrt|cbrt|sin|cos|tan|tg|ctg|asin|acos|atan|log|ln|lg|exp|abs|pow|max|min|floor|ceil|round|mod|log2|log10|sum|avg"
    "|factorial|fact"
)
_CALCULATOR = re.compile(
    r"\b(?:calculators?|expressions?|formulas?|repl|interpreter|калькулятор\w*|выражени\w*|формул\w*|интерпретатор\w*)\b",
    re.IGNORECASE,
)


class Introductions:
    """The names that a request introduces as functions, and those that it only uses."""

    def __init__(self, text: str) -> None:
        self.declared = {*_BEFORE.findall(text), *_AFTER.findall(text)}
        self.quoted = set(_QUOTED.findall(text))
        self.used = set(_USED.findall(text))
        self.has_calculator = bool(_CALCULATOR.search(text))

    def is_function(self, name: str, *, is_equation: bool) -> bool:
        """Say whether a name that is called is a function of the project, not notation.

        A single capital letter, or what a calculator computes, must be declared in words; other capitalised names must
        be quoted at least; and ``=`` alone, without any word or arrow, shows no function either.
        """
        if name in self.declared:
            return True
        if (len(name) == 1 and name.isupper()) or (self.has_calculator and _OF_CALCULATORS.fullmatch(name)):
            return False
        if name[:1].isupper():
            return name in self.quoted
        is_name = "_" in name.strip("_") or bool(_CAMEL.match(name))
        return not is_equation or is_name or name in self.quoted or name in self.used
