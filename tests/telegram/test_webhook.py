"""Telegram calls the site: with the secret, each update once; whoever does not know it finds nothing."""

import asyncio
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from agentsite.accounts.models import User
from builds.models.build import Build
from telegram_link import handling, linking, sending, webhook
from telegram_link.models import UpdateInbox
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import ADA, Phone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
PATH = "/telegram/webhook/"
UPDATE = {
    "update_id": 7,
    "message": {
        "message_id": 1,
        "date": 0,
        "text": "/help",
        "from": {"id": 101, "is_bot": False, "first_name": "Ada"},
        "chat": {"id": 101, "type": "private"},
    },
}


@pytest.fixture
def called(api: BotApi, settings: Any) -> BotApi:
    settings.TELEGRAM_WEBHOOK, settings.SITE_URL = True, "https://example.org"
    return api


def told(body: bytes, secret: str | None = None) -> int:
    shown = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
    answer = Client().post(PATH, body, content_type="application/json", headers=shown)
    return answer.status_code


def test_an_update_is_kept_once_and_answered_later(called: BotApi) -> None:
    called.says(ADA, "/start")
    for _ in range(3):
        assert told(json.dumps(UPDATE).encode(), webhook.secret()) == 200
    assert UpdateInbox.objects.count() == 1
    assert not called.messages(ADA.id)
    assert handling.handle_waiting() == 1
    sending.send_due()
    assert len(called.messages(ADA.id)) == 1


@pytest.mark.parametrize("secret", [None, "", "wrong", "ы"])
def test_without_the_secret_there_is_nothing_here(secret: str | None, called: BotApi) -> None:
    shown = secret.encode().decode("latin-1") if secret else secret
    assert told(json.dumps(UPDATE).encode(), shown) == 404
    assert not UpdateInbox.objects.exists()


def test_a_bot_that_polls_has_no_webhook(api: BotApi) -> None:
    assert told(json.dumps(UPDATE).encode(), webhook.secret()) == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'{"update_id": "x"}', b"\xff", b"{}"])
def test_what_is_no_update_is_refused(body: bytes, called: BotApi) -> None:
    assert told(body, webhook.secret()) == 400
    assert not UpdateInbox.objects.exists()


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1},
        {"update_id": 2, "message": {}},
        {"update_id": 3, "message": {"chat": {"id": 5, "type": "group"}, "from": {"id": 5}, "text": "x"}},
        {"update_id": 4, "callback_query": {"id": "1", "from": {"id": 101}, "data": "yes:x"}},
        {"update_id": 5, "message": "text"},
        {"update_id": 6, "edited_message": {"chat": {"id": 101}}},
    ],
)
def test_an_update_that_is_not_understood_holds_up_nobody(update: dict[str, Any], called: BotApi, owner: User) -> None:
    called.says(ADA, "/start")
    assert told(json.dumps(update).encode(), webhook.secret()) == 200
    assert told(json.dumps({**UPDATE, "update_id": 100}).encode(), webhook.secret()) == 200
    handling.handle_waiting()
    sending.send_due()
    assert len(called.messages(ADA.id)) == 1
    assert not UpdateInbox.objects.filter(handled_at__isnull=True, attempts=0).exists()


def test_the_command_has_telegram_call_the_site(called: BotApi, capsys: Any) -> None:
    called.world.webhook.remove()
    call_command("run_telegram_bot")
    [call] = called.calls_of("setWebhook")
    assert call.params["url"] == "https://example.org/telegram/webhook/"
    assert call.params["secret_token"] == webhook.secret()
    assert "calls this site for @stand_in_bot" in capsys.readouterr().out


def test_a_wrong_token_is_told_with_what_to_do(called: BotApi, settings: Any) -> None:
    settings.TELEGRAM_BOT_TOKEN = "1:wrong"
    with pytest.raises(CommandError, match="set TELEGRAM_BOT_TOKEN"):
        call_command("run_telegram_bot")
    settings.TELEGRAM_WEBHOOK = False
    with pytest.raises(CommandError, match="set TELEGRAM_BOT_TOKEN"):
        call_command("run_telegram_bot")
    settings.TELEGRAM_BOT_TOKEN = ""
    with pytest.raises(CommandError, match="set TELEGRAM_BOT_TOKEN"):
        call_command("run_telegram_bot")


def test_the_stand_in_delivers_to_the_site_itself(called: BotApi, owner: User, live_server: Any, settings: Any) -> None:
    settings.SITE_URL = live_server.url.replace("localhost", "127.0.0.1")
    asyncio.run(webhook.register())
    called.says(ADA, f"/start {linking.make_link(user=owner)}")
    called.until(UpdateInbox.objects.exists)
    handling.handle_waiting()
    sending.send_due()
    assert "linked with the account owner" in Phone(called, ADA).last.text
    assert not Build.objects.exists()
