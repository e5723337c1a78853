"""What a file is, found in its content; its name says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from agentsite.common.errors import AppError
from memory.models.attachment import Family


@dataclass(frozen=True)
class Inspected:
    """A file that is taken: how it is read, what it is, and what its headers say."""

    family: str
    media_type: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def inspect(content: bytes, name: str) -> Inspected:
    """Find out what a file is without decoding or unpacking it.

    :raises AppError: ``attachment.…``, with a sentence that says what is taken.
    """
    if not content:
        raise AppError("attachment.empty", _("This file is empty."))
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Inspected(Family.IMAGE, "image/png")
    if content.startswith(b"OggS"):
        return Inspected(Family.VOICE, "audio/ogg")
    try:
        content.decode()
    except UnicodeDecodeError:
        raise AppError(
            "attachment.unknown_kind", _("“%(name)s” is of no kind that is taken.") % {"name": name[:100]}
        ) from None
    return Inspected(Family.TEXT, "text/plain", {"encoding": "utf-8"})
