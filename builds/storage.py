"""The room that code takes: what a build gives back, and a slow recount that heals what was counted wrongly.

Each file of each attempt counts with its size, also where its content is stored only once, and so do code that was
sent in to be analysed and files that belong to messages. Events, logs and passages count nothing: their number is
bounded, and housekeeping deletes them.
"""

from datetime import datetime

import structlog
from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils import timezone

from agentsite.accounts.models import StorageUsage
from builds.models.analysis import CodeAnalysis
from builds.models.files import BuildFile
from memory.attachments import services as attachments

log = structlog.get_logger(__name__)
RECOUNTED_AT_ONCE = 100


def size_of(**which: object) -> int:
    """Return the bytes of the files that a filter selects."""
    return BuildFile.objects.filter(**which).aggregate(bytes=Sum("size"))["bytes"] or 0


def recount_oldest() -> int:
    """Count again what the people take who were counted longest ago; return for how many it was wrong."""
    oldest = StorageUsage.objects.order_by(F("counted_at").asc(nulls_first=True), "id")
    ids = list(oldest.values_list("user_id", flat=True)[:RECOUNTED_AT_ONCE])
    return sum(recount(user_id) for user_id in ids)


@transaction.atomic
def recount(user_id: int) -> bool:
    """Count what somebody's code takes and correct the counter; say whether it was wrong.

    The counter's row is locked first. Whoever stores files changes it in the same transaction, so what is not committed
    when we count is added after us.
    """
    usage = StorageUsage.objects.select_for_update(no_key=True).filter(user_id=user_id).first()
    if usage is None:
        return False
    found = size_of(build__user_id=user_id) + _sent_in(user_id) + attachments.bytes_of(user_id)
    is_wrong = found != usage.bytes_used
    if is_wrong:
        log.warning("storage.recounted", user_id=user_id, counted=usage.bytes_used, found=found)
    StorageUsage.objects.filter(pk=usage.pk).update(bytes_used=found, counted_at=timezone.now())
    return is_wrong


def _sent_in(user_id: int) -> int:
    return CodeAnalysis.objects.filter(user_id=user_id).aggregate(bytes=Sum("size_bytes"))["bytes"] or 0


def delete_unused_blobs(hashes: list[str], *, before: datetime) -> int:
    """Delete those contents that no file has and that nobody has stored since a moment; return how many.

    One statement decides and deletes. Whoever stores a content renews its row first: the statement then waits for them
    and looks again, or they wait for it and insert the content anew.
    """
    if not hashes:
        return 0
    marks = ", ".join(["%s"] * len(hashes))
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM builds_blob WHERE sha256 IN ({marks}) AND created_at < %s AND NOT EXISTS "  # noqa: S608
            "(SELECT 1 FROM builds_buildfile WHERE builds_buildfile.blob_id = builds_blob.sha256)",
            [*hashes, before],
        )
        return int(cursor.rowcount)
