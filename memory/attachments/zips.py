"""Zip archives, judged by their directory: nothing is unpacked here.

Headers can lie; what they hide is noticed where the archive is unpacked, in the sandbox.
"""

import stat
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from memory.attachments import paths, refusals

MAX_MEMBERS = 2_000
MAX_UNPACKED = 100_000_000
MAX_RATIO = 200
SMALL = 1_000_000
"""What unpacks to less than this may be as regular as it likes."""
MAX_COMMENT = 256
MAX_GAP = 64
"""Between two members: a data descriptor, or what aligns the next one."""
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _UTF8 = 0x1, 0x800
_END = struct.Struct("<4s4H2IH")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_BEYOND = 0xFFFFFFFF


@dataclass(frozen=True)
class _Member:
    name: str
    raw_name: bytes
    packed: int
    unpacked: int
    at: int


def judged(content: bytes) -> Mapping[str, Any]:
    """Judge an archive by its directory.

    :raises AppError: ``attachment.archive_bomb``, ``attachment.unsafe_path``, ``attachment.several_kinds``,
        ``attachment.broken``, ``attachment.empty``.
    """
    count, start, end = _directory(content)
    if not count:
        raise refusals.empty()
    if count > MAX_MEMBERS:
        raise refusals.archive_bomb()
    members = list(_members(content, count, start, end))
    _check_sizes(members)
    _check_places(content, members, start)
    names = [member.name for member in members if not member.name.endswith("/")]
    return {"members": len(names), "unpacked_bytes": sum(member.unpacked for member in members), "names": names[:50]}


def _directory(content: bytes) -> tuple[int, int, int]:
    """Return how many members there are, and where their directory begins and ends."""
    at = content.rfind(b"PK\x05\x06", max(0, len(content) - 66_000))
    if at < 0 or at + _END.size > len(content):
        raise refusals.broken()
    _sign, disk, first_disk, here, count, size, start, comment = _END.unpack_from(content, at)
    if at + _END.size + comment != len(content) or comment > MAX_COMMENT:
        raise refusals.several_kinds()
    if disk or first_disk or here != count or _BEYOND in {size, start}:
        raise refusals.broken()
    if start + size != at:
        raise refusals.several_kinds()  # something stands before it, or between the directory and its end
    return count, start, at


def _members(content: bytes, count: int, at: int, end: int) -> Iterator[_Member]:
    for _ in range(count):
        if at + _ENTRY.size > end:
            raise refusals.broken()
        fields = _ENTRY.unpack_from(content, at)
        sign, made_by, flags, method = fields[0], fields[1], fields[3], fields[4]
        packed, unpacked, name_size, extra, comment = fields[8:13]
        raw = content[at + _ENTRY.size : at + _ENTRY.size + name_size]
        if sign != b"PK\x01\x02" or flags & _ENCRYPTED or method not in {_STORED, _DEFLATED}:
            raise refusals.broken()
        if _BEYOND in {packed, unpacked, fields[16]} or (method == _STORED and packed != unpacked):
            raise refusals.broken()
        name = raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace")
        is_unix = made_by >> 8 == 3  # noqa: PLR2004  as the format numbers systems
        paths.check(name, is_link=is_unix and stat.S_ISLNK(fields[15] >> 16))
        yield _Member(name, raw, packed, unpacked, fields[16])
        at += _ENTRY.size + name_size + extra + comment
    if at != end:
        raise refusals.several_kinds()


def _check_sizes(members: Sequence[_Member]) -> None:
    total = sum(member.unpacked for member in members)
    if total > MAX_UNPACKED or any(_is_bomb(member.packed, member.unpacked) for member in members):
        raise refusals.archive_bomb()
    if _is_bomb(sum(member.packed for member in members), total):
        raise refusals.archive_bomb()


def _is_bomb(packed: int, unpacked: int) -> bool:
    return unpacked > SMALL and unpacked > MAX_RATIO * packed


def _check_places(content: bytes, members: Sequence[_Member], start: int) -> None:
    """Let the members stand one behind the other, from the beginning to the directory, each once."""
    at = 0
    for member in sorted(members, key=lambda member: member.at):
        if member.at < at:
            raise refusals.archive_bomb()  # two members out of the same bytes
        if member.at - at > MAX_GAP:
            raise refusals.several_kinds()
        if member.at + _LOCAL.size > start:
            raise refusals.broken()
        fields = _LOCAL.unpack_from(content, member.at)
        name_at = member.at + _LOCAL.size
        if fields[0] != b"PK\x03\x04" or content[name_at : name_at + fields[9]] != member.raw_name:
            raise refusals.broken()
        at = name_at + fields[9] + fields[10] + member.packed
    if at > start:
        raise refusals.broken()
    if start - at > MAX_GAP:
        raise refusals.several_kinds()
