"""What may be a project's files, and the one hash that names them; the rules are those of ``docs/security.md``."""

import hashlib
import re
from collections.abc import Callable, Mapping

from builds.agent.errors import AgentError

MAX_PATH_LENGTH = 200
MAX_DEPTH = 8
MAX_FILES = 100
MAX_FILE_BYTES = 1 << 20
MAX_TREE_BYTES = 5 << 20

_SAFE_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")
_WINDOWS_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
)
# A package of the same name is imported at start just like the module.
_FORBIDDEN_NAMES = frozenset(
    {"conftest.py", "pytest.ini", "sitecustomize.py", "sitecustomize", "usercustomize.py", "usercustomize"}
)
_FORBIDDEN_SUFFIXES = (".pth", ".so", ".pyd")
# NUL ends a C string, and a lone surrogate cannot be written as UTF-8.
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")

_PATH_RULES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("empty", lambda path: not path),
    ("too_long", lambda path: len(path) > MAX_PATH_LENGTH),
    ("windows", lambda path: "\\" in path or path[1:2] == ":"),
    ("absolute", lambda path: path.startswith("/")),
    ("too_deep", lambda path: path.count("/") >= MAX_DEPTH),
)
_SEGMENT_RULES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("traversal", lambda segment: segment in {"", ".", ".."}),
    ("hidden", lambda segment: segment.startswith(".")),
    ("characters", lambda segment: not _SAFE_SEGMENT.fullmatch(segment)),
    # A name that starts like an option would be read as one by the tools that are given it.
    ("leading_dash", lambda segment: segment.startswith("-")),
    ("trailing_dot", lambda segment: segment.endswith(".")),
    ("windows", lambda segment: segment.split(".")[0].lower() in _WINDOWS_DEVICES),
    ("forbidden", lambda segment: segment.lower() in _FORBIDDEN_NAMES),
    ("forbidden", lambda segment: segment.lower().endswith(_FORBIDDEN_SUFFIXES)),
)


def broken_rule(path: str) -> str:
    """Name the first rule that a path breaks; empty when the path is safe."""
    for rule, is_broken in _PATH_RULES:
        if is_broken(path):
            return rule
    segments = path.split("/")
    return next((rule for segment in segments for rule, is_broken in _SEGMENT_RULES if is_broken(segment)), "")


def check_path(path: str) -> str:
    """Return a path that is safe to store, send into a sandbox and unpack anywhere.

    :raises AgentError: ``files.unsafe_path`` with ``path`` and the ``rule`` it breaks.
    """
    if rule := broken_rule(path):
        raise AgentError("files.unsafe_path", path=_printable(path), rule=rule)
    return path


def check_tree(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files as they are stored: sorted by path, every line ending a single LF.

    :raises AgentError: ``files.unsafe_path``, ``files.too_many``, ``files.too_large``, ``files.binary`` or
        ``files.collision``; ``files.too_large`` has an empty ``path`` when all files together are too much.
    """
    if len(files) > MAX_FILES:
        raise AgentError("files.too_many", count=len(files), limit=MAX_FILES)
    paths = sorted(check_path(path) for path in files)
    _refuse_collisions(paths)
    tree = {path: _check_text(path, files[path]) for path in paths}
    total = sum(len(text.encode()) for text in tree.values())
    if total > MAX_TREE_BYTES:
        raise AgentError("files.too_large", path="", bytes=total, limit=MAX_TREE_BYTES)
    return tree


def tree_hash(files: Mapping[str, str]) -> str:
    """Return the hex SHA-256 that names a tree.

    It is the hash of one line per file, sorted by path in byte order: the hex SHA-256 of the file's UTF-8 bytes, two
    spaces, the path, LF. So anybody can recompute it in an unpacked project with
    ``find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum``.

    :raises AgentError: as :func:`check_tree` does.
    """
    lines = (f"{sha256}  {path}\n" for path, sha256 in manifest(check_tree(files)).items())
    return hashlib.sha256("".join(lines).encode("ascii")).hexdigest()


def manifest(files: Mapping[str, str]) -> dict[str, str]:
    """Return the hex SHA-256 of each file's UTF-8 bytes, just as they are."""
    return {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}


def _printable(path: str) -> str:
    return path[:MAX_PATH_LENGTH].encode("ascii", "backslashreplace").decode("ascii")


def _refuse_collisions(paths: list[str]) -> None:
    """Refuse names that meet on a file system that ignores case, and a file where another file needs a folder."""
    seen: dict[str, tuple[str, bool]] = {}
    for path in paths:
        segments = path.split("/")
        for depth in range(1, len(segments) + 1):
            prefix = "/".join(segments[:depth])
            entry = (prefix, depth == len(segments))
            if seen.setdefault(prefix.lower(), entry) != entry:
                raise AgentError("files.collision", path=path, other=seen[prefix.lower()][0])


def _check_text(path: str, text: str) -> str:
    # The characters come first: a megabyte is at most a megabyte of them, and encoding a monster costs memory.
    if len(text) > MAX_FILE_BYTES:
        raise AgentError("files.too_large", path=path, bytes=len(text), limit=MAX_FILE_BYTES)
    if _NOT_TEXT.search(text):
        raise AgentError("files.binary", path=path)
    # Lone CR too: otherwise CR CR LF would change again when the stored text is checked again.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    size = len(text.encode())
    if size > MAX_FILE_BYTES:
        raise AgentError("files.too_large", path=path, bytes=size, limit=MAX_FILE_BYTES)
    return text
