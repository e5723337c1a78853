"""What is known of a file by now, as the text that a model is shown."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from builds.agent.ports import Clock, IsCancelled, Journal, Sandbox
from builds.agent.speech.hearing import Listening
from builds.agent.speech.ports import Transcriber
from builds.attachments import reading, voices
from memory.attachments import selectors
from memory.models.artifact import ArtifactKind, MessageArtifact
from memory.models.attachment import Attachment, Family

SHOWN = 100_000
"""Characters of one file that are looked at; what a prompt shows is less."""
MAX_FACTS = 1_000
_READ = (ArtifactKind.VOICE_TRANSCRIPT, ArtifactKind.OCR_TEXT, ArtifactKind.TOOL_RESULT)


@dataclass(frozen=True)
class Readers:
    """What reads files: a sandbox, looked for when it is needed, and whoever listens; None where nobody does."""

    sandbox: Callable[[], Sandbox]
    transcriber: Transcriber | None
    journal: Journal
    clock: Clock
    should_stop: IsCancelled

    @property
    def listening(self) -> Listening | None:
        """Return what is needed to listen."""
        if self.transcriber is None:
            return None
        return Listening(self.transcriber, self.journal, self.clock, self.should_stop)


@dataclass(frozen=True)
class Known:
    """What was read in a file, or why nothing was."""

    text: str = ""
    note: str = ""


def read(attachments: Sequence[Attachment], readers: Readers) -> None:
    """Read what no worker has read yet; what is stored of it is never read again.

    :raises Cancelled: the run was asked to stop.
    """
    for voice in voices.unheard(list(attachments)):
        voices.listen(voice, readers.listening)
    rest = [each for each in selectors.unread(attachments) if each.family != Family.VOICE]
    if rest:
        reading.read_all(rest, readers.sandbox(), is_cancelled=readers.should_stop)


def known(ids: Iterable[UUID]) -> dict[UUID, Known]:
    """Return what is known of each of some files that are still there."""
    files = {each.pk: each for each in Attachment.objects.filter(pk__in=list(ids))}
    artifacts: dict[UUID, dict[str, MessageArtifact]] = {pk: {} for pk in files}
    for row in MessageArtifact.objects.filter(attachment__in=files):
        if row.attachment_id is not None:
            artifacts[row.attachment_id][row.kind] = row
    return {pk: _known(file, artifacts[pk]) for pk, file in files.items()}


def _known(file: Attachment, artifacts: Mapping[str, MessageArtifact]) -> Known:
    read_in = [artifacts[kind].text.strip() for kind in _READ if kind in artifacts]
    parts = [part for part in read_in if part]
    if ArtifactKind.IMAGE_JSON in artifacts:
        parts.insert(0, _facts(artifacts[ArtifactKind.IMAGE_JSON].content_json))
    return Known("\n\n".join(parts)[:SHOWN], "" if read_in else str(file.facts.get("unread", ""))[:200])


def _facts(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)[:MAX_FACTS]
