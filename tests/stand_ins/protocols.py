"""The three protocols of the stand-in model server: how each writes an answer, whole or streamed, and an error."""

import json
from collections.abc import Iterator
from typing import Literal, Protocol

from tests.stand_ins.replies import Json, Reply

Part = Literal["opening", "text", "closing"]
Frames = Iterator[tuple[Part, bytes]]
WHEN = "2026-01-01T00:00:00Z"


class WireProtocol(Protocol):
    """One provider's way to answer a chat request."""

    content_type: str

    def error(self, message: str) -> Json:
        """Return the body of an error."""

    def whole(self, reply: Reply, body: Json) -> Json:
        """Return the body of an answer that is not streamed."""

    def frames(self, reply: Reply, body: Json) -> Frames:
        """Write a streamed answer, frame by frame."""


def tokens_of(text: str) -> int:
    """Count words: what the stand-in calls a token, so that no estimate can give the same number by accident."""
    return len(text.split())


def tokens_asked(body: Json) -> int:
    """Count the tokens of a request's messages, the system's included."""
    texts = [message.get("content", "") for message in body.get("messages", [])]
    return sum(tokens_of(str(text)) for text in [body.get("system", ""), *texts])


def _line(value: Json) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _event(value: Json) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


class Ollama:
    """Newline-delimited JSON records, the last with ``done`` and the counts."""

    content_type = "application/x-ndjson"

    def error(self, message: str) -> Json:
        """Return the body of an error."""
        return {"error": message}

    def whole(self, reply: Reply, body: Json) -> Json:
        """Return the body of an answer that is not streamed."""
        return self._last(reply, body) | {"message": {"role": "assistant", "content": reply.text}}

    def frames(self, reply: Reply, body: Json) -> Frames:
        """Write a record per piece, and the last record."""
        for text in reply.pieces():
            yield "text", _line(self._record(body, text) | {"done": False})
        yield "closing", _line(self._last(reply, body))

    def _record(self, body: Json, text: str) -> Json:
        return {"model": body["model"], "created_at": WHEN, "message": {"role": "assistant", "content": text}}

    def _last(self, reply: Reply, body: Json) -> Json:
        counts = {"prompt_eval_count": tokens_asked(body), "eval_count": tokens_of(reply.text)}
        durations = {"total_duration": 3, "load_duration": 1, "prompt_eval_duration": 1, "eval_duration": 1}
        last = self._record(body, "") | {"done": True, "done_reason": reply.finish_reason}
        return last if reply.no_usage else last | durations | counts


class OpenAI:
    """Server-sent events of chat completion chunks, ended by ``[DONE]``."""

    content_type = "text/event-stream; charset=utf-8"

    def error(self, message: str) -> Json:
        """Return the body of an error."""
        return {"error": {"message": message, "type": "stand_in_error", "param": None, "code": None}}

    def whole(self, reply: Reply, body: Json) -> Json:
        """Return the body of an answer that is not streamed."""
        message = {"role": "assistant", "content": reply.text}
        choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
        answer = self._base(body, "chat.completion") | {"choices": [choice]}
        return answer if reply.no_usage else answer | {"usage": self._usage(reply, body)}

    def frames(self, reply: Reply, body: Json) -> Frames:
        """Write the role, the pieces, the reason of the end, the usage when asked for, and the end mark."""
        yield "opening", self._chunk(body, {"role": "assistant", "content": ""}, None)
        for text in reply.pieces():
            yield "text", self._chunk(body, {"content": text}, None)
        yield "closing", self._chunk(body, {}, reply.finish_reason)
        if (body.get("stream_options") or {}).get("include_usage") and not reply.no_usage:
            usage = {"choices": [], "usage": self._usage(reply, body)}
            yield "closing", _event(self._base(body, "chat.completion.chunk") | usage)
        yield "closing", b"data: [DONE]\n\n"

    def _base(self, body: Json, kind: str) -> Json:
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": body["model"]}

    def _chunk(self, body: Json, delta: Json, finish_reason: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return _event(self._base(body, "chat.completion.chunk") | {"choices": [choice]})

    def _usage(self, reply: Reply, body: Json) -> Json:
        asked, answered = tokens_asked(body), tokens_of(reply.text)
        return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


class Anthropic:
    """Named server-sent events around content blocks."""

    content_type = "text/event-stream; charset=utf-8"

    _REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}

    def error(self, message: str) -> Json:
        """Return the body of an error."""
        return {"type": "error", "error": {"type": "stand_in_error", "message": message}}

    def whole(self, reply: Reply, body: Json) -> Json:
        """Return the body of an answer that is not streamed."""
        content = [{"type": "text", "text": reply.text}]
        ending = {"content": content, "stop_reason": self._reason(reply), "usage": self._usage(reply, body)}
        return self._message(body) | ending

    def frames(self, reply: Reply, body: Json) -> Frames:
        """Write the message around its only block, the pieces, and the reason of the end with the usage."""
        usage = self._usage(reply, body)
        start = self._message(body) | {"usage": usage | {"output_tokens": 1}}
        yield "opening", self._event({"type": "message_start", "message": start})
        block = {"type": "text", "text": ""}
        yield "opening", self._event({"type": "content_block_start", "index": 0, "content_block": block})
        yield "opening", self._event({"type": "ping"})
        for text in reply.pieces():
            delta = {"type": "text_delta", "text": text}
            yield "text", self._event({"type": "content_block_delta", "index": 0, "delta": delta})
        yield "closing", self._event({"type": "content_block_stop", "index": 0})
        ending = {"stop_reason": self._reason(reply), "stop_sequence": None}
        yield "closing", self._event({"type": "message_delta", "delta": ending, "usage": usage})
        yield "closing", self._event({"type": "message_stop"})

    def _event(self, value: Json) -> bytes:
        return f"event: {value['type']}\n".encode() + _event(value)

    def _message(self, body: Json) -> Json:
        base = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"]}
        return base | {"content": [], "stop_reason": None, "stop_sequence": None}

    def _usage(self, reply: Reply, body: Json) -> Json:
        if reply.no_usage:
            return {"input_tokens": 0, "output_tokens": 0}
        return {"input_tokens": tokens_asked(body), "output_tokens": tokens_of(reply.text)}

    def _reason(self, reply: Reply) -> str:
        return self._REASONS.get(reply.finish_reason, reply.finish_reason)


CHAT_PATHS: dict[str, WireProtocol] = {
    "/api/chat": Ollama(),
    "/v1/chat/completions": OpenAI(),
    "/v1/messages": Anthropic(),
}
