"""Giving what a guest has made to the account of the same person; the rest goes with the guest."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from agentsite.accounts import guests, storage
from agentsite.accounts.models import StorageUsage, User
from agentsite.accounts.roles import refuse_viewers
from agentsite.common.errors import AppError
from builds.models.analysis import CodeAnalysis
from builds.models.approval import Approval
from builds.models.build import Build
from builds.models.job import Job
from builds.models.run import Run
from builds.models.usage import TokenUsage
from builds.states import FINAL
from memory import handing_over as memory

_OWNED: dict[str, Any] = {
    "run": Run.objects,
    "build": Build.objects,
    "analysis": CodeAnalysis.objects,
    "job": Job.objects,
    "approval": Approval.objects,
    "usage": TokenUsage.objects,
}


def refuse_while_busy(guest: User) -> None:
    """Let nothing be given away that somebody works on.

    :raises AppError: ``guest.busy``.
    """
    if Run.objects.filter(user=guest).exclude(state__in=FINAL).exists():
        raise AppError(
            "guest.busy",
            _("Something that you asked for as a guest is still at work, or waits for your answer."),
            hint=_("Let it end, or send /cancel; then link the account."),
            http_status=409,
        )


@transaction.atomic
def hand_over(*, guest: User, to: User) -> dict[str, int]:
    """Make a guest's builds, conversations, facts and ledger somebody else's; return how much of each.

    :raises AppError: ``guest.busy``; ``quota.storage``; ``request.forbidden`` for a viewer.
    """
    refuse_viewers(to)
    guests.lock(guest)
    refuse_while_busy(guest)
    size = StorageUsage.objects.filter(user=guest).values_list("bytes_used", flat=True).first() or 0
    if size and not storage.take(to.pk, size):
        raise storage.full()
    counts = {name: rows.filter(user=guest).update(user=to) for name, rows in _OWNED.items()}
    return {name: count for name, count in (counts | memory.hand_over(guest=guest, to=to)).items() if count}
