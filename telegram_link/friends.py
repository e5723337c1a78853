"""Friends of the operator: a chat that may try the bot without an account of its own, as a guest."""

from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from agentsite.accounts import guests
from agentsite.accounts.models import User
from agentsite.accounts.runtime.table import GUEST_BUILDS_DAILY
from agentsite.common.acting import as_server
from agentsite.common.errors import AppError, not_found
from audit import services as audit
from audit.models import Category, Severity
from builds import handing_over, services
from builds.jobs import services as jobs
from builds.models.build import Build
from builds.models.job import ENDED, Job
from telegram_link import outbox
from telegram_link.models import TelegramUser
from telegram_link.splitting import escaped


def mark(*, by: User, contact: TelegramUser, reason: str = "") -> bool:
    """Let a chat in as a guest: account, link and audit entry are one transaction. False when it was so already.

    :raises AppError: ``telegram.linked_already`` for a chat that has an account of its own.
    """
    with transaction.atomic(), as_server():
        locked = _locked(contact)
        guest = locked.user
        if guest is not None and not guest.is_guest:
            raise AppError(
                "telegram.linked_already",
                _("This chat is linked with an account of its own."),
                hint=_("Only chats without an account can be let in as guests."),
                http_status=409,
            )
        if locked.is_friend and guest is not None and guest.is_active:
            return False
        if guest is None:
            guest = guests.make_guest(full_name=_name_of(locked), language=locked.language)
        else:
            guests.let_in_again(guest)
        TelegramUser.objects.filter(pk=locked.pk).update(is_friend=True, user=guest)
        _audit("telegram.friend_marked", by, locked, {"guest": guest.get_username(), "reason": reason})
        _say(locked, welcome)
    return True


def unmark(*, by: User, contact: TelegramUser, reason: str = "") -> bool:
    """Take in nothing more of a guest, and stop what is under way. False when it was no friend."""
    with transaction.atomic(), as_server():
        locked = _locked(contact)
        guest = locked.user
        if not locked.is_friend or guest is None:
            return False
        guests.lock(guest)
        guests.shut_out(guest)
        TelegramUser.objects.filter(pk=locked.pk).update(is_friend=False, dialog={}, conversation_state="idle")
        stopped = _stop_all(by, guest)
        details = {"guest": guest.get_username(), "stopped": stopped, "reason": reason}
        _audit("telegram.friend_unmarked", by, locked, details, severity=Severity.WARNING)
        _say(locked, _farewell)
    return True


def move_to(*, contact: TelegramUser, user: User) -> None:
    """Give what a guest has made to the account that the chat is being linked with, in the open transaction.

    The chat has no account afterwards, and the guest's is gone.

    :raises AppError: ``guest.busy``; ``quota.storage``; ``request.forbidden`` for a viewer.
    """
    locked = _locked(contact)
    guest = locked.user
    if guest is None or not guest.is_guest:
        return
    moved = handing_over.hand_over(guest=guest, to=user)
    TelegramUser.objects.filter(pk=locked.pk).update(is_friend=False, user=None)
    contact.user, contact.is_friend = None, False
    _audit("telegram.guest_moved", user, locked, {"guest": guest.get_username(), "moved": moved})
    User.objects.get(pk=guest.pk).delete()


def is_guest(contact: TelegramUser) -> bool:
    """Say whether a chat has a guest's account, let in or not."""
    return contact.user is not None and contact.user.is_guest


def found(words: str) -> TelegramUser:
    """Return the contact of a number or a name.

    :raises AppError: ``request.not_found``.
    """
    name = words.strip().removeprefix("@")
    by_name = TelegramUser.objects.filter(telegram_username__iexact=name) if name else TelegramUser.objects.none()
    rows = TelegramUser.objects.filter(telegram_id=int(name)) if _is_number(name) else by_name
    contact = rows.order_by("-last_interaction_at").first()
    if contact is None:
        raise not_found()
    return contact


def welcome() -> str:
    """Return what a guest is told."""
    words = _(
        "You may try me as a guest: describe a program, and I build it. Guests can begin %(count)d builds a day."
        " /link moves what you made to an account of your own, once you have one."
    )
    return words % {"count": GUEST_BUILDS_DAILY.now()}


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) <= 18  # noqa: PLR2004  what the column holds


def _stop_all(by: User, guest: User) -> int:
    builds = list(Build.objects.filter(user=guest).active())
    at_work = list(Job.objects.filter(user=guest).exclude(status__in=ENDED).select_related("user"))
    for job in at_work:
        jobs.cancel_job(user=by, job=job)
    for build in builds:
        services.cancel_build(user=by, build=build)
    return len(builds) + len(at_work)


def _locked(contact: TelegramUser) -> TelegramUser:
    """Return a contact as it is now: those who mark it at once come one after the other.

    Its account is read afterwards: a join would still show the one from before the wait.
    """
    return TelegramUser.objects.select_for_update(no_key=True).get(pk=contact.pk)


def _name_of(contact: TelegramUser) -> str:
    return f"{contact.first_name} {contact.last_name}".strip() or contact.telegram_username


def _say(contact: TelegramUser, words: Any) -> None:
    with translation.override(contact.language):
        outbox.say(contact, escaped(words()), key=f"friend:{uuid4()}")


def _farewell() -> str:
    return _("You are no guest here any more: nothing new is taken in, and what was under way is stopped.")


def _audit(action: str, by: User, contact: TelegramUser, details: dict[str, Any], **more: Any) -> None:
    audit.record(
        action,
        user=by,
        resource_type="telegram",
        resource_id=str(contact.telegram_id),
        description=str(contact),
        details=details,
        category=Category.ACCESS,
        **more,
    )
