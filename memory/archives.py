"""Files out of what somebody brings: single ones, or a zip of a repository, read within bounds and never unpacked."""

import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO

from django.utils.translation import gettext as _

from agentsite.common.errors import AppError, invalid
from memory.texts import clean

MAX_UPLOAD_BYTES = 10_000_000
MAX_FILE_BYTES = 1_000_000
MAX_TEXT_BYTES = 20_000_000
"""Of all files of one upload together, unpacked."""
MAX_FILES = 1_000
MAX_MEMBERS = 20_000
MAX_PATH = 250
LANGUAGES = {
    "py": "python", "pyi": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript", "jsx": "javascript",
    "ts": "typescript", "tsx": "typescript", "go": "go", "rs": "rust", "java": "java", "kt": "kotlin", "c": "c",
    "h": "c", "cc": "cpp", "cpp": "cpp", "hpp": "cpp", "cs": "csharp", "rb": "ruby", "php": "php", "swift": "swift",
    "sh": "shell", "sql": "sql", "html": "html", "css": "css",
}  # fmt: skip
PROSE = {"md", "markdown", "txt", "rst", "adoc"}
_BOUNDED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""The others unpack as much as there is, whatever is asked for."""
_LEFT_OUT = {"node_modules", "__pycache__", "site-packages", "dist", "build", "vendor", "venv", "target", "__MACOSX"}


@dataclass(frozen=True)
class TextFile:
    """A file that can be remembered; ``language`` is empty for prose."""

    path: str
    text: str
    language: str = ""


@dataclass
class Unpacked:
    """What an upload holds."""

    files: list[TextFile] = field(default_factory=list)
    skipped: int = 0
    """Members that are no text of a known kind, too large, or in folders of other people's code."""


def single(name: str, content: bytes) -> Unpacked:
    """Return one file.

    :raises AppError: ``request.invalid`` for one that is no text of a known kind, or too large.
    """
    path = PurePosixPath(name.replace("\\", "/")).name
    if len(content) > MAX_FILE_BYTES:
        raise invalid(file=_("A file can have %(most)d KB at most.") % {"most": MAX_FILE_BYTES // 1000})
    found = _text_file(path, content)
    if found is None:
        kinds = ", ".join(sorted(PROSE | set(LANGUAGES)))
        raise invalid(
            file=_("This is no text that can be remembered. Known endings: %(kinds)s, zip.") % {"kinds": kinds}
        )
    return Unpacked([found])


def unpacked(stream: IO[bytes]) -> Unpacked:
    """Return the texts of a zip archive; what is in it is read in memory, bounded, whatever its headers say.

    :raises AppError: ``request.invalid`` for what is no zip, is damaged, encrypted, or larger than allowed.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            return _read_all(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise invalid(file=_("This zip archive cannot be read: it is damaged, encrypted or no zip.")) from error


def _read_all(archive: zipfile.ZipFile) -> Unpacked:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MAX_MEMBERS:
        raise _too_large()
    found, left = Unpacked(), MAX_TEXT_BYTES
    for member in members:
        path = _safe_path(member.filename)
        if not path or not _is_known(path) or member.compress_type not in _BOUNDED:
            found.skipped += 1
            continue
        with archive.open(member) as opened:
            content = opened.read(min(MAX_FILE_BYTES, left) + 1)
        text_file = _text_file(path, content) if len(content) <= MAX_FILE_BYTES else None
        left -= len(content)
        if left < 0 or len(found.files) >= MAX_FILES:
            raise _too_large()
        if text_file is None:
            found.skipped += 1
        else:
            found.files.append(text_file)
    return found


def _too_large() -> AppError:
    told = {"files": MAX_FILES, "most": MAX_TEXT_BYTES // 1_000_000}
    return invalid(file=_("This holds more than %(files)d texts or %(most)d MB of them. Bring it in parts.") % told)


def _safe_path(name: str) -> str:
    """Return a relative path for showing; empty for one that leads elsewhere or into other people's code."""
    parts = [part for part in clean(name).replace("\\", "/").split("/") if part not in {"", "."}]
    is_odd = ".." in parts or name.startswith("/") or any(part.startswith(".") for part in parts)
    is_odd = is_odd or len(name) > MAX_PATH or not name.isprintable()
    return "" if is_odd or _LEFT_OUT & set(parts) else "/".join(parts)


def _is_known(path: str) -> bool:
    return _ending(path) in PROSE or _ending(path) in LANGUAGES


def _ending(path: str) -> str:
    return path.lower().rpartition(".")[2] if "." in path else ""


def _text_file(path: str, content: bytes) -> TextFile | None:
    if not _is_known(path) or b"\0" in content:
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return TextFile(path, text, LANGUAGES.get(_ending(path), "")) if text.strip() else None
