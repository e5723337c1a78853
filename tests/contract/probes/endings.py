"""Programs that take without end, do not stop, or leave something running; each gets a sandbox of its own.

Each one prints ``begun`` first, as the marker that it ran. On the bare machine it is left alone for a moment and has to
be there still, or to have taken more than its share: otherwise its end inside would prove nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MIB = 1 << 20

Aim = Literal["stays", "takes", "leaves"]
"""Stays: would run for ever. Takes: is over a share when it says so. Leaves: ends, and something of it goes on."""


@dataclass(frozen=True)
class Ending:
    """One program, what may become of it, and what it shows on the bare machine."""

    name: str
    aim: Aim
    code: str
    outcomes: tuple[str, ...]
    limits: Mapping[str, float] = field(default_factory=dict)


SHORT = {"wall_seconds": 1.2}
SHORT_OUTPUT = {"output_bytes": 65_536}
SMALL = {"wall_seconds": 15.0, "memory_bytes": 96 * MIB}
FOREVER = "while True: time.sleep(9)"
IGNORE = "for n in set(signal.valid_signals()) - {9, 19}: signal.signal(n, signal.SIG_IGN)\n"
TAKEN = "print('taken', flush=True); time.sleep(9)"

ENDINGS = (
    Ending("sleep", "stays", FOREVER, ("timeout",), SHORT),
    Ending("processor_loop", "stays", "while True: pass", ("timeout",), {"cpu_seconds": 1, "wall_seconds": 10}),
    Ending("loop_that_ignores_every_signal", "stays", IGNORE + FOREVER, ("timeout",), SHORT),
    Ending(
        "processor_loop_that_ignores_every_signal",
        "stays",
        IGNORE + "while True: pass",
        ("timeout", "exited"),
        {"cpu_seconds": 1, "wall_seconds": 10},
    ),
    Ending("stopped_process", "stays", "os.kill(os.getpid(), signal.SIGSTOP)", ("timeout",), SHORT),
    Ending("pipe_that_nobody_writes", "stays", "os.mkfifo('p'); open('p')", ("timeout",), SHORT),
    Ending("closed_streams", "stays", f"os.closerange(0, 64)\n{FOREVER}", ("timeout",), SHORT),
    Ending("lock_on_itself", "stays", "l = threading.Lock(); l.acquire(); l.acquire()", ("timeout",), SHORT),
    Ending("catastrophic_pattern", "stays", "import re; re.match('(a+)+$', 'a' * 60 + 'b')", ("timeout",), SHORT),
    Ending(
        "output_without_end",
        "stays",
        "os.set_blocking(1, True)\nwhile True: os.write(1, b'x' * 4096)",
        ("output_limit",),
        SHORT_OUTPUT,
    ),
    Ending("errors_without_end", "stays", "while True: os.write(2, b'x' * 4096)", ("output_limit",), SHORT_OUTPUT),
    Ending(
        "output_of_a_child_without_end",
        "stays",
        "pid = os.fork()\nif pid == 0:\n    while True: os.write(1, b'x' * 4096)\nos.waitpid(pid, 0)",
        ("output_limit",),
        SHORT_OUTPUT,
    ),
    Ending(
        "memory_of_many_processes",
        "takes",
        f"for n in range(7):\n    if os.fork() == 0: x = b'x' * (24 << 20); time.sleep(9)\ntime.sleep(0.5); {TAKEN}",
        ("memory_limit",),
        SMALL,
    ),
    Ending(
        "memory_that_processes_share",
        "takes",
        f"m = mmap.mmap(-1, 160 << 20); m.write(b'x' * (160 << 20)); {TAKEN}",
        ("memory_limit",),
        SMALL,
    ),
    Ending(
        "memory_that_a_dead_child_filled",
        "takes",
        "maps = [mmap.mmap(-1, 40 << 20) for _ in range(4)]\nfor m in maps:\n    pid = os.fork()\n"
        f"    if pid == 0: m.write(b'x' * (40 << 20)); os._exit(0)\n    os.waitpid(pid, 0)\n{TAKEN}",
        ("memory_limit",),
        SMALL,
    ),
    Ending(
        "memory_in_files",
        "takes",
        "for place in places:\n    for n in range(4): open(f'{place}/{n}', 'wb').write(bytes(15 << 20))\n" + TAKEN,
        ("memory_limit",),
        SMALL,
    ),
    Ending(
        "memory_in_one_process_and_in_files",
        "takes",
        "x = b'x' * (70 << 20)\nfor n in range(4): open(f'{places[0]}/{n}', 'wb').write(bytes(15 << 20))\n" + TAKEN,
        ("memory_limit",),
        SMALL,
    ),
    Ending(
        "files_without_end",
        "takes",
        f"for n in range(900): os.mkdir(f'{{places[0]}}/{{n}}')\n{TAKEN}",
        ("memory_limit",),
        {"inodes": 500, "wall_seconds": 15},
    ),
    Ending(
        "names_without_end",
        "takes",
        f"for n in range(900): os.symlink('x' * 200, f'{{places[1]}}/{{n:0200}}')\n{TAKEN}",
        ("memory_limit",),
        {"inodes": 500, "wall_seconds": 15},
    ),
    Ending(
        "deep_tree",
        "takes",
        f"for n in range(900): os.mkdir('d'); os.chdir('d')\n{TAKEN}",
        ("memory_limit",),
        {"inodes": 500, "wall_seconds": 15},
    ),
    Ending("child_left_behind", "leaves", "if os.fork() == 0: time.sleep(9)", ("exited",)),
    Ending(
        "daemon",
        "leaves",
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(9)\n    os._exit(0)",
        ("exited",),
    ),
    Ending(
        "daemon_that_ignores_every_signal",
        "leaves",
        f"{IGNORE}if os.fork() == 0:\n    os.setsid(); os.closerange(0, 64)\n    time.sleep(9)",
        ("exited",),
    ),
    Ending(
        "processes_that_replace_themselves",
        "leaves",
        "end = time.monotonic() + (4 if bare else 9)\nif os.fork() == 0:\n    while time.monotonic() < end:\n"
        "        time.sleep(0.05 if bare else 0.001)\n        if os.fork(): os._exit(0)",  # seen without a sandbox, too
        ("exited",),
    ),
    Ending(
        "process_that_kills_the_launcher",
        "leaves",
        "if os.fork() == 0: time.sleep(9)\nelse: os.kill(os.getppid() if bare else 1, 0 if bare else 9)",
        ("exited",),
    ),
    Ending(
        "stopped_child",
        "leaves",
        "pid = os.fork()\nif pid == 0: time.sleep(9)\nelse: os.kill(pid, signal.SIGSTOP)",
        ("exited",),
    ),
)


def program(ending: Ending, token: str, places: tuple[str, str] = ("/work", "/tmp"), *, is_bare: bool = False) -> str:
    """Return the whole program; the token lets its processes be found."""
    head = f"# {token}\nimport mmap, os, signal, sys, threading, time\nbare, places = {is_bare}, {places!r}\n"
    return f"{head}os.write(1, b'begun\\n')\n{ending.code}\n"
