"""Counters of several processes in one folder, so that each of them can answer for all.

The library keeps a process's counters in files of its own and adds them up when it is asked. What it leaves to us: a
name that no other process has, also not one in another container with the same number; noticing that a process has
ended; and taking over what it counted, so that sums never fall and files don't become more and more.

A process lives as long as it holds the lock of its file ``NAME.alive``: the kernel lets go of it, whatever happens.
"""

import fcntl
import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client import values
from prometheus_client.core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

GONE = "gone"
"""Under this name stands what processes counted that have ended."""
_ADDED_UP = ("counter", "histogram")
_ALIVE = ".alive"


class SharedCounters:
    """A folder of counters, and this process's part in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pid, self._name, self._held = 0, "", -1

    def take_part(self) -> None:
        """Let everything that this process counts from now on stand in the folder."""
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(self._folder)
        values.ValueClass = values.MultiProcessValue(self._who)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterable[Metric]:
        """Add up what all processes have counted, also those that have ended."""
        self.tidy()
        with self._locked(fcntl.LOCK_SH):
            files = [str(path) for path in self._folder.glob("*.db")]
            try:
                return _added_up(files)
            except struct.error:  # a file that was made this very moment is empty
                return _added_up([file for file in files if Path(file).stat().st_size])

    def tidy(self) -> int:
        """Take over what processes counted that have ended, and remove their files; return how many there were."""
        with self._locked(fcntl.LOCK_EX):
            return sum(self._take_over(path) for path in self._folder.glob(f"*{_ALIVE}"))

    def _who(self) -> str:
        """Name this process; asked at each count, and anew after a fork."""
        if self._pid != os.getpid():
            self._pid, self._name, before = os.getpid(), f"{os.getpid()}-{secrets.token_hex(4)}", self._held
            with self._locked(fcntl.LOCK_EX):
                self._held = os.open(self._folder / f"{self._name}{_ALIVE}", os.O_CREAT | os.O_RDWR, 0o600)
                fcntl.flock(self._held, fcntl.LOCK_EX)
            if before >= 0:  # the parent's: a child must not keep it alive
                os.close(before)
        return self._name

    def _take_over(self, alive: Path) -> bool:
        descriptor = os.open(alive, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            self._bury(alive.name.removesuffix(_ALIVE))
            alive.unlink()
            return True
        finally:
            os.close(descriptor)

    def _bury(self, name: str) -> None:
        for kind in _ADDED_UP:
            own = self._folder / f"{kind}_{name}.db"
            if own.exists():
                with suppress(struct.error):  # it ended before it counted anything
                    _add(own, self._folder / f"{kind}_{GONE}.db")
                # A kill between the two lines counts one process twice; the other way round sums would fall.
                own.unlink()
        for own in self._folder.glob(f"gauge_*_{name}.db"):
            own.unlink()

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        descriptor = os.open(self._folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)


def _added_up(files: list[str]) -> list[Metric]:
    return list(MultiProcessCollector.merge(files))  # type: ignore[no-untyped-call]


def _add(own: Path, total: Path) -> None:
    """Write the sum aside and put it in place, so that it is there whole or not at all."""
    aside = total.with_suffix(".new")
    aside.unlink(missing_ok=True)
    summed = MmapedDict(str(aside))  # type: ignore[no-untyped-call]
    for file in (total, own):
        if file.exists():
            for key, value, _timestamp, _place in MmapedDict.read_all_values_from_file(str(file)):  # type: ignore[no-untyped-call]
                summed.write_value(key, summed.read_value(key)[0] + value, 0.0)  # type: ignore[no-untyped-call]
    summed.close()  # type: ignore[no-untyped-call]
    aside.replace(total)
