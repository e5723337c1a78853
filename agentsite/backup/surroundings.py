"""What an installation needs beside its database: the settings that were made, and, when asked for, its secrets."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from agentsite import env
from agentsite.backup.manifest import write_private

SETTINGS = "settings.env"
SECRETS = "secrets"
_KEY_FILES = ("*-key", "*.key", "*.pem")
"""Names of files in the data directory that hold keys: ``secret-key``, and those that other parts make."""
_HEAD = (
    "# {what} of the installation that was backed up: to read and to copy from, never read by the software itself.\n"
)


def write_surroundings(folder: Path, *, with_secrets: bool) -> None:
    """Write the settings that are set; with secrets also those, and the keys of the data directory."""
    _write(folder / SETTINGS, "Settings", [name for name in _set_names() if not _is_secret(name)])
    if not with_secrets:
        return
    secrets = folder / SECRETS
    secrets.mkdir(mode=0o700)
    _write(secrets / SETTINGS, "Secret settings", [name for name in _set_names() if _is_secret(name)])
    for key in _keys(env.data_dir()):
        write_private(secrets / key.name, key.read_text("utf-8"))


def bring_back_keys(folder: Path, files: Collection[str], stamp: str) -> list[str]:
    """Put a backup's keys into the data directory; return the names of those that were not there as they are now.

    A key that they replace is kept beside it.

    :param files: what the manifest speaks for; no other file is taken.
    """
    changed = []
    for key in (key for key in _keys(folder / SECRETS) if f"{SECRETS}/{key.name}" in files):
        target, wanted = env.data_dir() / key.name, key.read_text("utf-8")
        if target.exists() and target.read_text("utf-8") == wanted:
            continue
        if target.exists():
            target.rename(target.with_name(f"{target.name}.before-restore-{stamp}"))
        fresh = target.with_name(f"{target.name}.restoring")
        write_private(fresh, wanted)
        fresh.replace(target)
        changed.append(key.name)
    return changed


def _keys(folder: Path) -> Iterator[Path]:
    names = {path.name: path for pattern in _KEY_FILES for path in folder.glob(pattern) if path.is_file()}
    yield from (path for _, path in sorted(names.items()))


def _set_names() -> list[str]:
    return [setting.name for setting in env.TABLE if _given(setting.name)]


def _given(name: str) -> str:
    return env.text(name) if os.environ.get(f"{name}_FILE") else os.environ.get(name, "").strip()


def _is_secret(name: str) -> bool:
    """Say whether a setting is secret by its kind, or by a password in its address."""
    if next(setting for setting in env.TABLE if setting.name == name).is_secret:
        return True
    try:
        return "@" in urlsplit(_given(name)).netloc
    except ValueError:
        return True


def _write(path: Path, what: str, names: list[str]) -> None:
    lines = [f"{name}={_quoted(_given(name))}\n" for name in names]
    write_private(path, _HEAD.format(what=what) + "".join(lines))


def _quoted(value: str) -> str:
    """Return a value as a file of settings has it, on one line."""
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return text if text == value and " " not in value and "#" not in value else f'"{text}"'
