"""The way onto the network: only to addresses that were checked, and never for longer than the time that was given."""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from builds.webhooks import addresses


class AddressUnknown(Exception):  # it names the fact
    """The name has no address."""


class AddressRefused(Exception):  # it names the fact
    """The name leads to an address that may not be called."""


class TlsFailed(Exception):  # it names the fact
    """The other side could not prove that it has the name."""


class Deadline:
    """A moment by which all has to be done."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return how many seconds are left.

        :raises TimeoutError: none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class CheckedNetwork(httpcore.NetworkBackend):
    """Connect to a host whose addresses are all public, or which the operator vouches for.

    The address that is connected to is the one that was checked: the name is asked for once.
    """

    def __init__(self, deadline: Deadline, *, is_allowed: bool) -> None:
        self._deadline = deadline
        self._is_allowed = is_allowed

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  the library's signature; the deadline is stricter
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Resolve, check, connect.

        :raises AddressUnknown: there is no address.
        :raises AddressRefused: one of the addresses may not be called.
        """
        found = resolve(host, port, self._deadline.left())
        if not self._is_allowed and not all(addresses.is_public(str(each[1][0])) for each in found):
            raise AddressRefused
        return TimedStream(self._first_that_answers(found), self._deadline)

    def _first_that_answers(self, found: list[tuple[int, Any]]) -> socket.socket:
        failure: OSError = ConnectionRefusedError()
        for family, where in found:
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self._deadline.left())
                connection.connect(where)
            except OSError as error:
                connection.close()
                failure = error
            else:
                return connection
        raise failure


class TimedStream(httpcore.NetworkStream):
    """A connection on which no sender of single bytes can outlast the deadline."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Read what is there."""
        try:
            self._socket.settimeout(self._deadline.left())
            return self._socket.recv(max_bytes)
        except TimeoutError:
            raise
        except OSError as error:
            raise httpcore.ReadError from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Write all of it; who answers before that, and hangs up, is heard nevertheless."""
        rest = memoryview(buffer)
        try:
            while rest:
                self._socket.settimeout(self._deadline.left())
                rest = rest[self._socket.send(rest) :]
        except TimeoutError:
            raise
        except OSError as error:
            raise httpcore.WriteError from error

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Go on in TLS, with the name of the URL.

        :raises TlsFailed: the certificate is not good for it, or this is no TLS.
        """
        try:
            self._socket.settimeout(self._deadline.left())
            return TimedStream(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._deadline)
        except TimeoutError:
            self.close()
            raise
        except (ssl.SSLError, ssl.CertificateError, ValueError) as error:
            self.close()
            raise TlsFailed from error


def resolve(host: str, port: int, seconds: float) -> list[tuple[int, Any]]:
    """Ask for a host's addresses; return families and socket addresses.

    :raises AddressUnknown: there are none.
    :raises TimeoutError: nobody answered in time.
    """
    answers: queue.SimpleQueue[list[tuple[int, Any]]] = queue.SimpleQueue()
    # The system's resolver can't be told how long to take; who has waited long enough leaves it behind.
    threading.Thread(target=lambda: answers.put(_ask(host, port)), name="resolver", daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if not found:
        raise AddressUnknown
    return found


def _ask(host: str, port: int) -> list[tuple[int, Any]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [(family, where) for family, _kind, _protocol, _name, where in found]
