"""Invitations: a link that lets one person make an account, with a role, for some days."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts.models import OF_PEOPLE, Invitation, Role, User
from agentsite.accounts.runtime.table import SIGNUP
from agentsite.common.errors import AppError, invalid
from audit import services as audit
from audit.models import Category

KEPT = timedelta(days=30)
"""How long can be seen whom an ended invitation was for."""
LIFETIME = timedelta(days=7)
_SESSION = "accounts.invitation"


@dataclass(frozen=True)
class NewInvitation:
    """An invitation that was just made; its token can't be found out again."""

    invitation: Invitation
    token: str

    def link(self, request: HttpRequest) -> str:
        """Return the address that the invited person opens."""
        return request.build_absolute_uri(reverse("accounts:invitation", args=[self.token]))


@transaction.atomic
def invite(*, by: User, email: str, role: str = Role.USER) -> NewInvitation:
    """Invite somebody; an earlier invitation to the same address ends.

    :raises AppError: ``request.invalid`` when there is an account with this address, or no such role.
    """
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        raise invalid(email=_("There is an account with this address already."))
    if role not in dict(OF_PEOPLE):
        raise invalid(role=_("There is no such role."))
    _open().filter(email__iexact=email).update(expires_at=timezone.now())
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email, role=role, token_hash=_hash(token), invited_by=by, expires_at=timezone.now() + LIFETIME
    )
    _audit("invitation.made", by, invitation)
    return NewInvitation(invitation, token)


def take_up(request: HttpRequest, token: str) -> Invitation:
    """Remember in the session that somebody holds an invitation; its address counts as proved.

    :raises AppError: ``invitation.not_usable``.
    """
    invitation = _open().filter(token_hash=_hash(token)).first()
    if invitation is None:
        raise AppError(
            "invitation.not_usable",
            _("This invitation is used, has expired or was replaced."),
            hint=_("Ask whoever sent it for a new one."),
            http_status=404,
        )
    request.session[_SESSION] = invitation.pk
    get_adapter(request).stash_verified_email(request, invitation.email)
    return invitation


def open_invitation(session: Any) -> Invitation | None:
    """Return the invitation that somebody came with, while it can be used."""
    return _open().filter(pk=session.get(_SESSION)).first()


def accept(user: User, session: Any) -> None:
    """Use up the invitation that a new account came with, in the transaction that makes the account.

    Where everybody may sign up, one that can't be used any more gives no role, and is no obstacle.

    :raises AppError: ``invitation.not_usable`` when somebody else was faster.
    """
    invitation = Invitation.objects.filter(pk=session.pop(_SESSION, None)).first()
    if invitation is None:
        return
    taken = _open().filter(pk=invitation.pk).update(accepted_at=timezone.now(), accepted_by=user)
    if not taken:
        if SIGNUP.now() == "open":
            return
        raise AppError("invitation.not_usable", _("This invitation is used already."), http_status=409)
    user.role = invitation.role
    user.save(update_fields=["role", "updated_at"])
    _audit("invitation.accepted", user, invitation)


def delete_old() -> int:
    """Forget invitations that ended long ago, with the addresses that they went to; return how many."""
    return Invitation.objects.filter(expires_at__lt=timezone.now() - KEPT).delete()[0]


def _open() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at__isnull=True, expires_at__gt=timezone.now())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _audit(action: str, user: User, invitation: Invitation) -> None:
    audit.record(
        action,
        user=user,
        resource_type="invitation",
        resource_id=str(invitation.pk),
        description=invitation.email,
        details={"role": invitation.role},
        category=Category.ACCESS,
    )
