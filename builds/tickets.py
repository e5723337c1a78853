"""One-time tickets: a program that is no browser opens a socket with one, within half a minute."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from agentsite.accounts.models import ApiKey, User
from agentsite.common.acting import as_server
from agentsite.common.requests import caller
from audit import services as audit
from audit.models import Category
from builds.models.build import Build
from builds.models.ticket import SocketTicket
from builds.viewers import Viewer
from memory.models.conversation import Conversation

LIFETIME = timedelta(seconds=30)
KEPT = timedelta(hours=1)
_MARK = "agt_"  # so that logs know one wherever it stands


@dataclass(frozen=True)
class NewTicket:
    """A ticket that was just made; its secret can't be found out again."""

    ticket: SocketTicket
    secret: str

    @property
    def path(self) -> str:
        """Return the address of the socket that it opens, on this site."""
        place = f"builds/{self.ticket.build_id}" if self.ticket.build_id else f"chat/{self.ticket.conversation_id}"
        return f"/ws/{place}/?ticket={self.secret}"


@transaction.atomic
def make_ticket(
    *,
    user: User,
    api_key: ApiKey | None,
    session_key: str = "",
    build: Build | None = None,
    conversation: Conversation | None = None,
) -> NewTicket:
    """Make a ticket for somebody who may see the build or the conversation; give one of both.

    It is bound to the key or else the session that asks for it.
    """
    secret = _MARK + secrets.token_urlsafe(32)
    ticket = SocketTicket.objects.create(
        user=user,
        build=build,
        conversation=conversation,
        api_key=api_key,
        session_key="" if api_key is not None else session_key,
        token_hash=_hash(secret),
        expires_at=timezone.now() + LIFETIME,
    )
    audit.record("ticket.made", user=user, category=Category.ACCESS, **_place(ticket))
    return NewTicket(ticket, secret)


def redeem(secret: str, *, build_id: UUID, user: User | AnonymousUser) -> Viewer | None:
    """Use a ticket up; return whose it was, None when it is of no use for this build.

    :param user: who is logged in where the ticket is shown; somebody else's ticket is of no use there.
    """
    return _redeemed(secret, user, build_id=build_id)


def redeem_for_conversation(secret: str, *, conversation_id: UUID, user: User | AnonymousUser) -> Viewer | None:
    """Use a ticket up; return whose it was, None when it is of no use for this conversation.

    :param user: as for a build.
    """
    return _redeemed(secret, user, conversation_id=conversation_id)


@as_server()  # whose ticket it is will be known by its row
@transaction.atomic
def _redeemed(secret: str, user: User | AnonymousUser, **place: UUID) -> Viewer | None:
    usable = SocketTicket.objects.usable().filter(token_hash=_hash(secret), **place)
    ticket = usable.select_related("user").first()
    # Of several who show it at once the database lets one through.
    is_theirs = ticket is not None and not (user.is_authenticated and user.pk != ticket.user_id)
    if ticket is None or not is_theirs or not usable.filter(pk=ticket.pk).update(used_at=timezone.now()):
        audit.record_rarely("ticket.refused", about=caller().ip_address or "", user=None, error="ticket.unusable")
        return None
    audit.record("ticket.used", user=ticket.user, category=Category.ACCESS, **_place(ticket))
    return Viewer(ticket.user_id, session_key=ticket.session_key or None, api_key_id=ticket.api_key_id)


def shown(scope: Mapping[str, Any]) -> str | None:
    """Return the ticket in the address of a socket; None where there is none."""
    query: str = scope.get("query_string", b"").decode("ascii", "replace")
    values = [part.partition("=")[2] for part in query.split("&") if part.startswith("ticket=")]
    return values[-1] if values else None


def delete_old() -> int:
    """Forget tickets that nobody can use any more; return how many."""
    return SocketTicket.objects.filter(expires_at__lt=timezone.now() - KEPT).delete()[0]


def _place(ticket: SocketTicket) -> dict[str, Any]:
    """Return what a ticket is for, as the audit log names it."""
    kind = "build" if ticket.build_id else "conversation"
    return {"resource_type": kind, "resource_id": str(ticket.build_id or ticket.conversation_id)}


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
