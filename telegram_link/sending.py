"""Sending what is due: by one process at a time, at the pace that Telegram allows, in no transaction."""

import asyncio
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone

from builds import stopping
from telegram_link import leases, measures, rendering, settling
from telegram_link.bot import Outcome, Outgoing, make_bot
from telegram_link.flight import Flight
from telegram_link.models.outbox import OutboxKind
from telegram_link.pace import CHAT_SECONDS, Pace
from telegram_link.sender_claims import Claim, claim, due

if TYPE_CHECKING:
    from telegram import Bot

log = structlog.get_logger(__name__)
TURN_SECONDS = 60.0
"""Then somebody else has the thread; what is left is announced again."""
IDLE_SECONDS = 1.5
"""So long it looks again after the last message: an edit is due a second after the one before."""
LOOK_SECONDS = 0.1
_SHORTEST_LOOK = 0.02
_CANDIDATES = 200
_WRITE_AGAIN = (0.1, 0.5, 2.0, 5.0, 10.0)
"""Seconds after a failure to write down what came of a call: it is known here only."""
_turn = threading.Lock()
_pace = Pace()


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
    flight = Flight(bot, runner)
    try:
        return _until_idle(held, flight)
    finally:
        while not flight.is_empty:  # what was said must be written down, whoever holds the lease by now
            _land(flight)


def _until_idle(held: leases.Held, flight: Flight) -> int:
    count, renewed_at, last_work = 0, 0.0, time.monotonic()
    until = last_work + TURN_SECONDS
    while (now := time.monotonic()) < until and not stopping.is_stopping():
        if now > renewed_at + leases.SECONDS / 5:
            held.renew()
            renewed_at = now
        begun = 0 if _is_paused(held) else _begin(flight)
        count += begun
        if begun or not flight.is_empty:
            last_work = now
        elif now > last_work + IDLE_SECONDS:
            return count
        _land(flight)
    _rest(flight)
    return count


def _rest(flight: Flight) -> None:
    """End a turn in which there was still something to send: who sends next does not know what was sent just now."""
    while not flight.is_empty:
        _land(flight)
    if not stopping.is_stopping():
        time.sleep(CHAT_SECONDS)


def _is_paused(held: leases.Held) -> bool:
    until = held.read().paused_until
    return until is not None and until > timezone.now()


def _begin(flight: Flight) -> int:
    """Begin one message of each chat that may have one now, and all answers to presses; return how many it were."""
    busy = {*_pace.busy(), *flight.chats}
    room, count = _pace.room() - len(flight.chats), 0
    for row in due(busy)[:_CANDIDATES]:
        is_answer = row.kind == OutboxKind.PRESS
        has_room = flight.room > 0 and (is_answer or (room > 0 and row.chat_id not in busy))
        if not has_room or (mine := claim(row)) is None:
            continue
        if not is_answer:
            busy.add(row.chat_id)
            room -= 1
        count += 1
        what = _made(mine)
        if isinstance(what, Outcome):
            _write_down(mine, what)
        else:
            flight.begin(mine, what)
    return count


def _made(mine: Claim) -> Outgoing | Outcome:
    """Return the call; that one message can't be made must not keep the others waiting."""
    try:
        return rendering.render(mine)
    except DatabaseError as error:
        return Outcome("unreachable", words=type(error).__name__)
    except Exception as error:
        log.exception("telegram.not_made", message=mine.row_id)
        return Outcome("broken", words=type(error).__name__)


def _land(flight: Flight) -> None:
    seconds = max(LOOK_SECONDS, _SHORTEST_LOOK)
    if flight.is_empty:
        time.sleep(seconds)
    for landed in flight.land(seconds):
        if landed.claim.kind != OutboxKind.PRESS:
            _pace.note(landed.claim.chat_id)
        measures.count_call(landed.claim.kind, landed.outcome)
        _write_down(landed.claim, landed.outcome, landed.what)


def _write_down(mine: Claim, outcome: Outcome, what: Outgoing | None = None) -> None:
    """Keep what came of a call. Where the database is away for longer than this waits, it is made once more later."""
    for seconds in (*_WRITE_AGAIN, 0.0):
        try:
            settling.settle(mine, outcome, what)
        except (DatabaseError, InterfaceError) as error:
            log.warning("telegram.not_written_down", error=type(error).__name__, message=mine.row_id)
            connections.close_all()
            time.sleep(seconds)
        else:
            return
