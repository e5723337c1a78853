"""What a file is, found in its content alone; nothing is decoded, and no more is unpacked than a judgement needs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from memory.attachments import images, plain, refusals, sounds, tars, zips
from memory.models.attachment import Family

MAX_BYTES = 20_000_000

Reader = Callable[[bytes], Mapping[str, Any]]
"""Returns what the headers say; refuses what is damaged, too large inside, or goes on behind its end."""

_ACTIVE = re.compile(rb"(?i)<script|<\?php|<html[\s>]|<!doctype\s+html")
_ACTIVE_HEAD = re.compile(rb"(?i)%PDF-|<svg|<body|<iframe")
_HEAD = 1_024
_HIDDEN_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\x00")
_END_OF_ZIP, _ZIP_END_BYTES = b"PK\x05\x06", 22


@dataclass(frozen=True)
class Inspected:
    """A file that is taken: how it is read, what it is, and what its headers say."""

    family: str
    media_type: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Kind:
    family: Family
    media_type: str
    matches: Callable[[bytes], bool]
    read: Reader


def _begins(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signatures)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(b"RIFF") and content[8:12] == kind


_KINDS = (
    _Kind(Family.IMAGE, "image/png", _begins(b"\x89PNG\r\n\x1a\n"), images.png),
    _Kind(Family.IMAGE, "image/jpeg", _begins(b"\xff\xd8\xff"), images.jpeg),
    _Kind(Family.IMAGE, "image/gif", _begins(b"GIF87a", b"GIF89a"), images.gif),
    _Kind(Family.IMAGE, "image/webp", _riff(b"WEBP"), images.webp),
    _Kind(Family.IMAGE, "image/tiff", _begins(b"II*\0", b"MM\0*"), images.tiff),
    _Kind(Family.IMAGE, "image/bmp", images.is_bmp, images.bmp),
    _Kind(Family.VOICE, "audio/ogg", _begins(b"OggS\0"), sounds.ogg),
    _Kind(Family.VOICE, "audio/wav", _riff(b"WAVE"), sounds.wav),
    _Kind(Family.VOICE, "audio/flac", _begins(b"fLaC"), sounds.flac),
    _Kind(Family.VOICE, "audio/mp4", sounds.is_mp4, sounds.mp4),
    _Kind(Family.VOICE, "audio/mpeg", sounds.is_mp3, sounds.mp3),
    _Kind(Family.ARCHIVE, "application/zip", _begins(b"PK\x03\x04", _END_OF_ZIP), zips.judged),
    _Kind(Family.ARCHIVE, "application/gzip", _begins(b"\x1f\x8b"), tars.judged_gzip),
    _Kind(Family.ARCHIVE, "application/x-tar", tars.is_tar, tars.judged_tar),
)


def inspect(content: bytes, name: str = "", *, most: int = MAX_BYTES) -> Inspected:  # noqa: ARG001  it says nothing
    """Find out what a file is.

    :param name: only what people call it; a file is judged by what it holds.
    :raises AppError: ``attachment.…``, with a sentence that says what is taken.
    """
    if not content:
        raise refusals.empty()
    if len(content) > most:
        raise refusals.too_large(most)
    kind = next((kind for kind in _KINDS if kind.matches(content)), None)
    if kind is None:
        return _text(content)
    facts = kind.read(content)
    _check_single(content, kind)
    return Inspected(kind.family, kind.media_type, facts)


def _text(content: bytes) -> Inspected:
    media_type, facts = plain.judged(content)
    return Inspected(Family.TEXT, media_type, facts)


def _check_single(content: bytes, kind: _Kind) -> None:
    """Refuse what a browser, an archiver or a reader of PDFs would take for one of its own."""
    head = content[:_HEAD]
    is_packed = kind.family == Family.ARCHIVE  # what is stored in it unpacked may well be such a text
    found = b"%PDF-" in head if is_packed else _ACTIVE_HEAD.search(head) or _ACTIVE.search(content)
    if found:
        raise refusals.several_kinds()
    if not is_packed and (_ends_as_zip(content) or any(one in content for one in _HIDDEN_ARCHIVES)):
        raise refusals.several_kinds()


def _ends_as_zip(content: bytes) -> bool:
    at = content.rfind(_END_OF_ZIP, max(0, len(content) - 66_000))
    return at >= 0 and len(content) - at >= _ZIP_END_BYTES
