"""The worker at the other end of a connection, who is never waited for while something runs for him."""

import contextlib
import selectors
import socket
import time

from builds.sandbox.wire import BEAT_SECONDS, Line

CHUNK_BYTES = 1 << 16
FAREWELL_SECONDS = 10.0


class Caller:
    """Tells a worker what happens, and notices when he hangs up.

    The thread that starts a sandbox also watches its limits, so it must not hang in a write: what the worker doesn't
    take is kept here. That is bounded by what the sandbox may print.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._unsent = bytearray()
        self._last_word = time.monotonic()
        self._has_left = False

    def has_hung_up(self) -> bool:
        """Say whether the worker has closed his side; to be asked often, for it also sends what waits."""
        if time.monotonic() - self._last_word > BEAT_SECONDS:
            self._say(b"\n")
        self._send()
        return self._has_left or self._is_closed()

    def tell(self, line: Line) -> None:
        """Send a line as soon as possible."""
        self._say(line.model_dump_json(exclude_unset=True).encode() + b"\n")
        self._send()

    def take_leave(self) -> None:
        """Give the worker some time to take the last words."""
        deadline = time.monotonic() + FAREWELL_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_WRITE)
            while self._unsent and not self._has_left and time.monotonic() < deadline:
                selector.select(BEAT_SECONDS)
                self._send()

    def _say(self, text: bytes) -> None:
        self._last_word = time.monotonic()
        self._unsent += text

    def _send(self) -> None:
        try:
            while self._unsent and not self._has_left:
                del self._unsent[: self._connection.send(self._unsent[:CHUNK_BYTES])]
        except BlockingIOError:
            return
        except OSError:
            self._has_left = True

    def _is_closed(self) -> bool:
        """Whatever he says while his run goes on, he has nothing more to say but goodbye."""
        with contextlib.suppress(BlockingIOError):
            try:
                self._connection.recv(1, socket.MSG_PEEK)
            except ConnectionError:
                self._has_left = True
            return True
        return False
