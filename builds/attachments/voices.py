"""Voice notes: what was said in one becomes its transcript, or it says why there is none."""

from builds import failures
from builds.agent.errors import AgentError
from builds.agent.speech.hearing import Listening, heard
from builds.agent.speech.values import Recording
from memory.attachments import selectors, services
from memory.models.artifact import ArtifactKind, MessageArtifact
from memory.models.attachment import Attachment, Family

NOT_CONNECTED = "transcription.not_connected"
_FASTEST_BYTES = 200_000
"""No second of speech takes more: uncompressed, in stereo, it takes 192 000."""
_OURS = ("transcription.", "budget.")
"""Faults after which the note stays unread and the work goes on."""
_ABOUT_LISTENING = {"budget.no_price": "transcription.no_price"}


def unheard(attachments: list[Attachment]) -> list[Attachment]:
    """Return which of some files are voice notes without a transcript; one that failed before is tried again."""
    voices = [each for each in attachments if each.family == Family.VOICE]
    written = MessageArtifact.objects.filter(attachment__in=voices, kind=ArtifactKind.VOICE_TRANSCRIPT)
    known = set(written.values_list("attachment_id", flat=True))
    return [each for each in voices if each.pk not in known]


def listen(attachment: Attachment, listening: Listening | None) -> None:
    """Write a voice note down; where that can't be done, its facts say so.

    :raises Cancelled: the run was asked to stop.
    """
    content = selectors.content_of(attachment)
    if not content:  # it was deleted meanwhile
        return
    if listening is None:
        services.write_all_down(attachment, {}, unread=NOT_CONNECTED)
        return
    try:
        text = heard(listening, Recording(content, attachment.media_type, _seconds(attachment)))
    except AgentError as error:
        if not error.code.startswith(_OURS):
            raise
        services.write_all_down(attachment, {}, unread=_ABOUT_LISTENING.get(error.code, error.code))
        return
    services.write_down(attachment, ArtifactKind.VOICE_TRANSCRIPT, {"model": listening.transcriber.name}, text)


def why_not(code: str) -> str:
    """Say why nothing was heard, and what to do, in the language that is active."""
    return f"{failures.message(code, {})} {failures.hint(code)}".strip()


def _seconds(attachment: Attachment) -> float | None:
    """Return a length that is no less than the size allows: headers may say anything."""
    told = attachment.facts.get("duration")
    if not isinstance(told, int | float) or told <= 0:
        return None
    return max(float(told), attachment.size / _FASTEST_BYTES)
