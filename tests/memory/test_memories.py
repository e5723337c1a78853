"""Memories by key: kept, proposed, expired, forgotten."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds.models.build import Build
from memory import housekeeping, memories, room
from memory.models.memory import Memory

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


def remembered(user: User, key: str = "style", value: Any = "short lines", **more: Any) -> Memory:
    given = {"memory_type": "preference"} | more
    return memories.remember(user=user, key=key, value=value, **given)[0]


def proposed(user: User, key: str = "style", value: Any = "long lines", **more: Any) -> Memory:
    return memories.propose(user=user, memory_type="preference", key=key, value=value, **more)[0]


def expire(memory: Memory) -> None:
    Memory.objects.filter(pk=memory.pk).update(expires_at=timezone.now())


def test_the_same_key_again_replaces_what_was_there(owner: User) -> None:
    first = remembered(owner, value="tabs", importance=0.9)
    again, is_new = memories.remember(user=owner, memory_type="preference", key=" style ", value={"tabs": False})
    assert (again.pk, is_new, again.value, again.importance) == (first.pk, False, {"tabs": False}, 0.5)
    remembered(owner, memory_type="context")
    assert Memory.objects.count() == 2


def test_people_have_the_same_key_each_for_themselves(owner: User, stranger: User) -> None:
    remembered(owner)
    remembered(stranger, value="anything")
    assert [memory.value for memory in memories.memories_of(owner)] == ["short lines"]
    assert memories.find_memory(owner, memories.memories_of(stranger)[0].pk) is None


def test_a_proposal_never_overwrites_what_is_kept(owner: User, build: Build) -> None:
    kept = remembered(owner)
    answer = proposed(owner, source_build_id=build.pk)
    assert (answer.pk, answer.value, answer.is_proposed) == (kept.pk, "short lines", False)
    assert not AuditLog.objects.filter(action="memory.proposed").exists()


def test_a_proposal_replaces_an_earlier_one_and_is_kept_by_its_user(owner: User, build: Build) -> None:
    proposed(owner, value="wrong", importance=1)
    memory = proposed(owner, source_build_id=build.pk)
    assert (memory.is_proposed, memory.value, memory.importance, memory.source_build_id) == (
        True,
        "long lines",
        0.5,
        build.pk,
    )
    assert not memories.keep(user=owner, memory=memory).is_proposed
    assert memories.keep(user=owner, memory=memory).value == "long lines"
    assert AuditLog.objects.filter(action="memory.kept").count() == 1
    build.delete()
    assert Memory.objects.get().source_build_id is None


def test_what_is_remembered_by_hand_settles_a_proposal(owner: User) -> None:
    proposed(owner)
    assert not remembered(owner).is_proposed
    assert Memory.objects.get().value == "short lines"


def test_a_change_leaves_out_what_it_does_not_name(owner: User) -> None:
    memory = proposed(owner, importance=0.2)
    tomorrow = timezone.now() + timedelta(days=1)
    changed = memories.change(user=owner, memory=memory, value=[1, 2], expires_at=tomorrow)
    assert (changed.value, changed.importance, changed.is_proposed, changed.expires_at) == ([1, 2], 0.2, True, tomorrow)
    assert memories.change(user=owner, memory=memory, expires_at=None).expires_at is None


def test_what_has_expired_is_not_there(owner: User) -> None:
    memory = remembered(owner)
    expire(memory)
    assert not memories.memories_of(owner).exists()
    assert memories.find_memory(owner, memory.pk) is None
    assert memories.for_prompt(owner.pk, 10) == []
    for act in (memories.keep, memories.change):
        with pytest.raises(AppError, match=r"request\.not_found"):
            act(user=owner, memory=memory)


def test_an_expired_memory_hides_nothing_and_is_nothing_to_protect(owner: User) -> None:
    expire(remembered(owner))
    memory, is_new = memories.propose(user=owner, memory_type="preference", key="style", value="new")
    assert (is_new, memory.is_proposed, memory.value, memory.expires_at) == (True, True, "new", None)


def test_housekeeping_deletes_what_has_expired_in_batches(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "BATCH", 2)
    for number in range(5):
        expire(remembered(owner, key=str(number)))
    remembered(owner, expires_at=timezone.now() + timedelta(minutes=1))
    assert housekeeping.tidy()["memories"] == 5
    assert Memory.objects.get().key == "style"


def test_a_prompt_gets_kept_preferences_and_learnings_the_most_important_first(owner: User, stranger: User) -> None:
    remembered(owner, key="low", importance=0.1)
    remembered(owner, key="high", importance=1, memory_type="learning")
    remembered(owner, key="context", importance=1, memory_type="context")
    proposed(owner, key="proposed", importance=1)
    remembered(stranger, key="not mine", importance=1)
    assert [memory.key for memory in memories.for_prompt(owner.pk, 10)] == ["high", "low"]
    assert [memory.key for memory in memories.for_prompt(owner.pk, 1)] == ["high"]
    assert memories.for_prompt(owner.pk, -1) == []


def test_forgetting_twice_changes_nothing(owner: User) -> None:
    memory = remembered(owner)
    memories.forget(user=owner, memory=memory)
    memories.forget(user=owner, memory=memory)
    assert not Memory.objects.exists()
    assert AuditLog.objects.filter(action="memory.forgotten").count() == 1


def test_the_log_says_what_was_done_and_never_what_is_remembered(owner: User) -> None:
    secret = uuid4().hex
    memory = remembered(owner, key=f"key {secret}", value=f"value {secret}")
    memories.change(user=owner, memory=memory, value=secret)
    memories.forget(user=owner, memory=memory)
    entries = AuditLog.objects.filter(resource_type="memory")
    assert set(entries.values_list("action", flat=True)) == {"memory.kept", "memory.changed", "memory.forgotten"}
    assert not [entry for entry in entries if secret in f"{entry.details} {entry.description}"]


def test_who_may_only_read_keeps_nothing(viewer: User) -> None:
    for act in (remembered, proposed):
        with pytest.raises(AppError, match=r"request\.forbidden"):
            act(viewer)


def test_there_is_an_end_to_how_many_one_can_have(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "MAX_MEMORIES", 2)
    for number in range(2):
        remembered(owner, key=str(number))
    with pytest.raises(AppError, match=r"memory\.full"):
        remembered(owner, key="one more")
    assert remembered(owner, key="0", value="replaced").value == "replaced"
    assert room.MAX_MEMORIES == 5_000
