"""Puts failures into few words: the exception, and the frames inside the project."""

import hashlib
import linecache
import traceback

WORK = "/work"
MAX_MESSAGE = 2 << 10
MAX_TRACEBACK = 8 << 10
MAX_FRAMES = 30
MAX_ID = 300
MARK = 16


def described(error: BaseException) -> tuple[str, str]:
    """Return a failure's first line, and its frames inside the project followed by the other lines."""
    try:
        text = "".join(traceback.format_exception_only(type(error), error))
    except Exception:  # noqa: BLE001 (foreign code runs here and may raise anything)
        text = type(error).__name__  # its own __str__ fails
    if isinstance(error, SyntaxError):
        text = f"{type(error).__name__}: {error.msg} ({relative(str(error.filename))}, line {error.lineno})"
    first, _, rest = relative(text.strip()).partition("\n")
    frames = project_frames(error)
    return clip(first, MAX_MESSAGE), clip(frames, MAX_TRACEBACK // 2) + clip(rest, MAX_TRACEBACK // 2)


def project_frames(error: BaseException) -> str:
    """Return the frames in the project's own files, innermost last."""
    linecache.checkcache()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(WORK + "/")]
    lines = [
        f'File "{relative(frame.filename)}", line {frame.lineno}, in {frame.name}\n    {frame.line}\n'
        for frame in frames[-MAX_FRAMES:]
    ]
    return "".join(lines)


def skip_reason(longrepr: object) -> str:
    """Return the words given with a skip."""
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr or "")


def relative(text: str) -> str:
    """Leave out where the project lies inside the sandbox."""
    return text.replace(WORK + "/", "")


def clipped_id(nodeid: str) -> str:
    """Cut an id that is too long in such a way that it stays another than those which begin alike."""
    short = clip(nodeid, MAX_ID)
    if short == nodeid:
        return short
    mark = hashlib.sha256(nodeid.encode("utf-8", "replace")).hexdigest()[:MARK]
    return f"{short[: MAX_ID - MARK - 1]} {mark}"


def clip(text: str, limit: int) -> str:
    """Cut a text that is too long, and replace what is not text."""
    return text[:limit].encode("utf-8", "replace").decode("utf-8")
