"""Judging an answer while it arrives."""

import pytest

from builds.agent.llm.answer import is_looping, largest_answer, without_thinking
from builds.agent.llm.tokens import estimate_tokens


@pytest.mark.parametrize("pattern", ["=", "ab", "    pass\n", "x" * 99 + "\n", "y" * 399 + "\n"])
def test_one_pattern_said_twenty_times_over_is_a_loop(pattern: str) -> None:
    assert is_looping(("So it goes. " + pattern * 8_000)[:9_000])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=" * 1_999,
        ("z" * 399 + "\n") * 19,
        "\n".join(f"case {number}: return {number}" for number in range(500)),
        "=" * 3_000 + " and then it went on",
    ],
)
def test_long_or_similar_text_is_no_loop(text: str) -> None:
    assert not is_looping(text)


def test_an_answer_may_have_sixteen_characters_a_token_and_no_more_than_a_mebibyte() -> None:
    assert largest_answer(100) == 1_600
    assert largest_answer(10**9) == 1 << 20


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("plain", "plain"),
        ("<think>a</think>\nb", "b"),
        ("\n<think>a", ""),
        ("see <think>a</think>", "see <think>a</think>"),
    ],
)
def test_only_leading_thinking_is_dropped(text: str, answer: str) -> None:
    assert without_thinking(text) == answer


def test_tokens_are_estimated_by_bytes_rounded_up() -> None:
    assert estimate_tokens(["abcd", "e"]) == 2
    assert estimate_tokens(["дом"]) == 2
    assert estimate_tokens([]) == 0
