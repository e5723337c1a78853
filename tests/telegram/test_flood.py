"""Many builds end at once for many chats: all is told, in order, and no limit of Telegram's is ignored.

A small form; ``script/bench telegram`` has 500 builds for 200 chats.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from telegram_link import sending, webhook
from telegram_link.pace import Pace
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import ADA
from tests.telegram.rush import STRICT, rush
from tests.telegram.saying import met, say, texts_of

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def strict_api(settings: Any) -> Iterator[BotApi]:
    with BotApi(limits=STRICT) as api:
        settings.TELEGRAM_API_BASE_URL, settings.TELEGRAM_BOT_TOKEN = api.url, api.token
        yield api


def test_40_builds_that_end_at_once_are_told_in_15_chats_in_order(strict_api: BotApi) -> None:
    came = rush(strict_api, builds=40, chats=15, processes=1)
    assert (came.messages, came.in_order, came.ignored) == (40, 15, 0), str(came)


@pytest.mark.services
def test_builds_that_end_in_several_processes_are_told_once_by_two_senders(strict_api: BotApi) -> None:
    came = rush(strict_api, builds=40, chats=20, processes=2, senders=2)
    assert (came.messages, came.in_order, came.ignored) == (40, 20, 0), str(came)


def test_who_sends_next_keeps_the_pace_of_who_sent_before(strict_api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    say(met(strict_api, ADA), "one", "two")
    monkeypatch.setattr(sending, "TURN_SECONDS", 0.2)
    for _ in range(2):
        monkeypatch.setattr(sending, "_pace", Pace())  # as another process would begin
        sending.send_due()
    assert texts_of(strict_api, ADA) == ["one", "two"]
    assert {call.status for call in strict_api.calls_of("sendMessage")} == {200}


def test_the_webhook_is_called_for_one_update_after_another(strict_api: BotApi, settings: Any) -> None:
    settings.SITE_URL = "https://example.org"
    asyncio.run(webhook.register())
    assert strict_api.world.webhook.max_connections == 1
