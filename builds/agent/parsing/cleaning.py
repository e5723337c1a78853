"""What is taken away from a model's answer before anything is looked for in it."""

import re
from dataclasses import dataclass

MAX_CHARACTERS = 2 << 20

_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Cleaned:
    """An answer without thoughts, byte-order mark and Windows newlines; ``notes`` name what was taken away."""

    text: str
    notes: tuple[str, ...]
    is_cut_off: bool


def clean(text: str) -> Cleaned:
    """Return what a model said, at most 2 Mi characters, without what it only thought."""
    notes = ["cut_at_limit"] if len(text) > MAX_CHARACTERS else []
    text = _SURROGATES.sub("\ufffd", text[:MAX_CHARACTERS]).removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    answer, is_thinking = _without_thoughts(text)
    if is_thinking:
        notes.append("unclosed_thoughts")
    elif len(answer) != len(text):
        notes.append("thoughts_dropped")
    return Cleaned(answer, tuple(notes), is_cut_off=bool(notes) and notes[-1] != "thoughts_dropped")


def _without_thoughts(text: str) -> tuple[str, bool]:
    """Drop the thoughts at the start; those that never end leave nothing.

    Only at the start, because a file may hold such a tag. Thoughts further down are found between the blocks.
    """
    at = _skip_space(text, 0)
    start = 0
    while opened := _THOUGHT.match(text, at):
        closing = f"</{opened[1]}>"
        end = text.find(closing, at)
        if end < 0:
            return "", True
        start = end + len(closing)
        at = _skip_space(text, start)
    return text[start:], False


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
