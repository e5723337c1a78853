"""Interim: replaced by the reading in the sandbox."""

from collections.abc import Sequence

from builds.agent.ports import IsCancelled, Sandbox
from memory.attachments import selectors, services
from memory.models.artifact import ArtifactKind
from memory.models.attachment import Attachment


def read_all(attachments: Sequence[Attachment], sandbox: Sandbox, *, is_cancelled: IsCancelled) -> None:  # noqa: ARG001
    """Read."""
    for attachment in attachments:
        text = selectors.content_of(attachment).decode(errors="replace")
        services.write_down(attachment, ArtifactKind.TOOL_RESULT, {}, text)
