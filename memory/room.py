"""How many of each somebody may have; counted without a lock, so that those made at once may be a few more."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agentsite.common.errors import AppError

MAX_MEMORIES = 5_000
MAX_FACTS = 5_000
MAX_CONVERSATIONS = 10_000
MAX_STATS = 100_000


def check_room(rows: QuerySet[Any], most: int) -> None:
    """Let one more be made.

    :raises AppError: ``memory.full``.
    """
    if rows.order_by()[:most].count() >= most:
        raise AppError(
            "memory.full",
            _("An account can have %(most)d of these.") % {"most": most},
            hint=_("Delete some that are not needed any more."),
            http_status=409,
        )
