"""A model that answers from a script."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock

from builds.agent.errors import Cancelled
from builds.agent.llm.tokens import estimate_tokens
from builds.agent.ports import IsCancelled
from builds.agent.values import ModelReply, ModelRequest

Script = Mapping[str, Sequence[str | Exception]] | Callable[[ModelRequest], str | Exception]


class ScriptExhausted(AssertionError):  # exceptions here name the fact
    """The code under test asked for more than its script holds."""


class ScriptedModel:
    """Answer each purpose with its own replies in order, in pieces; a reply that is an exception is raised.

    :param replies: purpose → replies, or a function of the request.
    :raises ScriptExhausted: from ``complete``, when a purpose has no reply left.
    """

    def __init__(self, replies: Script, *, name: str = "scripted:model", piece_size: int = 40) -> None:
        self.requests: list[ModelRequest] = []
        self._script = replies
        self._name = name
        self._piece_size = piece_size
        self._used: dict[str, int] = {}
        self._lock = Lock()

    @property
    def name(self) -> str:
        """``provider:name``."""
        return self._name

    def complete(
        self, request: ModelRequest, *, on_text: Callable[[str], None], is_cancelled: IsCancelled
    ) -> ModelReply:
        """Return the next reply for the request's purpose."""
        if is_cancelled():
            raise Cancelled
        reply = self._next_reply(request)
        if isinstance(reply, Exception):
            raise reply
        for piece in self._pieces(reply):
            if is_cancelled():
                raise Cancelled
            on_text(piece)
        return ModelReply(
            text=reply,
            model=self._name,
            tokens_input=estimate_tokens(message.content for message in request.messages),
            tokens_output=estimate_tokens([reply]),
            is_estimated=True,
        )

    def _pieces(self, text: str) -> Iterator[str]:
        return (text[start : start + self._piece_size] for start in range(0, len(text), self._piece_size))

    def _next_reply(self, request: ModelRequest) -> str | Exception:
        with self._lock:
            self.requests.append(request)
            if not isinstance(self._script, Mapping):
                return self._script(request)
            replies = self._script.get(request.purpose, ())
            number = self._used.get(request.purpose, 0)
            self._used[request.purpose] = number + 1
        if number >= len(replies):
            raise ScriptExhausted(f"call {number + 1} for {request.purpose!r}, but its script has {len(replies)}")
        return replies[number]
