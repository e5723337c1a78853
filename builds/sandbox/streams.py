"""The pipes of a sandboxed command, fed and read without ever waiting for the other side."""

import contextlib
import os
import selectors
import subprocess
from collections.abc import Callable, Iterator
from typing import IO

READY = b"\x06"
"""The launcher's first byte on stdout, written when everything is in place and nothing foreign has run yet."""

CHUNK_BYTES = 1 << 16


class Streams:
    """What goes in and what came out so far."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        stdin: bytes,
        *,
        limit_bytes: int,
        on_output: Callable[[bytes], None] | None,
    ) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.is_ready = False
        self._process = process
        self._stdin = memoryview(stdin)
        self._limit = limit_bytes
        self._on_output = on_output

    def attach(self, selector: selectors.BaseSelector) -> None:
        """Have the selector call back whenever one of the pipes can be used."""

        def read(target: bytearray) -> Callable[[int], None]:
            def callback(descriptor: int) -> None:
                chunk = read_some(descriptor)
                if chunk == b"":
                    selector.unregister(descriptor)
                self._keep(target, chunk or b"")

            return callback

        def feed(descriptor: int) -> None:
            if self._feed(descriptor):
                selector.unregister(descriptor)
                _pipe(self._process.stdin).close()

        for stream, target in self._outputs():
            os.set_blocking(stream.fileno(), False)
            selector.register(stream.fileno(), selectors.EVENT_READ, read(target))
        stdin = _pipe(self._process.stdin).fileno()
        os.set_blocking(stdin, False)
        selector.register(stdin, selectors.EVENT_WRITE, feed)

    def is_over_limit(self) -> bool:
        """Say whether the command has written more than it may."""
        return len(self.stdout) + len(self.stderr) > self._limit

    def drain(self) -> None:
        """Read what the dead sandbox left in the pipes; nobody is waited for."""
        for stream, target in self._outputs():
            while not self.is_over_limit():
                chunk = read_some(stream.fileno())
                if not chunk:
                    break
                self._keep(target, chunk)

    def close(self) -> None:
        """Give back the pipes."""
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(BrokenPipeError):
                _pipe(stream).close()

    def _outputs(self) -> tuple[tuple[IO[bytes], bytearray], ...]:
        return (_pipe(self._process.stdout), self.stdout), (_pipe(self._process.stderr), self.stderr)

    def _keep(self, target: bytearray, chunk: bytes) -> None:
        is_stdout = target is self.stdout
        if is_stdout and not self.is_ready:
            self.is_ready = chunk.startswith(READY)
            chunk = chunk.removeprefix(READY)
        target += chunk
        if is_stdout and chunk and self._on_output is not None:
            self._on_output(chunk)

    def _feed(self, descriptor: int) -> bool:
        """Write a piece; say whether that was all that can be written."""
        try:
            if self._stdin:
                self._stdin = self._stdin[os.write(descriptor, self._stdin[:CHUNK_BYTES]) :]
        except BlockingIOError:
            return False
        except BrokenPipeError:
            return True
        return not self._stdin


@contextlib.contextmanager
def open_pipe() -> Iterator[tuple[int, int]]:
    """Open a pipe, its end for reading and its end for writing, and close both afterwards."""
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


@contextlib.contextmanager
def filled_pipe(content: bytes) -> Iterator[int]:
    """Hold a pipe that gives a content and ends; at most four kilobytes are sure to fit into it."""
    reading, writing = os.pipe()
    try:
        try:
            os.write(writing, content)
        finally:
            os.close(writing)
        yield reading
    finally:
        os.close(reading)


def read_some(descriptor: int) -> bytes | None:
    """Return what is there, nothing at the end of the stream, None when nothing is there yet."""
    try:
        return os.read(descriptor, CHUNK_BYTES)
    except BlockingIOError:
        return None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("the process was started without this pipe")
    return stream
