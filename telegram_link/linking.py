"""Linking an account with a chat, from either side, by an address that is good once and for a quarter of an hour."""

import hashlib
import secrets
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agentsite.accounts import guests
from agentsite.accounts.models import Role, User
from agentsite.common.acting import as_server
from agentsite.common.errors import AppError
from audit import services as audit
from audit.models import Category, Severity
from telegram_link import friends, outbox
from telegram_link.models import LinkToken, TelegramUser
from telegram_link.splitting import escaped

LIVES = timedelta(minutes=15)
MAX_AN_HOUR = 10
_FREE = Q(contact__user__isnull=True) | Q(contact__user__role=Role.GUEST)


@transaction.atomic
def make_link(*, user: User) -> str:
    """Return a new secret for the address that opens the bot; earlier ones of this person end.

    :raises AppError: ``telegram.too_many_links``, ``telegram.linked_already``.
    """
    if TelegramUser.objects.filter(user=user).exists():
        raise _linked_already()
    return _token(LinkToken.objects.filter(user=user), user=user)


def make_login_link(*, contact: TelegramUser) -> str:
    """Return a new secret for the address of the login page, in the open transaction.

    :raises AppError: ``telegram.too_many_links``, ``telegram.linked_already``.
    """
    if contact.user is not None and not contact.user.is_guest:
        raise _linked_already()
    return _token(LinkToken.objects.filter(contact=contact), contact=contact)


def redeem(*, contact: TelegramUser, secret: str) -> User:
    """Link a chat with the account whose address it came with, in the open transaction.

    :raises AppError: ``telegram.link_unusable``, ``telegram.linked_already``; what :func:`friends.move_to` raises.
    """
    if contact.user is not None and not contact.user.is_guest:
        raise _linked_already()
    token = _used(LinkToken.objects.filter(token_hash=_hash(secret), user__is_active=True))
    if token is None or token.user is None:
        refused = _unusable()
        refused.afterwards = partial(_write_refusal, contact)
        raise refused
    _link(contact, token.user)
    return token.user


def find_login_link(secret: str) -> TelegramUser | None:
    """Return who in Telegram asked to be linked; None when the address is used, old or unknown."""
    with as_server():
        token = _usable(LinkToken.objects.filter(token_hash=_hash(secret), contact__isnull=False)).first()
        return TelegramUser.objects.get(pk=token.contact_id) if token else None


@transaction.atomic
def confirm(*, user: User, secret: str) -> TelegramUser:
    """Link the chat that asked for it with the account of who is logged in.

    :raises AppError: ``telegram.link_unusable``, ``telegram.linked_already``; what :func:`friends.move_to` raises.
    """
    with as_server():
        token = _used(LinkToken.objects.filter(token_hash=_hash(secret), contact__isnull=False).filter(_FREE))
        if token is None or token.contact_id is None:
            raise _unusable()
        contact = TelegramUser.objects.select_related("user").get(pk=token.contact_id)
        _link(contact, user)
        _greet(contact, user, token)
    return contact


@transaction.atomic
def unlink(*, user: User) -> bool:
    """Part an account from its chat, and tell the chat nothing more; False when there was no link.

    :raises AppError: ``request.guest``: a guest has nothing but the chat.
    """
    guests.refuse_guests(user)
    with as_server():
        contact = TelegramUser.objects.select_for_update(no_key=True).filter(user=user).first()
        if contact is None:
            return False
        outbox.drop_all(contact)
        TelegramUser.objects.filter(pk=contact.pk).update(user=None, dialog={}, conversation_state="idle")
        _audit("telegram.unlinked", user, contact)
    return True


def welcome(user: User) -> str:
    """Return what a chat is told that has just been linked."""
    words = _("This chat is linked with the account %(name)s. Describe a program to begin, or send /help.")
    return escaped(words % {"name": user.get_username()})


def _link(contact: TelegramUser, user: User) -> None:
    if TelegramUser.objects.filter(user=user).exists():
        raise _linked_already()
    friends.move_to(contact=contact, user=user)
    try:
        with transaction.atomic():
            linked = TelegramUser.objects.filter(pk=contact.pk, user__isnull=True).update(user=user)
    except IntegrityError:
        linked = 0
    if not linked:
        raise _linked_already()
    contact.user = user
    _audit("telegram.linked", user, contact)


def _greet(contact: TelegramUser, user: User, token: LinkToken) -> None:
    with translation.override(contact.language):
        outbox.say(contact, welcome(user), key=f"linked:{token.pk}")


def _token(earlier: Any, **side: Any) -> str:
    recent = earlier.filter(created_at__gt=timezone.now() - timedelta(hours=1)).count()
    if recent >= MAX_AN_HOUR:
        raise AppError(
            "telegram.too_many_links",
            _("Too many links were made in the last hour."),
            hint=_("Use the last one, or wait a while."),
            http_status=429,
        )
    earlier.filter(used_at__isnull=True).update(expires_at=timezone.now())
    secret = secrets.token_urlsafe(32)
    LinkToken.objects.create(token_hash=_hash(secret), expires_at=timezone.now() + LIVES, **side)
    contact: TelegramUser | None = side.get("contact")
    _audit("telegram.link_made", side.get("user"), contact)
    return secret


def _usable(tokens: Any) -> Any:
    return tokens.filter(used_at__isnull=True, expires_at__gt=Now())


def _used(tokens: Any) -> LinkToken | None:
    """Use a secret up: of several who show it at once one gets it."""
    found: LinkToken | None = tokens.select_related("user").first()
    if found is None or not _usable(LinkToken.objects.filter(pk=found.pk)).update(used_at=Now()):
        return None
    return found


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _unusable() -> AppError:
    return AppError(
        "telegram.link_unusable",
        _("This link has been used, or its time is over."),
        hint=_("Make a new one: it is good for 15 minutes, once."),
        http_status=410,
    )


@transaction.atomic
def _write_refusal(contact: TelegramUser) -> None:
    _audit("telegram.link_refused", None, contact, severity=Severity.WARNING, error="telegram.link_unusable")


def _linked_already() -> AppError:
    return AppError(
        "telegram.linked_already",
        _("The account or the chat is linked already."),
        hint=_("Part them first: /unlink in the chat, or Account › Telegram on the site."),
        http_status=409,
    )


def _audit(action: str, user: User | None, contact: TelegramUser | None, **more: Any) -> None:
    audit.record(
        action,
        user=user,
        resource_type="telegram",
        resource_id=str(contact.telegram_id) if contact else "",
        description=str(contact or ""),
        category=Category.ACCESS,
        **more,
    )
