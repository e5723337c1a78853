"""Files that come in: fetched, looked at and stored, so that they can become part of a message."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from memory.attachments import selectors, services
from memory.models.attachment import Attachment, Source
from telegram_link.bot import make_bot
from telegram_link.models import TelegramUser

log = structlog.get_logger(__name__)
MAX_BYTES = 20 * 1024 * 1024
"""Telegram hands no larger file to a bot."""
SECONDS = 45.0
"""Then it is tried again later: an update is ours for a minute."""
_NAMES = {
    "document": "file",
    "photo": "photo.jpg",
    "voice": "voice.ogg",
    "audio": "audio",
    "video": "video.mp4",
    "video_note": "video_note.mp4",
    "sticker": "sticker.webp",
    "animation": "animation.mp4",
}
"""Kinds of what Telegram sends, and what one is called that has no name."""
_TOO_BIG = "file is too big"


@dataclass(frozen=True)
class CameWith:
    """What came with a message."""

    file: Attachment | None = None
    kind: str = ""
    """What Telegram calls it."""
    refused: str = ""
    """Why a file is not taken."""


def fetch(update: Mapping[str, Any], contact: TelegramUser) -> CameWith:
    """Return what came with a message, stored once however often it is handled; nothing for whoever may not build."""
    message = update.get("message") or {}
    kind = next((name for name in _NAMES if name in message), "")
    if not kind or contact.user is None or not contact.user.can_build:
        return CameWith()
    about = message[kind][-1] if kind == "photo" else message[kind]
    name = str(about.get("file_name") or _NAMES[kind])[:200]
    sent = f"{contact.chat_id}:{message.get('message_id')}:{about.get('file_unique_id')}"[:200]
    try:
        return CameWith(_stored(contact.user, name, about, sent), kind)
    except AppError as refused:
        if refused.afterwards:
            refused.afterwards()
        said = [refused.message, *(text for texts in refused.fields.values() for text in texts), refused.hint]
        return CameWith(kind=kind, refused=" ".join(str(part) for part in said if part))


def _stored(user: User, name: str, about: Mapping[str, Any], sent: str) -> Attachment:
    before = selectors.of(user).filter(platform_file_id=sent).first()
    if before is not None:
        return before
    if int(about.get("file_size") or 0) > MAX_BYTES:
        raise _too_large(name)
    content = asyncio.run(_download(str(about["file_id"]), name))
    return services.store(user=user, name=name, content=content, source=Source.TELEGRAM.value, platform_file_id=sent)


async def _download(file_id: str, name: str) -> bytes:
    from telegram.error import BadRequest

    async with asyncio.timeout(SECONDS), make_bot() as bot:
        try:
            found = await bot.get_file(file_id)
        except BadRequest as error:
            if _TOO_BIG in error.message.lower():
                raise _too_large(name) from None
            raise
        if (found.file_size or 0) > MAX_BYTES:  # a Bot API server of one's own has no limit
            raise _too_large(name)
        return bytes(await found.download_as_bytearray())


def _too_large(name: str) -> AppError:
    words = {"name": name, "most": MAX_BYTES // (1024 * 1024)}
    return AppError(
        "attachment.too_large",
        _("“%(name)s” is too large: Telegram hands files of at most %(most)d MB to bots.") % words,
        hint=_("Send it on the site instead, or send a part of it."),
    )
