"""Files that nobody sends in good faith, and what they are refused as."""

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

from tests.attachments import samples

Bytes = Callable[[], bytes]


def packed_zeros(megabytes: int) -> bytes:
    """Return raw deflate data; each megabyte is packed alike, and so only once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * megabytes + b"\3\0"


def bomb(megabytes: int, members: int = 1) -> bytes:
    """A zip of zeros, a megabyte of which takes a kilobyte."""
    body, size = packed_zeros(megabytes // members), megabytes // members << 20
    parts, directory, at = [], [], 0
    for number in range(members):
        name = f"{number:06}.txt".encode()
        local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(body), size, len(name), 0) + name
        directory.append(entry(name, len(body), size, at))
        parts += [local, body]
        at += len(local) + len(body)
    return b"".join(parts) + ended(directory, at)


def entry(name: bytes, packed: int, size: int, at: int) -> bytes:
    head = (b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, packed, size, len(name), 0, 0, 0, 0, 0, at)
    return struct.pack("<4s6H3I5H2I", *head) + name


def ended(directory: list[bytes], at: int) -> bytes:
    count, listed = len(directory), b"".join(directory)
    return listed + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(listed), at, 0)


def overlapping(copies: int = 1_000, megabytes: int = 10) -> bytes:
    """Many members that are the same bytes: ten megabytes become ten gigabytes."""
    body, size = packed_zeros(megabytes), megabytes << 20
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(body), size, 1, 0) + b"a"
    return local + body + ended([entry(b"a", len(body), size, 0)] * copies, len(local) + len(body))


def small_overlap() -> bytes:
    """Two members that share bytes, with sizes that nobody would mind."""
    plain = samples.zipped({"a.txt": b"hello"})
    at = plain.index(b"PK\1\2")
    return plain[:at] + ended([plain[at : plain.index(b"PK\5\6")]] * 2, at)


def zeros(megabytes: int) -> bytes:
    """A gzip stream of zeros."""
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + packed_zeros(megabytes) + bytes(8)


def linked() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return stream.getvalue()


def named(name: str) -> Bytes:
    """A zip with one member of a name that the library would have made harmless."""

    def made() -> bytes:
        stand_in = "x" * len(name)
        return samples.zipped({stand_in: b"1"}).replace(stand_in.encode(), name.encode())

    return made


def svg(inner: str, attributes: str = "") -> bytes:
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {spaces} {attributes}>{inner}</svg>".encode()


def gif_script() -> bytes:
    """A picture that is a script too: its size reads as the beginning of a comment."""
    made = samples.gif()
    head = made[:6] + b"/*" + b"\1\0" + made[10:-1]
    return head + b"!\xfe\x0f*/=1;alert(1)//" + b"\0;"


BOMBS: dict[str, Bytes] = {
    "gigabytes in a zip": lambda: bomb(4_000),
    "ten in a thousand members": lambda: bomb(10_000, 1_000),
    "overlapping members": overlapping,
    "ten gigabytes of zeros in gzip": lambda: zeros(10_240),
}
REFUSED: dict[str, tuple[Bytes, str]] = {
    "nothing": (lambda: b"", "empty"),
    "an empty zip": (lambda: samples.zipped({}), "empty"),
    "a program": (lambda: b"\x7fELF" + bytes(60), "unknown_kind"),
    "a PDF": (lambda: b"%PDF-1.7\n1 0 obj", "unknown_kind"),
    "Latin-1": (lambda: "häuser".encode("latin-1"), "unknown_kind"),
    "a film": (lambda: samples.m4a(b"vide"), "unknown_kind"),
    "zip behind PNG": (lambda: samples.png() + samples.zipped(samples.TREE), "several_kinds"),
    "zip behind JPEG": (lambda: samples.jpeg() + samples.zipped(samples.TREE), "several_kinds"),
    "zip in TIFF": (lambda: samples.tiff() + samples.zipped(samples.TREE), "several_kinds"),
    "zip behind FLAC": (lambda: samples.flac() + samples.zipped(samples.TREE), "several_kinds"),
    "program behind zip": (lambda: samples.zipped(samples.TREE) + bytes(100), "several_kinds"),
    "program before zip's directory": (
        lambda: samples.zipped(samples.TREE).replace(b"PK\1\2", bytes(100) + b"PK\1\2", 1),
        "several_kinds",
    ),
    "text behind PNG": (lambda: samples.png() + b"<?php 1;", "several_kinds"),
    "HTML in a comment of JPEG": (lambda: samples.jpeg(comment=b"<html><script>1</script>"), "several_kinds"),
    "HTML in a text of PNG": (
        lambda: samples.png(extra=samples.chunk(b"tEXt", b"a\0<script>alert(1)</script>")),
        "several_kinds",
    ),
    "GIF and script": (gif_script, "several_kinds"),
    "PDF in zip": (lambda: samples.zipped({"%PDF-1.7": b"x"}), "several_kinds"),
    "PDF in JPEG": (lambda: samples.jpeg(comment=b"%PDF-1.4"), "several_kinds"),
    "behind gzip": (lambda: gzip.compress(samples.CODE) + b"MZ hidden", "several_kinds"),
    "behind tar": (lambda: samples.tarred(samples.TREE) + b"MZ" + bytes(510), "several_kinds"),
    "behind WAV": (lambda: samples.wav() + b"hidden data", "several_kinds"),
    "100 megapixels": (lambda: samples.png(10_000, 10_000), "too_many_pixels"),
    "100 megapixels in GIF": (lambda: samples.gif(10_000, 10_000), "too_many_pixels"),
    "100 megapixels in JPEG": (lambda: samples.jpeg(10_000, 10_000), "too_many_pixels"),
    "100 megapixels in BMP": (lambda: samples.bmp(10_000, 10_000)[:70], "broken"),
    "no pixels": (lambda: samples.jpeg(0, 8), "broken"),
    "half a PNG": (lambda: samples.png()[:-20], "broken"),
    "half a zip": (lambda: samples.zipped(samples.TREE)[:-30], "broken"),
    "half a gzip": (lambda: gzip.compress(samples.CODE * 100)[:-20], "broken"),
    "a bomb": (lambda: bomb(20), "archive_bomb"),
    "an overlap": (small_overlap, "archive_bomb"),
    "zeros in gzip": (lambda: zeros(20), "archive_bomb"),
    "zip in zip": (lambda: samples.zipped({"inner.zip": b"PK"}), "archive_bomb"),
    "gzip in gzip": (lambda: gzip.compress(gzip.compress(b"x")), "archive_bomb"),
    "too many members": (lambda: samples.zipped({f"{n}.txt": b"" for n in range(2_001)}), "archive_bomb"),
    "climbs": (named("../../etc/passwd"), "unsafe_path"),
    "climbs inside": (named("a/../../b"), "unsafe_path"),
    "absolute": (named("/etc/passwd"), "unsafe_path"),
    "a drive": (named("C:/windows.txt"), "unsafe_path"),
    "backslashes": (named("..\\..\\a.txt"), "unsafe_path"),
    "NUL": (named("a\0.txt"), "unsafe_path"),
    "a link": (linked, "unsafe_path"),
    "tar that climbs": (lambda: samples.tarred({"../a": b"1"}), "unsafe_path"),
    "tar with a link": (
        lambda: samples.tarred({"a": b""}, packing="gz", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        "unsafe_path",
    ),
    "tar with a device": (lambda: samples.tarred({"a": b""}, type=tarfile.CHRTYPE), "unsafe_path"),
    "tar that climbs by a long name": (lambda: samples.tarred({"x/" * 60 + "../../a": b"1"}), "unsafe_path"),
    "svg: script": (lambda: svg("<script>alert(1)</script>"), "unsafe_image"),
    "svg: its own prefix": (lambda: b'<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:script/></s:svg>', "unsafe_image"),
    "svg: on…": (lambda: svg("<rect/>", 'onload="alert(1)"'), "unsafe_image"),
    "svg: javascript:": (lambda: svg('<a xlink:href="java&#10;script:alert(1)"/>'), "unsafe_image"),
    "svg: foreign object": (lambda: svg("<foreignObject/>"), "unsafe_image"),
    "svg: entity": (lambda: b'<!DOCTYPE svg [<!ENTITY x "y">]>' + svg("&x;"), "unsafe_image"),
    "svg: outside": (lambda: svg('<image href="https://example.org/a.png"/>'), "unsafe_image"),
    "svg: style": (lambda: svg("<style>@im<![CDATA[port]]> 'a'</style>"), "unsafe_image"),
    "svg: url": (lambda: svg('<rect fill="url( http://example.org/#a)"/>'), "unsafe_image"),
    "svg: animated": (lambda: svg('<a><animate attributeName="xlink:href" to="http://e.org"/></a>'), "unsafe_image"),
    "svg: UTF-16": (lambda: svg("<script/>").decode().encode("utf-16"), "unsafe_image"),
    "svg: no XML": (lambda: b"<svg><rect></svg>", "broken"),
}
