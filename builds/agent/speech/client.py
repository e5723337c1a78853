"""A transcriber behind ``/audio/transcriptions``: OpenAI's, or of a server that speaks like it."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from builds.agent.errors import AgentError, Cancelled, TransientError
from builds.agent.llm.providers import split_credentials, trusted_certificates
from builds.agent.ports import IsCancelled
from builds.agent.speech import answer
from builds.agent.speech.values import Recording, Transcript

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 300.0
"""A small machine needs minutes for a long recording."""
LOOK_SECONDS = 0.1
_NAMES = {
    "audio/ogg": "speech.ogg",
    "audio/mpeg": "speech.mp3",
    "audio/mp4": "speech.m4a",
    "audio/wav": "speech.wav",
    "audio/webm": "speech.webm",
    "audio/flac": "speech.flac",
    "video/mp4": "speech.mp4",
    "video/webm": "speech.webm",
}
_UNREACHABLE = ("ConnectError", "ConnectTimeout")
T = TypeVar("T")


@dataclass(frozen=True)
class HttpTranscriber:
    """Has a server listen.

    :param base_url: ends in ``/v1`` as a rule; it may carry a password, so it stays out of ``repr``.
    """

    base_url: str = field(repr=False)
    api_key: str = field(repr=False)
    model: str
    total_seconds: float = TOTAL_SECONDS

    @property
    def name(self) -> str:
        """``transcription:name``."""
        return f"transcription:{self.model}"

    def transcribe(self, recording: Recording, *, is_cancelled: IsCancelled) -> Transcript:
        """Return what was said, in one call; nothing of the server's words but the transcript is kept."""
        started = time.monotonic()
        try:
            body = asyncio.run(_watched(self._asked(recording), is_cancelled, self.total_seconds))
        except (AgentError, Cancelled):
            raise
        except Exception as error:  # noqa: BLE001  what httpx raises may quote an address or a key
            raise _named(error) from None
        text, told = answer.text_and_seconds(body)
        return Transcript(
            text=text,
            model=self.name,
            seconds=told or recording.most_seconds,
            is_estimated=told is None and not recording.seconds,
            duration_seconds=time.monotonic() - started,
        )

    async def _asked(self, recording: Recording) -> bytes:
        import httpx

        url, headers = split_credentials(self.base_url.rstrip("/"))
        headers = {"Accept-Encoding": "identity", **headers}  # a small answer must not unfold into a large one
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        name = _NAMES.get(recording.media_type, "speech")
        options: dict[str, Any] = {
            "timeout": httpx.Timeout(self.total_seconds, connect=CONNECT_SECONDS),
            "trust_env": False,
            "follow_redirects": False,
            "verify": trusted_certificates(),
        }
        request: dict[str, Any] = {
            "data": {"model": self.model, "response_format": "json"},
            "files": {"file": (name, recording.content, recording.media_type)},
            "headers": headers,
        }
        async with (
            httpx.AsyncClient(**options) as client,
            client.stream("POST", f"{url}/audio/transcriptions", **request) as given,
        ):
            fault = answer.fault_of(given.status_code, given.headers.get("retry-after", ""))
            if fault is not None:
                raise fault
            return await _read(given)


async def _read(given: "httpx.Response") -> bytes:
    parts, size = [], 0
    async for part in given.aiter_bytes():
        size += len(part)
        if size > answer.MAX_BYTES:
            raise AgentError("transcription.bad_answer")
        parts.append(part)
    return b"".join(parts)


async def _watched(call: Coroutine[Any, Any, T], is_cancelled: IsCancelled, seconds: float) -> T:
    """Return what a call gives, unless it takes too long or nobody wants it any more; then it is over."""
    under_way = asyncio.ensure_future(call)
    until = time.monotonic() + seconds
    try:
        while not under_way.done():
            if is_cancelled():
                raise Cancelled
            if time.monotonic() > until:
                raise TransientError("transcription.timeout")
            await asyncio.wait({under_way}, timeout=LOOK_SECONDS)
        return under_way.result()
    finally:
        under_way.cancel()


def _named(error: Exception) -> AgentError:
    kind = type(error).__name__
    if kind in _UNREACHABLE:
        return TransientError("transcription.unreachable")
    if "Timeout" in kind:
        return TransientError("transcription.timeout")
    if kind in {"InvalidURL", "UnsupportedProtocol"}:
        return AgentError("transcription.rejected", status=0)
    return TransientError("transcription.lost", kind=kind)
