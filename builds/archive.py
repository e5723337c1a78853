"""A build as one zip, written here and read again, whoever may have had it in his hands."""

import io
import lzma
import struct
import zipfile
import zlib
from collections import Counter

from builds import evidence
from builds.agent.errors import AgentError
from builds.agent.tree import MAX_FILE_BYTES, MAX_FILES, MAX_TREE_BYTES, broken_rule, check_tree
from builds.evidence import UnreadableEvidenceError
from builds.models.files import BuildFile

MAX_EVIDENCE_BYTES = 8 << 20
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(ValueError, OverflowError, NotImplementedError, RuntimeError),
)
_TIME = (1980, 1, 1, 0, 0, 0)  # fixed: the same tree is the same archive, byte for byte


def zipped(folder: str, files: list[BuildFile], proved: bytes = b"") -> bytes:
    """Return the files as a zip with everything below one folder, and beside it what was proved about them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(f"{folder}/{file.path}", _TIME), bytes(file.blob.content))
        if proved:
            archive.writestr(zipfile.ZipInfo(evidence.FILE, _TIME), proved)
    return buffer.getvalue()


def unzipped(content: bytes) -> tuple[dict[str, str], evidence.Document]:
    """Return the files of an archive just as they are, and its evidence; nothing is unpacked to disk.

    :raises UnreadableEvidenceError: it is damaged or too large, has no evidence, or unpacks to anything but one folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = _names(archive)
            found = evidence.read(_read(archive, evidence.FILE, MAX_EVIDENCE_BYTES))
            tree = {name.partition("/")[2]: _read(archive, name, MAX_FILE_BYTES).decode() for name in names}
            check_tree(tree)
    except UnicodeDecodeError:
        raise UnreadableEvidenceError("it holds a file that is no text") from None
    except AgentError as error:
        raise UnreadableEvidenceError(f"it holds files that no build has: {error}") from None
    except UnreadableEvidenceError:
        raise
    except _DAMAGE as error:
        raise UnreadableEvidenceError(str(error)) from error
    return tree, found


def _names(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of a project's files, once it is sure that unpacking gives these and no others."""
    infos = archive.infolist()
    names = [info.filename for info in infos if not info.is_dir() and info.filename != evidence.FILE]
    empty = [each.filename for each in infos if each.is_dir() and not any(n.startswith(each.filename) for n in names)]
    roots = {info.filename.partition("/")[0] for info in infos if info.filename != evidence.FILE}
    twice = [name for name, count in Counter(info.filename for info in infos).items() if count > 1]
    if len(names) == len(infos):
        raise UnreadableEvidenceError(f"it has no {evidence.FILE}")
    if twice:
        raise UnreadableEvidenceError(f"it holds {twice[0]!a} more than once")
    if empty:
        raise UnreadableEvidenceError(f"it holds a folder without files, {empty[0]!a}")
    if len(roots) != 1 or any("/" not in name for name in names) or broken_rule(*roots):
        raise UnreadableEvidenceError(f"its files are not in one folder, but in {ascii(sorted(roots))[:200]}")
    if len(names) > MAX_FILES or sum(archive.getinfo(name).file_size for name in names) > MAX_TREE_BYTES:
        raise UnreadableEvidenceError("it is too large")
    return names


def _read(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    with archive.open(name) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise UnreadableEvidenceError("it is too large")
    return content
