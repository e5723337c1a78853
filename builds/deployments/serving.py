"""Git itself answers who clones: it reads one repository, shows its branches alone, and is bounded in what it takes."""

import asyncio
import re
import threading
import time
import zlib
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path

from builds.deployments import git

SECONDS = 120.0
SIDE_BY_SIDE = 8
"""Clones that one process serves at once."""
MAX_REQUEST_BYTES = 1 << 20
_PIECE = 64 << 10
_GZIP = 16 + zlib.MAX_WBITS
_PROTOCOL = re.compile(r"version=[0-2]")
_HIDDEN = ("transfer.hideRefs=refs/agentsite", "uploadpack.allowFilter=true", *git.LOCAL)
_HELLO = b"001e# service=git-upload-pack\n0000"
_room = threading.BoundedSemaphore(SIDE_BY_SIDE)


class Full(Exception):  # it names the fact
    """As many are served as may be at once."""


class BadRequest(Exception):  # it names the fact
    """What was sent is too large, or not packed as it says."""


def unpacked(body: bytes, encoding: str) -> bytes:
    """Return the body of a request, unpacked within bounds.

    :raises BadRequest: it is larger than any that asks for a few branches.
    """
    if encoding not in {"", "identity", "gzip", "x-gzip"} or len(body) > MAX_REQUEST_BYTES:
        raise BadRequest
    if encoding not in {"gzip", "x-gzip"}:
        return body
    reader = zlib.decompressobj(_GZIP)
    try:
        content = reader.decompress(body, MAX_REQUEST_BYTES)
    except zlib.error:
        raise BadRequest from None
    if reader.unconsumed_tail or not reader.eof:
        raise BadRequest
    return content


class Serving:
    """One answer of ``git upload-pack``; it takes its place at once, and gives it back at the end of ``pieces``.

    :raises Full: there is no place.
    """

    def __init__(self, repository: Path, protocol: str, given: bytes | None) -> None:
        self._given = given
        options = ["--stateless-rpc", *(["--advertise-refs"] if given is None else []), "--timeout=30"]
        self._command = git.command("upload-pack", *options, str(repository), settings=_HIDDEN)
        self._environment: Mapping[str, str] = git.surroundings()
        self._is_second = protocol == "version=2"
        if _PROTOCOL.fullmatch(protocol):
            self._environment = {**self._environment, "GIT_PROTOCOL": protocol}
        if not _room.acquire(blocking=False):
            raise Full
        self._until = time.monotonic() + SECONDS
        self._is_over = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give what git answers, piece by piece; it ends with whoever reads."""
        process: Process | None = None
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                env=dict(self._environment),
                stdin=DEVNULL if self._given is None else PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                cwd="/",
            )
            writing = asyncio.ensure_future(_write(process, self._given or b""))
            if self._given is None and not self._is_second:
                yield _HELLO
            while piece := await self._read(process):
                yield piece
            await writing
        finally:
            if process is not None and process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            self.close()

    def close(self) -> None:
        """Give the place back, once."""
        if not self._is_over:
            self._is_over = True
            _room.release()

    async def _read(self, process: Process) -> bytes:
        if process.stdout is None:
            return b""
        left = max(0.0, self._until - time.monotonic())
        return await asyncio.wait_for(process.stdout.read(_PIECE), timeout=left)


async def _write(process: Process, given: bytes) -> None:
    if process.stdin is None:
        return
    # uvloop raises a plain RuntimeError for a pipe whose other end is gone.
    with suppress(BrokenPipeError, ConnectionResetError, RuntimeError):
        process.stdin.write(given)
        await process.stdin.drain()
        process.stdin.close()
