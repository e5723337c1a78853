"""Files that come in: text and code becomes part of a message, of pictures and voice the facts are kept."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.utils.translation import gettext as _

from telegram_link.bot import make_bot
from telegram_link.models import TelegramUser

log = structlog.get_logger(__name__)
MAX_TEXT_BYTES = 64 * 1024
_KINDS = ("document", "photo", "voice", "audio", "video", "video_note", "sticker", "animation")
_KNOWN = ("file_id", "file_unique_id", "file_name", "mime_type", "file_size", "width", "height", "duration")


@dataclass(frozen=True)
class CameWith:
    """What came with a message."""

    text: str = ""
    name: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What Telegram says of a file that is no text."""
    refused: str = ""
    """Why a file is not taken."""


def fetch(update: Mapping[str, Any], contact: TelegramUser) -> CameWith:
    """Return what came with a message, fetched from Telegram where it is text; nothing for whoever may not build."""
    message = update.get("message") or {}
    kind = next((name for name in _KINDS if name in message), "")
    if not kind or contact.user is None or not contact.user.can_build:
        return CameWith()
    about = message[kind][-1] if kind == "photo" else message[kind]
    facts = {"kind": kind, **{name: about[name] for name in _KNOWN if name in about}}
    if kind != "document":
        return CameWith(facts=facts)
    return _document(facts)


def _document(facts: dict[str, Any]) -> CameWith:
    name = str(facts.get("file_name") or "file")[:200]
    if int(facts.get("file_size") or 0) > MAX_TEXT_BYTES:
        most = {"name": name, "most": MAX_TEXT_BYTES // 1024}
        return CameWith(refused=_("“%(name)s” is too large: a text or code file may have %(most)d KB.") % most)
    try:
        content = asyncio.run(_download(str(facts["file_id"])))
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return CameWith(facts=facts)
    if len(content) > MAX_TEXT_BYTES or "\x00" in text:
        return CameWith(facts=facts)
    return CameWith(text=text, name=name, facts=facts)


async def _download(file_id: str) -> bytes:
    async with make_bot() as bot:
        found = await bot.get_file(file_id)
        return bytes(await found.download_as_bytearray())
