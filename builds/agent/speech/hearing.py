"""Having a recording written down, once for a run however often its step runs."""

from dataclasses import dataclass
from hashlib import sha256

from builds.agent.errors import Cancelled
from builds.agent.llm.retries import call_with_retries
from builds.agent.ports import CallBound, Clock, IsCancelled, Journal, Outcome
from builds.agent.speech.ports import Transcriber
from builds.agent.speech.values import Recording, Transcript

KIND, STEP = "speech", "attachments.1.transcribe"
_TRIES = 3
_PASSING = frozenset({"transcription.unreachable", "transcription.overloaded"})
_TOTAL_SECONDS = 600.0


@dataclass(frozen=True)
class Listening:
    """What is needed to have recordings written down."""

    transcriber: Transcriber
    journal: Journal
    clock: Clock
    should_stop: IsCancelled


def heard(ports: Listening, recording: Recording) -> str:
    """Return what was said in a recording, from the journal if this run has listened to it already.

    :raises AgentError: ``transcription.*``, or ``budget.*``.
    :raises Cancelled: the run was asked to stop.
    """
    tries = iter(range(_TRIES))
    transcript = call_with_retries(
        lambda _seconds: _heard_once(ports, recording, number=next(tries)),
        passing=_PASSING,
        retries=_TRIES - 1,
        total_seconds=_TOTAL_SECONDS,
        clock=ports.clock,
        is_cancelled=ports.should_stop,
    )
    return transcript.text


def _heard_once(ports: Listening, recording: Recording, *, number: int) -> Transcript:
    def perform() -> Outcome:
        found = ports.transcriber.transcribe(recording, is_cancelled=ports.should_stop)
        return Outcome(found.model_dump(mode="json"), (("recording.heard", _told(found)),), usage=found)

    if ports.should_stop():
        raise Cancelled
    given = {"sha256": sha256(recording.content).hexdigest(), "model": ports.transcriber.name}
    bound = CallBound(ports.transcriber.name, 0, 0, number, audio_seconds=recording.most_seconds)
    return Transcript.model_validate(ports.journal.once(KIND, STEP, given, perform, bound=bound))


def _told(found: Transcript) -> dict[str, object]:
    return {
        "model": found.model,
        "seconds": round(found.seconds, 1),
        "characters": len(found.text),
        "duration_ms": round(found.duration_seconds * 1000),
    }
