"""Parts of the bot as real processes that a test starts, stops and kills."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from tests.composition import ROOT
from tests.stand_ins.bot_api.server import BotApi

SECONDS = 2.0
"""How long leases are good for in these processes."""


@dataclass
class Part:
    """A process that polls, handles or sends."""

    process: "subprocess.Popen[str]"

    def go(self) -> "Part":
        """Let it begin, once it has started."""
        self.wait_for("ready")
        self.give("go")
        return self

    def wait_for(self, word: str) -> None:
        """Wait until it says a word."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{word}\n"

    def give(self, line: str) -> None:
        """Give it a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Let it stand still."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def parts(api: BotApi, *roles: str, seconds: float = SECONDS) -> Iterator[list[Part]]:
    """Start processes side by side, each of which waits for its ``go``; whatever is left is killed at the end."""
    given = {
        "TELEGRAM_API_BASE_URL": api.url,
        "TELEGRAM_BOT_TOKEN": api.token,
    }
    started = [Part(_started(role, seconds, given)) for role in roles]
    try:
        yield started
    finally:
        for each in started:
            each.kill()


def _started(role: str, seconds: float, environment: dict[str, str]) -> "subprocess.Popen[str]":
    module = ["tests.telegram.ending"] if role == "end" else ["tests.telegram.part", role]
    rest = [str(connection.settings_dict["NAME"]), *([] if role == "end" else [str(seconds)])]
    return subprocess.Popen(
        [sys.executable, "-m", *module, *rest],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
