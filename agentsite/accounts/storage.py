"""What people's code takes, counted in the transaction that stores or deletes them; one MB is a million bytes.

Every change is one conditional statement, so that none is lost and nobody gets past the limit.
"""

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from agentsite.accounts.models import BYTES_PER_MB, StorageUsage, User
from agentsite.common.errors import AppError

_TABLE = StorageUsage._meta.db_table  # noqa: SLF001  Django's public API
_TAKE = f"""
    INSERT INTO {_TABLE} (user_id, bytes_used) VALUES (%s, %s)
    ON CONFLICT (user_id) DO UPDATE SET bytes_used = {_TABLE}.bytes_used + excluded.bytes_used
    WHERE {_TABLE}.bytes_used + excluded.bytes_used <= %s
    RETURNING bytes_used
"""  # noqa: S608  a table's name


def take(user_id: int, size: int) -> bool:
    """Count bytes that are stored in the open transaction; False, and nothing is counted, when there is no room."""
    limit = _limit(user_id)
    if size > limit:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [user_id, size, limit])
        return cursor.fetchone() is not None


def give_back(user_id: int, size: int) -> None:
    """Count bytes that are deleted in the open transaction."""
    left = Greatest(F("bytes_used") - size, Value(0))
    StorageUsage.objects.filter(user_id=user_id).update(bytes_used=left)


def full() -> AppError:
    """Return the refusal of what does not fit any more."""
    return AppError(
        "quota.storage",
        _("Your storage is full."),
        hint=_("Delete builds and analyses that are not needed any more, or ask an operator for more."),
        http_status=409,
    )


def _limit(user_id: int) -> int:
    return User.objects.values_list("storage_quota_mb", flat=True).get(pk=user_id) * BYTES_PER_MB
