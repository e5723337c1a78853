"""Reads files that people sent, each in a sandbox of its own: no reader of foreign formats runs beside our data.

Voice is heard elsewhere. A reader that dies leaves a note with the file, and what waits for the file goes on.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from builds.agent.errors import Cancelled
from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import SandboxLimits, SandboxRequest, SandboxResult
from memory.attachments import selectors, services
from memory.models.artifact import MAX_TEXT, ArtifactKind
from memory.models.attachment import Attachment, Family

DRIVER = ("/runtime/bin/python", "-I", "-B", "/driver/read_file.py")
MAX_BYTES = 20 << 20
LIMITS = SandboxLimits(
    wall_seconds=60.0,
    cpu_seconds=60,
    output_bytes=4 << 20,
    file_bytes=32 << 20,
    input_file_bytes=MAX_BYTES,
    input_bytes=MAX_BYTES,
)
"""A file that people send is larger than any of a project's; one goes in at a time."""
MAX_FACTS = 32_768
_ENDED = {"timeout": "timeout", "memory_limit": "too_much", "output_limit": "too_much"}
_READ_AS = {Family.TEXT: ArtifactKind.TOOL_RESULT, Family.ARCHIVE: ArtifactKind.TOOL_RESULT}

Found = dict[str, tuple[Mapping[str, Any], str]]


class _Answer(BaseModel):
    """What a reader says; it has seen foreign bytes, and is believed no further than this."""

    model_config = ConfigDict(extra="ignore", strict=True)

    text: str = ""
    facts: dict[str, JsonValue] = {}
    problem: str = ""
    note: str = ""


def read_all(attachments: Sequence[Attachment], sandbox: Sandbox, *, is_cancelled: IsCancelled = lambda: False) -> None:
    """Read what no worker has read yet, other than voice, and write it down; being interrupted loses nothing.

    :raises AgentError: ``sandbox.*``: there is no place to read in now, and the files stay unread.
    :raises Cancelled: the run was asked to stop.
    """
    for attachment in selectors.unread(attachments):
        if attachment.family != Family.VOICE:
            _read(attachment, sandbox, is_cancelled)


def _read(attachment: Attachment, sandbox: Sandbox, is_cancelled: IsCancelled) -> None:
    content = selectors.content_of(attachment)
    if not content:  # it was deleted meanwhile
        return
    result = sandbox.run(_request(attachment, content), is_cancelled=is_cancelled)
    if result.outcome == "cancelled":
        raise Cancelled
    answer = _answer(result)
    problem = answer.problem or answer.note
    found = {} if answer.problem else _found(attachment, answer)
    services.write_all_down(attachment, found, unread=f"attachments.{problem}" if problem else "")


def _request(attachment: Attachment, content: bytes) -> SandboxRequest:
    order = {
        "family": attachment.family,
        "media_type": attachment.media_type,
        "encoding": attachment.facts.get("encoding"),
        "packing": attachment.facts.get("packing"),
        "most": MAX_TEXT,
    }
    return SandboxRequest(argv=DRIVER, files={"file": content}, stdin=json.dumps(order).encode(), limits=LIMITS)


def _answer(result: SandboxResult) -> _Answer:
    """Read what a reader said; one that was ended, or says something else, says nothing."""
    if result.outcome != "exited":
        return _Answer(problem=_ENDED[result.outcome])
    try:
        answer = _Answer.model_validate_json(result.stdout)
    except ValidationError:
        return _Answer(problem="unreadable")
    known = {"", "bomb", "too_much", "unreadable", "no_ocr"}
    return answer if {answer.problem, answer.note} <= known else _Answer(problem="unreadable")


def _found(attachment: Attachment, answer: _Answer) -> Found:
    facts = _bounded(answer.facts)
    if attachment.family != Family.IMAGE:
        return {_READ_AS[Family(attachment.family)]: (facts, answer.text)}
    known = {name: attachment.facts[name] for name in ("width", "height") if name in attachment.facts}
    found: Found = {ArtifactKind.IMAGE_JSON: ({"format": attachment.media_type, **known, **facts}, "")}
    if not answer.note:
        found[ArtifactKind.OCR_TEXT] = ({"languages": facts.get("ocr_languages", [])}, answer.text)
    return found


def _bounded(facts: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Facts are there to be shown: when there are too many of them, there are none."""
    return dict(facts) if len(json.dumps(facts)) <= MAX_FACTS else {}
