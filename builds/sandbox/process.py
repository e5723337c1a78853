"""Starts one sandboxed command, watches it, and makes sure that it ends.

Everything happens in the calling thread: the kernel ends the sandbox when the thread that started it ends.
"""

import contextlib
import json
import logging
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Literal

from builds.agent.errors import AgentError
from builds.agent.ports import IsCancelled
from builds.agent.values import SandboxLimits, SandboxResult
from builds.sandbox.cgroups import Group
from builds.sandbox.launch import Launch
from builds.sandbox.streams import Streams, read_some
from builds.sandbox.watchdog import Watchdog, tree

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.04
GRACE_SECONDS = 2.0
EXIT_CPU_LIMIT = 128 + signal.SIGXCPU

Ending = Literal["exited", "timeout", "output_limit", "memory_limit", "cancelled"]


def supervise(
    launch: Launch,
    *,
    stdin: bytes,
    limits: SandboxLimits,
    is_cancelled: IsCancelled,
    on_output: Callable[[bytes], None] | None,
) -> SandboxResult:
    """Run to the end, to a limit, or until cancelled, which is asked at least every 50 ms.

    :raises AgentError: ``sandbox.start_failed`` when the command could not even be started.
    """
    process = launch.start()
    streams = Streams(process, stdin, limit_bytes=limits.output_bytes, on_output=on_output)
    try:
        run = Supervised(process, streams, limits, launch.group)
    except OSError as error:
        _give_up(process, launch)
        raise AgentError("sandbox.start_failed", step="watch") from error
    try:
        run.attach(launch.info)
        ending = run.watch(is_cancelled)
        run.kill()
        streams.drain()
    finally:
        run.kill()
        run.close()
        if not run.is_surely_over():
            launch.end_strays()
    return run.result(ending)


def _give_up(process: "subprocess.Popen[bytes]", launch: Launch) -> None:
    """End what can't be watched."""
    with process:
        process.kill()
    launch.end_strays()


class Supervised:
    """One running sandbox."""

    def __init__(
        self, process: subprocess.Popen[bytes], streams: Streams, limits: SandboxLimits, group: Group | None
    ) -> None:
        self._process = process
        self._streams = streams
        self._limits = limits
        self._group = group
        self._started = time.monotonic()
        self._information = bytearray()
        self._watchdog: Watchdog | None = None
        self._first_process: int | None = None
        """A handle to number 1 inside: when it is dead, so is everything that it started."""
        self._selector = selectors.DefaultSelector()
        self._exit_handle = os.pidfd_open(process.pid)

    def attach(self, info: int) -> None:
        """Wake up for each pipe, for bubblewrap's information, and for the end."""
        self._selector.register(self._exit_handle, selectors.EVENT_READ, self._selector.unregister)
        os.set_blocking(info, False)
        self._selector.register(info, selectors.EVENT_READ, self._learn_first_process)
        self._streams.attach(self._selector)

    def watch(self, is_cancelled: IsCancelled) -> Ending:
        """Serve the command until it ends or has to be ended."""
        while True:
            ending = self._verdict(is_cancelled)
            if ending is not None:
                return ending
            for key, _ in self._selector.select(TICK_SECONDS):
                key.data(key.fd)

    def kill(self) -> None:
        """End the sandbox with everything in it and wait until it is gone; harmless when it has ended."""
        self._send_kill()
        if self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_SECONDS)
        if self._process.poll() is None:
            self._process.kill()  # the sandbox dies with its parent
            self._process.wait()
        if self._first_process is not None:
            _wait_for_death(self._first_process)

    def is_surely_over(self) -> bool:
        """Say whether the first process is known to be dead; ask after :meth:`kill`.

        Bubblewrap that ends by itself after the start has seen it die.
        """
        return self._first_process is not None or (self._streams.is_ready and self._process.returncode >= 0)

    def close(self) -> None:
        """Give back every descriptor that was opened here."""
        self._selector.close()
        self._streams.close()
        os.close(self._exit_handle)
        if self._first_process is not None:
            os.close(self._first_process)

    def result(self, ending: Ending) -> SandboxResult:
        """Say how it ended.

        :raises AgentError: ``sandbox.start_failed``.
        """
        code = self._process.returncode
        if ending == "exited":
            ending = self._judge_exit(code)
        keep = self._limits.output_bytes
        return SandboxResult(
            outcome=ending,
            exit_code=code if ending == "exited" else None,
            stdout=bytes(self._streams.stdout[:keep]),
            stderr=bytes(self._streams.stderr[:keep]),
            duration_seconds=time.monotonic() - self._started,
        )

    def _judge_exit(self, code: int) -> Ending:
        if not self._streams.is_ready:
            logger.warning("sandbox did not start: exit %d, %r", code, bytes(self._streams.stderr[:500]))
            raise AgentError("sandbox.start_failed", step="setup", exit_code=code)
        if self._streams.is_over_limit():
            return "output_limit"
        if self._group is not None and self._group.has_run_out_of_memory():
            return "memory_limit"
        if code < 0:  # what ends inside is told as a number above 128: somebody outside killed bubblewrap
            raise AgentError("sandbox.start_failed", step="killed")
        return "timeout" if code == EXIT_CPU_LIMIT else "exited"

    def _verdict(self, is_cancelled: IsCancelled) -> Ending | None:
        if self._streams.is_over_limit():
            return "output_limit"
        if self._process.poll() is not None:
            return "exited"
        if is_cancelled():
            return "cancelled"
        if time.monotonic() - self._started > self._limits.wall_seconds:
            return "timeout"
        if self._streams.is_ready and self._watchdog is not None and self._watchdog.is_over_limit():
            return "memory_limit"
        return None

    def _learn_first_process(self, descriptor: int) -> None:
        """Learn the first process's number as soon as bubblewrap knows it."""
        chunk = read_some(descriptor)
        self._information += chunk or b""
        if chunk == b"":
            self._selector.unregister(descriptor)
        if self._first_process is not None:
            return
        with contextlib.suppress(ValueError, ProcessLookupError):  # not all there yet, or ended already
            self._watch_first_process(int(json.loads(self._information)["child-pid"]))

    def _watch_first_process(self, pid: int) -> None:
        """Nothing goes on that isn't watched."""
        try:
            self._first_process = os.pidfd_open(pid)
        except ProcessLookupError:
            raise
        except OSError as error:
            raise AgentError("sandbox.start_failed", step="watch") from error
        self._watchdog = Watchdog(pid, self._limits, self._group)

    def _send_kill(self) -> None:
        """Aim at the first process: it takes all others along, also when bubblewrap itself is dead already.

        Bubblewrap may have made it without having told of it; then both are ended.
        """
        if self._first_process is None and self._process.poll() is None:
            self._first_process = _only_child(self._process.pid)
            self._process.kill()
        if self._first_process is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first_process, signal.SIGKILL)


def _only_child(pid: int) -> int | None:
    """Return a handle to a process's child; None where there is none, or no room for a handle."""
    for child in tree(pid)[1:2]:
        with contextlib.suppress(OSError):
            return os.pidfd_open(child)
    return None


def _wait_for_death(handle: int) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(handle, selectors.EVENT_READ)
        selector.select(GRACE_SECONDS)
