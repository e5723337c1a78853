"""JSON out of chat answers."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from builds.agent.parsing.structured import MAX_DEPTH, extract_json

ANSWER: dict[str, JsonValue] = {"a": 1, "b": ["x", None]}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('ab"\\/{}[],:# \n'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab"{}//,'), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "b": ["x", null]}',
        'Here it is:\n\n{"a": 1, "b": ["x", null]}\n\nAnything else?',
        '```json\n{"a": 1, "b": ["x", null]}\n```',
        '```\n{"a": 1, "b": ["x", null]}\n```',
        'A set {x} and a template {name}, then {"a": 1, "b": ["x", null]}',
        'Like {"a": 0}:\n```json\n{"a": 1, "b": ["x", null]}\n```',
        '<think>{"a": 0}</think>{"a": 1, "b": ["x", null]}',
        '{"a": 1, "b": ["x", null,],}',
        '{\n  // how many\n  "a": 1, /* of\n them */\n  "b": ["x", null] // done\n}',
        '\ufeff{"a": 1,\r\n"b": ["x", null]}',
        '{"not" json} {"a": 1, "b": ["x", null]}',
    ],
)
def test_the_object_of_an_answer_is_found(text: str) -> None:
    assert extract_json(text) == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no object",
        "[1, 2]",
        '{"a": {"b": 1}, "c": ',
        '{"a": {"b": 1} "c": 2}',
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": ' * 5000 + "1" + "}" * 5000,
        '{"a": ' + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1) + "}",
        '{"a": ' + "9" * 10_000 + "}",
        "{'a': 1}",
    ],
)
def test_without_a_whole_sound_object_there_is_none(text: str) -> None:
    assert extract_json(text) is None


def test_marks_inside_strings_are_left_alone() -> None:
    text = '{"url": "http://x/{y},]", "note": "a \\" // b /* c",}'

    assert extract_json(text) == {"url": "http://x/{y},]", "note": 'a " // b /* c'}


def test_characters_that_no_database_takes_are_replaced() -> None:
    assert extract_json('{"a": "x\\u0000y\\ud800", "b": "line\nbreak"}') == {"a": "x\ufffdy\ufffd", "b": "line\nbreak"}


@settings(deadline=None)
@given(st.dictionaries(st.text("abc", min_size=1), JSON, min_size=1, max_size=4), st.booleans())
def test_every_object_is_read_back_from_a_chat(value: dict[str, JsonValue], is_fenced: bool) -> None:  # noqa: FBT001 - hypothesis fills it
    text = json.dumps(value, indent=1)

    assert extract_json(f"Sure:\n```json\n{text}\n```\n" if is_fenced else f"Sure: {text} Bye {{") == value
