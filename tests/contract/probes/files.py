"""Attempts to read the host's files and to write where nothing may be written."""

import os
import stat
from pathlib import Path

from tests.contract.probes.register import Attempt, Bait, add, probe


def _opens(path: str, flags: int = os.O_RDONLY) -> bool:
    """Open, and neither read nor write."""
    os.close(os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC))
    return True


def _makes_file_in(folder: str) -> bool:
    """Make a file without a name, which leaves nothing behind."""
    return _opens(folder, os.O_TMPFILE | os.O_WRONLY)


@probe()
def file_of_the_host(bait: Bait) -> bool:
    """Read a file that every user of the host may read."""
    return bait["token"] in Path(bait["path"]).read_text("ascii")


@probe()
def file_of_the_host_behind_a_symlink(bait: Bait) -> bool:
    """Read it through a link made here."""
    Path("link").symlink_to(bait["path"])
    return bait["token"] in Path("link").read_text("ascii")


@probe()
def file_of_the_host_behind_a_hardlink(bait: Bait) -> bool:
    """Give a file of the host a second name, which outlives the first."""
    second = Path(f"{bait['path']}.{os.getpid()}")
    os.link(bait["path"], second)
    second.unlink()
    return True


@probe()
def program_of_the_system_behind_a_hardlink(bait: Bait) -> bool:
    """Link a file out of a read-only mount into a folder that may be written."""
    os.link(bait["linkable"], "copy")
    return True


@probe()
def folder_of_the_host(bait: Bait) -> bool:
    """Write into a folder that every user of the host may write into."""
    return _makes_file_in(str(Path(bait["path"]).parent))


@probe()
def source_code_of_the_server(bait: Bait) -> bool:
    """Find the server's own files."""
    return Path(bait["repository"]).exists()


@probe()
def climbing_out_of_the_work_folder(bait: Bait) -> bool:
    """Go up as far as possible, then down to a file of the host."""
    return Path("../" * 40 + bait["path"].lstrip("/")).exists()


@probe()
def inputs_folder(_: Bait) -> bool:
    """Change the read-only originals of the input; on the bare machine, the folder they lie in."""
    return _makes_file_in("/src" if Path("/src").is_dir() and Path("/driver").is_dir() else ".")


def _first_process(bait: Bait) -> str:
    """Return the folder of number 1, which is bubblewrap; on the bare machine, of the server that started this."""
    return f"/proc/{bait['pid'] if bait['bounded'] else 1}"


def _shows_of_the_first_process(entry: str) -> Attempt:
    return lambda bait: _opens(f"{_first_process(bait)}/{entry}")


def _is_readable(path: str) -> Attempt:
    return lambda _: _opens(path)


def _is_writable(path: str) -> Attempt:
    return lambda _: _opens(path, os.O_WRONLY)


def _takes_files(path: str) -> Attempt:
    return lambda _: _makes_file_in(path)


add("read_shadow", _is_readable("/etc/shadow"), "root")
add("read_the_hosts_passwd", lambda _: "/bin/bash" in Path("/etc/passwd").read_text("utf-8"), "any")
add("read_machine_id", _is_readable("/etc/machine-id"), "none", "not every machine has one")
add("read_the_root_users_home", lambda _: bool(os.listdir("/root")), "root")
add("read_homes", lambda _: bool(os.listdir("/home")) or True, "any")
add("read_logs", lambda _: bool(os.listdir("/var/log")), "any")
for place in ("/", "/usr", "/usr/bin", "/usr/local", "/etc"):
    add(f"write_to_{place.strip('/').replace('/', '_') or 'root'}", _takes_files(place), "root")
add("write_to_dev", _takes_files("/dev"), "root")
add("write_to_sys", _is_writable("/sys/kernel/uevent_helper"), "none", "not every kernel has it")
add("cgroups_of_the_host", lambda _: bool(os.listdir("/sys/fs/cgroup")), "any")
add("kernel_messages", _is_readable("/dev/kmsg"), "root")
add("memory_device", _is_readable("/dev/mem"), "none", "not every kernel has it")
add("kernel_core_pattern", _is_writable("/proc/sys/kernel/core_pattern"), "root")
add("kernel_sysrq", _is_writable("/proc/sysrq-trigger"), "none", "not every kernel has it")
add("own_memory_file", _is_writable("/proc/self/mem"), "any")
add("process_list", lambda _: bool(os.listdir("/proc")), "any")
add("mounts_of_the_host", _is_readable("/proc/self/mountinfo"), "any")
for entry in ("environ", "cmdline", "maps"):
    add(f"{entry}_of_the_first_process", _shows_of_the_first_process(entry))
add("root_through_the_first_process", lambda bait: bool(os.listdir(f"{_first_process(bait)}/root")), "any")
for device in ("kvm", "fuse", "net/tun", "vhost-vsock", "uinput", "loop-control", "mapper/control"):
    name = f"device_{device.replace('/', '_').replace('-', '_')}"
    add(name, _is_readable(f"/dev/{device}"), "none", "not every machine has the device")


@probe("none", "a machine's own rules for devices may refuse it even to root")
def disk_of_the_host(bait: Bait) -> bool:
    """Open the disk that the host runs from."""
    return _opens(f"/dev/{bait['disk']}") if bait["disk"] else False


@probe("root")
def new_device(_: Bait) -> bool:
    """Make a device file; with another number it would be the disk."""
    os.mknod("null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    return _opens("null")


@probe("root")
def owner_of_somebody_else(_: Bait) -> bool:
    """Give a file to root and make it run as root."""
    Path("program").touch()
    os.chown("program", 0, 0)
    Path("program").chmod(0o4755)
    return bool(Path("program").stat().st_mode & stat.S_ISUID) and Path("program").stat().st_uid == 0


@probe("root")
def plant_a_pth_file(_: Bait) -> bool:
    """Write among the installed packages: what lies there is run by every later Python."""
    import pytest

    return _makes_file_in(str(Path(pytest.__file__).parent.parent))


@probe("root")
def change_the_drivers(bait: Bait) -> bool:
    """Write beside the programs that judge the tests."""
    inside = Path("/driver")
    return _makes_file_in(str(inside if inside.is_dir() else bait["drivers"]))
