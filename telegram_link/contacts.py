"""Who writes to the bot: met once, kept up to date, and held to a pace."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agentsite.accounts.models import User
from agentsite.common.texts import storable
from audit import services as audit
from telegram_link.models import TelegramUser

WINDOW = timedelta(minutes=1)
MAX_UPDATES = 40
"""In a window; what comes beyond is not handled."""
_RUSSIAN = "ru"


def met(who: Mapping[str, Any], chat_id: int) -> TelegramUser:
    """Return the contact of a Telegram user, made at the first contact; names and language code follow theirs."""
    known = {
        "telegram_username": _name(who.get("username"), 64),
        "first_name": _name(who.get("first_name"), 128),
        "last_name": _name(who.get("last_name"), 128),
        "language_code": _name(who.get("language_code"), 16),
        "chat_id": chat_id,
        "is_active": True,
        "last_interaction_at": timezone.now(),
    }
    speaks = _RUSSIAN if str(known["language_code"]).lower().startswith(_RUSSIAN) else "en"
    contact, is_new = TelegramUser.objects.select_related("user").get_or_create(
        telegram_id=who["id"], defaults={**known, "language": speaks}
    )
    if not is_new:
        TelegramUser.objects.filter(pk=contact.pk).update(**known)
        for name, value in known.items():
            setattr(contact, name, value)
    return contact


def linked(user: User) -> TelegramUser | None:
    """Return somebody's linked contact; None where there is none."""
    return TelegramUser.objects.filter(user=user).first()


def is_too_fast(contact: TelegramUser) -> bool:
    """Say whether one more update of this minute would not be handled, so that nothing is fetched for it."""
    since = contact.window_started_at
    return since is not None and since > timezone.now() - WINDOW and contact.window_count >= MAX_UPDATES


def count_update(contact: TelegramUser) -> int:
    """Count an update of this minute in the open transaction; return how many there were."""
    now = timezone.now()
    mine = TelegramUser.objects.filter(pk=contact.pk)
    if contact.window_started_at is None or contact.window_started_at <= now - WINDOW:
        mine.update(window_started_at=now, window_count=1)
        return 1
    mine.update(window_count=F("window_count") + 1)
    return mine.values_list("window_count", flat=True).get()


@transaction.atomic
def speak(contact: TelegramUser, language: str) -> None:
    """Have the bot speak another language from now on."""
    TelegramUser.objects.filter(pk=contact.pk).update(language=language)
    contact.language = language
    _audit(contact, {"language": language})


@transaction.atomic
def set_notifies(contact: TelegramUser, *, notifies: bool) -> None:
    """Choose whether builds from elsewhere are told here."""
    TelegramUser.objects.filter(pk=contact.pk).update(notifies=notifies)
    contact.notifies = notifies
    _audit(contact, {"notifies": notifies})


def _audit(contact: TelegramUser, changed: dict[str, object]) -> None:
    about: dict[str, Any] = {"resource_type": "telegram", "resource_id": str(contact.telegram_id)}
    audit.record("telegram.changed", user=contact.user, details=changed, **about)


def _name(value: object, most: int) -> str:
    return str(storable(str(value)))[:most] if value else ""
