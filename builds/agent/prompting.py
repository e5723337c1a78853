"""Turning a prompt file and its variables into messages.

A prompt file has a head (``version: N``), then the system text, a line ``---`` and the user text. ``{{ name }}`` is
replaced by a variable of ours; ``{{ data name }}`` by foreign text between two lines with a random boundary, which
the text cannot guess and so cannot close. A variable that is missing is an error. What stands between
``{{ given name }}`` and ``{{ end }}``, each on a line of its own, is there only with that variable. What differs from
language to language stands in ``prompts/languages``, what several prompts say alike in ``prompts/rules.md``; both are
there under the names of their sections.
"""

import json
import re
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import JsonValue

from builds.agent import languages
from builds.agent.values import ChatMessage, JsonDict

_FOLDER = Path(__file__).parent / "prompts"
_PLACE = re.compile(r"\{\{ (?P<data>data )?(?P<name>[a-z_]+) \}\}")
_SECTION = re.compile(
    r"^\{\{ given (?P<name>[a-z_]+) \}\}\n(?P<text>.*?)^\{\{ end \}\}(?:\n|\Z)", re.MULTILINE | re.DOTALL
)


@cache
def _source(purpose: str) -> tuple[str, str, str]:
    head, _, body = (_FOLDER / f"{purpose}.md").read_text(encoding="utf-8").partition("\n")
    system, _, user = body.partition("\n---\n")
    return head.removeprefix("version:").strip(), system.strip(), user.strip()


def version_of(purpose: str) -> str:
    """Return the version of a prompt, stored with each call."""
    return _source(purpose)[0]


def render(purpose: str, inputs: JsonDict, *, most: int) -> tuple[ChatMessage, ...]:
    """Return a prompt's messages.

    :param most: characters that all pieces of foreign text may take together; the longest lose their middles first.
    :raises KeyError: a variable is missing, or nothing is known of the programming language that is given.
    """
    of_language = languages.words(str(inputs["language"])) if "language" in inputs else {}
    inputs = {**_rules(), **of_language, **inputs}
    system, user = (_with_sections(text, inputs) for text in _source(purpose)[1:])
    pieces = [len(_as_text(inputs[match["name"]])) for match in _PLACE.finditer(user) if match["data"]]
    longest = fair_length(pieces, most)
    return (
        ChatMessage(role="system", content=f"purpose: {purpose}\n{_filled(system, inputs, longest)}"),
        ChatMessage(role="user", content=_filled(user, inputs, longest)),
    )


@cache
def _rules() -> Mapping[str, str]:
    return languages.sections(_FOLDER / "rules.md")


def _with_sections(text: str, inputs: JsonDict) -> str:
    return _SECTION.sub(lambda match: match["text"] if match["name"] in inputs else "", text).strip()


def _filled(text: str, inputs: JsonDict, longest: int) -> str:
    def value(match: re.Match[str]) -> str:
        found = _as_text(inputs[match["name"]])
        return _fenced(match["name"], shortened(found, longest)) if match["data"] else found

    return _PLACE.sub(value, text)


def fair_length(lengths: list[int], most: int) -> int:
    """Return how long each may be at most, so that all fit together and the short ones stay whole."""
    left = most
    for count, length in zip(range(len(lengths), 0, -1), sorted(lengths), strict=True):
        if length * count > left:
            return left // count
        left -= length
    return max(lengths, default=0)


def _as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def _fenced(name: str, text: str) -> str:
    boundary = f"{name}-{secrets.token_hex(8)}"
    return f"<<{boundary}\n{text}\n{boundary}>>"


def shortened(text: str, longest: int) -> str:
    """Return a text without its middle, where it is longer than it may be."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
