"""Sound: what the headers say, and whether it goes on to the end of the file. Nothing is decoded."""

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from memory.attachments import refusals

Facts = Mapping[str, Any]
MAX_JUNK = 4_096
"""Between the frames of an MP3 and its end; tags are known."""
MIN_FRAMES = 2
MAX_PARTS = 500_000
"""Of one file; more are there only to keep us busy."""
_CODECS = (
    (b"OpusHead", "opus", 48_000),
    (b"\x01vorbis", "vorbis", 0),
    (b"Speex   ", "speex", 0),
    (b"\x7fFLAC", "flac", 0),
)
_BOXES = {
    b"ftyp",
    b"moov",
    b"mdat",
    b"free",
    b"skip",
    b"wide",
    b"udta",
    b"meta",
    b"moof",
    b"mfra",
    b"sidx",
    b"styp",
    b"uuid",
}
_BITRATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def ogg(content: bytes) -> Facts:
    """Walk through the pages of an Ogg file."""
    at, granule = 0, 0
    if content.count(b"OggS") > MAX_PARTS:
        raise refusals.broken()
    while at < len(content):
        if content[at : at + 4] != b"OggS":
            raise refusals.several_kinds()
        segments = content[at + 27 : at + 27 + _at(content, at + 26, "<B")]
        position = _at(content, at + 6, "<q")
        granule = max(granule, position)
        at += 27 + len(segments) + sum(segments)
    if at != len(content):
        raise refusals.broken()
    head = content[:128]
    codec, rate = next(((name, rate) for sign, name, rate in _CODECS if sign in head), ("", 0))
    if not codec:
        raise refusals.unknown_kind()
    if codec == "vorbis":
        rate = _at(content, head.index(b"\x01vorbis") + 12, "<I")
    return {"codec": codec} | _lasting(granule, rate)


def wav(content: bytes) -> Facts:
    """Walk through the chunks of a WAV file."""
    end = 8 + _at(content, 4, "<I")
    if len(content) < end:
        raise refusals.broken()
    if len(content) > end + 1:
        raise refusals.several_kinds()
    at, per_second, data, parts = 12, 0, 0, 0
    while at + 8 <= end and parts < MAX_PARTS:
        parts += 1
        kind, size = content[at : at + 4], _at(content, at + 4, "<I")
        if kind == b"fmt ":
            per_second = _at(content, at + 16, "<I")
        data += size if kind == b"data" else 0
        at += 8 + size + size % 2
    if not per_second or not end <= at <= end + 1:
        raise refusals.broken()
    return {"codec": "pcm"} | _lasting(data, per_second)


def flac(content: bytes) -> Facts:
    """Read the first block of a FLAC file."""
    if content[4:5] not in {b"\0", b"\x80"}:
        raise refusals.broken()
    bits = int.from_bytes(content[18:26], "big")
    if len(content) < 42 or not bits >> 44:  # noqa: PLR2004  the block's end
        raise refusals.broken()
    return {"codec": "flac"} | _lasting(bits & (2**36 - 1), bits >> 44)


def is_mp4(content: bytes) -> bool:
    """Say whether a file begins as MP4 does."""
    return content[4:8] == b"ftyp"


def mp4(content: bytes) -> Facts:
    """Walk through the boxes of an M4A file; a film is none."""
    boxes = dict(_boxes(content))
    movie = boxes.get(b"moov", b"")
    if b"soun" not in movie or b"vide" in movie:
        raise refusals.unknown_kind()
    at = movie.find(b"mvhd")
    if at < 0:
        raise refusals.broken()
    is_long = movie[at + 4 : at + 5] == b"\1"
    scale = _at(movie, at + (24 if is_long else 16), ">I")
    return {"codec": "mp4a"} | _lasting(_at(movie, at + (28 if is_long else 20), ">Q" if is_long else ">I"), scale)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = parts = 0
    while at < len(content):
        parts += 1
        if parts > MAX_PARTS:
            raise refusals.broken()
        size, kind = _at(content, at, ">I"), content[at + 4 : at + 8]
        size = len(content) - at if size == 0 else _at(content, at + 8, ">Q") if size == 1 else size
        if kind not in _BOXES:
            raise refusals.several_kinds() if at else refusals.unknown_kind()
        if size < 8 or at + size > len(content):  # noqa: PLR2004  a box's head
            raise refusals.broken()
        yield kind, content[at : at + size] if kind == b"moov" else b""
        at += size


def is_mp3(content: bytes) -> bool:
    """Say whether a file begins with a tag of MP3, or with two frames."""
    return _has_tag(content) or _frames(content, 0)[0] >= MIN_FRAMES


def mp3(content: bytes) -> Facts:
    """Walk through the frames of an MP3 file."""
    at = 0
    if _has_tag(content):
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=False))
        at = _past_zeros(content, at)
    count, end, seconds = _frames(content, at)
    if count < MIN_FRAMES:
        raise refusals.broken()
    rest = content[end:]
    if len(rest) > MAX_JUNK and not rest.startswith((b"TAG", b"APETAGEX")):
        raise refusals.several_kinds()
    return {"codec": "mp3", "duration": round(seconds, 1)}


def _has_tag(content: bytes) -> bool:
    return content.startswith(b"ID3") and content[3:4] < b"\x10"  # its version; a text has a letter there


def _past_zeros(content: bytes, at: int) -> int:
    limit = min(len(content), at + MAX_JUNK)
    while at < limit and content[at] == 0:
        at += 1
    return at


def _frames(content: bytes, at: int) -> tuple[int, int, float]:
    """Return how many frames follow each other, where they end, and how long they last."""
    count, seconds = 0, 0.0
    while at + 4 <= len(content):
        size, lasts = _frame(content[at : at + 4])
        if not size:
            break
        count, at, seconds = count + 1, at + size, seconds + lasts
    return count, at, seconds


def _frame(head: bytes) -> tuple[int, float]:
    """Return the size and the length of the frame with a head; zeros for what is none of layer 3."""
    word = int.from_bytes(head, "big")
    version, layer, bitrate, rate = word >> 19 & 3, word >> 17 & 3, word >> 12 & 15, word >> 10 & 3
    if word >> 21 != 0x7FF or version == 1 or layer != 1 or bitrate in {0, 15} or rate == 3:  # noqa: PLR2004
        return 0, 0.0
    hertz = _RATES[version][rate]
    is_first = version == 3  # noqa: PLR2004
    kilobits = (_BITRATES_1 if is_first else _BITRATES_2)[bitrate]
    return (144 if is_first else 72) * kilobits * 1_000 // hertz + (word >> 9 & 1), (1152 if is_first else 576) / hertz


def _lasting(amount: int, per_second: int) -> dict[str, Any]:
    return {"duration": round(amount / per_second, 1)} if per_second and amount > 0 else {}


def _at(content: bytes, at: int, form: str) -> int:
    try:
        return int(struct.unpack_from(form, content, at)[0])
    except struct.error:
        raise refusals.broken() from None
