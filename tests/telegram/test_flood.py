"""Many builds end at once for many chats: all is told, in order, and no limit of Telegram's is ignored.

A small form; ``script/bench telegram`` has 500 builds for 200 chats.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.rush import STRICT, rush

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
