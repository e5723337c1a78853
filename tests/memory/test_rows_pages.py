"""The pages of memory, without a browser."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from agentsite.accounts.models import User
from memory import conversations, facts, memories, pages
from memory.models.conversation import Conversation
from memory.models.fact import Fact
from memory.models.memory import Memory
from tests.memory.conftest import a_build
from tests.memory.test_conversations import opened, said
from tests.memory.test_memories import proposed, remembered

pytestmark = pytest.mark.django_db
PAGE, HISTORY = "/memory/", "/memory/history/"
WANTED = {"memory_type": "preference", "key": "style", "value": "short lines", "importance": "0.7", "days": "30"}
CANARY = "<script>alert('canary')</script>"


@pytest.fixture
def person(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def shown(person: Client, path: str) -> str:
    answer = person.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_place_in_the_history_that_no_database_knows_opens_the_first_page(client: Client, owner: User) -> None:
    client.force_login(owner)
    for before in ("2026-01-01T00:00:00+23:59:59", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        address = f"/memory/history/?before={before.replace('+', '%2B')}%20{owner.pk:032x}"
        assert client.get(address).status_code == 200


def test_empty_pages_say_what_to_do(person: Client) -> None:
    page = shown(person, PAGE)
    assert "Tell below what the agent should bear in mind" in page
    assert "There are no facts yet" in page
    assert "Proposed by the agent" not in page
    assert "There are no conversations yet" in shown(person, HISTORY)


def test_something_is_remembered_changed_and_forgotten(person: Client) -> None:
    assert person.post(PAGE, WANTED)["Location"] == PAGE
    memory = Memory.objects.get()
    assert (memory.value, memory.importance, memory.is_proposed) == ("short lines", 0.7, False)
    assert memory.expires_at is not None
    assert memory.expires_at > timezone.now() + timedelta(days=29)
    path = f"{PAGE}{memory.pk}/"
    assert "short lines" in shown(person, path)
    person.post(path, {"value": "[1]", "importance": "1", "days": "same"})
    memory.refresh_from_db()
    assert (memory.value, memory.importance, memory.expires_at is None) == ("[1]", 1, False)
    person.post(path, {"value": "x", "importance": "1", "days": ""})
    memory.refresh_from_db()
    assert memory.expires_at is None
    assert "is forgotten" in person.post(f"{path}forget/", follow=True).content.decode()
    assert person.get(path).status_code == 404
    assert person.post(f"{path}forget/").status_code == 404


def test_what_was_json_stays_json(person: Client, owner: User) -> None:
    memory = remembered(owner, value={"indent": 4})
    path = f"{PAGE}{memory.pk}/"
    assert "&quot;indent&quot;: 4" in shown(person, path)
    refused = person.post(path, {"value": "{indent", "importance": "1", "days": "same"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["value"])
    assert "{indent" in refused.content.decode()
    person.post(path, {"value": '{"indent": 2}', "importance": "1", "days": "same"})
    memory.refresh_from_db()
    assert memory.value == {"indent": 2}


def test_proposals_come_first_and_are_kept_with_one_button(person: Client, owner: User) -> None:
    remembered(owner, key="kept already")
    memory = proposed(owner, key="from a build", source_build_id=a_build(owner).pk)
    page = shown(person, PAGE)
    assert page.index("from a build") < page.index("kept already")
    assert "Learned from" in shown(person, f"{PAGE}{memory.pk}/")
    assert "is kept" in person.post(f"{PAGE}{memory.pk}/keep/", follow=True).content.decode()
    assert not Memory.objects.filter(is_proposed=True).exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "a\u202eb"}, "key"),
        ({"key": "x" * 201}, "key"),
        ({"value": ""}, "value"),
        ({"value": "é" * 3_000}, "value"),
        ({"importance": "2"}, "importance"),
        ({"importance": "nan"}, "importance"),
        ({"importance": "high"}, "importance"),
        ({"memory_type": "secret"}, "memory_type"),
        ({"days": "9999999999"}, "days"),
    ],
    ids=ascii,
)
def test_bad_input_is_told_beside_its_field_and_none_of_it_is_lost(
    person: Client, wrong: dict[str, str], field: str
) -> None:
    answer = person.post(PAGE, WANTED | wrong)
    assert (answer.status_code, list(answer.context["memory_form"].errors)) == (400, [field])
    assert 'value="0.7"' in answer.content.decode() or "importance" in wrong
    assert not Memory.objects.exists()


def test_facts_are_added_changed_and_deleted(person: Client) -> None:
    assert person.post(f"{PAGE}facts/", {"fact_text": " ", "source": "the window"}).status_code == 400
    refused = person.post(f"{PAGE}facts/", {"fact_text": "\x1b", "source": "the window"})
    assert (refused.status_code, "the window" in refused.content.decode()) == (400, True)
    person.post(f"{PAGE}facts/", {"fact_text": "It rains."})
    fact = Fact.objects.get()
    path = f"{PAGE}facts/{fact.pk}/"
    assert "It rains." in shown(person, path)
    assert person.post(path, {"fact_text": ""}).status_code == 400
    person.post(path, {"fact_text": "It snows.", "source": "the window"})
    fact.refresh_from_db()
    assert (fact.fact_text, fact.source) == ("It snows.", "the window")
    person.post(f"{path}delete/")
    assert not Fact.objects.exists()
    assert person.get(f"{PAGE}facts/{10**30}/").status_code == 404


def test_lists_have_pages_and_filters_and_odd_addresses_narrow_nothing(person: Client, owner: User) -> None:
    for number in range(pages.PAGE + 2):
        remembered(owner, key=f"key {number}")
        facts.add_fact(user=owner, fact_text=f"fact {number}")
    remembered(owner, key="other", memory_type="context")
    first = person.get(PAGE).context["page"]
    assert (len(first.kept), len(first.facts)) == (pages.PAGE, pages.PAGE)
    second = person.get(f"{PAGE}?{first.older}").context["page"]
    assert [row.memory.key for row in second.kept] == ["key 2", "key 1", "key 0"]
    assert len(person.get(f"{PAGE}?{first.older_facts}").context["page"].facts) == 2
    assert [row.memory.key for row in person.get(f"{PAGE}?q=OTH&type=context").context["page"].kept] == ["other"]
    assert "No memory fits" in shown(person, f"{PAGE}?q=nothing")
    odd = person.get(PAGE, {"before": "\0", "facts": "9" * 40, "type": "x", "q": "\0"}).context["page"]
    assert len(odd.kept) == pages.PAGE


def test_what_was_said_is_shown_as_text_page_by_page(person: Client, owner: User) -> None:
    conversation = opened(owner, title=CANARY)
    for number in range(pages.MESSAGES + 1):
        said(conversation, f"{CANARY} {number}", author=CANARY)
    path = f"{HISTORY}{conversation.pk}/"
    page = person.get(path)
    assert CANARY not in page.content.decode()
    assert [message.seq for message in page.context["page"].messages] == list(range(2, pages.MESSAGES + 2))
    older = person.get(f"{path}?{page.context['page'].older}")
    assert [message.seq for message in older.context["page"].messages] == [1]
    assert CANARY not in shown(person, HISTORY)


def test_conversations_are_listed_by_their_latest_message(person: Client, owner: User) -> None:
    talks = [opened(owner, str(number), title=f"talk {number}") for number in range(pages.PAGE + 2)]
    said(talks[0])
    first = person.get(HISTORY).context["page"]
    assert first.conversations[:2] == (talks[0], talks[-1])
    second = person.get(f"{HISTORY}?{first.older}").context["page"]
    assert (second.conversations, second.older) == ((talks[2], talks[1]), "")
    for odd in ("x", f"2020-01-01 {uuid4()}", f"0001-01-01T00:00+14:00 {uuid4()}", "2020-01-01T00:00Z x"):
        assert len(person.get(HISTORY, {"before": odd}).context["page"].conversations) == pages.PAGE


def test_a_search_leads_to_the_message(person: Client, owner: User, stranger: User) -> None:
    for user in (owner, stranger):
        said(opened(user), f"Leap years of {user}")
    page = shown(person, f"{HISTORY}?q=leap")
    assert "Leap years of owner" in page
    assert "Leap years of stranger" not in page
    assert "No message holds" in shown(person, f"{HISTORY}?q=nothing")
    assert person.get(HISTORY, {"q": "a\0b", "before": "x"}).status_code == 200


def test_a_conversation_is_renamed_archived_resumed_and_deleted(person: Client, owner: User) -> None:
    conversation = opened(owner)
    path = f"{HISTORY}{conversation.pk}/"
    assert person.post(path, {"title": "x" * 201}).status_code == 400
    assert person.post(path, {"title": "a\u202eb"}).status_code == 400
    person.post(path, {"title": "At work"})
    assert "At work" in shown(person, HISTORY)
    person.post(f"{path}archive/")
    assert "archived" in shown(person, path)
    assert "At work" not in shown(person, f"{HISTORY}?status=active")
    conversations.open_conversation(user=owner, platform="telegram", chat_id="42")
    answer = person.post(f"{path}resume/", follow=True)
    assert "goes on already" in answer.content.decode()
    assert person.post(f"{path}delete/")["Location"] == HISTORY
    assert not Conversation.objects.filter(pk=conversation.pk).exists()
    assert person.get(f"{HISTORY}{uuid4()}/").status_code == 404


def test_everybody_chooses_for_how_long_messages_are_kept(client: Client, viewer: User) -> None:
    client.force_login(viewer)
    for wrong in ("0", "3651", "many", "-1", "9" * 30):
        answer = client.post(f"{HISTORY}retention/", {"history_retention_days": wrong})
        assert (wrong, answer.status_code, wrong in answer.content.decode()) == (wrong, 400, True)
    answer = client.post(f"{HISTORY}retention/", {"history_retention_days": "30"}, follow=True)
    assert "kept for 30 days" in answer.content.decode()
    viewer.refresh_from_db()
    assert viewer.history_retention_days == 30
    client.post(f"{HISTORY}retention/", {"history_retention_days": ""})
    viewer.refresh_from_db()
    assert viewer.history_retention_days is None


def test_who_may_only_read_is_offered_no_form_to_remember(client: Client, viewer: User) -> None:
    client.force_login(viewer)
    assert "Remember something" not in shown(client, PAGE)
    assert client.post(PAGE, WANTED).status_code == 403


def test_nothing_of_one_person_is_on_another_ones_pages(client: Client, owner: User, stranger: User) -> None:
    remembered(owner, value="canary")
    proposed(owner, key="canary")
    facts.add_fact(user=owner, fact_text="canary")
    said(opened(owner, title="canary"), "canary")
    client.force_login(stranger)
    for path in (PAGE, HISTORY, f"{HISTORY}?q=can"):
        assert "canary" not in shown(client, path)
    assert memories.memories_of(stranger).count() == 0
