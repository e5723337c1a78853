"""Reading the URL of an endpoint, by one reader for checking and for calling."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from builds.webhooks import addresses

MAX_URL = 2_000
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?(?P<rest>(?:[/?].*)?)",
    re.IGNORECASE | re.ASCII,
)
_REST = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]*")
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LOW_PORTS = {80, 443}
_FIRST_FREE_PORT = 1024


class BadTarget(Exception):  # it names the fact
    """A URL that is not called; ``reason`` says which rule it breaks."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Target:
    """Where a request goes."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query."""
    is_allowed: bool
    """The operator vouches for the host: its addresses are not looked at."""

    @property
    def authority(self) -> str:
        """Return the value of the ``Host`` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_address(self) -> bool:
        """Say whether the host is an IP address and no name."""
        return _is_address(self.host)

    @property
    def url(self) -> str:
        """Return the one spelling that is stored and called."""
        return f"{self.scheme}://{self.authority}{self.path}"


def read_target(url: str, *, allowed: Iterable[str] | None = None) -> Target:
    """Read a URL and check all that can be known without asking for the host's addresses.

    :param allowed: the operator's list; the one of webhooks unless given.
    :raises BadTarget: ``form``, ``host``, ``http``, ``port`` or ``private``.
    """
    parts = _URL.fullmatch(url) if len(url) <= MAX_URL else None
    if parts is None or not _REST.fullmatch(parts["rest"]):
        raise BadTarget("form")
    scheme = parts["scheme"].lower()
    try:
        host = addresses.normal_host(parts["host"].strip("[]"))
        port = addresses.read_port(parts["port"]) if parts["port"] else _DEFAULT_PORTS[scheme]
    except ValueError:
        raise BadTarget("host") from None
    words = settings.WEBHOOK_ALLOWED_HOSTS if allowed is None else allowed
    is_allowed = addresses.is_allowed(host, port, addresses.read_allowed(words))
    if not is_allowed:
        _check_open(scheme, host, port)
    rest = parts["rest"]
    return Target(scheme, host, port, rest if rest.startswith("/") else f"/{rest}", is_allowed)


def _check_open(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise BadTarget("http")
    if port not in _LOW_PORTS and port < _FIRST_FREE_PORT:
        raise BadTarget("port")
    if _is_address(host) and not addresses.is_public(host):
        raise BadTarget("private")
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        raise BadTarget("private")


def _is_address(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()
