"""The page on which an account and a chat are linked, from either side."""

from typing import Any

import pytest
from django.test import Client

from agentsite.accounts.models import User
from audit.models import AuditLog
from telegram_link import leases, linking
from telegram_link.models import LinkToken, TelegramUser
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import Phone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
PAGE = "/account/telegram/"


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_without_a_bot_the_page_says_what_an_operator_does(owner: User, settings: Any) -> None:
    settings.TELEGRAM_BOT_TOKEN = ""
    assert "TELEGRAM_BOT_TOKEN" in browser_of(owner).get(PAGE).content.decode()


def test_the_page_makes_a_link_that_the_bot_takes(phone: Phone, owner: User) -> None:
    leases.note_bot("stand_in_bot")
    shown = browser_of(owner).post(PAGE).content.decode()
    secret = shown.partition("https://t.me/stand_in_bot?start=")[2].partition('"')[0]
    assert len(secret) >= 43
    assert not LinkToken.objects.filter(token_hash=secret).exists()
    phone.says(f"/start {secret}")
    assert TelegramUser.objects.get().user == owner
    assert "@ada" in browser_of(owner).get(PAGE).content.decode()
    actions = set(AuditLog.objects.filter(action__startswith="telegram.").values_list("action", flat=True))
    assert actions == {"telegram.link_made", "telegram.linked"}


def test_a_newer_link_ends_the_older_one_and_there_are_ten_an_hour(phone: Phone, owner: User) -> None:
    first = linking.make_link(user=owner)
    for _ in range(9):
        assert browser_of(owner).post(PAGE).status_code == 200
    refused = browser_of(owner).post(PAGE)
    assert (refused.status_code, "last hour" in refused.content.decode()) == (429, True)
    phone.says(f"/start {first}")
    assert "its time is over" in phone.last.text


def test_from_the_chat_to_the_site_it_is_confirmed_by_who_is_logged_in(
    phone: Phone, owner: User, stranger: User, settings: Any
) -> None:
    settings.SITE_URL = "https://example.org"
    phone.says("/link")
    path = phone.last.text.partition("https://example.org")[2].strip()
    assert Client().get(path)["Location"].startswith("/login/")
    shown = browser_of(owner).get(path).content.decode()
    assert "@ada" in shown
    assert TelegramUser.objects.get().user is None
    assert browser_of(owner).post(path, follow=True).redirect_chain[-1][0] == PAGE
    assert TelegramUser.objects.get().user == owner
    assert browser_of(stranger).get(path).status_code == 410
    assert browser_of(stranger).post(path).status_code == 410
    phone.says("/help")
    assert any("linked with the account owner" in text for text in phone.texts)


def test_unlinked_on_the_site_the_chat_hears_nothing_more(linked: Phone, owner: User) -> None:
    browser_of(owner).post(f"{PAGE}unlink/")
    linked.says("/status")
    assert "First link this chat" in linked.last.text
    assert AuditLog.objects.filter(action="telegram.unlinked").exists()


def test_one_account_has_one_chat_and_one_chat_one_account(api: BotApi, linked: Phone, stranger: User) -> None:
    secret = linking.make_link(user=stranger)
    linked.says(f"/start {secret}")
    assert "linked already" in linked.last.text
    assert not TelegramUser.objects.filter(user=stranger).exists()
    taken = browser_of(TelegramUser.objects.get().user or stranger).post(PAGE)
    assert taken.status_code == 409


def test_an_account_that_is_deleted_takes_its_chat_with_it(linked: Phone, owner: User) -> None:
    owner.delete()
    assert not TelegramUser.objects.exists()
    linked.says("/help")
    assert TelegramUser.objects.get().user is None
