"""Files of every kind that is taken, made by hand and small."""

import base64
import gzip
import io
import struct
import tarfile
import wave
import zipfile
import zlib
from collections.abc import Mapping

CODE = b"def double(number):\n    return 2 * number\n"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 3, height: int = 2, *, rows: bytes | None = None, extra: bytes = b"") -> bytes:
    """A grey picture; ``rows`` are its pixels, a byte each."""
    pixels = rows or bytes(width * height if width * height < 10_000 else 0)
    lines = b"".join(b"\0" + pixels[y * width : (y + 1) * width] for y in range(height))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND")


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(width: int = 8, height: int = 8, comment: bytes = b"made by hand") -> bytes:
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    scan = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\x34\xff\0\x56"
    return (
        b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + segment(0xFE, comment) + frame + scan + b"\xff\xd9"
    )


def gif(width: int = 2, height: int = 2) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\2\2\x44\1\0" + b";"


def webp(width: int = 5, height: int = 4) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    data = b"VP8L" + struct.pack("<I", 11) + b"\x2f" + struct.pack("<I", bits) + bytes(6) + b"\0"
    return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data


def bmp(width: int = 2, height: int = 2) -> bytes:
    pixels = bytes(8 * height)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + info + pixels


def tiff(width: int = 2, height: int = 2) -> bytes:
    entries = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 134), (278, height), (279, 4)]
    body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", 0) + bytes(64)


def page(data: bytes, granule: int) -> bytes:
    return b"OggS\0\0" + struct.pack("<qIIIB", granule, 1, 0, 0, 1) + bytes([len(data)]) + data


def ogg() -> bytes:
    head = b"OpusHead\1\1" + struct.pack("<HIHB", 0, 48_000, 0, 0)
    return page(head, 0) + page(b"OpusTags" + bytes(8), 0) + page(b"\xfc" * 40, 96_000)


def wav(seconds: int = 1) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(16_000 * seconds))
    return stream.getvalue()


def flac() -> bytes:
    bits = 44_100 << 44 | 44_100 * 3
    return (
        b"fLaC\x80"
        + (34).to_bytes(3, "big")
        + bytes(10)
        + bits.to_bytes(8, "big")
        + bytes(16)
        + b"\xff\xf8"
        + bytes(30)
    )


def mp3() -> bytes:
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    return b"ID3\4\0\0\0\0\0\x0a" + bytes(10) + frame * 4


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + kind + data


def m4a(handler: bytes = b"soun") -> bytes:
    head = box(b"mvhd", bytes(12) + struct.pack(">II", 1_000, 2_500) + bytes(80))
    movie = box(b"moov", head + box(b"hdlr", bytes(8) + handler + bytes(12)))
    return box(b"ftyp", b"M4A \0\0\0\0M4A ") + movie + box(b"mdat", bytes(20))


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(files: Mapping[str, bytes], *, packing: str = "", **more: object) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=f"w:{packing}") as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for key, value in more.items():
                setattr(member, key, value)
            archive.addfile(member, io.BytesIO(content))
    return bytes(stream.getvalue())


SVG = b'<?xml version="1.0"?><!-- a --><svg xmlns="http://www.w3.org/2000/svg"><g id="r"/><use href="#r"/></svg>'
TREE = {"tool/main.py": CODE, "tool/README.md": b"# Tool\n", "tool/empty/": b""}


def honest() -> dict[str, tuple[bytes, str, str]]:
    """Every kind by name, with its family and type."""
    return {
        "png": (png(), "image", "image/png"),
        "png, padded": (png() + b"\0\0\n", "image", "image/png"),
        "jpeg": (jpeg(), "image", "image/jpeg"),
        "jpeg with its preview": (jpeg() + jpeg(), "image", "image/jpeg"),
        "gif": (gif(), "image", "image/gif"),
        "webp": (webp(), "image", "image/webp"),
        "bmp": (bmp(), "image", "image/bmp"),
        "tiff": (tiff(), "image", "image/tiff"),
        "opus": (ogg(), "voice", "audio/ogg"),
        "wav": (wav(), "voice", "audio/wav"),
        "flac": (flac(), "voice", "audio/flac"),
        "mp3": (mp3(), "voice", "audio/mpeg"),
        "m4a": (m4a(), "voice", "audio/mp4"),
        "zip": (zipped({**TREE}), "archive", "application/zip"),
        "tar": (tarred(TREE), "archive", "application/x-tar"),
        "tar.gz": (tarred(TREE, packing="gz"), "archive", "application/gzip"),
        "gz": (gzip.compress(CODE), "archive", "application/gzip"),
        "code": (CODE, "text", "text/plain"),
        "Russian": ("Сложи два числа\n".encode(), "text", "text/plain"),
        "UTF-16": ("Сложи\n".encode("utf-16"), "text", "text/plain"),
        "html": (b"<!DOCTYPE html><html><script>1</script></html>", "text", "text/plain"),
        "a text that begins like sound": (b"ID3 tags, and OggS", "text", "text/plain"),
        "svg": (SVG, "text", "image/svg+xml"),
    }


PHOTO = """
iBL{Q4GJ0x0000DNk~Le0005Z0001>0RR910IA_&z5oCO9!W$&RCwC$*FkIJMic;G2|-
0KtGyP2r*sc{ZOO$3;W^~T<Xm!S!Wzr4h0sgY<1U!YUvcYF^<b<&u(S$-o#RTKLq>EuuWuyTk(;$-
2R8H|8SFvkL+{NzzZqNb*ekPo+S8u)^ixs>@EV5!#j&XFtHwKRrw%{@kE8f?)TBj&vQ8S8H;$tjTS^DCbx9Wk>o39vR_5kvDfnmpwW2E$?xzW{
N-F7sph7BLp=`me6Fc)3Bv!#b8WBGz1ExTWoHJ5DEYy|Y-^{N>w1gHK-%M+&gFH_e5fGO2bbiTs)JDTCRY58QBPkG}E)7*B-
JffCW7SjwHx!piC|T0PJ&>9tk;Xc>r*S(Cs&%CTn4wI;hH_}7@s@HRc^VQ7+|bBOQ#*|Yv<^7ZH0SYv<{NsI-
o<S*j3rUh%vp@FBo+hPRFlly(>ab}2=~*BEuf}Yh~BL!#6n4VemZ}xycpPi`mw8MjM;HrLN&(p$!On)KLO>YkCzLxEgtPAUOn{Msk=jOn^Ze(^
uuQDYx*mKDBYCEMQg5lm#*>Sp5|@T&9E7t3I3ITrpS8&e>ABqTB&qFSB+bG34t}<i;_B$qImGjYfcjetcQYsF(2j}=O{@HB_OSZ3&q<`IuU#{$
2SuwL3$U~^oN7!y9pP(nyqaUF5b4T>xQl-iGwt~HZ<DgdMI^~et1#QD&RvY$I=3L)u8fFni{HKHF9k)iHhdYXf+gf+oy(`LTs5~ZIx8Iqm?a9u
3&b0T-Un%Tj|tL^>Va2Q=XyMhHik@wyu3!>uD!lDNCCgsvFem0LuPLy+_cXq&$8Mt$vQtK~ya>WeNWNWLeTInE5u3#=f0+ozz+Q*vFF-
8@G;<jw_mZ@46_B2^0KQU6s3!#+TsX*ql7O7Dok)Ax$f4>p(%8kg+*=c2X!QSC=)FxO;eGbMow_Gg4An2b@EUxzbPvM^j9a^D$)#4hR@_D8~~v
Qd%5OV~un$4)OzN_$SMwdx{5X9^LpsdH`LJpRtA4G;wDWEToz5BwjboXrf*=DApkP#S~)Sn|k_qT6L7NImDe*?2PC=<xfWIjzV_7_$YldC9}aq
E#Cy7Jd1v<gP&CKd-xpO;<|&*F5TI9qMR88>CNbu(_l6!7OpjQq}xHSi&Wr|i-
r{A6XuNdqhI`X{>;CU54+1Q4TUf?s42lN<rnL7;ujK%cFHOWA%Pqzt>|}Tq>4_OIVENIPl0Ud1sPh$Q0+CT-AysWnnKi|BRGn3LxcLM2s>t&<$
nu3Ea{zjsz&<l`r?`YPtjFPOgfTUCC$8y8alSu7uMA7rrK5H`+A0DN$Kb7i|62U(g#;#FXm528|RL=Z>Bx%X-
|9F)1LOUr#=1u(tiP%qBN!4kbHOm0000<MNUMnLSTX
"""


def photo_of_code() -> bytes:
    """A screenshot of four lines of Python, black on white."""
    return base64.b85decode(PHOTO.replace("\n", ""))
