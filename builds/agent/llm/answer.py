"""Collects a model's answer from its pieces, and stops what grows without end."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from builds.agent.errors import AgentError, TransientError

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessageChunk

FinishReason = Literal["stop", "length", "refused"]
LARGEST_ANSWER = 1 << 20
MOST_TOKENS = 1 << 30
CHARACTERS_PER_TOKEN = 16
"""Four characters a token is usual, runs of blanks reach more; beyond this, ``max_output_tokens`` was ignored."""

LOOP_CHARACTERS = 2_000
LOOP_REPEATS = 20
LONGEST_LOOP = 400
CHECK_EVERY = 500

_LENGTH = {"length", "max_tokens", "model_context_window_exceeded", "max_output_tokens"}
_REFUSED = {"content_filter", "refusal", "safety"}
_FINISH_FIELDS = ("finish_reason", "done_reason", "stop_reason")


def largest_answer(max_output_tokens: int) -> int:
    """Return how many characters an answer may have."""
    return min(LARGEST_ANSWER, CHARACTERS_PER_TOKEN * max_output_tokens)


def is_looping(tail: str) -> bool:
    """Say whether a text ends in one pattern said 20 times or more, over at least 2 000 characters.

    Patterns of up to 400 characters are seen; ``tail`` should hold the last 8 000.
    """
    return any(_repeats(tail, period) for period in range(1, LONGEST_LOOP + 1))


def _repeats(tail: str, period: int) -> bool:
    span = max(LOOP_CHARACTERS, LOOP_REPEATS * period)
    if len(tail) < span or tail[-period:] != tail[-2 * period : -period]:
        return False
    return tail[-span:-period] == tail[period - span :]


class Answer:
    """One answer as it arrives."""

    def __init__(self, largest: int) -> None:
        self.tokens_input = 0
        self.tokens_output = 0
        self.is_full = False
        self._largest = largest
        self._parts: list[str] = []
        self._size = 0
        self._unchecked = 0
        self._finish = ""

    def add(self, chunk: "BaseMessageChunk") -> str:
        """Take one chunk and return its text, cut where the answer has become too long.

        :raises AgentError: ``model.looping``.
        """
        self._read_usage(getattr(chunk, "usage_metadata", None))
        self._read_finish(chunk.response_metadata)
        piece = str(chunk.text)[: self._largest - self._size]
        self._parts.append(piece)
        self._size += len(piece)
        self.is_full = self._size >= self._largest
        self._look_for_loop(len(piece))
        return piece

    @property
    def raw_text(self) -> str:
        """Everything the model wrote."""
        return "".join(self._parts)

    @property
    def finish_reason(self) -> FinishReason:
        """Why the answer ended."""
        if self._finish in _REFUSED:
            return "refused"
        return "length" if self.is_full or self._finish in _LENGTH else "stop"

    @property
    def text(self) -> str:
        """The answer without the model's thinking."""
        return without_thinking(self.raw_text)

    def check(self) -> None:
        """Judge a stream that has ended.

        :raises TransientError: ``model.cut_off``: the stream ended without a reason and without usage.
        :raises AgentError: ``model.empty_answer``.
        """
        if not (self._finish or self.tokens_output or self.is_full):
            raise TransientError("model.cut_off", characters=self._size)
        if not self.text.strip() and self.finish_reason != "refused":
            raise AgentError("model.empty_answer", finish_reason=self.finish_reason)

    def _read_usage(self, usage: Mapping[str, Any] | None) -> None:
        """Keep the largest numbers seen: some servers send a running count with every chunk."""
        if usage:
            self.tokens_input = max(self.tokens_input, _tokens(usage.get("input_tokens")))
            self.tokens_output = max(self.tokens_output, _tokens(usage.get("output_tokens")))

    def _read_finish(self, metadata: Mapping[str, Any]) -> None:
        reasons = (metadata.get(field) for field in _FINISH_FIELDS)
        self._finish = next((str(reason).lower() for reason in reasons if reason), self._finish)

    def _look_for_loop(self, added: int) -> None:
        self._unchecked += added
        if self._unchecked < CHECK_EVERY or self._size < LOOP_CHARACTERS:
            return
        self._unchecked = 0
        if is_looping(self._tail()):
            raise AgentError("model.looping", characters=self._size)

    def _tail(self) -> str:
        wanted, size, parts = LOOP_REPEATS * LONGEST_LOOP, 0, []
        for part in reversed(self._parts):
            parts.append(part)
            size += len(part)
            if size >= wanted:
                break
        return "".join(reversed(parts))[-wanted:]


def without_thinking(text: str) -> str:
    """Drop a leading ``<think>`` block, which some local models send as part of the answer.

    An unclosed block means that the model never came to its answer: nothing is left.
    """
    stripped = text.lstrip()
    if not stripped.startswith("<think>"):
        return text
    _, closing, answer = stripped.partition("</think>")
    return answer.lstrip() if closing else ""


def _tokens(told: object) -> int:
    """Read a server's count; what can't be one counts as nothing, and no number is larger than the ledger takes."""
    return min(max(told, 0), MOST_TOKENS) if isinstance(told, int) else 0
