"""The Bot API, by the library: one call, and what came of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings

if TYPE_CHECKING:
    from telegram import Bot, InlineKeyboardMarkup

log = structlog.get_logger(__name__)
SECONDS = 15.0
CALL_SECONDS = 45.0
"""Then a call has failed, whatever it waits for: its message is nobody else's for longer than that."""
POLL_SECONDS = 25
UPDATES = ["message", "callback_query"]
_UNCHANGED = "message is not modified"
_UNPARSED = "can't parse entities"
_TOO_LARGE = "request entity too large"
_GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message to be replied not found",
)
_NOBODY = ("chat not found", "user is deactivated", "bot was blocked", "bot was kicked", "peer_id_invalid")


@dataclass(frozen=True)
class Outgoing:
    """One call of the Bot API."""

    method: str
    """``send_message``, ``edit_message_text``, ``send_document`` or ``answer_callback_query``."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    buttons: list[list[list[str]]] = field(default_factory=list)
    plain: str = ""
    """The same text without markup, for when Telegram can't read it."""


@dataclass(frozen=True)
class Outcome:
    """What came of one call."""

    error: str = ""
    """Empty when it was done.

    ``later``, ``unreachable``, ``refused``, ``gone``, ``blocked``, ``unauthorised``, or ``broken`` for a fault of ours.
    """
    message_id: int | None = None
    seconds: float = 0.0
    """How long Telegram wants to be left alone."""
    words: str = ""


def make_bot(seconds: float = SECONDS) -> "Bot":
    """Return a bot, not connected yet; used in one event loop."""
    from telegram import Bot
    from telegram.request import HTTPXRequest

    def request(pool: int, read: float) -> HTTPXRequest:
        return HTTPXRequest(
            connection_pool_size=pool, read_timeout=read, write_timeout=read, connect_timeout=seconds, pool_timeout=read
        )

    base = settings.TELEGRAM_API_BASE_URL
    return Bot(
        settings.TELEGRAM_BOT_TOKEN,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=request(32, seconds),
        get_updates_request=request(2, seconds),
    )


async def call(bot: "Bot", what: Outgoing) -> Outcome:
    """Make one call and say what came of it, whatever that is; never raises."""
    try:
        async with asyncio.timeout(CALL_SECONDS):
            return await _called(bot, what)
    except TimeoutError:
        return Outcome("unreachable", words=f"no answer in {CALL_SECONDS:.0f} s")
    except Exception as error:  # the calls beside this one must be written down
        log.exception("telegram.call_failed", method=what.method)
        return Outcome("broken", words=type(error).__name__)


async def _called(bot: "Bot", what: Outgoing) -> Outcome:
    """Text that Telegram can't read as markup goes out plain."""
    from telegram.error import BadRequest, TelegramError

    try:
        return await _made(bot, what, dict(what.fields))
    except BadRequest as error:
        if _UNPARSED not in error.message.lower() or not what.plain:
            return _refused(error)
    except TelegramError as error:
        return _refused(error)
    try:
        return await _made(bot, what, {**what.fields, "text": what.plain, "parse_mode": None})
    except TelegramError as error:
        return _refused(error)


async def _made(bot: "Bot", what: Outgoing, fields: dict[str, Any]) -> Outcome:
    if what.method != "answer_callback_query":
        fields["reply_markup"] = _markup(what.buttons)
    made = await getattr(bot, what.method)(**fields)
    return Outcome(message_id=getattr(made, "message_id", None))


def _markup(rows: list[list[list[str]]]) -> "InlineKeyboardMarkup | None":
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup

    def button(label: str, says: str) -> InlineKeyboardButton:
        if says.startswith(("http://", "https://")):
            return InlineKeyboardButton(label, url=says)
        return InlineKeyboardButton(label, callback_data=says)

    return InlineKeyboardMarkup([[button(*each) for each in row] for row in rows]) if rows else None


def _refused(error: Exception) -> Outcome:
    from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter

    words = str(getattr(error, "message", error))[:200]
    said = words.lower()
    if isinstance(error, RetryAfter):
        return Outcome("later", seconds=wished_seconds(error), words=words)
    if isinstance(error, InvalidToken):
        return Outcome("unauthorised", words=words)
    if isinstance(error, Forbidden) or any(each in said for each in _NOBODY):
        return Outcome("blocked", words=words)
    if isinstance(error, BadRequest):
        if _UNCHANGED in said:
            return Outcome()
        return Outcome("gone" if any(each in said for each in _GONE) else "refused", words=words)
    is_away = isinstance(error, NetworkError) and _TOO_LARGE not in said
    return Outcome("unreachable" if is_away else "refused", words=words)


def wished_seconds(error: Any) -> float:
    """Return how long Telegram wants to be left alone; 0 where it said nothing of that."""
    wish = getattr(error, "retry_after", 0)
    return float(wish.total_seconds() if hasattr(wish, "total_seconds") else wish)
