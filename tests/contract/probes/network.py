"""Attempts to reach anybody: databases, brokers, cloud metadata, the host's sockets, the kernel's rarer protocols."""

import os
import socket
from pathlib import Path

from tests.contract.probes.register import Attempt, Bait, add, probe

SECONDS = 0.3
METADATA = "169.254.169.254"
METADATA_6 = "fd00:ec2::254"
ABSENT_FAMILY = "a kernel without the family answers like the filter; nothing but a socket is made, nobody is called"


def _connect(family: int, address: tuple[str, int] | str) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(SECONDS)
        client.connect(address)
    return True


def _has_route(family: int, host: str) -> bool:
    """Connecting a datagram socket asks for a route and sends nothing."""
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.connect((host, 80))
    return True


@probe()
def tcp_to_the_host(bait: Bait) -> bool:
    """Connect to a port that a server on this machine listens on."""
    return _connect(socket.AF_INET, ("127.0.0.1", bait["port"]))


@probe()
def tcp_to_all_of_loopback(bait: Bait) -> bool:
    """Connect under another address of the loopback network, and as 0.0.0.0."""
    return _connect(socket.AF_INET, ("0.0.0.0", bait["port"]))  # noqa: S104  nothing is bound


@probe()
def tcp_to_the_hosts_own_address(bait: Bait) -> bool:
    """Connect to the address under which the machine itself is known."""
    return _connect(socket.AF_INET, (bait["address"], bait["port"]))


@probe("none", "depends on IPv6 on the machine")
def tcp_to_the_host_over_ipv6(bait: Bait) -> bool:
    """Connect to the loopback address of IPv6, and to the mapped one."""
    for host in ("::1", "::ffff:127.0.0.1"):
        try:
            return _connect(socket.AF_INET6, (host, bait["port"]))
        except OSError:
            continue
    return False


@probe("none", "needs a PostgreSQL on its usual port")
def tcp_to_postgresql(_: Bait) -> bool:
    """Connect to the usual port of PostgreSQL."""
    return _connect(socket.AF_INET, ("127.0.0.1", 5432))


@probe("none", "needs a Redis on its usual port")
def tcp_to_redis(_: Bait) -> bool:
    """Connect to the usual port of Redis."""
    return _connect(socket.AF_INET, ("127.0.0.1", 6379))


@probe()
def udp_to_the_host(bait: Bait) -> bool:
    """Send a datagram to a socket of the host and wait for its echo."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(SECONDS)
        client.sendto(b"hello", ("127.0.0.1", bait["datagram_port"]))
        return client.recv(16) == b"hello"


@probe("none", "depends on the machine's routes; nothing is sent, because a cloud would answer with credentials")
def route_to_cloud_metadata(_: Bait) -> bool:
    """Ask for a way to the address under which clouds give out credentials."""
    return _has_route(socket.AF_INET, METADATA)


@probe("none", "depends on the machine's routes")
def route_to_cloud_metadata_over_ipv6(_: Bait) -> bool:
    """Ask for a way to the same over IPv6."""
    return _has_route(socket.AF_INET6, METADATA_6)


@probe("none", "depends on the machine's routes")
def route_to_the_internet(_: Bait) -> bool:
    """Ask for a way to an address that belongs to documentation."""
    return _has_route(socket.AF_INET, "192.0.2.1")


@probe()
def interfaces_of_the_host(_: Bait) -> bool:
    """List network interfaces other than loopback."""
    return any(name != "lo" for _, name in socket.if_nameindex())


@probe()
def unix_socket_in_a_folder(bait: Bait) -> bool:
    """Connect to a socket that every user of the host may use."""
    return _connect(socket.AF_UNIX, bait["unix_path"])


@probe()
def unix_socket_without_a_path(bait: Bait) -> bool:
    """Connect to a socket in the abstract name space, which no file mode protects."""
    return _connect(socket.AF_UNIX, "\0" + bait["unix_name"])


@probe("none", "needs one of these servers on the machine")
def sockets_of_well_known_servers(_: Bait) -> bool:
    """Look for the sockets of databases, brokers, container engines and the message bus."""
    places = (
        "/run/postgresql",
        "/run/redis",
        "/run/docker.sock",
        "/run/dbus",
        "/run/containerd",
        "/run/podman",
        "/run/systemd",
    )
    return any(Path(place).exists() for place in places)


@probe("root")
def raw_sockets(_: Bait) -> bool:
    """Make a socket that reads and writes whole packets."""
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    return True


@probe()
def port_of_the_host(bait: Bait) -> bool:
    """Listen on a port of the host: a server there could not start, or would be impersonated."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", bait["port"]))
        except OSError:
            return True  # the host's listener is in the way: this is the host's network
    return False


def _family(number: int, kind: int, protocol: int = 0) -> Attempt:
    def attempt(_: Bait) -> bool:
        socket.socket(number, kind, protocol).close()
        return True

    return attempt


add("socket_family_netlink", _family(16, socket.SOCK_RAW))
add("socket_family_packet", _family(17, socket.SOCK_RAW), "root")
add("socket_family_vsock", _family(40, socket.SOCK_STREAM), "none", ABSENT_FAMILY)
add("socket_family_alg", _family(38, socket.SOCK_SEQPACKET), "none", ABSENT_FAMILY)
add("socket_family_bluetooth", _family(31, socket.SOCK_RAW), "none", ABSENT_FAMILY)
add("socket_family_tipc", _family(30, socket.SOCK_RDM), "none", ABSENT_FAMILY)
add("socket_of_multipath_tcp", _family(2, socket.SOCK_STREAM, 262), "none", ABSENT_FAMILY)
add("socket_of_sctp", _family(2, socket.SOCK_SEQPACKET, 132), "none", ABSENT_FAMILY)
add("socket_of_echo_requests", _family(2, socket.SOCK_DGRAM, 1), "none", ABSENT_FAMILY)
add("socket_family_xdp", _family(44, socket.SOCK_RAW), "none", ABSENT_FAMILY)


@probe("none", "the bare process is started with exactly these three too")
def descriptors_of_the_server(_: Bait) -> bool:
    """Look for open descriptors beyond the three streams, the probe's own pipe aside."""
    return sum(_is_open(number) for number in range(256)) > len(("stdin", "stdout", "stderr", "pipe"))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
