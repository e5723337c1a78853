"""The filter, run by a small interpreter of its own instructions."""

import errno
import struct

import pytest

from builds.sandbox.seccomp import AARCH64, ALLOW, ERRNO, KILL_PROCESS, X86_64, Architecture, program

STREAM, DATAGRAM, CLOSE_ON_EXEC = 1, 2, 0o2000000
BOTH = pytest.mark.parametrize("architecture", [X86_64, AARCH64], ids=["x86-64", "aarch64"])


def verdict(architecture: Architecture, number: int, *arguments: int, audit: int | None = None) -> int:
    """Run the program on one call, as the kernel would."""
    values = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=iIQ6Q", number, architecture.audit_number if audit is None else audit, 0, *values)
    steps = list(struct.iter_unpack("=HBBI", program(architecture)))
    accumulator, position = 0, 0
    while True:
        code, if_true, if_false, constant = steps[position]
        position += 1
        if code == 0x06:
            return int(constant)
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, constant)
            continue
        if code == 0x54:
            accumulator &= constant
            continue
        holds = {0x15: accumulator == constant, 0x35: accumulator >= constant, 0x45: bool(accumulator & constant)}[code]
        position += if_true if holds else if_false


@BOTH
def test_every_ordinary_call_is_allowed(architecture: Architecture) -> None:
    special = {architecture.clone, architecture.ioctl, *architecture.socket, *architecture.denied}
    ordinary = set(range(architecture.last_classic + 1)) - special
    assert {verdict(architecture, number) for number in ordinary} == {ALLOW}


@BOTH
def test_every_listed_call_is_denied(architecture: Architecture) -> None:
    numbers = (*architecture.denied, 425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442, 443, 447, 448)
    assert {verdict(architecture, number) for number in numbers} == {ERRNO | errno.EPERM}


@BOTH
@pytest.mark.parametrize("number", [423, 435, 444, 451, 453, 1000, 0x3FFFFFFF])
def test_unknown_calls_do_not_exist(architecture: Architecture, number: int) -> None:
    assert verdict(architecture, number) == ERRNO | errno.ENOSYS


@BOTH
def test_another_architecture_is_killed(architecture: Architecture) -> None:
    assert verdict(architecture, 1, audit=0x40000003) == KILL_PROCESS


def test_the_x32_table_is_killed() -> None:
    assert verdict(X86_64, 0x40000001) == KILL_PROCESS


@BOTH
@pytest.mark.parametrize(
    ("family", "is_allowed"), [(1, True), (2, True), (10, True), (16, False), (17, False), (40, False)]
)
def test_sockets_are_judged_by_their_family(architecture: Architecture, family: int, is_allowed: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    expected = ALLOW if is_allowed else ERRNO | errno.EAFNOSUPPORT
    assert {verdict(architecture, number, family, STREAM) for number in architecture.socket} == {expected}


@BOTH
@pytest.mark.parametrize(
    ("kind", "protocol", "expected"),
    [
        (STREAM, 0, ALLOW),
        (STREAM | CLOSE_ON_EXEC, 6, ALLOW),
        (DATAGRAM, 17, ALLOW),
        (5, 132, ERRNO | errno.ESOCKTNOSUPPORT),
        (3, 1, ERRNO | errno.ESOCKTNOSUPPORT),
        (STREAM, 262, ERRNO | errno.EPROTONOSUPPORT),
        (STREAM, 132, ERRNO | errno.EPROTONOSUPPORT),
        (DATAGRAM, 1, ERRNO | errno.EPROTONOSUPPORT),
    ],
)
def test_sockets_are_judged_by_type_and_protocol_too(
    architecture: Architecture, kind: int, protocol: int, expected: int
) -> None:
    assert {verdict(architecture, number, 2, kind, protocol) for number in architecture.socket} == {expected}


@BOTH
def test_a_clone_may_make_threads_but_no_namespaces(architecture: Architecture) -> None:
    assert verdict(architecture, architecture.clone, 0x3D0F00) == ALLOW
    for flag in (0x10000000, 0x20000000, 0x40000000, 0x00020000, 0x02000000, 0x04000000, 0x08000000):
        assert verdict(architecture, architecture.clone, flag | 17) == ERRNO | errno.EPERM


@BOTH
def test_nobody_types_into_a_terminal(architecture: Architecture) -> None:
    assert verdict(architecture, architecture.ioctl, 0, 0x5412) == ERRNO | errno.EPERM
    assert verdict(architecture, architecture.ioctl, 0, 0x1_0000_5412) == ERRNO | errno.EPERM
    assert verdict(architecture, architecture.ioctl, 0, 0x5401) == ALLOW
