"""Tar archives and what gzip has packed.

What a gzip stream unpacks to stands nowhere: it is counted, a piece at a time, and only up to where it is too much.
"""

import zlib
from collections.abc import Mapping
from typing import Any, Protocol

from memory.attachments import paths, refusals
from memory.attachments.zips import MAX_MEMBERS, MAX_RATIO, MAX_UNPACKED, SMALL

PIECE = 65_536
BLOCK = 512
_REGULAR, _FOLDERS = {b"0", b"\0", b"7"}, {b"5"}
_NAMES_NEXT, _NOTES = {b"L", b"K"}, {b"x", b"g"}
MAX_NOTE = 65_536
MAX_STREAMS = 100
"""One behind the other; each costs as much to begin as it may hold."""


class _Source(Protocol):
    def take(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end."""

    def skip(self, size: int) -> None:
        """Leave so many out."""


class _Plain:
    """Bytes, read in order."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def take(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end."""
        piece = self._content[self._at : self._at + size]
        self._at += size
        return piece

    def skip(self, size: int) -> None:
        """Leave so many out."""
        if self._at + size > len(self._content):
            raise refusals.broken()
        self._at += size


class _Unpacked:
    """What a gzip stream unpacks to, read in order and never held whole.

    :raises AppError: in every method: ``attachment.archive_bomb``, ``attachment.broken``, ``attachment.several_kinds``.
    """

    def __init__(self, content: bytes) -> None:
        self._content, self._at = memoryview(content), 0
        self._inflate = zlib.decompressobj(wbits=31)
        self._held = b""
        self._streams = 1
        self.total = 0

    def take(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end."""
        pieces, left = [self._held[:size]], size - len(self._held[:size])
        self._held = self._held[size:]
        while left:
            piece = self._next()
            if not piece:
                break
            pieces.append(piece[:left])
            self._held, left = piece[left:], max(0, left - len(piece))
        return b"".join(pieces)

    def skip(self, size: int) -> None:
        """Leave so many out."""
        while size:
            piece = self.take(min(size, PIECE))
            if not piece:
                raise refusals.broken()
            size -= len(piece)

    def _next(self) -> bytes:
        """Unpack the next piece; nothing at the end."""
        while True:
            if self._inflate.eof and not self._begin_member():
                return b""
            given = self._inflate.unconsumed_tail or self._more()
            try:
                piece = self._inflate.decompress(given, PIECE)
            except zlib.error:
                raise refusals.broken() from None
            if not given and not piece and not self._inflate.eof:
                raise refusals.broken()  # it is cut off
            self.total += len(piece)
            if self.total > MAX_UNPACKED or (self.total > SMALL and self.total > MAX_RATIO * self._at):
                raise refusals.archive_bomb()
            if piece:
                return piece

    def _more(self) -> bytes:
        piece = bytes(self._content[self._at : self._at + PIECE])
        self._at += len(piece)
        return piece

    def _begin_member(self) -> bool:
        """Say whether another stream follows; nothing else may."""
        self._at -= len(self._inflate.unused_data)
        rest = self._content[self._at :]
        if not rest:
            return False
        if bytes(rest[:2]) != b"\x1f\x8b":
            if len(rest) <= BLOCK and not bytes(rest).strip(b"\0"):
                return False
            raise refusals.several_kinds()
        self._streams += 1
        if self._streams > MAX_STREAMS:
            raise refusals.archive_bomb()
        self._inflate = zlib.decompressobj(wbits=31)
        return True


def is_tar(content: bytes) -> bool:
    """Say whether a file begins with a member's header."""
    return content[257:262] == b"ustar" and _has_sum(content[:BLOCK])


def judged_tar(content: bytes) -> Mapping[str, Any]:
    """Walk through the members of a tar archive.

    :raises AppError: as ``judged_gzip``.
    """
    return _walked(_Plain(content))


def judged_gzip(content: bytes) -> Mapping[str, Any]:
    """Walk through the members of a tar archive that is packed, or count what a single packed file unpacks to.

    :raises AppError: ``attachment.archive_bomb``, ``attachment.unsafe_path``, ``attachment.several_kinds``,
        ``attachment.broken``.
    """
    probe = _Unpacked(content)
    head = probe.take(BLOCK)
    if is_tar(head):
        return {"packing": "tar", **_walked(_Unpacked(content))}
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"Rar!", b"7z\xbc\xaf")):
        raise refusals.archive_bomb()  # an archive in an archive
    while probe.take(PIECE):
        pass
    return {"packing": "file", "members": 1, "unpacked_bytes": probe.total}


def _walked(source: _Source) -> Mapping[str, Any]:
    names, total, name = list[str](), 0, ""
    while header := source.take(BLOCK):
        if not header.strip(b"\0"):
            _check_rest(source)
            break
        size, kind, name = _header(header, name)
        if kind in _NAMES_NEXT | _NOTES:
            name = _longer_name(source, size, kind) or name
            continue
        paths.check(name, is_link=kind not in _REGULAR | _FOLDERS)
        names += [name] if kind in _REGULAR else []
        total += size
        if total > MAX_UNPACKED or len(names) > MAX_MEMBERS:
            raise refusals.archive_bomb()
        source.skip(_padded(size))
        name = ""
    if not names:
        raise refusals.empty()
    return {"members": len(names), "unpacked_bytes": total, "names": names[:50]}


def _header(header: bytes, name: str) -> tuple[int, bytes, str]:
    """Return size, kind and name of a member; a name that was told before it counts."""
    if len(header) < BLOCK or not _has_sum(header):
        raise refusals.several_kinds()
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    own = _text(header[:100])
    return _octal(header[124:136]), header[156:157], name or (f"{prefix}/{own}" if prefix else own)


def _longer_name(source: _Source, size: int, kind: bytes) -> str:
    if size > MAX_NOTE:
        raise refusals.archive_bomb()
    note = source.take(_padded(size))[:size]
    if kind in _NAMES_NEXT:
        return _text(note) if kind == b"L" else ""
    found = [line.partition(b" path=")[2] for line in note.split(b"\n") if b" path=" in line]
    if b" size=" in note or b"GNU.sparse" in note:
        raise refusals.broken()
    return found[-1].decode("utf-8", "replace") if found and kind == b"x" else ""


def _check_rest(source: _Source) -> None:
    """Let nothing but zeros stand behind the end."""
    while piece := source.take(PIECE):
        if piece.strip(b"\0"):
            raise refusals.several_kinds()


def _has_sum(header: bytes) -> bool:
    if len(header) < BLOCK:
        return False
    blank = header[:148] + b" " * 8 + header[156:]
    try:
        return int(header[148:156].strip(b"\0 ") or b"0", 8) == sum(blank)
    except ValueError:
        return False


def _octal(digits: bytes) -> int:
    try:
        return int(digits.strip(b"\0 ") or b"0", 8)
    except ValueError:
        raise refusals.broken() from None


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")
