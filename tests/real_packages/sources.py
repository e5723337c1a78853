"""Fetches source distributions, and makes trees that fit into a sandbox of them."""

import hashlib
import json
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from builds.agent.errors import AgentError
from builds.agent.values import Tree
from builds.sandbox.choose import runtime_directory
from builds.sandbox.inputs import check_files, check_path
from tests.real_packages.packages import Package

DOWNLOAD = Path(__file__).with_name("download.py")
PYTHON = runtime_directory() / "bin" / "python"


@dataclass(frozen=True)
class Source:
    """One package's tree."""

    package: Package
    tree: Tree
    left_out: tuple[str, ...]
    """Wanted files that are no text, have no safe name, or are read by pytest as configuration."""


def fetch(packages: Sequence[Package], folder: Path) -> None:
    """Fetch what the folder does not hold yet, and compare it with the pinned hash before anything reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = {
        f"{package.name}=={package.version}": package for package in packages if not _archive(package, folder).exists()
    }
    if not missing:
        return
    command = [str(PYTHON), "-I", str(DOWNLOAD), str(folder), *missing]
    places = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=600).stdout)
    for requirement, package in missing.items():
        file = Path(places[requirement])
        if hashlib.sha256(file.read_bytes()).hexdigest() != package.sha256:
            file.unlink()
            raise SystemExit(f"{requirement}: not the file that was pinned")
        file.rename(_archive(package, folder))


def source_of(package: Package, folder: Path) -> Source:
    """Read an archive; nothing of it is unpacked onto the disk."""
    tree: dict[str, str] = {}
    left_out = []
    for path, content in _wanted(package, folder):
        try:
            check_path(path)
            tree[path] = content.decode("utf-8")
        except (AgentError, UnicodeDecodeError):
            left_out.append(path)
    check_files({path: text.encode() for path, text in tree.items()})
    return Source(package, tree, tuple(left_out))


def _wanted(package: Package, folder: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(_archive(package, folder)) as archive:
        for member in archive:
            path = member.name.partition("/")[2]
            is_kept = path in package.keep or path.startswith(tuple(f"{name}/" for name in package.keep))
            stream = archive.extractfile(member) if is_kept and member.isfile() else None
            if stream is not None and not path.endswith("conftest.py") and path not in package.without:
                yield path, stream.read()


def _archive(package: Package, folder: Path) -> Path:
    return folder / f"{package.name}-{package.version}.tar.gz"
