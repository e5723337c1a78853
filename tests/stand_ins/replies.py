"""What the stand-in model server answers, and in which order."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """One scripted answer; times are seconds, sizes are characters of the answer's text.

    ``purpose`` limits the reply to requests with that marker. An endless reply is never used up.
    """

    text: str = ""
    purpose: str | None = None
    chunk_size: int = 20
    first_delay_seconds: float = 0.0
    delay_seconds: float = 0.0
    status: int = 200
    error: str = "the stand-in was told to fail"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    html: str | None = None
    no_usage: bool = False
    finish_reason: str = "stop"
    drop_connection: bool = False
    is_endless: bool = False

    def pieces(self) -> list[str]:
        """Return the text as it is streamed, up to where the connection is cut."""
        text = self.text if self.cut_after is None else self.text[: self.cut_after]
        return [text[start : start + self.chunk_size] for start in range(0, len(text), self.chunk_size)]


Route = Callable[[Json], Reply]
Script = Sequence[Reply | str] | Mapping[str, Sequence[Reply | str]] | Route


class Replies:
    """Hand out a script's replies in order; safe for requests that arrive side by side."""

    def __init__(self, script: Script) -> None:
        self._route = script if callable(script) else None
        self._queue = [] if callable(script) else queued(script)
        self._lock = Lock()

    def reply_to(self, body: Json) -> Reply:
        """Return the first unused reply that fits the request's purpose; a 400 when none is left."""
        if self._route is not None:
            return self._route(body)
        purpose = purpose_of(body)
        with self._lock:
            for number, reply in enumerate(self._queue):
                if reply.purpose in {None, purpose}:
                    return reply if reply.is_endless else self._queue.pop(number)
        return Reply(status=400, error=f"the script has no reply left for purpose {purpose!r}")


def queued(script: Sequence[Reply | str] | Mapping[str, Sequence[Reply | str]]) -> list[Reply]:
    """Return a script's replies in one list, each marked with its purpose."""
    if isinstance(script, Mapping):
        return [_marked(reply, purpose) for purpose, replies in script.items() for reply in replies]
    return [Reply(reply) if isinstance(reply, str) else reply for reply in script]


def _marked(reply: Reply | str, purpose: str) -> Reply:
    values = {"text": reply} if isinstance(reply, str) else vars(reply)
    return Reply(**{**values, "purpose": purpose})


def purpose_of(body: Json) -> str:
    """Read the marker ``purpose: <name>`` from the first line of the system message; empty without one."""
    systems = [message for message in body.get("messages", []) if message.get("role") == "system"]
    system = body.get("system") or (systems[0].get("content") if systems else "")
    if isinstance(system, list):
        system = "".join(str(block.get("text", "")) for block in system)
    marker, _, purpose = str(system).partition("\n")[0].partition(":")
    return purpose.strip() if marker.strip() == "purpose" else ""


def read_script(path: Path) -> list[Reply]:
    """Read a JSON file: purpose → list of texts or of objects with the fields of :class:`Reply`."""
    purposes: dict[str, list[Any]] = json.loads(path.read_text(encoding="utf-8"))
    return queued(
        {
            purpose: [Reply(**reply) if isinstance(reply, dict) else str(reply) for reply in replies]
            for purpose, replies in purposes.items()
        }
    )
