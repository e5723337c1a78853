"""Files that come with a message: read before the message is, and what was spoken is what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.utils import translation

from builds import guarding
from builds.agent.attachments import Attached, within_budget
from builds.agent.errors import AgentError
from builds.agent.talking.phrases import say, spoken
from builds.agent.talking.reading import speech_of
from builds.attachments import taking, texts, voices
from builds.attachments.texts import Known, Readers
from builds.jobs import telling
from builds.models.job import Job
from builds.runs import fence
from builds.runs.claim import Claim
from memory import hearing
from memory.models.attachment import Attachment, Family
from memory.models.message import Message

log = structlog.get_logger(__name__)
MAX_SHOWN = 3_000
"""Characters of what was heard that are said back."""
HEARD = "heard"


@dataclass(frozen=True)
class Brought:
    """What a message came with."""

    attached: tuple[Attached, ...] = ()
    answer: str = ""
    """What is to be said where the message itself says nothing; empty where it says something."""


def bring(claim: Claim, job: Job, message: Message, readers: Readers) -> Brought:
    """Read the files of a message, and those before it that no build has taken.

    :raises AgentError: ``attachments.sensitive``: what was spoken may not be kept.
    :raises StaleFence: another worker took the job over.
    """
    own = list(Attachment.objects.filter(message=message).order_by("id"))
    waiting = taking.waiting_in(message.conversation).filter(message__seq__lt=message.seq)
    files = [*reversed(waiting[: taking.MOST - len(own)]), *own]
    if not files:
        return Brought()
    _read(files, readers)
    known = texts.known([file.pk for file in files])
    spoken_ones = [file for file in own if file.family == Family.VOICE]
    _take_as_said(claim, job, message, [known.get(file.pk, Known()).text for file in spoken_ones])
    attached = [each for file in files if file not in spoken_ones for each in _shown(file, known)]
    answer = "" if message.content.strip() else _answer(own, known, message.language)
    return Brought(tuple(within_budget(attached)), answer)


def _read(files: Sequence[Attachment], readers: Readers) -> None:
    try:
        texts.read(files, readers)
    except AgentError as error:
        if not error.code.startswith("sandbox."):
            raise
        log.warning("attachments.unread", code=error.code)  # the build that takes them reads them


def _take_as_said(claim: Claim, job: Job, message: Message, heard: Sequence[str]) -> None:
    text = "\n\n".join(part for part in heard if part)
    if not text or hearing.is_written(message):
        return
    kept, found = guarding.passed_speech(job.user, text)
    speech = speech_of(kept)
    with fence.held(claim.run_id, claim.fence):
        hearing.write(message, kept, language=speech)
        if found:
            guarding.write_down(job.user, None, found, is_redacted=kept != text)
        shown = kept if len(kept) <= MAX_SHOWN else f"{kept[:MAX_SHOWN]}…"
        telling.tell(job, say(speech, "heard", text=shown), key="heard", intent=HEARD)


def _shown(file: Attachment, known: Mapping[UUID, Known]) -> list[Attached]:
    """Return a file as prompts show it; nothing of one that models may not see."""
    text = guarding.fit_for_models(known[file.pk].text) if file.pk in known else None
    return [] if text is None else [Attached(name=file.name, family=file.family, text=text)]


def _answer(own: Sequence[Attachment], known: Mapping[UUID, Known], speech: str) -> str:
    unheard = [known[file.pk].note for file in own if file.family == Family.VOICE and file.pk in known]
    kept = [file.name for file in own if file.family != Family.VOICE]
    with translation.override(spoken(speech)):
        said = [voices.why_not(note) for note in dict.fromkeys(unheard) if note]
    if kept:
        said.append(say(speech, "files_kept", names=", ".join(kept)))
    return "\n\n".join(said)
