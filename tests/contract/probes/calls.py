"""System calls that foreign code has no business with, made with arguments that change nothing.

Any answer but EPERM and ENOSYS means that the kernel would have listened. The numbers are those of x86-64.
"""

import ctypes
import errno
import mmap
import os
import platform
import signal

from tests.contract.probes.register import Attempt, Bait, Control, add, probe

Argument = int | bytes | None

LIBRARY = ctypes.CDLL(None, use_errno=True)
REFUSALS = (errno.EPERM, errno.ENOSYS)
ALL_BITS = 0xFFFFFFFF
NO_SUCH_FILE = b"/no/such/file"
BAD_TIME = (0).to_bytes(8, "little") + (-1).to_bytes(8, "little", signed=True)

ANY: dict[str, tuple[Argument, ...]] = {
    "ptrace": (101, 0, 0, 0, 0),
    "process_vm_readv": (310, -1, 0, 0, 0, 0, 0),
    "process_vm_writev": (311, -1, 0, 0, 0, 0, 0),
    "kcmp": (312, -1, -1, 0, 0, 0),
    "memfd_create": (319, b"x", 0),
    "memfd_secret": (447, ALL_BITS),
    "userfaultfd": (323, ALL_BITS),
    "perf_event_open": (298, None, 0, 0, 0, 0),
    "add_key": (248, None, None, None, 0, 0),
    "request_key": (249, None, None, None, 0),
    "keyctl": (250, 0, -3, 0),
    "mount": (165, None, None, None, 0, None),
    "umount2": (166, NO_SUCH_FILE, 0),
    "open_tree": (428, -1, b"x", 0),
    "chroot": (161, NO_SUCH_FILE),
    "setns": (308, -1, 0),
    "clone3": (435, None, 0),
    "shmget": (29, 0, 0, 0),
    "shmat": (30, -1, None, 0),
    "semget": (64, 0, -1, 0),
    "msgctl": (71, -1, 2, None),
    "mq_open": (240, None, 0, 0, None),
    "settimeofday": (164, BAD_TIME, None),
    "clock_settime": (227, 99, None),
    "adjtimex": (159, None),
    "clock_adjtime": (305, 99, None),
    "iopl": (172, 4),
    "ioperm": (173, 0, 0, 0),
    "name_to_handle_at": (303, -1, None, None, None, 0),
    "personality": (135, ALL_BITS),
    "modify_ldt": (154, 99, None, 0),
    "set_mempolicy": (238, 99, None, 0),
    "move_pages": (279, -1, 0, None, None, None, 0),
    "vmsplice": (278, -1, None, 0, 0),
    "io_setup": (206, 0, None),
    "remap_file_pages": (216, 0, 0, 0, 0, 0),
    "pidfd_getfd": (438, -1, 0, 0),
    "process_madvise": (440, -1, None, 0, 0, 0),
    "landlock_create_ruleset": (444, None, 0, 1),
    "cachestat": (451, -1, None, None, 0),
    "lsm_get_self_attr": (459, 0, None, None, 0),
    "ioctl_TIOCSTI": (16, 0, 0x5412, b"x"),
    "ioctl_TIOCLINUX": (16, 0, 0x541C, b"x"),
}
ROOT: dict[str, tuple[Argument, ...]] = {
    "bpf": (321, 0, None, 0),
    "fsopen": (430, NO_SUCH_FILE, 0),
    "mount_setattr": (442, -1, None, 0, None, 0),
    "pivot_root": (155, NO_SUCH_FILE, NO_SUCH_FILE),
    "syslog": (103, 10, None, 0),
    "quotactl": (179, 0, None, 0, None),
    "swapon": (167, NO_SUCH_FILE, 0),
    "swapoff": (168, NO_SUCH_FILE),
    "reboot": (169, 0, 0, 0, 0),
    "sethostname": (170, None, -1),
    "init_module": (175, None, 0, None),
    "delete_module": (176, None, 0),
    "kexec_load": (246, 0, 1 << 20, None, 0xFFFF),
    "acct": (163, NO_SUCH_FILE),
    "open_by_handle_at": (304, -1, None, 0),
    "fanotify_init": (300, ALL_BITS, 0),
    "io_uring_setup": (425, 1, None),
}


def ask(number: int, *arguments: Argument) -> int:
    """Make the call and return its error number, 0 when it succeeded."""
    ctypes.set_errno(0)
    converted = [ctypes.c_long(value) if isinstance(value, int) else ctypes.c_char_p(value) for value in arguments]
    return ctypes.get_errno() if LIBRARY.syscall(ctypes.c_long(number), *converted) == -1 else 0


def _listens(call: tuple[Argument, ...]) -> Attempt:
    number, *arguments = call

    def attempt(_: Bait) -> bool:
        answer = ask(int(number or 0), *arguments)
        if answer in REFUSALS:
            raise OSError(answer, "refused")
        return True

    return attempt


def _add_all(calls: dict[str, tuple[Argument, ...]], control: Control) -> None:
    for name, call in calls.items():
        add(f"call_{name}", _listens(call), control)


if platform.machine() == "x86_64":
    _add_all(ANY, "any")
    _add_all(ROOT, "root")

    @probe()
    def calls_that_future_kernels_add(_: Bait) -> bool:
        """Look for any call beyond those that the filter knows."""
        numbers = (*range(337, 424), *range(453, 475))
        return any(ask(number, -1, None, -1, -1, None, -1) != errno.ENOSYS for number in numbers)

    @probe()
    def call_of_the_32_bit_table(_: Bait) -> bool:
        """Ask for the process id through ``int 0x80``, as a program of another architecture would."""
        return _run_machine_code(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3") == os.getpid()

    @probe(
        "none", "most kernels are built without the x32 table; inside, the filter must kill before that is found out"
    )
    def call_of_the_x32_table(_: Bait) -> bool:
        """Ask for the process id through the x32 table; a kernel without it answers ENOSYS, the filter kills."""
        signal.signal(signal.SIGSYS, signal.SIG_DFL)
        ask(0x40000000 | 39)
        return True  # still alive: the filter let it pass


def _run_machine_code(code: bytes) -> int:
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return int(ctypes.CFUNCTYPE(ctypes.c_int)(address)())
