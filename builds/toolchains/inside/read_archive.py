"""Reads the texts out of an archive: in memory, a bounded piece of each, whatever its headers say."""

import gzip
import io
import tarfile
import zipfile
import zlib

MAX_UNPACKED = 100_000_000
MAX_MEMBERS = 2_000
MAX_EACH = 30_000
PIECE = 65_536
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class BombError(Exception):
    """It unpacks to more than it said, or to more than is read."""


class Counted(io.RawIOBase):
    """What a packed stream unpacks to, counted as it is read."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream, self.total = stream, 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, never more than a piece."""
        piece = self._stream.read(PIECE if size < 0 else min(size, PIECE))
        self.total += len(piece)
        if self.total > MAX_UNPACKED:
            raise BombError
        return piece


class Gathered:
    """Texts of members under their names, until there is enough of them."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._parts: list[str] = []
        self.names: list[str] = []
        self.is_cut = False
        self.skipped = 0

    def add(self, name: str, content: bytes, *, is_whole: bool) -> None:
        """Take a member that is a text."""
        self.names.append(name)
        text = as_text(content, is_whole=is_whole)
        if text is None:
            self.skipped += 1
            return
        part = f"=== {name} ===\n{text}\n"
        self.is_cut = self.is_cut or not is_whole or len(part) > self._left
        self._parts.append(part[: self._left])
        self._left -= len(self._parts[-1])

    def found(self) -> dict:
        """Return everything."""
        facts = {"members": self.names[:200], "skipped": self.skipped, "is_cut": self.is_cut}
        return {"text": "".join(self._parts), "facts": facts}


def as_text(content: bytes, *, is_whole: bool) -> str | None:
    """Return a text; None for what is none. Half a letter at a cut is left out."""
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if not is_whole and error.start > len(content) - 4:
            return content[: error.start].decode("utf-8-sig")
        return None


def is_safe(name: str) -> bool:
    """Say whether a name stays where it is; one that doesn't was refused when the file came."""
    return not (name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name[:2] or "\0" in name)


def read(path: str, order: dict) -> dict:
    """Return the texts of an archive with their names."""
    gathered = Gathered(order["most"])
    if order["media_type"] == "application/zip":
        read_zip(path, gathered)
    elif order["media_type"] == "application/x-tar":
        with open(path, "rb") as file:
            read_tar(Counted(file), gathered)
    else:
        read_gzip(path, gathered, is_tar=order.get("packing") == "tar")
    return gathered.found()


def read_zip(path: str, gathered: Gathered) -> None:
    """Read each member to its end, so that one that is more than it said is noticed."""
    total = 0
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise BombError
        for member in members:
            if member.is_dir() or not is_safe(member.filename) or member.compress_type not in PLAIN:
                continue
            total += member.file_size
            if total > MAX_UNPACKED:
                raise BombError
            try:
                content, is_whole = bounded(archive.open(member))
            except (zipfile.BadZipFile, zlib.error):
                raise BombError from None  # its sum is another: the headers lie
            gathered.add(member.filename, content, is_whole=is_whole)


def read_tar(stream: io.RawIOBase, gathered: Gathered) -> None:
    """Read each member in its turn."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for number, member in enumerate(archive):
            if number > MAX_MEMBERS:
                raise BombError
            opened = archive.extractfile(member) if member.isreg() and is_safe(member.name) else None
            if opened is not None:
                content, is_whole = bounded(opened)
                gathered.add(member.name, content, is_whole=is_whole)


def read_gzip(path: str, gathered: Gathered, *, is_tar: bool) -> None:
    """Read what a gzip stream packs."""
    with gzip.open(path) as packed:
        stream = Counted(packed)
        if is_tar:
            read_tar(stream, gathered)
            return
        content, is_whole = bounded(stream)
        gathered.add("file", content, is_whole=is_whole)


def bounded(stream: io.RawIOBase) -> tuple[bytes, bool]:
    """Return the beginning of a stream, and whether that was all; it is read to its end."""
    kept, size = bytearray(), 0
    while piece := stream.read(PIECE):
        kept += piece[: MAX_EACH - len(kept)]
        size += len(piece)
        if size > MAX_UNPACKED:
            raise BombError
    return bytes(kept), size == len(kept)
