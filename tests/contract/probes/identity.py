"""Attempts to become somebody else or to get rights back."""

import ctypes
import os
import resource
from pathlib import Path

from tests.contract.probes.register import Bait, probe

PR_GET_NO_NEW_PRIVS = 39
CAPABILITY_VERSION_3 = 0x20080522
LIBRARY = ctypes.CDLL(None, use_errno=True)


@probe("root")
def become_root(_: Bait) -> bool:
    """Set the user to root."""
    os.setresuid(0, 0, 0)
    return os.geteuid() == 0


@probe("root")
def become_the_neighbour(_: Bait) -> bool:
    """Set the user to one that another sandbox may have."""
    os.setuid(os.geteuid() + 1)
    return True


@probe("root")
def join_groups(_: Bait) -> bool:
    """Join root's group."""
    os.setgroups([0])
    return True


@probe("root")
def be_root_in_some_way(_: Bait) -> bool:
    """Look for root among all the ids of this process."""
    return 0 in (*os.getresuid(), *os.getresgid(), *os.getgroups())


@probe("root")
def hold_capabilities(_: Bait) -> bool:
    """Ask the kernel which rights of root this process has or may take."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()
    return LIBRARY.capget(header, sets) == 0 and any(sets)


@probe()
def gain_rights_by_running_a_program(_: Bait) -> bool:
    """Ask whether a set-user-id program would still give its owner's rights."""
    return bool(LIBRARY.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0)


@probe()
def mounts_with_set_user_id(_: Bait) -> bool:
    """Ask whether the file system with the programs honours set-user-id."""
    return not os.statvfs("/usr/bin").f_flag & os.ST_NOSUID


@probe()
def run_a_set_user_id_program(_: Bait) -> bool:
    """Look for a set-user-id program that lies on a file system where it would work."""
    for folder in ("/usr/bin", "/usr/sbin", "/usr/lib"):
        for entry in os.scandir(folder):
            if entry.is_file(follow_symlinks=False) and entry.stat().st_mode & 0o4000:
                return not os.statvfs(entry.path).f_flag & os.ST_NOSUID
    return False


@probe()
def environment_of_the_server(bait: Bait) -> bool:
    """Look for the server's variables in the environment."""
    return bait["token"] in repr(sorted(os.environ.items()))


@probe()
def environment_kept_by_a_process(bait: Bait) -> bool:
    """Look for them where the kernel shows environments."""
    return any(bait["token"].encode() in Path(f"/proc/{name}/environ").read_bytes() for name in ("self", os.getppid()))


@probe("none", "root needs CAP_SYS_RESOURCE for it, which containers and this project's own machines lack")
def raise_the_limits(_: Bait) -> bool:
    """Take the lids off."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    return True


@probe("root")
def run_before_everybody_else(_: Bait) -> bool:
    """Take precedence over all other processes of the machine."""
    os.setpriority(os.PRIO_PROCESS, 0, -10)
    return True


@probe("root")
def run_in_real_time(_: Bait) -> bool:
    """Take a processor that nobody gets back."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return True


@probe("none", "root needs CAP_SYS_RESOURCE for it")
def be_spared_when_memory_is_short(_: Bait) -> bool:
    """Have the kernel kill others first."""
    Path("/proc/self/oom_score_adj").write_text("-1", encoding="ascii")
    return True
