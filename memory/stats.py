"""Figures about somebody's work."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Avg, Count, Max, OuterRef, QuerySet, Subquery, Sum

from agentsite.accounts.models import User
from audit import services as audit
from memory import validation
from memory.models.stat import MAX_VALUE, Stat
from memory.room import MAX_STATS, check_room

MAX_TYPE = 64
MAX_TYPES = 200
"""How many types a summary tells of."""


@transaction.atomic
def record_stat(*, user: User, stat_type: str, value: float, extra_data: Mapping[str, Any] | None = None) -> Stat:
    """Store a figure.

    :raises AppError: ``request.invalid``; ``memory.full``.
    """
    fields = {
        "stat_type": validation.line("stat_type", stat_type, MAX_TYPE),
        "value": validation.number("value", value, -MAX_VALUE, MAX_VALUE),
        "extra_data": validation.document("extra_data", dict(extra_data or {})),
    }
    check_room(Stat.objects.filter(user=user), MAX_STATS)
    stat = Stat.objects.create(user=user, **fields)
    audit.record("stat.recorded", user=user, resource_type="stat", resource_id=str(stat.pk))
    return stat


def stats_of(
    user: User, *, stat_type: str = "", since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Stat]:
    """Return somebody's figures, newest first; those of a type, and from ``since`` until before ``until``."""
    wanted = {"stat_type": stat_type, "created_at__gte": since, "created_at__lt": until}
    return Stat.objects.filter(user=user, **{name: value for name, value in wanted.items() if value}).order_by("-id")


def summary_of(user: User, **wanted: Any) -> Sequence[Mapping[str, Any]]:
    """Return by type how many figures there are, their sum and mean, and the last one.

    :param wanted: as of ``stats_of``.
    """
    chosen = stats_of(user, **wanted)
    last = chosen.filter(stat_type=OuterRef("stat_type")).values("value")[:1]
    by_type = chosen.order_by().values("stat_type")
    figures = by_type.annotate(
        count=Count("pk"), sum=Sum("value"), mean=Avg("value"), last=Subquery(last), last_at=Max("created_at")
    )
    return list(figures.order_by("stat_type")[:MAX_TYPES])
