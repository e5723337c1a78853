"""The agent says the same in every language that it speaks."""

import string
import tomllib
from pathlib import Path
from typing import Any

import pytest

from builds.agent.talking import phrases
from builds.agent.talking.phrases import SPOKEN, say, word

FOLDER = Path(phrases.__file__).parent


def book(speech: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{speech}.toml").read_text(encoding="utf-8"))


def places(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("speech", SPOKEN)
def test_every_phrase_is_there_with_the_same_places(speech: str) -> None:
    ours, english = book(speech), book("en")
    assert ours.keys() == english.keys()
    for name, phrase in english.items():
        if isinstance(phrase, str):
            assert places(ours[name]) == places(phrase), name
        else:
            assert ours[name].keys() == phrase.keys()


def test_a_language_that_it_does_not_speak_is_answered_in_english() -> None:
    assert say("de", "thanks") == say("en", "thanks")
    assert word("de", "status", "failed") == "failed"


def test_foreign_braces_in_a_reason_do_no_harm() -> None:
    assert "{0} {x}" in say("en", "failed", reason="{0} {x}")
