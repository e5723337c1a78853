"""The few files below ``/etc`` that ordinary programs expect, telling nothing about the host."""

from pathlib import Path

HOSTS = "127.0.0.1 localhost\n::1 localhost\n"
SERVICE_SWITCH = "passwd: files\ngroup: files\nhosts: files\nservices: files\n"


def write_etc(folder: Path, *, uid: int, gid: int, loader_cache: bytes) -> None:
    """Write the files into a new folder that another user can read."""
    folder.mkdir()
    folder.chmod(0o755)
    contents = {
        "passwd": f"root:x:0:0::/:/bin/false\nsandbox:x:{uid}:{gid}::/tmp:/bin/sh\n".encode(),
        "group": f"root:x:0:\nsandbox:x:{gid}:\n".encode(),
        "hosts": HOSTS.encode(),
        "nsswitch.conf": SERVICE_SWITCH.encode(),
        "ld.so.cache": loader_cache,
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o644)
