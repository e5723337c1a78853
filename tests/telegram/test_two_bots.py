"""Several processes that all would ask Telegram for news: one does, and another takes its place when it is gone.

They run ``manage.py run_telegram_bot`` with a lease of two seconds instead of fifteen.
"""

import time
from collections import Counter

import pytest

from telegram_link import handling
from telegram_link.models import OutboxMessage, UpdateInbox
from tests.stand_ins.bot_api.chats import User
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.parts import SECONDS, Part, parts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
PEOPLE = [User(1_000 + number, f"Person {number}") for number in range(4)]
_TAKEN_OVER = SECONDS + 3


def talk(api: BotApi, times: int = 3, pause: float = 0.05) -> None:
    """Let all people write."""
    for _ in range(times):
        for who in PEOPLE:
            api.says(who, "hello")
        time.sleep(pause)


def refused(api: BotApi) -> list[str]:
    return [call.description for call in api.calls if call.status == 409]


def polls(api: BotApi) -> int:
    return len(api.calls_of("getUpdates"))


def assert_handled_once(api: BotApi, times: int) -> None:
    """Each update was stored, handled and answered once, and Telegram keeps none."""
    api.until(lambda: not api.pending_updates, seconds=_TAKEN_OVER + 5)
    handling.handle_waiting()
    rows = UpdateInbox.objects.all()
    assert rows.count() == len(PEOPLE) * times
    assert Counter(rows.values_list("attempts", flat=True)) == {1: len(PEOPLE) * times}
    assert not rows.filter(handled_at=None).exists()
    assert OutboxMessage.objects.count() == len(PEOPLE) * times


def first_and_second(api: BotApi, started: list[Part]) -> None:
    """Let one begin, and the other one when that one asks."""
    started[0].go()
    api.until(lambda: polls(api) > 0, seconds=30)
    started[1].go()
    api.until(lambda: len(api.calls_of("getMe")) == 2, seconds=30)


def test_a_bot_that_is_killed_while_people_write_loses_nothing_and_another_takes_over(api: BotApi) -> None:
    with parts(api, "poll", "poll") as started:
        first_and_second(api, started)
        talk(api)
        started[0].kill()
        began, asked = time.monotonic(), polls(api)
        talk(api)
        api.until(lambda: polls(api) > asked, seconds=_TAKEN_OVER)
        assert time.monotonic() - began < _TAKEN_OVER
        talk(api)
        assert_handled_once(api, 9)
    assert not refused(api)


@pytest.mark.thorough
def test_two_bots_side_by_side_never_ask_both(api: BotApi) -> None:
    with parts(api, "poll", "poll") as started:
        for each in started:
            each.go()
        api.until(lambda: polls(api) > 0, seconds=30)
        until = time.monotonic() + 2 * SECONDS
        while time.monotonic() < until:
            talk(api, 1, pause=0.3)
        assert_handled_once(api, UpdateInbox.objects.filter(chat_id=PEOPLE[0].id).count())
    assert not refused(api)


@pytest.mark.thorough
def test_a_bot_that_stood_still_for_longer_than_its_lease_asks_no_more(api: BotApi) -> None:
    with parts(api, "poll", "poll") as started:
        first_and_second(api, started)
        started[0].freeze()
        asked = polls(api)
        api.until(lambda: polls(api) > asked, seconds=_TAKEN_OVER)
        started[0].thaw()
        talk(api)
        time.sleep(2 * SECONDS)
        talk(api)
        assert_handled_once(api, 6)
    assert len(refused(api)) <= 1, "only what the frozen one had under way is ended by the other one"
