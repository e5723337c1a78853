"""Names of files in archives."""

import re

from memory.attachments import refusals

MAX_PATH = 250
MAX_DEPTH = 20
_NESTED = re.compile(r"(?i)\.(?:zip|jar|war|apk|whl|egg|gz|tgz|bz2|tbz2?|xz|txz|zst|lz4?|lzma|7z|rar|tar|cab|iso)\Z")


def check(name: str, *, is_link: bool = False) -> None:
    """Let a member pass.

    :raises AppError: ``attachment.unsafe_path``; ``attachment.archive_bomb`` for an archive in an archive.
    """
    parts = name.removesuffix("/").split("/")
    is_odd = not name or name.startswith("/") or "\\" in name or ".." in parts or ":" in parts[0][:2]
    is_odd = is_odd or any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in name)  # noqa: PLR2004  controls
    if is_odd or is_link or len(name) > MAX_PATH or len(parts) > MAX_DEPTH:
        raise refusals.unsafe_path()
    if _NESTED.search(name):
        raise refusals.archive_bomb()
