"""Calls under way, side by side: each is written down when it ends, and a slow one holds up nobody else."""

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram_link.bot import Outcome, Outgoing, call
from telegram_link.models.outbox import OutboxKind
from telegram_link.sender_claims import Claim

if TYPE_CHECKING:
    from telegram import Bot

MOST = 30
"""Calls at a time: fewer than there are connections."""
STALE_SECONDS = 20.0
"""A claim so old is not used any more: its process stood still, and another one may be at it."""


@dataclass(frozen=True)
class Landed:
    """A call that has ended."""

    claim: Claim
    what: Outgoing
    outcome: Outcome


class Flight:
    """The calls of one turn; the event loop runs while :meth:`land` waits."""

    def __init__(self, bot: "Bot", runner: asyncio.Runner) -> None:
        self._bot = bot
        self._runner = runner
        self._calls: dict[asyncio.Task[Outcome], tuple[Claim, Outgoing]] = {}

    @property
    def is_empty(self) -> bool:
        """Say whether no call is under way."""
        return not self._calls

    @property
    def room(self) -> int:
        """Return how many more calls may be under way."""
        return MOST - len(self._calls)

    @property
    def chats(self) -> list[int]:
        """Return the chats in which something is being said; answers to presses don't count."""
        return [claim.chat_id for claim, _what in self._calls.values() if claim.kind != OutboxKind.PRESS]

    def begin(self, claim: Claim, what: Outgoing) -> None:
        """Make a call."""
        made = self._runner.get_loop().create_task(_called(self._bot, what, time.monotonic()))
        self._calls[made] = (claim, what)

    def land(self, seconds: float) -> list[Landed]:
        """Let the calls go on for at most so long; return those that have ended."""
        if not self._calls:
            return []
        ended = self._runner.run(_ended(list(self._calls), seconds))
        return [Landed(*self._calls.pop(each), each.result()) for each in ended]


async def _called(bot: "Bot", what: Outgoing, claimed_at: float) -> Outcome:
    if time.monotonic() > claimed_at + STALE_SECONDS:
        return Outcome("unreachable", words="too late to begin")
    return await call(bot, what)


async def _ended(calls: list[asyncio.Task[Outcome]], seconds: float) -> list[asyncio.Task[Outcome]]:
    done, _pending = await asyncio.wait(calls, timeout=seconds)
    return [each for each in calls if each in done]
