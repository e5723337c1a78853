"""Which addresses may be called: public ones, and whatever the operator allows by name.

``ipaddress`` alone does not know: in Python 3.11 it calls NAT64, 6to4, multicast and IPv4 in IPv6 global. So the rule
is a short list of what is open: for IPv6 the range that is given out for use on the internet, less its special parts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

MAX_PORT = 65_535
_NOT_OPEN_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a carrier's translation
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocols
        "192.0.2.0/24",  # examples
        "192.31.196.0/24",  # answers for private names
        "192.52.193.0/24",  # multicast over unicast
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # measurements
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_OPEN_6 = IPv6Network("2000::/3")
_NOT_OPEN_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocols: Teredo, ORCHID and others
        "2001:db8::/32",  # examples
        "2002::/16",  # 6to4: holds any IPv4 address
        "2620:4f:8000::/48",  # answers for private names
        "3ffe::/16",  # given back
        "3fff::/20",  # examples
    )
)
_ISATAP = {0x00005EFE, 0x02005EFE}
"""The third quarter of an address that holds an IPv4 address in its last."""
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_LOOKS_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_LONGEST_NAME = 253


@dataclass(frozen=True)
class AllowedHost:
    """A host that the operator allows, on one port or on all."""

    host: str
    port: int | None = None


def is_public(address: str) -> bool:
    """Say whether an IP address belongs to somebody on the internet; False for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return _is_open_4(found) if isinstance(found, IPv4Address) else _is_open_6(found)


def normal_host(host: str) -> str:
    """Return a name or IP address in its one spelling.

    :raises ValueError: it is neither.
    """
    plain = host.lower().removesuffix(".")
    if ":" in plain:
        return str(_plain_6(plain))
    if _LOOKS_NUMERIC.fullmatch(plain.rpartition(".")[2]):
        return str(IPv4Address(plain))  # and not one of the ways that only a resolver understands: 127.1, 0x7f000001
    if len(plain) > _LONGEST_NAME or not _NAME.fullmatch(plain):
        raise ValueError(host)
    return plain


def read_allowed(words: Iterable[str]) -> frozenset[AllowedHost]:
    """Read the operator's list: ``host``, ``host:port``, an IPv6 address in brackets.

    :raises ValueError: a word that is none of these.
    """
    return frozenset(_allowed(word) for word in words)


def is_allowed(host: str, port: int, allowed: Iterable[AllowedHost]) -> bool:
    """Say whether the operator allows a host, written as :func:`normal_host` does."""
    return any(each.host == host and each.port in {None, port} for each in allowed)


def _allowed(word: str) -> AllowedHost:
    host, port = _split(word)
    return AllowedHost(normal_host(host), read_port(port) if port is not None else None)


def _split(word: str) -> tuple[str, str | None]:
    if word.startswith("["):
        host, end, rest = word[1:].partition("]")
        if not end or (rest and not rest.startswith(":")) or ":" not in host:
            raise ValueError(word)
        return host, rest[1:] if rest else None
    if word.count(":") > 1:
        return word, None
    host, colon, port = word.partition(":")
    return host, port if colon else None


def read_port(text: str) -> int:
    """Read a port's number.

    :raises ValueError: it is none.
    """
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= MAX_PORT:
        raise ValueError(text)
    return int(text)


def _plain_6(text: str) -> IPv6Address:
    found = IPv6Address(text)
    if found.scope_id is not None:
        raise ValueError(text)
    return found


def _is_open_4(address: IPv4Address) -> bool:
    return not any(address in network for network in _NOT_OPEN_4)


def _is_open_6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _OPEN_6:
        return False
    third_quarter = int(address) >> 32 & 0xFFFF_FFFF
    return third_quarter not in _ISATAP and not any(address in network for network in _NOT_OPEN_6)
