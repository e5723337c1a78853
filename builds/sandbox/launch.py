"""How the process is started that a sandbox hangs on."""

import contextlib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from builds.agent.errors import AgentError
from builds.sandbox.cgroups import Group
from builds.sandbox.streams import open_pipe

POPEN_PIPES = 4
"""The three streams, and one on which the child tells that it couldn't start."""


@dataclass(frozen=True)
class Launch:
    """How to start the sandbox; the descriptors belong to whoever made this."""

    argv: Sequence[str]
    handed_down: Sequence[int]
    info: int
    """Where bubblewrap tells the number of the sandbox's first process."""
    group: Group | None = None
    """Where the kernel counts what the sandbox uses; without it the watchdog does."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Empty for bubblewrap: its own environment is visible to what runs inside."""
    end_strays: Callable[[], None] = lambda: None
    """Ends what is left of a start that was broken off before the first process was known."""

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it, in a session of its own; the kernel ends it with the calling thread.

        :raises AgentError: ``sandbox.start_failed``.
        """
        try:
            _make_sure_of_room()
            return subprocess.Popen(
                self.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.environment,
                cwd="/",
                pass_fds=self.handed_down,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            raise AgentError("sandbox.start_failed", step="exec") from error


def _make_sure_of_room() -> None:
    """Python 3.11.2 (Debian 12) never closes the first pipes when there are too few handles for the others.

    :raises OSError: there are.
    """
    with contextlib.ExitStack() as stack:
        for _ in range(POPEN_PIPES):
            stack.enter_context(open_pipe())
