"""What the rows refuse: by the services with a sentence, and by the database itself."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from memory import memories
from memory.models.artifact import MessageArtifact
from memory.models.conversation import Conversation
from memory.models.fact import Fact
from memory.models.memory import Memory
from memory.models.message import Message
from memory.models.stat import Stat

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


VALUES = {
    "null": None,
    "too large": "x" * 16_384,
    "too large when written": "é" * 3_000,
    "too large with its zeros": [1e300] * 60,
    "too deep": nested(21),
    "far too deep": nested(sys.getrecursionlimit() * 2),
    "NaN": [float("nan")],
    "infinity": {"a": float("inf")},
    "NUL": {"a": "b\0"},
    "half a pair": ["\ud800"],
    "NUL in a name": {"a\0": 1},
    "no JSON": {"a": object()},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_no_value_that_cannot_be_kept_is_taken(owner: User, value: Any) -> None:
    with pytest.raises(AppError) as refused:
        memories.remember(user=owner, memory_type="context", key="k", value=value)
    assert list(refused.value.fields) == ["value"]
    assert not Memory.objects.exists()


@pytest.mark.parametrize(
    "value", ["", 0, False, [], {}, "x" * 16_382, nested(20), "🙂" * 1_000, {"ü": [1.5, None]}], ids=ascii
)
def test_what_fits_comes_back_as_it_was(owner: User, value: Any) -> None:
    made, _ = memories.remember(user=owner, memory_type="context", key="k", value=value)
    assert Memory.objects.get(pk=made.pk).value == value


def test_a_number_that_one_database_writes_with_all_its_zeros_fits_as_well(owner: User) -> None:
    made, _ = memories.remember(user=owner, memory_type="context", key="k", value=[1e300] * 40)
    assert [float(number) for number in Memory.objects.get(pk=made.pk).value] == [1e300] * 40


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("key", ""),
        ("key", " "),
        ("key", "x" * 201),
        ("key", "a\u202eb"),
        ("key", "a\0b"),
        ("key", "\ud800"),
        ("memory_type", "secret"),
        ("importance", 1.1),
        ("importance", -0.1),
        ("importance", float("nan")),
        ("importance", True),
    ],
)
def test_each_field_says_what_is_wrong_with_it(owner: User, field: str, wrong: Any) -> None:
    given: dict[str, Any] = {"memory_type": "context", "key": "k", "value": 1, field: wrong}
    with pytest.raises(AppError) as refused:
        memories.remember(user=owner, **given)
    assert list(refused.value.fields) == [field]


def _message(user: User, **wrong: Any) -> Message:
    conversation = Conversation.objects.create(user=user, platform="web")
    return Message.objects.create(**{"conversation": conversation, "seq": 1, "role": "user"} | wrong)


def _memory(user: User, **wrong: Any) -> Memory:
    return Memory.objects.create(**{"user": user, "memory_type": "context", "key": "k", "value": 1} | wrong)


REFUSED: dict[str, Callable[[User], Any]] = {
    "conversation_platform_known": lambda user: Conversation.objects.create(user=user, platform="fax"),
    "conversation_status_known": lambda user: Conversation.objects.create(user=user, platform="web", status="gone"),
    "message_role_known": lambda user: _message(user, role="tool"),
    "message_seq_from_one": lambda user: _message(user, seq=0),
    "message_cost_not_negative": lambda user: _message(user, cost_usd=-1),
    "message_has_a_kind": lambda user: _message(user, message_type=""),
    "message_content_within": lambda user: _message(user, content="x" * 100_001),
    "message_raw_payload_within": lambda user: _message(user, raw_payload={"x": "y" * 65_536}),
    "message_extra_metadata_within": lambda user: _message(user, extra_metadata={"x": "y" * 16_384}),
    "artifact_kind_known": lambda user: MessageArtifact.objects.create(message=_message(user), kind="secret"),
    "memory_type_known": lambda user: _memory(user, memory_type="secret"),
    "memory_key_not_empty": lambda user: _memory(user, key=""),
    "memory_importance_share": lambda user: _memory(user, importance=1.5),
    "memory_value_within": lambda user: _memory(user, value="x" * 16_384),
    "fact_not_empty": lambda user: Fact.objects.create(user=user, fact_text=""),
    "fact_within": lambda user: Fact.objects.create(user=user, fact_text="x" * 2_001),
    "stat_type_not_empty": lambda user: Stat.objects.create(user=user, stat_type="", value=1),
    "stat_value_finite": lambda user: Stat.objects.create(user=user, stat_type="x", value=float("inf")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_itself_refuses_what_no_service_writes(owner: User, name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        REFUSED[name](owner)


def test_the_database_itself_keeps_one_of_each(owner: User) -> None:
    message = _message(owner, platform_message_id="7")
    twice: list[Callable[[], Any]] = [
        lambda: Message.objects.create(conversation=message.conversation, seq=1, role="user"),
        lambda: Message.objects.create(conversation=message.conversation, seq=2, role="user", platform_message_id="7"),
        lambda: [Conversation.objects.create(user=owner, platform="web", chat_id="1") for _ in range(2)],
        lambda: [_memory(owner) for _ in range(2)],
    ]
    for make in twice:
        with pytest.raises(IntegrityError), transaction.atomic():
            make()
