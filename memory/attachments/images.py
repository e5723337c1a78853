"""Images: what their headers say, and where they end. No pixel is decoded."""

import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from memory.attachments import refusals

MAX_PIXELS = 40_000_000
MAX_PADDING = 64
"""So many zeros or line ends may stand behind an image's end."""
MAX_PARTS = 100_000
"""Of one file; more are there only to keep us busy."""
MAX_ENTRIES = 512
MAX_PICTURES = 4
"""Phones put a preview or a depth map, whole JPEGs again, behind a photo."""

Facts = Mapping[str, Any]
_JPEG_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SCRIPT = re.compile(rb"[=/(`'\"][ -~]")


def png(content: bytes) -> Facts:
    """Walk through the chunks of a PNG."""
    if content[12:16] != b"IHDR" or len(content) < 33:  # noqa: PLR2004  a signature and the first chunk
        raise refusals.broken()
    width, height, depth, colour = struct.unpack(">IIBB", content[16:26])
    at = 8
    for _ in range(MAX_PARTS):
        kind, at = _png_chunk(content, at)
        if kind == b"IEND":
            break
    else:
        raise refusals.broken()
    _check_end(content, at)
    modes = {0: "grey", 2: "RGB", 3: "palette", 4: "grey+alpha", 6: "RGBA"}
    return _sized(width, height, {"bits": depth, "mode": modes.get(colour, "")})


def _png_chunk(content: bytes, at: int) -> tuple[bytes, int]:
    if at + 12 > len(content):
        raise refusals.broken()
    size, kind = struct.unpack(">I4s", content[at : at + 8])
    return kind, at + 12 + size


def jpeg(content: bytes) -> Facts:
    """Walk through the segments of a JPEG, and through those whole ones that stand behind it."""
    size, at = _one_jpeg(content, 0)
    for _ in range(MAX_PICTURES):
        if content[at : at + 3] != b"\xff\xd8\xff":
            break
        at = _one_jpeg(content, at)[1]
    _check_end(content, at)
    return _sized(*size, {})


def _one_jpeg(content: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Return the size of the JPEG that begins somewhere, and where it ends."""
    size, at = (0, 0), at + 2
    for _ in range(MAX_PARTS):
        found = _JPEG_MARKER.search(content, at)
        if found is None:
            raise refusals.broken()
        marker, at = content[found.end() - 1], found.end()
        if marker == 0xD9:  # noqa: PLR2004  the end
            return size, at
        if marker in {0x01, 0xD8}:
            continue
        length = _number(content, at, ">H")
        if marker in _FRAMES and size == (0, 0):
            height, width = _number(content, at + 3, ">H"), _number(content, at + 5, ">H")
            size = (width, height)
        at += length
    raise refusals.broken()


def gif(content: bytes) -> Facts:
    """Walk through the blocks of a GIF."""
    if _SCRIPT.match(content, 6):
        raise refusals.several_kinds()  # its size reads as a script's beginning
    width, height, flags = _number(content, 6, "<H"), _number(content, 8, "<H"), _number(content, 10, "<B")
    at, frames, parts = 13 + _palette(flags), 0, 0
    while (block := content[at : at + 1]) != b";":
        parts += 1
        if parts > MAX_PARTS:
            raise refusals.broken()
        if block == b"!":
            at = _sub_blocks(content, at + 2)
        elif block == b",":
            frames += 1
            _sized(_number(content, at + 5, "<H"), _number(content, at + 7, "<H"), {})
            at = _sub_blocks(content, at + 11 + _palette(_number(content, at + 9, "<B")))
        else:
            raise refusals.broken()
    _check_end(content, at + 1)
    return _sized(width, height, {"frames": frames})


def _palette(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks(content: bytes, at: int) -> int:
    last = len(content) - 1
    while at < last and (size := content[at]):
        at += 1 + size
    return at + 1


def webp(content: bytes) -> Facts:
    """Read the first chunk of a WebP, and whether it ends where it says."""
    _check_end(content, 8 + _number(content, 4, "<I"))
    kind, data = content[12:16], content[20:34]
    if len(data) < 10:  # noqa: PLR2004  the shortest head
        raise refusals.broken()
    if kind == b"VP8X":
        return _sized(1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little"), {})
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return _sized(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), {"is_lossless": True})
    if kind == b"VP8 ":
        return _sized(_number(data, 6, "<H") & 0x3FFF, _number(data, 8, "<H") & 0x3FFF, {})
    raise refusals.broken()


def is_bmp(content: bytes) -> bool:
    """Say whether a file has the two headers of a BMP."""
    return content.startswith(b"BM") and content[6:10] == b"\0\0\0\0" and content[14:18] in _BMP_HEADERS


_BMP_HEADERS = {struct.pack("<I", size) for size in (12, 40, 52, 56, 108, 124)}


def bmp(content: bytes) -> Facts:
    """Read the headers of a BMP."""
    _check_end(content, _number(content, 2, "<I"))
    if content[14:18] == struct.pack("<I", 12):
        return _sized(_number(content, 18, "<H"), _number(content, 20, "<H"), {})
    return _sized(
        abs(_number(content, 18, "<i")), abs(_number(content, 22, "<i")), {"bits": _number(content, 28, "<H")}
    )


def tiff(content: bytes) -> Facts:
    """Read the directories of a TIFF; each page counts."""
    order = "<" if content.startswith(b"II") else ">"
    sizes = list(_tiff_pages(content, order))
    if not sizes:
        raise refusals.broken()
    for width, height in sizes:
        _sized(width, height, {})
    return _sized(*sizes[0], {"pages": len(sizes)})


def _tiff_pages(content: bytes, order: str) -> Iterator[tuple[int, int]]:
    at, seen = _number(content, 4, order + "I"), set[int]()
    while at and at not in seen:
        seen.add(at)
        if len(seen) > MAX_PADDING:
            raise refusals.broken()
        count = _number(content, at, order + "H")
        if count > MAX_ENTRIES:
            raise refusals.broken()
        tags = {}
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind = _number(content, entry, order + "H"), _number(content, entry + 2, order + "H")
            tags[tag] = _number(content, entry + 8, order + ("H" if kind == 3 else "I"))  # noqa: PLR2004  a short
        yield tags.get(256, 0), tags.get(257, 0)
        at = _number(content, at + 2 + 12 * count, order + "I")


def _sized(width: int, height: int, more: Facts) -> Facts:
    if width < 1 or height < 1:
        raise refusals.broken()
    if width * height > MAX_PIXELS:
        raise refusals.too_many_pixels(MAX_PIXELS)
    return {"width": width, "height": height, **more}


def _check_end(content: bytes, at: int) -> None:
    """Let nothing but a little padding stand behind the end."""
    if at > len(content):
        raise refusals.broken()
    rest = content[at : at + MAX_PADDING + 1]
    if len(rest) > MAX_PADDING or rest.strip(b"\0\r\n"):
        raise refusals.several_kinds()


def _number(content: bytes, at: int, form: str) -> int:
    try:
        return int(struct.unpack_from(form, content, at)[0])
    except struct.error:
        raise refusals.broken() from None
