"""Reads an image: what its headers say beside the size, and the letters in it where Tesseract is installed."""

import os
import statistics
import struct
import subprocess

TESSERACT = "/usr/bin/tesseract"
OCR_SECONDS = 45
WANTED = ("eng", "rus")
EXIF = {0x010F: "make", 0x0110: "model", 0x0112: "orientation", 0x0131: "software", 0x0132: "taken_at"}
"""Where a photo was taken is not among them, on purpose."""
SHORT, IN_PLACE = 3, 4
"""The kind of a number of two bytes, and how long a text may be to stand where its place is told otherwise."""
MAX_VALUE = 100
WORD, COLUMNS = "5", 12
"""How a row of Tesseract's table says that it is a word, and how many columns it has: left 7th, width 9th."""
LONG, GAP, MAX_INDENT = 4, 0.3, 80


def read(path: str, _order: dict) -> dict:
    """Return what is known of an image, and its letters."""
    with open(path, "rb") as file:
        content = file.read()
    facts = {**headers(content)}
    found = {"facts": facts, "text": ""}
    languages = installed()
    if languages:
        found["text"] = letters(path, languages)
        facts["ocr"] = "tesseract"
        facts["ocr_languages"] = languages
    else:
        found["note"] = "no_ocr"
    return found


def installed() -> list[str]:
    """Return the languages that Tesseract can read here; none where it is not installed."""
    if not os.access(TESSERACT, os.X_OK):
        return []
    answer = run(["--list-langs"], 10)
    there = answer.decode("ascii", "replace").split()
    return [name for name in WANTED if name in there]


def letters(path: str, languages: list[str]) -> str:
    """Return the text in an image, with the spaces that code begins its lines with.

    Tesseract leaves them out, but says where each word stands.
    """
    given = [path, "stdout", "-l", "+".join(languages), "--psm", "6", "tsv"]
    table = run(given, OCR_SECONDS).decode("utf-8", "replace")
    words = [row for row in (line.split("\t") for line in table.split("\n")) if len(row) == COLUMNS and row[0] == WORD]
    lines: dict[tuple, list] = {}
    for row in words:
        if row[-1].strip():
            lines.setdefault(tuple(row[1:5]), []).append((int(row[6]), int(row[8]), row[-1]))
    letter = width_of_a_letter([word for line in lines.values() for word in line])
    margin = min((line[0][0] for line in lines.values()), default=0)
    return "\n".join(
        " " * indent(line[0][0] - margin, letter) + " ".join(word[2] for word in line) for line in lines.values()
    )


def width_of_a_letter(words: list) -> float:
    """Return what a letter takes, by the longer words; a word's box ends before the space behind its last letter."""
    return statistics.median([width / (len(text) - GAP) for _left, width, text in words if len(text) >= LONG] or [0.0])


def indent(pixels: int, letter: float) -> int:
    """Return how many spaces a line is moved by."""
    return min(MAX_INDENT, round(pixels / letter)) if letter >= 1 else 0


def run(arguments: list[str], seconds: int) -> bytes:
    """Ask Tesseract; one thread is enough, more would only wait for each other."""
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1", "HOME": "/tmp"}
    done = subprocess.run(
        [TESSERACT, *arguments],
        capture_output=True,
        timeout=seconds,
        check=True,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout


def headers(content: bytes) -> dict:
    """Return resolution and origin where a format says them; a header that can't be read says nothing."""
    try:
        if content.startswith(b"\x89PNG"):
            return png(content)
        if content.startswith(b"\xff\xd8"):
            return jpeg(content)
    except (struct.error, ValueError, IndexError):
        pass
    return {}


def png(content: bytes) -> dict:
    """Read the resolution."""
    at = content.find(b"pHYs", 0, 4096)
    if at < 0:
        return {}
    across, _down, unit = struct.unpack(">IIB", content[at + 4 : at + 13])
    return {"dpi": round(across * 0.0254)} if unit == 1 else {}


def jpeg(content: bytes) -> dict:
    """Read the resolution, and what the camera wrote."""
    facts: dict = {}
    if content[6:10] == b"JFIF" and content[13] in (1, 2):
        across = struct.unpack(">H", content[14:16])[0]
        facts["dpi"] = across if content[13] == 1 else round(across * 2.54)
    at = content.find(b"Exif\0\0", 0, 70_000)
    return {**facts, **(exif(content[at + 6 : at + 65_536]) if at >= 0 else {})}


def exif(data: bytes) -> dict:
    """Read the first directory."""
    order = "<" if data.startswith(b"II") else ">"
    at = struct.unpack(order + "I", data[4:8])[0]
    facts = {}
    for number in range(min(struct.unpack(order + "H", data[at : at + 2])[0], 100)):
        entry = at + 2 + 12 * number
        tag, kind, count = struct.unpack(order + "HHI", data[entry : entry + 8])
        if tag in EXIF:
            facts[EXIF[tag]] = value(data, order, kind, count, entry + 8)
    return facts


def value(data: bytes, order: str, kind: int, count: int, at: int) -> object:
    """Return a short number or a text."""
    if kind == SHORT:
        return struct.unpack(order + "H", data[at : at + 2])[0]
    if count > IN_PLACE:
        at = struct.unpack(order + "I", data[at : at + 4])[0]
    return data[at : at + min(count, MAX_VALUE)].partition(b"\0")[0].decode("utf-8", "replace").strip()
