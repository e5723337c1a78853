"""Attempts to take more than one's share, each within what a machine bears when nobody stops it."""

import mmap
import os
import resource
import signal
import threading
import time
from pathlib import Path

from tests.contract.probes.register import Bait, probe

MIB = 1 << 20


@probe()
def more_processes(bait: Bait) -> bool:
    """Start more processes than allowed."""
    children = []
    try:
        for _ in range(bait["processes"] + 8):
            child = os.fork()
            if child == 0:
                time.sleep(5)
                os._exit(0)
            children.append(child)
        return True
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


@probe()
def more_threads(bait: Bait) -> bool:
    """Start more threads than allowed."""
    end = threading.Event()
    threads = []
    try:
        for _ in range(bait["processes"] + 8):
            thread = threading.Thread(target=end.wait, daemon=True)
            thread.start()
            threads.append(thread)
        return True
    finally:
        end.set()


@probe()
def more_memory_at_once(bait: Bait) -> bool:
    """Take more memory than one process may have."""
    return len(bytearray(bait["process_memory_bytes"] + 32 * MIB)) > 0


@probe()
def more_memory_bit_by_bit(bait: Bait) -> bool:
    """Take it in small pieces."""
    pieces = [bytearray(MIB) for _ in range(bait["process_memory_bytes"] // MIB + 32)]
    return len(pieces) > 0


@probe()
def more_memory_by_mapping(bait: Bait) -> bool:
    """Take it without the allocator."""
    size = bait["process_memory_bytes"] + 32 * MIB
    mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    return True


@probe("none", "the bare process is bounded below this, for the machine's sake")
def more_address_space(bait: Bait) -> bool:
    """Take more addresses than there are limits for."""
    mmap.mmap(-1, bait["address_space_bytes"] + MIB, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ).close()
    return True


@probe()
def size_of_the_folder(_: Bait) -> bool:
    """Ask how much the folder could hold: what is written there is memory."""
    state = os.statvfs(".")
    return state.f_blocks * state.f_frsize > 64 * MIB


@probe()
def more_disk(bait: Bait) -> bool:
    """Write more than the folder holds, in files of allowed size."""
    for number in range(bait["work_bytes"] // MIB + 4):
        Path(str(number)).write_bytes(bytes(MIB))
    return True


@probe()
def larger_file(bait: Bait) -> bool:
    """Write one file that is larger than allowed."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    Path("large").write_bytes(bytes(bait["file_bytes"] + MIB))
    return True


@probe()
def sparse_file(bait: Bait) -> bool:
    """Make a file that says it is huge and holds nothing."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Path("sparse").open("wb") as file:
        file.truncate(100 << 30)
    return True


@probe()
def reserved_file(bait: Bait) -> bool:
    """Reserve room without writing."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Path("reserved").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, bait["file_bytes"] + MIB)
    return True


@probe()
def more_open_files(bait: Bait) -> bool:
    """Open more files than allowed."""
    files = [os.open("/dev/null", os.O_RDONLY) for _ in range(bait["open_files"] + 8)]
    return len(files) > 0


@probe()
def core_dump(_: Bait) -> bool:
    """Leave a copy of the memory behind."""
    return resource.getrlimit(resource.RLIMIT_CORE)[1] != 0


@probe()
def shared_memory_files(_: Bait) -> bool:
    """Fill the file system for shared memory."""
    state = os.statvfs("/dev/shm")
    return state.f_blocks * state.f_frsize > 64 * MIB
