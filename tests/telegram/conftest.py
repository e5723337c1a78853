"""A Bot API to talk to, a phone in it, and an account that is linked with it."""

from collections.abc import Iterator
from typing import Any

import pytest

from agentsite.accounts.models import User
from telegram_link import linking, pace, sending, settling
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import ADA, Phone


@pytest.fixture
def api(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[BotApi]:
    """Run a Bot API; nobody waits longer than a test should."""
    with BotApi() as api:
        settings.TELEGRAM_API_BASE_URL, settings.TELEGRAM_BOT_TOKEN = api.url, api.token
        monkeypatch.setattr(sending, "IDLE_SECONDS", 0.0)
        monkeypatch.setattr(sending, "LOOK_SECONDS", 0.0)
        monkeypatch.setattr(settling, "EDIT_SECONDS", 0.0)
        monkeypatch.setattr(pace, "CHAT_SECONDS", 0.0)
        monkeypatch.setattr(pace, "PER_SECOND", 10_000)
        monkeypatch.setattr("telegram_link.polling.POLL_SECONDS", 0)
        yield api


@pytest.fixture
def phone(api: BotApi) -> Phone:
    """Return the chat of somebody who is not linked."""
    return Phone(api, ADA)


@pytest.fixture
def linked(phone: Phone, owner: User) -> Phone:
    """Return the chat of the owner, who speaks English."""
    return link(phone, owner)


def link(phone: Phone, user: User) -> Phone:
    """Link a chat with an account, as its owner would."""
    phone.says(f"/start {linking.make_link(user=user)}")
    return phone
