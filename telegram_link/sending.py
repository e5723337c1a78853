"""Sending what is due: by one process at a time, at the pace that Telegram allows, in no transaction."""

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.utils import timezone

from builds import stopping
from telegram_link import leases, rendering, settling
from telegram_link.bot import Outcome, Outgoing, call, make_bot
from telegram_link.pace import Pace
from telegram_link.sender_claims import Claim, claim, due

if TYPE_CHECKING:
    from telegram import Bot

log = structlog.get_logger(__name__)
TURN_SECONDS = 60.0
"""Then somebody else has the thread; what is left is announced again."""
IDLE_SECONDS = 1.5
"""So long it looks again after the last message: an edit is due a second after the one before."""
LOOK_SECONDS = 0.1
_CANDIDATES = 200
_turn = threading.Lock()


def send_due() -> int:
    """Send what is due until nothing is; return how many calls were made. 0 when another one is at it already."""
    if not settings.TELEGRAM_BOT_TOKEN or not _turn.acquire(blocking=False):
        return 0
    try:
        held = leases.take(leases.SEND)
        return _send(held) if held else 0
    finally:
        _turn.release()


def _send(held: leases.Held) -> int:
    with suppress(leases.LeaseLost), asyncio.Runner() as runner:
        bot = make_bot()
        runner.run(bot._request[1].initialize())  # noqa: SLF001  without getMe: a wrong token is told by each call
        try:
            return _rounds(held, bot, runner)
        finally:
            runner.run(bot._request[1].shutdown())  # noqa: SLF001
            held.release()
    return 0


def _rounds(held: leases.Held, bot: "Bot", runner: asyncio.Runner) -> int:
    pace, count, until = Pace(), 0, time.monotonic() + TURN_SECONDS
    last_work = time.monotonic()
    while time.monotonic() < until and not stopping.is_stopping():
        held.renew()
        sent = 0 if _is_paused(held) else _round(held, bot, runner, pace)
        count += sent
        if sent:
            last_work = time.monotonic()
        elif time.monotonic() > last_work + IDLE_SECONDS:
            break
        time.sleep(LOOK_SECONDS)
    return count


def _is_paused(held: leases.Held) -> bool:
    until = held.read().paused_until
    return until is not None and until > timezone.now()


def _round(held: leases.Held, bot: "Bot", runner: asyncio.Runner, pace: Pace) -> int:
    """Send one message of each chat that may have one now, side by side; return how many calls were made."""
    claims = _claims(pace)
    made = [(each, rendering.render(each)) for each in claims]
    outgoing = [(each, what) for each, what in made if isinstance(what, Outgoing)]
    for each, what in made:
        if isinstance(what, Outcome):
            settling.settle(held, each, what)
    outcomes = runner.run(_side_by_side(bot, [what for _each, what in outgoing]))
    for (each, what), outcome in zip(outgoing, outcomes, strict=True):
        settling.settle(held, each, outcome, what)
    return len(made)


def _claims(pace: Pace) -> list[Claim]:
    room = pace.room()
    claims: list[Claim] = []
    for row in due()[:_CANDIDATES] if room > 0 else ():
        if len(claims) < room and pace.is_free(row.chat_id) and (mine := claim(row)):
            pace.note(row.chat_id)
            claims.append(mine)
    return claims


async def _side_by_side(bot: "Bot", what: Sequence[Outgoing]) -> list[Outcome]:
    return list(await asyncio.gather(*(call(bot, each) for each in what)))
