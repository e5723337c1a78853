"""Which addresses may be called."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builds.webhooks import addresses
from builds.webhooks.addresses import AllowedHost, is_public, normal_host, read_allowed

PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.170 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1
    198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1
    ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::8.8.8.8 64:ff9b:1::1
    100::1 100:0:0:1::1 2001::1 2001:0:7f00:1::1 2001:1::1 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1
    2001:30::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2002:808:808::1 2620:4f:8000::1 3ffe::1 3fff::1 4000::1
    5f00::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1 2a00:1450::5efe:7f00:1
    2a00:1450::200:5efe:a00:1
""".split()  # noqa: SIM905  a list of one word a line is no easier to read
PUBLIC = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
    172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2001:200::1
    2001:4860:4860::8888 2003::1 2400:cb00::1 2606:4700:4700::1111 2a00:1450:4001::200e 3ffd::1
""".split()  # noqa: SIM905
NO_ADDRESS = [
    "",
    "example.org",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "1.2.3",
    "1.2.3.4.5",
    "::g",
    "2a00::1%1",
    "01.2.3.4",
]


def is_refused(read: Callable[[], object]) -> bool:
    try:
        read()
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_not_refused(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses())
def test_nothing_is_open_that_the_library_calls_special(address: IPv4Address | IPv6Address) -> None:
    is_special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or not address.is_global
    )
    assert not (is_special and is_public(str(address)))


@given(st.ip_addresses(v=4))
def test_no_private_address_gets_through_inside_another(address: IPv4Address) -> None:
    number = int(address)
    prefixes = (0, 0xFFFF << 32, 0xFFFF << 48, 0x64FF9B << 96, (0x64FF9B0001 << 80), (0x20010000 << 96))
    for prefix in prefixes:
        assert not is_public(str(IPv6Address(prefix | number)))
    assert not is_public(str(IPv6Address((0x2002 << 112) | (number << 80))))
    assert not is_public(str(IPv6Address((0x2A00 << 112) | (0x5EFE << 32) | number)))


@given(st.ip_addresses())
def test_one_spelling_is_made_of_every_address(address: IPv4Address | IPv6Address) -> None:
    long = address.exploded.upper()
    assert normal_host(long) == str(address)


@given(st.text(max_size=40))
def test_a_host_is_understood_or_refused(host: str) -> None:
    try:
        plain = normal_host(host)
    except ValueError:
        return
    assert plain == normal_host(plain)
    assert plain.isascii()
    assert not set(plain) & set(" /\\@?#%[]\x00")


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "0x7f000001",
        "0177.0.0.1",
        "2130706433",
        "1.2.3.4.5",
        "example.0x1",
        "999.1.1.1",
        "1.2.3.",
        "１.1.1.1",
    ],
)
def test_numbers_that_only_a_resolver_understands_are_refused(host: str) -> None:
    assert is_refused(lambda: normal_host(host))


def test_names_are_written_small_and_without_the_root() -> None:
    assert normal_host("ExAmple.ORG.") == "example.org"
    assert normal_host("xn--bcher-kva.example") == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    "host", ["", ".", "-a.org", "a-.org", "a..org", "bücher.example", "a b", "a" * 64, "a/b", "a@b"]
)
def test_what_is_no_name_is_refused(host: str) -> None:
    assert is_refused(lambda: normal_host(host))


def test_the_operators_list_is_read() -> None:
    found = read_allowed(["Hooks.Internal", "10.0.0.7:8080", "[fd00::1]:9000", "::1", "[::2]"])
    assert found == {
        AllowedHost("hooks.internal"),
        AllowedHost("10.0.0.7", 8080),
        AllowedHost("fd00::1", 9000),
        AllowedHost("::1"),
        AllowedHost("::2"),
    }


@pytest.mark.parametrize(
    "word",
    [
        "http://host",
        "host:",
        "host:0",
        "host:65536",
        "host:x",
        "[::1",
        "[::1]x",
        "[host]:1",
        "a b",
        "*",
        "10.0.0.0/8",
    ],
)
def test_a_word_that_is_no_host_is_refused(word: str) -> None:
    assert is_refused(lambda: read_allowed([word]))


def test_a_host_is_allowed_on_its_port_only() -> None:
    allowed = read_allowed(["a.internal:8080", "b.internal"])
    assert addresses.is_allowed("a.internal", 8080, allowed)
    assert not addresses.is_allowed("a.internal", 8081, allowed)
    assert addresses.is_allowed("b.internal", 1, allowed)
    assert not addresses.is_allowed("xb.internal", 1, allowed)


def test_the_libraries_own_word_is_not_enough() -> None:
    """The reason for a rule of our own: what Python 3.11 calls global."""
    fooled = [address for address in PRIVATE if "%" not in address and ip_address(address).is_global]
    assert fooled, "this Python knows them all: the rule is still no weaker"
