"""The Python that foreign code runs with: what of it is shown inside, and under which neutral names."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

INSIDE_RUNTIME = "/runtime"
INSIDE_PYTHON = "/python"
ELF = b"\x7fELF"

Mount = tuple[str, ...]
"""Arguments of bubblewrap that make one thing visible."""


@dataclass(frozen=True)
class PythonRuntime:
    """A virtual environment with pytest and the analysers, made for nothing else.

    Inside, a virtual environment is put together anew, so that no path of the host is needed or seen: the base
    interpreter appears below ``/python`` and the installed packages below ``/runtime``.
    """

    folder: Path

    def is_complete(self) -> bool:
        """Say whether the environment is there."""
        return (self.folder / "bin" / "python").exists() and len(self._packages) == 1

    @cached_property
    def _interpreter(self) -> Path:
        return (self.folder / "bin" / "python").resolve()

    @cached_property
    def _packages(self) -> list[Path]:
        return sorted(self.folder.glob("lib/python3.*/site-packages"))

    @property
    def _is_system(self) -> bool:
        """The distribution's own Python is visible anyway, with the rest of ``/usr``."""
        return self._interpreter.parent.parent == Path("/usr")

    @property
    def _home(self) -> str:
        return "/usr" if self._is_system else INSIDE_PYTHON

    def configuration(self) -> str:
        """Return the ``pyvenv.cfg`` of the environment inside."""
        return f"home = {self._home}/bin\ninclude-system-site-packages = false\n"

    def library_folder(self) -> str | None:
        """Return where the interpreter's shared library lies inside; None where the dynamic loader looks anyway."""
        return None if self._is_system else f"{INSIDE_PYTHON}/lib"

    def mounts(self) -> list[Mount]:
        """Return the mounts for the interpreter, its library, the packages and the compiled tools."""
        packages = self._packages[0]
        version = packages.parent.name
        return [
            *([] if self._is_system else self._base_mounts(version)),
            *_open_folders(INSIDE_RUNTIME, "bin", "lib", f"lib/{version}"),
            ("--symlink", f"{self._home}/bin/{self._interpreter.name}", f"{INSIDE_RUNTIME}/bin/python"),
            ("--symlink", "python", f"{INSIDE_RUNTIME}/bin/python3"),
            ("--ro-bind", str(packages.resolve()), f"{INSIDE_RUNTIME}/lib/{version}/site-packages"),
            *(("--ro-bind", str(tool), f"{INSIDE_RUNTIME}/bin/{tool.name}") for tool in self._compiled_tools()),
            *self._folder_mounts(),
        ]

    def _folder_mounts(self) -> list[Mount]:
        """What JavaScript is analysed with, and what mypy knows of the standard library; each may be missing.

        Node itself is a compiled tool of the runtime, or lies below ``/usr``.
        """
        folders = ((name, self.folder / name) for name in ("node_modules", "mypy-cache"))
        return [
            ("--ro-bind", str(folder.resolve()), f"{INSIDE_RUNTIME}/{name}")
            for name, folder in folders
            if folder.is_dir()
        ]

    def _base_mounts(self, version: str) -> list[Mount]:
        prefix = self._interpreter.parent.parent
        library = prefix / "lib" / version
        mounts: list[Mount] = [
            *_open_folders(INSIDE_PYTHON, "bin", "lib"),
            ("--ro-bind", str(self._interpreter), f"{INSIDE_PYTHON}/bin/{self._interpreter.name}"),
            ("--ro-bind", str(library), f"{INSIDE_PYTHON}/lib/{version}"),
        ]
        mounts += [
            ("--ro-bind", str(shared.resolve()), f"{INSIDE_PYTHON}/lib/{shared.name}")
            for shared in sorted(prefix.glob("lib/libpython3*.so*"))
        ]
        if (library / "site-packages").is_dir():
            mounts.append(empty_folder(f"{INSIDE_PYTHON}/lib/{version}/site-packages"))
        return mounts

    def _compiled_tools(self) -> list[Path]:
        """Scripts would name the host's interpreter in their first line; only real programs are shown."""
        candidates = sorted((self.folder / "bin").iterdir())
        return [path for path in candidates if path.is_file() and not path.is_symlink() and _starts_with(path, ELF)]


def empty_folder(path: str) -> Mount:
    """Hide a folder behind an empty one that stays empty."""
    return ("--size", "4096", "--tmpfs", path, "--remount-ro", path)


def _open_folders(root: str, *names: str) -> list[Mount]:
    """Make folders that every user can enter; those made in passing would be closed."""
    return [("--perms", "0755", "--dir", path) for path in (root, *(f"{root}/{name}" for name in names))]


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic
