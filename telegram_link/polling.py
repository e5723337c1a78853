"""Asking Telegram for news: one process at a time; what came is stored before Telegram may forget it."""

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connections, transaction

from telegram_link import inbox, leases, menu
from telegram_link.bot import POLL_SECONDS, SECONDS, UPDATES, make_bot, wished_seconds

if TYPE_CHECKING:
    from telegram import Bot

log = structlog.get_logger(__name__)
STANDBY_SECONDS = 3.0
_DELAYS = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)


class TokenRefused(Exception):
    """Telegram does not know the token."""


def listen(stop: threading.Event, tell: Callable[[str], None]) -> None:
    """Ask for news until told to stop, whenever no other process does; a Telegram that is away is waited for.

    :param tell: is told what the operator should read.
    :raises TokenRefused: nothing can be asked with this token.
    """
    asyncio.run(_listen(stop, tell))


async def _listen(stop: threading.Event, tell: Callable[[str], None]) -> None:
    from telegram.error import InvalidToken, TelegramError

    failures = 0
    while not stop.is_set():
        try:
            async with make_bot() as bot:
                await _greet(bot, tell)
                failures = 0
                await _take_turns(bot, stop)
        except InvalidToken:
            raise TokenRefused from None
        except (TelegramError, DatabaseError, InterfaceError) as error:  # neither is away for ever
            wait = max(_DELAYS[min(failures, len(_DELAYS) - 1)], wished_seconds(error))
            log.warning("telegram.away", error=type(error).__name__, seconds=wait)
            await _pause(stop, wait)
            failures += 1


async def _greet(bot: "Bot", tell: Callable[[str], None]) -> None:
    """Say who listens, and have Telegram call nobody else."""
    await in_thread(leases.note_bot, bot.username)
    await bot.delete_webhook()
    await menu.introduce(bot)
    tell(f"The bot @{bot.username} listens.")


async def _take_turns(bot: "Bot", stop: threading.Event) -> None:
    while not stop.is_set():
        held = await in_thread(leases.take, leases.POLL)
        if held is None:
            await _pause(stop, STANDBY_SECONDS)
        else:
            await _hold(bot, held, stop)


async def _hold(bot: "Bot", held: leases.Held, stop: threading.Event) -> None:
    """Ask for as long as the lease is ours."""
    keeper = asyncio.create_task(_keep(held, stop))
    try:
        asking = asyncio.create_task(_ask(bot, held, stop))
        await asyncio.wait({asking, keeper}, return_when=asyncio.FIRST_COMPLETED)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    finally:
        keeper.cancel()
        await in_thread(held.release)
    if asking.done() and not asking.cancelled() and (error := asking.exception()):
        _judge(error)
        await _pause(stop, _DELAYS[0])


async def _keep(held: leases.Held, stop: threading.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(leases.SECONDS / 3)
        try:
            await in_thread(held.renew)
        except leases.LeaseLost:
            return
        except DatabaseError as error:
            log.warning("telegram.poll_failed", error=type(error).__name__)


async def _ask(bot: "Bot", held: leases.Held, stop: threading.Event) -> None:
    """Ask, store, and confirm by asking for what comes after.

    Each holder begins with all that Telegram still has: what is stored already is known by its number. A number is
    used only until it is confirmed: Telegram counts anew after a quiet week, and another bot counts otherwise.
    """
    from telegram.error import InvalidToken, TelegramError

    failures, offset = 0, 0
    while not stop.is_set():
        try:
            updates = await news(bot, offset)
        except InvalidToken:
            raise
        except TelegramError as error:
            wait = max(_DELAYS[min(failures, len(_DELAYS) - 1)], wished_seconds(error))
            failures += 1
            log.warning("telegram.away", error=type(error).__name__, words=str(error)[:100], seconds=wait)
            await _pause(stop, wait)
            continue
        failures, offset = 0, 0
        if updates:
            offset = updates[-1]["update_id"] + 1
            await in_thread(_store, held, updates)


async def news(bot: "Bot", offset: int) -> list[dict[str, Any]]:
    """Ask once; what has a smaller number than ``offset`` is forgotten by Telegram."""
    wanted = {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": UPDATES}
    # As it came: what the library can't read would be raised by it each time, and keep all others from us.
    updates = await bot._post("getUpdates", wanted, read_timeout=POLL_SECONDS + SECONDS)  # noqa: SLF001
    return sorted(updates, key=lambda each: int(each["update_id"]))


@transaction.atomic
def _store(held: leases.Held, updates: list[dict[str, Any]]) -> None:
    held.renew()
    inbox.store(updates)


def _judge(error: BaseException) -> None:
    from telegram.error import InvalidToken

    if isinstance(error, InvalidToken):
        raise error
    log.warning("telegram.poll_failed", error=type(error).__name__)


async def _pause(stop: threading.Event, seconds: float) -> None:
    for _ in range(max(1, round(seconds / 0.1))):
        if stop.is_set():
            return
        await asyncio.sleep(0.1)


async def in_thread(act: Callable[..., Any], *given: Any) -> Any:
    """Ask the database beside the event loop, by a connection that is given back."""

    def acted() -> Any:
        try:
            return act(*given)
        finally:
            connections.close_all()

    return await sync_to_async(acted, thread_sensitive=False)()
