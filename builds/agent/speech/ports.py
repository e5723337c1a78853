"""What the agent needs to listen: a recording goes in, what was said comes out."""

from typing import Protocol

from builds.agent.ports import IsCancelled
from builds.agent.speech.values import Recording, Transcript


class Transcriber(Protocol):
    """Somebody who listens; safe to call from several threads."""

    @property
    def name(self) -> str:
        """``transcription:name``."""

    def transcribe(self, recording: Recording, *, is_cancelled: IsCancelled) -> Transcript:
        """Return what was said.

        :raises TransientError: worth another try (unreachable, overloaded, timed out).
        :raises AgentError: ``transcription.*``, not worth another try.
        :raises Cancelled: the run was asked to stop; the call is over.
        """
