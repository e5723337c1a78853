"""Messages go when their owner does not want them kept any longer."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from agentsite.accounts.models import User
from agentsite.accounts.runtime.table import MESSAGE_RETENTION_DAYS, MESSAGE_RETENTION_MAX_DAYS
from memory.models.conversation import Conversation
from memory.models.message import Message

BATCH = 1_000


def days_of(chosen: int | None, *, anew: bool = False) -> int:
    """Return how many days messages are kept of somebody who chose so many; None chose nothing.

    :param anew: as the database says at this moment, for whoever deletes.
    """
    return min(chosen or MESSAGE_RETENTION_DAYS.now(anew=anew), MESSAGE_RETENTION_MAX_DAYS.now(anew=anew))


def delete_old() -> dict[str, int]:
    """Delete old messages, and conversations of which nothing is left since then; return how many of each.

    Works in batches, each a transaction of its own; being interrupted loses nothing.
    """
    messages = conversations = 0
    for chosen in list(User.objects.order_by().values_list("history_retention_days", flat=True).distinct()):
        before = timezone.now() - timedelta(days=days_of(chosen, anew=True))
        owners = User.objects.filter(history_retention_days=chosen)  # Django reads None as null
        messages += _delete_messages(Message.objects.filter(conversation__user__in=owners, created_at__lt=before))
        conversations += _delete_empty(Conversation.objects.filter(user__in=owners, updated_at__lt=before))
    return {"messages": messages, "conversations": conversations}


def _delete_messages(old: QuerySet[Message]) -> int:
    count = 0
    while ids := list(old.order_by("created_at").values_list("pk", flat=True)[:BATCH]):
        count += _delete_batch(ids)
    return count


@transaction.atomic
def _delete_batch(ids: list[int]) -> int:
    old = Message.objects.filter(pk__in=ids)
    theirs = list(old.order_by().values_list("conversation_id", flat=True).distinct())
    held = Conversation.objects.select_for_update(no_key=True).filter(pk__in=theirs).order_by("pk")
    held_ids = list(held.values_list("pk", flat=True))
    Conversation.objects.filter(pk__in=held_ids).update(history_version=F("history_version") + 1)
    _, deleted = old.delete()
    return deleted.get("memory.Message", 0)


def _delete_empty(idle: QuerySet[Conversation]) -> int:
    count = 0
    while ids := list(idle.filter(messages__isnull=True).order_by().values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            held = Conversation.objects.select_for_update().filter(pk__in=ids).order_by("pk")
            still = [row.pk for row in held if not row.messages.exists()]
            _, deleted = Conversation.objects.filter(pk__in=still).delete()
        count += deleted.get("memory.Conversation", 0)
        if not still:
            break
    return count
