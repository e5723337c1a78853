"""What came with a request: names and texts, as data for the prompts."""

from collections.abc import Sequence
from typing import TypedDict

from builds.agent import prompting
from builds.agent.values import JsonDict

MAX_CHARACTERS = 24_000
"""Of all texts together, in the state and so in every prompt."""


class Attached(TypedDict):
    """One file; ``text`` is what was read from it, empty where nothing could be."""

    name: str
    family: str
    text: str


def within_budget(attached: Sequence[Attached], *, most: int = MAX_CHARACTERS) -> list[Attached]:
    """Return files whose texts fit a budget together: the longest lose their middles first."""
    longest = prompting.fair_length([len(each["text"]) for each in attached], most)
    return [Attached(**{**each, "text": prompting.shortened(each["text"], longest)}) for each in attached]


def attached_inputs(attached: Sequence[Attached]) -> JsonDict:
    """Return what prompts say of files; nothing where none came along."""
    return {"attachments": "\n\n".join(map(_shown, attached))} if attached else {}


def _shown(each: Attached) -> str:
    return f"{each['name']} ({each['family']}):\n{each['text'] or '(nothing could be read from it)'}"
