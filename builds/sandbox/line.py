"""A connection to a sandbox-runner that never waits without asking whether to go on."""

import contextlib
import http.client
import io
import selectors
import socket
import time
from typing import Self, cast

from builds.agent.ports import IsCancelled

CONNECT_SECONDS = 5.0
TICK_SECONDS = 0.04
SILENCE_SECONDS = 20.0
"""A runner that says nothing for so long is lost: it speaks each second."""
CONFIRM_SECONDS = 5.0
"""How long the runner may take to confirm that a cancelled run is dead."""


class NotSent(Exception):
    """Tell that the run was cancelled before the whole request was on its way, so that nothing was started."""


class Line:
    """One connection for one request. It stands in for the socket of ``http.client``.

    :param seconds: the longest time for all of it.
    """

    def __init__(self, address: tuple[str, int], *, is_cancelled: IsCancelled, seconds: float) -> None:
        self._socket = socket.create_connection(address, timeout=CONNECT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._is_cancelled = is_cancelled
        self._end = time.monotonic() + seconds
        self._heard = time.monotonic()
        self._is_sent = self.has_hung_up = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave; a run that is still going ends."""
        self._socket.close()

    def ask(self, method: str, path: str, *, token: str, body: bytes | None = None) -> http.client.HTTPResponse:
        """Send a request and return the answer's head; what follows can be read from it.

        :raises NotSent: cancelled while the request was sent.
        :raises OSError, http.client.HTTPException: the other side is gone, silent, or speaks something else.
        """
        connection = http.client.HTTPConnection("sandbox-runner")
        connection.sock = cast("socket.socket", self)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have said why it hangs up
            connection.request(method, path, body=body, headers=headers)
        self._is_sent = True
        return connection.getresponse()

    def sendall(self, data: bytes) -> None:
        """Send everything."""
        rest = memoryview(data)
        while rest:
            self._wait(selectors.EVENT_WRITE)
            rest = rest[self._socket.send(rest) :]

    def receive_into(self, buffer: memoryview) -> int:
        """Wait for something and return its size, 0 at the end."""
        self._wait(selectors.EVENT_READ)
        self._heard = time.monotonic()
        return self._socket.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a stream that reads from here."""
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        """Do nothing when ``http.client`` has no more use for this: the answer is still to be read from it."""

    def _wait(self, event: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, event)
            self._look_around()  # also where the other side never lets us wait
            while not selector.select(TICK_SECONDS):
                self._look_around()

    def _look_around(self) -> None:
        now = time.monotonic()
        if now > self._end or now - self._heard > SILENCE_SECONDS:
            raise TimeoutError
        if self.has_hung_up or not self._is_cancelled():
            return
        if not self._is_sent:
            raise NotSent
        self.has_hung_up = True
        self._end = now + CONFIRM_SECONDS
        self._socket.shutdown(socket.SHUT_WR)


class _Incoming(io.RawIOBase):
    def __init__(self, line: Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._line.receive_into(buffer)
