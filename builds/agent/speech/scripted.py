"""A transcriber that hears what a script says."""

from collections.abc import Sequence
from threading import Lock

from builds.agent.errors import Cancelled
from builds.agent.ports import IsCancelled
from builds.agent.speech.values import Recording, Transcript


class ScriptedTranscriber:
    """Give the listed texts in turn, the last one again and again; one that is an exception is raised."""

    def __init__(self, heard: Sequence[str | Exception], *, name: str = "transcription:scripted") -> None:
        self.recordings: list[Recording] = []
        self._heard = list(heard)
        self._name = name
        self._lock = Lock()

    @property
    def name(self) -> str:
        """``transcription:name``."""
        return self._name

    def transcribe(self, recording: Recording, *, is_cancelled: IsCancelled) -> Transcript:
        """Return the next text."""
        if is_cancelled():
            raise Cancelled
        with self._lock:
            self.recordings.append(recording)
            heard = self._heard.pop(0) if len(self._heard) > 1 else self._heard[0]
        if isinstance(heard, Exception):
            raise heard
        return Transcript(
            text=heard,
            model=self._name,
            seconds=recording.most_seconds,
            is_estimated=recording.seconds is None,
        )
