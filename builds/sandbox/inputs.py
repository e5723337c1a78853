"""What goes into a sandbox: a few small files with harmless names, in a folder of their own."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from builds.agent.errors import AgentError
from builds.agent.values import SandboxLimits
from builds.sandbox.folders import owned_folder

MAX_FILES = 100
MAX_DEPTH = 8
_USUAL = SandboxLimits()
MAX_NAME = 100

SAFE_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*\Z")
WINDOWS_NAME = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)")


def check_files(files: Mapping[str, bytes], limits: SandboxLimits = _USUAL) -> None:
    """Refuse what no honest project needs.

    :raises AgentError: ``sandbox.input`` with the broken ``rule`` and, where one file broke it, its ``path``.
    """
    if len(files) > MAX_FILES:
        raise AgentError("sandbox.input", rule="too_many_files", limit=MAX_FILES)
    if sum(map(len, files.values())) > limits.input_bytes:
        raise AgentError("sandbox.input", rule="total_too_large", limit=limits.input_bytes)
    for path, content in files.items():
        if len(content) > limits.input_file_bytes:
            most = limits.input_file_bytes
            raise AgentError("sandbox.input", rule="file_too_large", path=path[:MAX_NAME], limit=most)
        check_path(path)
    _check_collisions(files)


def check_path(path: str) -> None:
    """Refuse a path that is absolute, climbs, hides, or means something else on another system.

    :raises AgentError: ``sandbox.input``.
    """
    parts = path.split("/")
    if len(parts) > MAX_DEPTH:
        raise AgentError("sandbox.input", rule="too_deep", path=path[:MAX_NAME], limit=MAX_DEPTH)
    if not all(_is_safe_part(part) for part in parts):
        raise AgentError("sandbox.input", rule="unsafe_name", path=ascii(path[:MAX_NAME]))


def _is_safe_part(part: str) -> bool:
    return (
        len(part) <= MAX_NAME
        and SAFE_PART.match(part) is not None
        and WINDOWS_NAME.match(part) is None
        and not part.endswith(".")
    )


def _check_collisions(files: Mapping[str, bytes]) -> None:
    """Two names that differ only in case, or a file where another one needs a folder, are one name too many."""
    seen: dict[str, str] = {}
    for path in files:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            name = "/".join(parts[:depth])
            kind = "file" if depth == len(parts) else "folder"
            known = seen.setdefault(name.lower(), f"{kind} {name}")
            if known != f"{kind} {name}" or (kind == "file" and known.startswith("folder")):
                raise AgentError("sandbox.input", rule="name_collision", path=path)


@contextmanager
def staged(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Write the files below a fresh folder's ``src``, and remove everything afterwards.

    The folder itself is closed to other users; ``src`` is open, because inside the sandbox another user reads it
    through a mount that starts there.

    :raises AgentError: ``sandbox.start_failed`` when the server has no room for them.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(owned_folder())
        except OSError as error:
            raise AgentError("sandbox.start_failed", step="stage") from error
        _write_all(folder / "src", files)
        yield folder


def _write_all(source: Path, files: Mapping[str, bytes]) -> None:
    try:
        _make_folder(source)
        for path, content in files.items():
            _write(source, path, content)
    except OSError as error:
        raise AgentError("sandbox.start_failed", step="stage") from error


def _write(source: Path, path: str, content: bytes) -> None:
    target = source / path
    for parent in reversed(target.relative_to(source).parents):
        _make_folder(source / parent)
    target.write_bytes(content)
    target.chmod(0o644)


def _make_folder(path: Path) -> None:
    if not path.exists():
        path.mkdir()
        path.chmod(0o755)  # whatever the umask says
