"""Ready-made scripts for whole builds of one small program; each maps a purpose to the replies for it, in order."""

import json
from collections.abc import Mapping
from dataclasses import replace

from tests.stand_ins.replies import Reply

BuildScript = Mapping[str, tuple[Reply, ...]]

SLUGIFY_REQUEST = """Write slugify(text), which turns a title into a part of a web address: lower case, words joined by
one hyphen, everything but ASCII letters and digits left out. Anything but text is a TypeError.
For example slugify("Hello World") -> 'hello-world' and slugify("  Rock & Roll!  ") -> 'rock-roll'.
"""

ANALYSIS = json.dumps(
    {
        "problem": "Turn a title into a part of a web address.",
        "interface": [
            {
                "module": "slugify",
                "name": "slugify",
                "signature": "slugify(text: str) -> str",
                "summary": "Return the words of the text in lower case, joined by hyphens.",
                "errors": ["TypeError: the text is no str"],
            }
        ],
        "assumptions": ["A text without letters and digits gives an empty string."],
        "questions": [],
        "risk": "low",
    }
)

PLAN = json.dumps(
    {
        "files": [{"path": "slugify.py", "purpose": "The function."}],
        "tests": ["words are joined by one hyphen", "signs are left out", "anything but text is refused"],
        "steps": ["Write slugify.py.", "Write test_slugify.py."],
    }
)

GOOD_CODE = '''```python slugify.py
"""Turn titles into parts of web addresses."""

import re


def slugify(text: str) -> str:
    """Return the words of a text in lower case, joined by hyphens."""
    if not isinstance(text, str):
        raise TypeError("text must be a str")
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))
```
'''

BUGGY_CODE = '''```python slugify.py
"""Turn titles into parts of web addresses."""

import re


def slugify(text: str) -> str:
    """Return the words of a text in lower case, joined by hyphens."""
    if not isinstance(text, str):
        raise TypeError("text must be a str")
    return re.sub(r"[^a-z0-9]+", "-", text.lower())
```
'''

UNDERSCORE_CODE = GOOD_CODE.replace('"-".join', '"_".join').replace("hyphens", "underscores")

TESTS = """```python test_slugify.py
import pytest

from slugify import slugify


def test_words_are_joined_by_one_hyphen():
    assert slugify("Hello World") == "hello-world"
    assert slugify("a  b   c") == "a-b-c"


def test_signs_at_the_ends_are_left_out():
    assert slugify("  Rock & Roll!  ") == "rock-roll"


def test_a_text_without_words_is_empty():
    assert slugify("!?") == ""


def test_anything_but_text_is_refused():
    with pytest.raises(TypeError):
        slugify(7)
```
"""

UNDERSCORE_TESTS = (
    TESTS.replace("hello-world", "hello_world").replace("a-b-c", "a_b_c").replace("rock-roll", "rock_roll")
)

REPAIR = f"verdict: code\nSigns at the ends must not become hyphens.\n\n{GOOD_CODE}"
USELESS_REPAIR = f"verdict: code\nI looked at it again.\n\n{BUGGY_CODE}"

README = """# slugify

Turns a title into a part of a web address.

    from slugify import slugify

    slugify("Hello World")  # 'hello-world'
"""


def _script(*, code: str, tests: str = TESTS, repairs: tuple[Reply, ...] = ()) -> BuildScript:
    replies = {"analyse": ANALYSIS, "plan": PLAN, "code": code, "tests": tests, "readme": README}
    return {**{purpose: (Reply(text),) for purpose, text in replies.items()}, "repair": repairs}


GOOD_BUILD = _script(code=GOOD_CODE)
"""Passes at the first try."""

FAILS_THEN_PASSES = _script(code=BUGGY_CODE, repairs=(Reply(REPAIR),))
"""The first code leaves hyphens at the ends, which its tests catch; one repair heals it."""

NEVER_PASSES = _script(code=BUGGY_CODE, repairs=(Reply(USELESS_REPAIR, is_endless=True),))
"""Each repair gives the same wrong code again."""

PASSES_OWN_TESTS_BUT_NOT_THE_EXAMPLE = _script(
    code=UNDERSCORE_CODE,
    tests=UNDERSCORE_TESTS,
    repairs=(Reply(f"verdict: test\nThe tests are right.\n\n{UNDERSCORE_CODE}", is_endless=True),),
)
"""Code and tests agree on underscores, while the request's examples say hyphens."""

SLOW: BuildScript = {
    purpose: tuple(replace(reply, first_delay_seconds=0.3, delay_seconds=0.02, chunk_size=40) for reply in replies)
    for purpose, replies in GOOD_BUILD.items()
}
"""Takes its time, so that a build can be watched or cancelled."""

CUTS_OFF: BuildScript = {
    purpose: tuple(each for reply in replies for each in (replace(reply, cut_after=30), reply))
    for purpose, replies in GOOD_BUILD.items()
}
"""Loses the connection in each first answer; the second comes through."""

BY_NAME: dict[str, BuildScript] = {
    "GOOD_BUILD": GOOD_BUILD,
    "FAILS_THEN_PASSES": FAILS_THEN_PASSES,
    "NEVER_PASSES": NEVER_PASSES,
    "PASSES_OWN_TESTS_BUT_NOT_THE_EXAMPLE": PASSES_OWN_TESTS_BUT_NOT_THE_EXAMPLE,
    "SLOW": SLOW,
    "CUTS_OFF": CUTS_OFF,
}


def as_texts(script: BuildScript) -> dict[str, list[str | Exception]]:
    """Return a script for ``ScriptedModel``; an endless reply is given ten times."""
    return {
        purpose: [reply.text for reply in replies for _ in range(10 if reply.is_endless else 1)]
        for purpose, replies in script.items()
    }
