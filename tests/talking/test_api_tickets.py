"""One-time tickets for the socket of a conversation; those of builds, and races, stand in tests/builds."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.test import Client

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, User
from builds import tickets
from builds.models.ticket import SocketTicket
from memory import conversations
from memory.models.conversation import Conversation
from tests import factories
from tests.talking.conversing import opened
from tests.talking.programs import program_of, refusal, sent

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
NOBODY = AnonymousUser()


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return opened(owner)


def ticket_of(program: Client, conversation: Conversation, key: str = "") -> Any:
    return sent(program, "post", f"/conversations/{conversation.pk}/ticket/", key=key)


def test_a_ticket_lets_its_owner_in_once(owner: User, conversation: Conversation) -> None:
    program = program_of(owner, "memory:read")
    first, again = (ticket_of(program, conversation, "one").json() for _ in range(2))
    assert (again["ticket"], again["url"], again["expires_at"]) == (None, None, first["expires_at"])
    assert first["url"] == f"ws://testserver/ws/chat/{conversation.pk}/?ticket={first['ticket']}"
    viewer = tickets.redeem_for_conversation(first["ticket"], conversation_id=conversation.pk, user=NOBODY)
    assert viewer is not None
    assert viewer.find_conversation(conversation.pk) == conversation
    assert tickets.redeem_for_conversation(first["ticket"], conversation_id=conversation.pk, user=NOBODY) is None
    keys.revoke_api_key(user=owner, key=ApiKey.objects.get())
    assert viewer.find_conversation(conversation.pk) is None


def test_a_ticket_is_for_one_conversation_and_its_owner(
    owner: User, stranger: User, conversation: Conversation
) -> None:
    build, other = factories.submitted(owner), opened(owner)
    secret = ticket_of(program_of(owner), conversation).json()["ticket"]
    assert tickets.redeem(secret, build_id=build.id, user=NOBODY) is None
    assert tickets.redeem_for_conversation(secret, conversation_id=other.pk, user=NOBODY) is None
    assert tickets.redeem_for_conversation(secret, conversation_id=conversation.pk, user=stranger) is None
    assert refusal(ticket_of(program_of(stranger), conversation)) == (404, "request.not_found")
    of_build = tickets.make_ticket(user=owner, build=build, api_key=None, session_key="x").secret
    assert tickets.redeem_for_conversation(of_build, conversation_id=conversation.pk, user=NOBODY) is None
    assert tickets.redeem_for_conversation(secret, conversation_id=conversation.pk, user=owner) is not None


def test_a_ticket_goes_with_its_conversation_and_is_for_nothing_else(owner: User, conversation: Conversation) -> None:
    ticket_of(program_of(owner), conversation)
    with pytest.raises(IntegrityError), transaction.atomic():
        SocketTicket.objects.update(build=factories.submitted(owner))
    conversations.delete_conversation(user=owner, conversation=conversation)
    assert not SocketTicket.objects.exists()
