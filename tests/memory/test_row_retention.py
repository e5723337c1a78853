"""Messages are kept for as long as their owner chooses, and never for longer than the operator allows."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from agentsite.accounts import profile
from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds import housekeeping
from memory import artifacts, retention
from memory.history import recent_history
from memory.models.conversation import Conversation
from memory.models.message import Message
from tests.memory.test_conversations import opened, said

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


def make_older(message: Message, days: float) -> None:
    Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - timedelta(days=days))


def forget_until(conversation: Conversation, count: int) -> int:
    """Let the oldest messages of a conversation come to their end; return how many there were."""
    oldest = list(Message.objects.filter(conversation=conversation).order_by("seq")[:count])
    for message in oldest:
        make_older(message, 10_000)
    return retention.delete_old()["messages"]


def test_each_ones_messages_go_when_their_owner_wants(owner: User, stranger: User, settings: Any) -> None:
    settings.MESSAGE_RETENTION_DAYS = 30
    profile.update(owner, history_retention_days=10)
    for user in (owner, stranger):
        conversation = opened(user)
        for days in (31, 29, 11, 9):
            make_older(said(conversation, str(days)), days)
    assert housekeeping.tidy()["messages"] == 4
    left = {user: [turn.content for turn in recent_history(opened(user))] for user in (owner, stranger)}
    assert left == {owner: ["9"], stranger: ["29", "11", "9"]}


def test_no_choice_reaches_beyond_what_the_operator_allows(owner: User, settings: Any) -> None:
    profile.update(owner, history_retention_days=3_650)
    settings.MESSAGE_RETENTION_MAX_DAYS = 20
    assert (retention.days_of(3_650), retention.days_of(None)) == (20, 20)
    make_older(said(opened(owner)), 21)
    assert retention.delete_old()["messages"] == 1
    for days in (0, -1, 21):
        with pytest.raises(AppError, match=r"request\.invalid"):
            profile.update(owner, history_retention_days=days)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=owner.pk).update(history_retention_days=0)
    assert AuditLog.objects.filter(action="user.changed").count() == 1


def test_many_go_in_batches_with_what_belongs_to_them(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    first, second = opened(owner, "1"), opened(owner, "2")
    for number in range(5):
        message = said((first, second)[number % 2])
        artifacts.attach(message=message, kind="tool_result", content={})
        make_older(message, 366)
    kept = said(first)
    assert retention.delete_old() == {"messages": 5, "conversations": 0}
    assert Message.objects.get() == kept
    assert kept.seq == 4
    assert said(second).seq == 3


def test_a_conversation_of_which_nothing_is_left_goes_as_well(owner: User) -> None:
    empty, idle, going_on = opened(owner, "1"), opened(owner, "2"), opened(owner, "3")
    make_older(said(idle), 366)
    make_older(said(going_on), 366)
    long_ago = timezone.now() - timedelta(days=366)
    Conversation.objects.filter(pk__in=[empty.pk, idle.pk]).update(updated_at=long_ago)
    assert retention.delete_old() == {"messages": 2, "conversations": 2}
    assert Conversation.objects.get() == going_on
