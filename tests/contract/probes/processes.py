"""Attempts on other processes, and to leave the name spaces of this one."""

import ctypes
import os
import signal
import socket
import time

from tests.contract.probes.calls import ask
from tests.contract.probes.register import Attempt, Bait, Control, add, probe

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
CLONE_NEWCGROUP, CLONE_NEWTIME = 0x02000000, 0x00000080
PTRACE_SEIZE = 0x4206
LIBRARY = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> bool:
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return True


def _unshares(flags: int) -> Attempt:
    return lambda _: _check(LIBRARY.unshare(flags))


SPACES: tuple[tuple[str, int, Control], ...] = (
    ("user", CLONE_NEWUSER, "any"),
    ("user_and_mount", CLONE_NEWUSER | CLONE_NEWNS, "any"),
    ("user_and_network", CLONE_NEWUSER | CLONE_NEWNET, "any"),
    ("mount", CLONE_NEWNS, "root"),
    ("network", CLONE_NEWNET, "root"),
    ("pid", CLONE_NEWPID, "root"),
    ("ipc", CLONE_NEWIPC, "root"),
    ("uts", CLONE_NEWUTS, "root"),
    ("cgroup", CLONE_NEWCGROUP, "root"),
    ("time", CLONE_NEWTIME, "root"),
)
for kind, flags, control in SPACES:
    add(f"unshare_{kind}", _unshares(flags), control)


@probe()
def clone_into_a_user_namespace(_: Bait) -> bool:
    """Start a child as root of its own name space."""
    child = LIBRARY.syscall(56, CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    _check(child)
    os.waitpid(child, 0)
    return True


@probe("root")
def clone_into_a_mount_namespace(_: Bait) -> bool:
    """Start a child with mounts of its own."""
    child = LIBRARY.syscall(56, CLONE_NEWNS | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    _check(child)
    os.waitpid(child, 0)
    return True


@probe()
def signal_the_server(bait: Bait) -> bool:
    """Ask whether the server's process can be signalled; signal 0 does nothing."""
    os.kill(bait["pid"], 0)
    return True


@probe()
def signal_everybody(bait: Bait) -> bool:
    """Ask whether anybody at all can be signalled, this process and its helpers aside."""
    os.setpgid(0, 0)
    reachable = 0
    for pid in {*range(1, 40_000), *bait["neighbours"]}:
        try:
            os.kill(pid, 0)
        except OSError:
            continue
        reachable += 1
    return reachable > len(("number 1", "launcher", "this", "its parent"))


@probe()
def handle_on_the_server(bait: Bait) -> bool:
    """Open a handle to the server's process."""
    os.close(os.pidfd_open(bait["pid"]))
    return True


@probe()
def trace_a_neighbour(_: Bait) -> bool:
    """Attach to a process of the same user: from there every byte of it can be read and changed."""
    child = os.fork()
    if child == 0:
        time.sleep(2)
        os._exit(0)
    try:
        return _check(LIBRARY.ptrace(PTRACE_SEIZE, child, None, None))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@probe()
def read_the_memory_of_a_neighbour(_: Bait) -> bool:
    """Copy bytes out of another process."""
    text = ctypes.create_string_buffer(b"private")
    target = ctypes.create_string_buffer(8)
    child = os.fork()
    if child == 0:
        time.sleep(2)
        os._exit(0)
    try:
        here, there = _vector(target), _vector(text)
        _check(LIBRARY.process_vm_readv(child, ctypes.byref(here), 1, ctypes.byref(there), 1, 0))
        return bool(target.value == b"private")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _vector(buffer: "ctypes.Array[ctypes.c_char]") -> ctypes.Array[ctypes.c_size_t]:
    return (ctypes.c_size_t * 2)(ctypes.addressof(buffer), len(buffer))


@probe()
def steal_a_descriptor(_: Bait) -> bool:
    """Take an open file out of another process."""
    handle = os.pidfd_open(os.getpid())
    answer = ask(438, handle, 1, 0)
    if answer:
        raise OSError(answer, "refused")
    return True


@probe("none", "whoever runs the tests may have no terminal")
def terminal_of_the_server(_: Bait) -> bool:
    """Open the terminal that the server was started from."""
    os.close(os.open("/dev/tty", os.O_RDWR))
    return True


@probe()
def name_of_the_host(bait: Bait) -> bool:
    """Read what the machine is called."""
    return socket.gethostname() == str(bait["hostname"])


@probe("none", "in a container the bare machine's numbers are low too")
def numbers_of_the_hosts_processes(_: Bait) -> bool:
    """Look at this process's own number: a high one was given by the host."""
    return os.getpid() > 1000
