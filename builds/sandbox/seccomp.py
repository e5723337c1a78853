"""A small system call filter, assembled here so that it knows every call it lets through.

Numbers above the highest one listed for an architecture are answered with ENOSYS, so a call that a future kernel adds
is unknown here too. Programs built for another architecture are killed: their numbers mean other calls.
"""

import errno
import platform
import struct
from dataclasses import dataclass

LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
JUMP_GREATER_EQUAL = 0x35  # BPF_JMP | BPF_JGE | BPF_K
JUMP_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
RETURN = 0x06  # BPF_RET | BPF_K

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
ERRNO = 0x00050000

OFFSET_NUMBER, OFFSET_ARCHITECTURE, OFFSET_ARGUMENTS = 0, 4, 16

X32_BIT = 0x40000000
NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW… flag that clone() understands
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
SOCKET_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6
SOCKET_TYPES, SOCKET_TYPE_BITS = (1, 2), 0xF  # SOCK_STREAM, SOCK_DGRAM; flags stand above
SOCKET_PROTOCOLS = (0, 6, 17)  # the usual one, TCP, UDP

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


@dataclass(frozen=True)
class Architecture:
    """One architecture's numbers: what exists, what is denied, and what is looked at more closely."""

    audit_number: int
    last_classic: int
    """Highest number of the architecture's own table; the shared table starts at 424."""
    denied: tuple[int, ...]
    clone: int
    socket: tuple[int, ...]
    ioctl: int
    has_x32: bool


SHARED_FIRST = 424
SHARED_LAST = 452
SHARED_DENIED = (
    *(425, 426, 427),  # io_uring
    *(428, 429, 430, 431, 432, 433, 442),  # the new mount calls
    *(438, 440, 448),  # pidfd_getfd, process_madvise, process_mrelease
    *(443, 447),  # quotactl_fd, memfd_secret
)
SHARED_UNKNOWN = (
    435,  # clone3: its flags lie in memory that a filter can't read; C libraries fall back to clone
    *(444, 445, 446, 450, 451),  # landlock, set_mempolicy_home_node, cachestat: nothing here needs them
)

X86_64 = Architecture(
    audit_number=0xC000003E,
    last_classic=334,
    denied=(
        *(155, 161, 165, 166),  # pivot_root, chroot, mount, umount2
        *(272, 308),  # unshare, setns
        *(248, 249, 250),  # keys
        *(298, 321, 323),  # perf_event_open, bpf, userfaultfd
        *(101, 310, 311, 312),  # ptrace, process_vm_readv, process_vm_writev, kcmp
        319,  # memfd_create
        *(29, 30, 31, 67, 64, 65, 66, 220, 68, 69, 70, 71),  # System V shared memory, semaphores, messages
        *(240, 241, 242, 243, 244, 245),  # POSIX message queues
        *(206, 207, 208, 209, 210, 333),  # asynchronous I/O
        *(103, 134, 135, 139, 153, 154, 156),  # syslog, uselib, personality, sysfs, vhangup, modify_ldt, _sysctl
        *(159, 163, 164, 227, 305),  # clocks, acct
        *(167, 168, 169, 170, 171, 172, 173),  # swap, reboot, names, ports
        *(174, 175, 176, 177, 178, 313, 246, 320),  # modules, kexec
        *(179, 180, 212, 216, 236, 278),  # quotactl, nfsservctl, lookup_dcookie, remap_file_pages, vserver, vmsplice
        *(237, 238, 239, 256, 279),  # memory policy and page moves
        *(300, 301, 303, 304),  # fanotify, file handles
    ),
    clone=56,
    socket=(41, 53),
    ioctl=16,
    has_x32=True,
)

AARCH64 = Architecture(
    audit_number=0xC00000B7,
    last_classic=294,
    denied=(
        *(39, 40, 41, 51),  # umount2, mount, pivot_root, chroot
        *(97, 268),  # unshare, setns
        *(217, 218, 219),  # keys
        *(241, 280, 282),  # perf_event_open, bpf, userfaultfd
        *(117, 270, 271, 272),  # ptrace, process_vm_readv, process_vm_writev, kcmp
        279,  # memfd_create
        *range(186, 198),  # System V messages, semaphores, shared memory
        *range(180, 186),  # POSIX message queues
        *(0, 1, 2, 3, 4, 292),  # asynchronous I/O
        *(92, 116, 58),  # personality, syslog, vhangup
        *(89, 112, 170, 171, 266),  # acct, clocks
        *(142, 161, 162, 224, 225),  # reboot, names, swap
        *(104, 105, 106, 273, 294),  # modules, kexec
        *(18, 42, 60, 75, 234),  # lookup_dcookie, nfsservctl, quotactl, vmsplice, remap_file_pages
        *(235, 236, 237, 238, 239),  # memory policy and page moves
        *(262, 263, 264, 265),  # fanotify, file handles
    ),
    clone=220,
    socket=(198, 199),
    ioctl=29,
    has_x32=False,
)

ARCHITECTURES = {"x86_64": X86_64, "aarch64": AARCH64}


def current_architecture() -> Architecture | None:
    """Return this machine's table; None where there is none, and then nothing may run here."""
    return ARCHITECTURES.get(platform.machine())


def program(architecture: Architecture) -> bytes:
    """Assemble the filter as the array of ``sock_filter`` records that the kernel and bubblewrap read."""
    instructions = [
        *_head(architecture),
        *_answer_each(architecture.denied, ERRNO | errno.EPERM),
        *_answer_each(SHARED_DENIED, ERRNO | errno.EPERM),
        *_answer_each(SHARED_UNKNOWN, ERRNO | errno.ENOSYS),
        *_clone_without_namespaces(architecture.clone),
        *(step for number in architecture.socket for step in _known_sockets(number)),
        *_harmless_ioctl(architecture.ioctl),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


def _head(architecture: Architecture) -> list[Instruction]:
    """Kill foreign architectures, then answer numbers outside the two known ranges with ENOSYS."""
    steps: list[Instruction] = [
        (LOAD_WORD, 0, 0, OFFSET_ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, architecture.audit_number),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD_WORD, 0, 0, OFFSET_NUMBER),
    ]
    if architecture.has_x32:
        steps += [(JUMP_GREATER_EQUAL, 0, 1, X32_BIT), (RETURN, 0, 0, KILL_PROCESS)]
    steps += [
        (JUMP_GREATER_EQUAL, 0, 1, SHARED_LAST + 1),
        (RETURN, 0, 0, ERRNO | errno.ENOSYS),
        (JUMP_GREATER_EQUAL, 2, 0, SHARED_FIRST),
        (JUMP_GREATER_EQUAL, 0, 1, architecture.last_classic + 1),
        (RETURN, 0, 0, ERRNO | errno.ENOSYS),
    ]
    return steps


def _answer_each(numbers: tuple[int, ...], answer: int) -> list[Instruction]:
    steps: list[Instruction] = []
    for number in numbers:
        steps += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, answer)]
    return steps


def _clone_without_namespaces(number: int) -> list[Instruction]:
    return [
        (JUMP_EQUAL, 0, 4, number),
        (LOAD_WORD, 0, 0, OFFSET_ARGUMENTS),
        (JUMP_ANY_BIT, 0, 1, NEW_NAMESPACES),
        (RETURN, 0, 0, ERRNO | errno.EPERM),
        (RETURN, 0, 0, ALLOW),
    ]


def _known_sockets(number: int) -> list[Instruction]:
    """Let through the sockets that ordinary programs use; others reach or load parts of the kernel few have tested."""
    checks = [
        (LOAD_WORD, 0, 0, OFFSET_ARGUMENTS),
        *_one_of(SOCKET_FAMILIES, errno.EAFNOSUPPORT),
        (LOAD_WORD, 0, 0, OFFSET_ARGUMENTS + 8),
        (AND, 0, 0, SOCKET_TYPE_BITS),
        *_one_of(SOCKET_TYPES, errno.ESOCKTNOSUPPORT),
        (LOAD_WORD, 0, 0, OFFSET_ARGUMENTS + 16),
        *_one_of(SOCKET_PROTOCOLS, errno.EPROTONOSUPPORT),
        (RETURN, 0, 0, ALLOW),
    ]
    return [(JUMP_EQUAL, 0, len(checks), number), *checks]


def _one_of(values: tuple[int, ...], error: int) -> list[Instruction]:
    """Go on after this when what was loaded is among the values."""
    tests = [(JUMP_EQUAL, len(values) - index, 0, value) for index, value in enumerate(values)]
    return [*tests, (RETURN, 0, 0, ERRNO | error)]


def _harmless_ioctl(number: int) -> list[Instruction]:
    """Deny the requests that type into somebody's terminal."""
    return [
        (JUMP_EQUAL, 0, 5, number),
        (LOAD_WORD, 0, 0, OFFSET_ARGUMENTS + 8),
        (JUMP_EQUAL, 1, 0, TIOCSTI),
        (JUMP_EQUAL, 0, 1, TIOCLINUX),
        (RETURN, 0, 0, ERRNO | errno.EPERM),
        (RETURN, 0, 0, ALLOW),
    ]
