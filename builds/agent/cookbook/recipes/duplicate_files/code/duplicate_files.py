"""Find files with the same content in a folder and everything below it."""

import hashlib
from collections import defaultdict
from pathlib import Path

_CHUNK_BYTES = 1 << 16


def file_digest(path: Path) -> str:
    """Hash a file's content with SHA-256, reading it piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def find_duplicates(folder: Path | str, *, minimum_bytes: int = 1) -> list[list[Path]]:
    """List groups of equal files, the largest files first.

    Symbolic links are not followed, and files below ``minimum_bytes`` are left out.

    :raises NotADirectoryError: there is no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise NotADirectoryError(root)
    by_size: dict[int, list[Path]] = defaultdict(list)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            by_size[path.stat().st_size].append(path)
    groups: list[list[Path]] = []
    for size in sorted(by_size, reverse=True):
        if size >= minimum_bytes and len(by_size[size]) > 1:
            groups.extend(_equal_files(by_size[size]))
    return groups


def wasted_bytes(groups: list[list[Path]]) -> int:
    """Add up the bytes that one copy of each file would save."""
    return sum((len(group) - 1) * group[0].stat().st_size for group in groups)


def _equal_files(paths: list[Path]) -> list[list[Path]]:
    by_digest: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        by_digest[file_digest(path)].append(path)
    return [group for group in by_digest.values() if len(group) > 1]
