"""Whole journeys in a chat: link, ask for a program, watch it, approve, deny, stop, receive the files."""

import io
import zipfile

import pytest

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds.approvals import services as approvals
from builds.models.approval import Approval
from builds.models.build import Build
from memory.models.conversation import Conversation
from telegram_link import linking
from telegram_link.models import LinkToken, TelegramUser
from tests import factories
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import BORIS, EVE, Phone, labels
from tests.telegram.conftest import link

pytestmark = pytest.mark.django_db(transaction=True)
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals.\n\nto_roman(4) == 'IV'"


def test_from_the_link_to_the_zip(linked: Phone, owner: User) -> None:
    assert "linked with the account owner" in linked.texts[0]
    linked.says(ROMAN)
    assert "to_roman" in linked.last.text
    assert labels(linked.last) == ["Approve", "Deny"]
    assert linked.presses("Approve") == "Approved."
    build = Build.objects.get()
    assert (build.status, build.verification) == ("completed", "verified")
    assert build.conversation == Conversation.objects.get()
    live = linked.with_button("Zip")
    assert live.edited_count >= 1
    assert "verified" in live.text
    linked.presses("Zip")
    content = linked.last.document
    assert linked.last.document_name == "to-roman.zip"
    assert content is not None
    assert "to-roman/roman.py" in zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_the_same_journey_in_russian(api: BotApi, stranger: User) -> None:
    phone = link(Phone(api, BORIS), stranger)
    assert "связан" in phone.last.text
    phone.says("Напиши на Python функцию to_roman(number), переводящую числа в римские.\n\nto_roman(4) == 'IV'")
    phone.presses(labels(phone.last)[0])
    assert Build.objects.get().verification == "verified"
    texts = " ".join(phone.texts)
    assert not {"verified", "Approve", "Files", "Cost", "tests"} & set(texts.split()), texts


def test_who_decided_is_shown_and_the_buttons_vanish(linked: Phone, owner: User) -> None:
    linked.says(ROMAN)
    linked.presses("Approve")
    assert not any("Approve" in labels(message) for message in linked.messages)
    assert any("Approved by owner" in text for text in linked.texts)


def test_decided_on_the_site_the_buttons_vanish_in_the_chat(linked: Phone, owner: User) -> None:
    linked.says(ROMAN)
    old = linked.with_button("Approve")
    approvals.answer(user=owner, approval=Approval.objects.get(), approve=False, via="web", reason="too dear")
    linked.says("/help")
    assert not any("Approve" in labels(message) for message in linked.messages)
    assert any("Turned down by owner" in text and "too dear" in text for text in linked.texts)
    query = linked.api.forges(linked.who, old, f"yes:{Approval.objects.get().id.hex}")
    linked.says("/help")
    [answer] = [answer for answer in linked.api.answers if answer.query_id == query]
    assert "answered before" in answer.text
    assert answer.show_alert
    assert not Build.objects.exists()


def test_denied_with_a_reason_it_goes_back_to_the_agent(linked: Phone, owner: User) -> None:
    linked.says(ROMAN)
    linked.presses("Deny")
    assert "Why not?" in linked.last.text
    linked.says("numbers above 3999 shall raise ValueError")
    approval = Approval.objects.get()
    assert (approval.status, approval.reason) == ("rejected", "numbers above 3999 shall raise ValueError")
    assert any("numbers above 3999" in text and "plan" in text.lower() for text in linked.texts[-3:])


def test_a_stranger_who_presses_anothers_button_moves_nothing(linked: Phone, stranger: User) -> None:
    eve = link(Phone(linked.api, EVE), stranger)
    linked.says(ROMAN)
    query = linked.api.forges(eve.who, linked.with_button("Approve"), f"yes:{Approval.objects.get().id.hex}")
    linked.says("/help")
    [answer] = [answer for answer in linked.api.answers if answer.query_id == query]
    assert "not for you" in answer.text
    assert Approval.objects.get().status == "pending"


def test_build_asks_step_by_step_and_the_language_begins_it(linked: Phone, owner: User) -> None:
    linked.says("/build")
    assert "What shall be built?" in linked.last.text
    linked.says(ROMAN)
    assert "In which language?" in linked.last.text
    linked.presses("Python")
    build = Build.objects.get()
    assert (build.language, build.requirements, build.status) == ("python", ROMAN, "completed")
    assert "Files" in labels(linked.with_button("Zip"))


def test_build_takes_it_all_in_one_message_and_can_be_dropped(linked: Phone, owner: User) -> None:
    linked.says(f"/build {ROMAN}")
    assert "In which language?" in linked.last.text
    linked.presses("Cancel")
    assert not Build.objects.exists()


def test_a_build_is_stopped_by_its_button(linked: Phone, owner: User) -> None:
    build = factories.submitted(owner, name="Roman")
    linked.builds = False
    linked.says("/cancel")
    assert linked.presses("Roman") == "It is being stopped."
    build.refresh_from_db()
    assert build.status == "cancelled"


def test_a_build_from_the_site_is_told_at_its_end_when_that_is_wanted(linked: Phone, owner: User) -> None:
    factories.completed(owner)
    linked.says("/settings")
    assert any("Roman numerals" in text for text in linked.texts)
    linked.presses("Don't tell me")
    before = len(linked.texts)
    factories.failed(owner, name="Secret")
    linked.says("/help")
    assert len(linked.texts) == before + 1


def test_a_link_works_once_for_a_while_and_for_one(phone: Phone, api: BotApi, owner: User, stranger: User) -> None:
    secret = linking.make_link(user=owner)
    link(Phone(api, EVE), stranger)
    phone.says(f"/start {secret}")
    again = Phone(api, BORIS).says(f"/start {secret}")
    assert "ссыл" in again.last.text.lower() or "used" in again.last.text
    assert TelegramUser.objects.get(user=owner).telegram_id == phone.who.id
    phone.says("/unlink").presses("Unlink")
    assert not TelegramUser.objects.filter(user=owner).exists()
    old = linking.make_link(user=owner)
    LinkToken.objects.update(expires_at="2020-01-01T00:00:00Z")
    phone.says(f"/start {old}")
    assert "its time is over" in phone.last.text
    assert AuditLog.objects.filter(action="telegram.link_refused", severity="warning").count() == 2
    assert not TelegramUser.objects.filter(user=owner).exists()


def test_a_chat_that_is_linked_with_nobody_is_told_how_and_nothing_else(phone: Phone) -> None:
    for text in ("Hello", ROMAN, "/status", "/history", "/facts", "/build x", "/usage"):
        phone.says(text)
        assert "First link this chat" in phone.last.text
    assert not Build.objects.exists()
    assert not Conversation.objects.exists()
