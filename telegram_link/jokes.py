"""Telling a joke: in the chat's language, and none again before all were told."""

import secrets
import tomllib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from telegram_link.models import Joke, TelegramUser
from telegram_link.splitting import escaped
from telegram_link.turn import Turn

_FILE = Path(__file__).with_name("jokes.toml")
_MOST = 1_000


def load(jokes: Any = None) -> int:
    """Store those that are shipped and not there; return how many are shipped.

    :param jokes: the model's manager, where a migration has one of its own.
    """
    model = (jokes or Joke.objects).model
    shipped = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    rows = [model(language=language, text=text) for language, texts in shipped.items() for text in texts]
    model._default_manager.bulk_create(rows, ignore_conflicts=True)  # noqa: SLF001  Django's public API
    return len(rows)


def tell(turn: Turn, _rest: str) -> None:
    """Tell a joke."""
    turn.reply(escaped(next_joke(turn.contact) or _("I know no jokes.")))


def next_joke(contact: TelegramUser) -> str:
    """Return one that was not told in this chat for longest, in the open transaction; empty where there is none."""
    known = dict(_known(contact.language) or _known(settings.LANGUAGE_CODE))
    if not known:
        return ""
    told = [number for number in contact.told_jokes if number in known]
    fresh = [number for number in known if number not in told]
    if not fresh:
        fresh, told = [number for number in known if number != told[-1]] or list(known), []
    chosen = secrets.choice(fresh)
    contact.told_jokes = [*told, chosen]
    TelegramUser.objects.filter(pk=contact.pk).update(told_jokes=contact.told_jokes)
    return known[chosen]


def _known(language: str) -> list[tuple[int, str]]:
    return list(Joke.objects.filter(language=language).order_by("pk").values_list("pk", "text")[:_MOST])
