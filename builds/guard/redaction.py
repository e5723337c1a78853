"""Putting placeholders in the place of what was found."""

import re
from collections.abc import Iterable, Mapping

from builds.guard.detection import Finding, find
from builds.guard.kinds import KIND_OF_LABEL, Kind, placeholder

_PLACEHOLDER = re.compile(rf"\[(?P<label>{'|'.join(KIND_OF_LABEL)}) (?P<number>[0-9]{{1,6}})\]")


class Redactor:
    """Replaces values by placeholders; the same value by the same placeholder, as long as it lives.

    :param taken: the highest number in use of each kind, for instance by an earlier request that is shown beside.
    """

    def __init__(self, taken: Mapping[str, int] | None = None) -> None:
        self._last = {Kind(name): number for name, number in (taken or {}).items()}
        self._numbers: dict[tuple[Kind, str], int] = {}

    def reserve(self, texts: Iterable[str]) -> None:
        """Use no number that stands in one of these texts as a placeholder already."""
        for text in texts:
            for match in _PLACEHOLDER.finditer(text):
                kind = KIND_OF_LABEL[match["label"]]
                self._last[kind] = max(self._last.get(kind, 0), int(match["number"]))

    def redacted(self, text: str) -> str:
        """Return a text in which nothing is found any more."""
        while found := find(text):
            text = _with(text, [(each, self._placeholder(each, text)) for each in found])
        return text

    @property
    def last(self) -> dict[str, int]:
        """Return the highest number in use of each kind."""
        return {kind.value: number for kind, number in self._last.items()}

    def _placeholder(self, found: Finding, text: str) -> str:
        value = (found.kind, _normal(text[found.start : found.end]))
        if value not in self._numbers:
            self._last[found.kind] = self._last.get(found.kind, 0) + 1
            self._numbers[value] = self._last[found.kind]
        return placeholder(found.kind, self._numbers[value])


def without(text: str, *, mark: str = "…") -> str:
    """Return a text with a mark in the place of whatever is found."""
    while found := find(text):
        text = _with(text, [(each, mark) for each in found])
    return text


def placeholders(last: Mapping[str, int]) -> list[str]:
    """Return all placeholders up to the highest number of each kind."""
    return [placeholder(Kind(name), number + 1) for name, most in last.items() for number in range(most)]


def _with(text: str, replaced: Iterable[tuple[Finding, str]]) -> str:
    parts, at = [], 0
    for found, instead in replaced:
        parts += [text[at : found.start], instead]
        at = found.end
    return "".join([*parts, text[at:]])


def _normal(value: str) -> str:
    return "".join(letter for letter in value.casefold() if letter not in " -().")
