"""One conversation over two doors: begun by a program, continued on the page, approved by the program."""

import re

import pytest
from django.test import Client

from agentsite.accounts.models import User
from builds.models.build import Build
from memory import conversations
from memory.models.conversation import Conversation
from tests.talking.conversing import history, work
from tests.talking.programs import program_of, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals.\n\nto_roman(4) == 'IV'"


def told_to_the_program(program: Client, conversation: str) -> list[tuple[str, str]]:
    rows = sent(program, "get", f"/conversations/{conversation}/messages/").json()["results"]
    return [(row["role"], row["content"]) for row in rows][::-1]


def positions_on_the_page(page: str, texts: list[str]) -> list[int]:
    """Return where the beginning of each message stands on the page."""
    plain = re.sub(r"\s+", " ", page)
    found, start = [], plain.index("<main")
    for text in texts:
        start = plain.index(text.split("\n")[0][:30].replace("'", "&#x27;"), start)
        found.append(start)
    return found


def test_the_history_is_one_and_in_order_in_each(owner: User, client: Client) -> None:
    program = program_of(owner)
    client.force_login(owner)
    conversation = sent(program, "post", "/conversations/", {"title": "Numerals"}).json()["id"]
    sent(program, "post", f"/conversations/{conversation}/messages/", {"content": "What builds do I have?"})
    work()
    page = f"/chat/{conversation}/"
    assert client.post(page, {"content": ROMAN, "token": "a" * 32}).status_code == 302
    work()
    (waiting,) = sent(program, "get", "/approvals/?status=pending").json()["results"]
    assert waiting["conversation"] == conversation
    approved = sent(program, "post", f"/approvals/{waiting['id']}/approve/", {})
    assert (approved.status_code, approved.json()["resolved_via"]) == (200, "api")
    while work():
        pass
    assert Build.objects.get().verification == "verified"
    told = told_to_the_program(program, conversation)
    assert told == history(Conversation.objects.get())
    assert [role for role, _text in told] == ["user", "assistant", "user", "assistant", "assistant", "assistant"]
    shown = client.get(page).content.decode()
    places = positions_on_the_page(shown, [text for _role, text in told])
    assert places == sorted(places)
    seqs = list(conversations.messages_of(Conversation.objects.get()).order_by("seq").values_list("seq", flat=True))
    assert seqs == [1, 2, 3, 4, 5, 6]
    late = client.post(f"/approvals/{waiting['id']}/answer/", {"decision": "approve", "next": page}, follow=True)
    assert "answered before" in late.content.decode()
    assert Build.objects.count() == 1
