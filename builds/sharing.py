"""Letting others read a build: a person, or whoever has a link. Nothing can be changed through a share."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts.guests import refuse_guests
from agentsite.accounts.models import User
from agentsite.common.acting import as_server
from agentsite.common.errors import AppError, invalid, not_found
from agentsite.common.requests import caller
from audit import services as audit
from audit.models import Category
from builds import selectors
from builds.models.build import Build
from builds.models.share import BuildShare

MAX_SHARES = 100
MAX_DAYS = 365
_SESSION = "builds.links"
_MOST_LINKS = 50


@dataclass(frozen=True)
class NewShare:
    """A share that was just made; a link's token can't be found out again."""

    share: BuildShare
    token: str = ""

    @property
    def path(self) -> str:
        """Return the link's address on this site; empty for a share with a person."""
        return reverse("builds:shared", args=[self.token]) if self.token else ""


@transaction.atomic
def share_build(*, user: User, build: Build, username: str = "", days: int | None = None) -> NewShare:
    """Let one person read a build or, without a name, whoever has the link; for some days, or until it is ended.

    Sharing again with the same person only changes until when.

    :raises AppError: ``request.invalid``; ``share.too_many``; ``request.guest``.
    """
    refuse_guests(user)
    if not Build.objects.select_for_update(no_key=True).only("id").filter(pk=build.pk).first():  # one after the other
        raise not_found()
    if BuildShare.objects.filter(build=build).count() >= MAX_SHARES:
        raise AppError(
            "share.too_many",
            _("A build can be shared %(count)d times.") % {"count": MAX_SHARES},
            hint=_("End a share that is not needed any more."),
            http_status=409,
        )
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise invalid(days=_("Give a number of days from 1 to %(most)d.") % {"most": MAX_DAYS})
    until = timezone.now() + timedelta(days=days) if days else None
    made = _with_person(user, build, username, until) if username else _by_link(user, build, until)
    _audit("build.shared", user, made.share)
    return made


@transaction.atomic
def unshare(*, user: User, share: BuildShare) -> None:
    """End a share; who reads at this moment is shut out within a minute."""
    _audit("build.unshared", user, share)
    share.delete()


def shares_of(build: Build) -> QuerySet[BuildShare]:
    """Return a build's shares, newest first."""
    return BuildShare.objects.filter(build=build).select_related("user").order_by("-id")


@transaction.atomic
def open_link(session: Any, token: str, *, by: User | AnonymousUser) -> UUID | None:
    """Remember in a session that somebody came by a link; return the build, None when the link leads nowhere."""
    with as_server():  # whoever has the link is not known yet as somebody who may see its share
        share = BuildShare.objects.usable().filter(token_hash=_hash(token)).first()
    visitor = by if isinstance(by, User) else None
    if share is None:
        about = caller().ip_address or ""
        audit.record_rarely("build.link_refused", about=about, user=visitor, error="share.unusable")
        return None
    if share.pk not in session.get(_SESSION, []):
        _audit("build.link_opened", visitor, share)
    known = [link for link in session.get(_SESSION, []) if link != share.pk]
    session[_SESSION] = [*known, share.pk][-_MOST_LINKS:]
    return share.build_id


def opened_links(session: Any) -> tuple[int, ...]:
    """Return the shares by link that were opened in a session; none where links don't count."""
    return tuple(session.get(_SESSION, ())) if session is not None else ()


def find_readable(
    user: User | AnonymousUser, session: Any, build_id: UUID, joined: Collection[str] = selectors.WITH_ITS_PAGE
) -> Build | None:
    """Return a build that somebody may read: their own, one that is shared with them, or by a link they opened.

    :param session: whatever has ``get``; None where links don't count.
    :param joined: what is read with it.
    """
    person = user if isinstance(user, User) else None
    own = selectors.find_build(person, build_id, joined) if person else None
    return own or _shared(person, session, build_id, joined)


def may_change(user: User, build: Build) -> bool:
    """Say whether somebody may act on a build; those it is shared with only read."""
    return user.is_operator or build.user_id == user.pk


def _shared(person: User | None, session: Any, build_id: UUID, joined: Collection[str]) -> Build | None:
    how = Q(pk__in=opened_links(session), user__isnull=True)
    if person is not None and person.is_active:
        how |= Q(user=person)
    if not BuildShare.objects.usable().filter(how, build_id=build_id).exists():
        return None
    return Build.objects.select_related(*joined).filter(id=build_id).first()


def _with_person(user: User, build: Build, username: str, until: datetime | None) -> NewShare:
    person = User.objects.filter(username=username.strip(), is_active=True).first()
    if person is None or person.pk == build.user_id:
        raise invalid(username=_("Give the name of somebody else who has an account here."))
    share, _is_new = BuildShare.objects.update_or_create(
        build=build,
        user=person,
        defaults={"expires_at": until},
        create_defaults={"expires_at": until, "created_by": user},
    )
    return NewShare(share)


def _by_link(user: User, build: Build, until: datetime | None) -> NewShare:
    token = secrets.token_urlsafe(32)
    share = BuildShare.objects.create(build=build, token_hash=_hash(token), created_by=user, expires_at=until)
    return NewShare(share, token)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _audit(action: str, user: User | None, share: BuildShare) -> None:
    audit.record(
        action,
        user=user,
        resource_type="build",
        resource_id=str(share.build_id),
        description=share.user.username if share.user else "link",
        details={"share": share.pk},
        category=Category.ACCESS,
    )
