"""Runs inside a sandbox and tries to get out; prints which attempts failed, as they should."""

import ctypes
import errno
import json
import os
import signal
import socket
import sys
import tempfile
import time

Bait = dict[str, object]

CLONE_NEWUSER = 0x10000000
FEW = 1000
PLACES = ("/", "/usr", "/etc", "/src", "/driver", "/runtime", "/dev", "/python", "/usr/local")


def environment_hidden(bait: Bait) -> bool:
    """Look for the variable in everything that tells of environments."""
    texts = [repr(sorted(os.environ.items()))]
    for name in ("/proc/1/environ", "/proc/self/environ"):
        try:
            with open(name, "rb") as file:
                texts.append(repr(file.read()))
        except OSError:
            pass
    return not any(bait["token"] in text for text in texts)


def file_hidden(bait: Bait) -> bool:
    """Read a file of the host that any user may read."""
    try:
        with open(bait["path"]) as file:
            return bait["token"] not in file.read()
    except OSError:
        return True


def network_refused(bait: Bait) -> bool:
    """Reach a port of the host."""
    try:
        socket.create_connection(("127.0.0.1", bait["port"]), timeout=1).close()
    except OSError:
        return True
    return False


def outside_read_only(_: Bait) -> bool:
    """Write where nothing may be written."""
    return not any(_can_write(place) for place in PLACES)


def work_writable(_: Bait) -> bool:
    """Write where it is allowed: a positive control."""
    return _can_write("/work") and _can_write("/tmp")


def _can_write(folder: str) -> bool:
    path = os.path.join(folder, "canary-file")
    try:
        with open(path, "w") as file:
            file.write("x")
        os.unlink(path)
    except OSError:
        return False
    return True


def user_is_not_root(_: Bait) -> bool:
    """Look for any identity of root."""
    return 0 not in (*os.getresuid(), *os.getresgid(), *os.getgroups())


def host_processes_hidden(bait: Bait) -> bool:
    """Look for a list of the server's processes and for high process numbers; a container has a list of its own."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return os.getpid() < FEW and space != bait["pid_namespace"]


def processes_limited(bait: Bait) -> bool:
    """Start more processes than allowed."""
    children = []
    try:
        for _ in range(bait["processes"] + 8):
            child = os.fork()
            if child == 0:
                time.sleep(10)
                os._exit(0)
            children.append(child)
    except OSError as error:
        return error.errno == errno.EAGAIN and len(children) < bait["processes"]
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return False


def namespaces_refused(_: Bait) -> bool:
    """Become root in a user namespace; a child tries, because there would be no way back."""
    child = os.fork()
    if child == 0:
        os._exit(0 if ctypes.CDLL(None).unshare(CLONE_NEWUSER) != 0 else 1)
    return os.waitpid(child, 0)[1] == 0


def mount_refused(_: Bait) -> bool:
    """Mount a file system, and take it away again."""
    folder = tempfile.mkdtemp().encode()
    library = ctypes.CDLL(None)
    is_refused = library.mount(b"none", folder, b"tmpfs", 0, None) != 0
    library.umount2(folder, 0)
    os.rmdir(folder)
    return is_refused


ATTEMPTS = (
    environment_hidden,
    file_hidden,
    network_refused,
    outside_read_only,
    work_writable,
    user_is_not_root,
    host_processes_hidden,
    processes_limited,
    namespaces_refused,
    mount_refused,
)


def main() -> None:
    """Print one answer for each attempt."""
    bait = json.load(sys.stdin)
    print(json.dumps({attempt.__name__: attempt(bait) for attempt in ATTEMPTS}))


if __name__ == "__main__":
    main()
