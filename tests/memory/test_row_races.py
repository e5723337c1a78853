"""Several who write at once: one conversation a chat, numbers without gaps, nothing stored twice."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from agentsite.accounts.models import User
from memory import conversations, memories
from memory.models.conversation import Conversation
from memory.models.memory import Memory
from memory.models.message import Message
from tests.memory.test_conversations import opened, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
ROOT = Path(__file__).resolve().parents[2]
PROCESSES, COUNT, THREADS = 4, 15, 6


def at_once(act: Callable[[int], Any]) -> list[Any]:
    """Do something in several threads at one moment."""
    start = threading.Barrier(THREADS)

    def acted(number: int) -> Any:
        try:
            start.wait()
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(acted, range(THREADS)))


def racer(user: User, name: str) -> "subprocess.Popen[str]":
    words = [str(connection.settings_dict["NAME"]), str(user.pk), name, str(COUNT)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.memory.racer", *words],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.services
def test_processes_that_speak_in_one_chat_at_once_lose_and_repeat_nothing(owner: User) -> None:
    racers = [racer(owner, f"racer {number}") for number in range(PROCESSES)]
    assert [each.stdout.readline() for each in racers if each.stdout] == ["ready\n"] * PROCESSES
    for each in racers:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    try:
        saw = [json.loads(each.communicate(timeout=120)[0]) for each in racers]
    finally:
        for each in racers:
            each.kill()
    conversation = Conversation.objects.get()
    assert {name for one in saw for name in one["conversations"]} == {str(conversation.pk)}
    messages = Message.objects.order_by("seq")
    assert [message.seq for message in messages] == list(range(1, (PROCESSES + 1) * COUNT + 1))
    assert conversation.last_seq == len(messages)
    assert len({message.content for message in messages}) == len(messages)
    for window in (window for one in saw for window in one["windows"]):
        assert all(after == before + 1 for before, after in pairwise(window)), window
        assert len(window) == min(50, window[-1])


def test_of_many_who_open_a_chat_at_once_one_makes_the_conversation(owner: User) -> None:
    answers = at_once(lambda _: conversations.open_conversation(user=owner, platform="telegram", chat_id="42"))
    assert len({conversation.pk for conversation, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1
    assert Conversation.objects.count() == 1


def test_messages_that_come_at_once_get_numbers_of_their_own(owner: User) -> None:
    conversation = opened(owner)
    seqs = at_once(lambda number: said(conversation, str(number)).seq)
    assert sorted(seqs) == list(range(1, THREADS + 1))


def test_a_message_that_comes_several_times_at_once_is_stored_once(owner: User) -> None:
    conversation = opened(owner)
    stored = at_once(lambda number: said(conversation, str(number), platform_message_id="7").pk)
    assert len(set(stored)) == 1
    assert Message.objects.get().seq == 1


def test_of_one_key_that_is_remembered_and_proposed_at_once_the_kept_one_stays(owner: User) -> None:
    def act(number: int) -> None:
        do = memories.propose if number % 2 else memories.remember
        do(user=owner, memory_type="context", key="k", value="proposed" if number % 2 else "kept")

    at_once(act)
    memory = Memory.objects.get()
    assert (memory.value, memory.is_proposed) == ("kept", False)
