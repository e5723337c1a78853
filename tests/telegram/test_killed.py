"""kill -9 of who handles and of who sends, as real processes, at set and at random moments.

What is promised:

- An update is handled once: it and all that it causes, messages to be sent included, are one transaction.
- A message arrives once, with one exception: where Telegram accepted it and the sender died, or the connection broke,
  before that was written down, it is sent again; the Bot API has nothing by which a repetition could be known. It then
  stands in the chat twice, one directly after the other (a sender that stood still meanwhile can add one more).
- No message is lost, and those of a chat come in their order.
- An edit that is made again changes nothing, so a live message that is there stays one message, and says in the end
  what is so by then.

A message that a killed sender held waits for the end of its claim (60 seconds; here two), and its chat with it; other
chats wait for the end of the sender's lease (15 seconds; here two).
"""

import random
import time
from itertools import groupby

import pytest

from agentsite.accounts.models import User as Account
from builds import services
from telegram_link import inbox, outbox
from telegram_link.models import OutboxMessage, TelegramUser, UpdateInbox
from telegram_link.models.outbox import OutboxKind
from tests import factories
from tests.flows.worlds import wait_until
from tests.stand_ins.bot_api.chats import User
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import ADA
from tests.telegram.parts import Part, parts
from tests.telegram.saying import met, say, texts_of

pytestmark = [pytest.mark.django_db(transaction=True)]
PEOPLE = [User(1_000 + number, f"Person {number}") for number in range(8)]
PATIENCE = 20.0


def all_sent() -> bool:
    return not OutboxMessage.objects.filter(status="pending").exists()


def killed_when(api: BotApi, part: Part, method: str, count: int = 1) -> None:
    """Kill a process as soon as its call has arrived."""
    part.go()
    api.until(lambda: len(api.calls_of(method)) >= count, seconds=30)
    time.sleep(0.1)
    part.kill()


@pytest.mark.thorough
def test_killed_before_telegram_took_it_a_message_arrives_once(api: BotApi) -> None:
    say(met(api, ADA), "one", "two")
    api.fails("hang", "sendMessage", seconds=1.0)
    with parts(api, "send", "send") as (first, second):
        killed_when(api, first, "sendMessage")
        second.go()
        wait_until(all_sent, seconds=PATIENCE)
    assert texts_of(api, ADA) == ["one", "two"]


@pytest.mark.thorough
def test_killed_after_telegram_took_it_a_message_arrives_twice_at_most(api: BotApi) -> None:
    say(met(api, ADA), "one", "two")
    api.fails("hang_after", "sendMessage", seconds=1.0)
    with parts(api, "send", "send") as (first, second):
        killed_when(api, first, "sendMessage")
        second.go()
        wait_until(all_sent, seconds=PATIENCE)
    assert texts_of(api, ADA) == ["one", "one", "two"]


@pytest.mark.thorough
def test_killed_in_an_edit_a_live_message_stays_one_and_tells_the_end(api: BotApi, owner: Account) -> None:
    met(api, ADA)
    TelegramUser.objects.update(user=owner)
    build, claim = factories.running(owner)
    contact = TelegramUser.objects.get()
    outbox.show(contact, OutboxKind.LIVE, {"build": str(build.id)}, key=f"live:{build.run_id}")
    api.fails("hang_after", "editMessageText", seconds=1.0)
    with parts(api, "send", "send") as (first, second):
        first.go()
        api.until(lambda: api.messages(ADA.id), seconds=30)
        services.fail_build(run_id=build.run_id, fence=claim.fence, code="tests.failing", details={}, state={})
        api.until(lambda: api.calls_of("editMessageText"), seconds=30)
        first.kill()
        second.go()
        wait_until(all_sent, seconds=PATIENCE)
    [message] = api.messages(ADA.id)
    assert "Retry" in str(message.buttons)


@pytest.mark.thorough
def test_a_sender_that_stood_still_over_its_leases_loses_nothing(api: BotApi) -> None:
    say(met(api, ADA), "one", "two", "three")
    api.fails("hang", "sendMessage", seconds=0.5)
    with parts(api, "send", "send") as (first, second):
        first.go()
        api.until(lambda: api.calls_of("sendMessage"), seconds=30)
        first.freeze()
        second.go()
        wait_until(all_sent, seconds=PATIENCE)
        first.thaw()
        time.sleep(1.0)
    assert [text for text, _times in groupby(texts_of(api, ADA))] == ["one", "two", "three"]
    assert len(texts_of(api, ADA)) <= 4


@pytest.mark.engine
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(2, 9))])
def test_killed_at_random_moments_nothing_is_lost_and_the_order_stays(api: BotApi, seed: int) -> None:
    chance, kills = random.Random(seed), 2  # noqa: S311  no secret hangs on it
    words = [f"text {number}" for number in range(4)]
    for who in PEOPLE:
        say(met(api, who), *words)
    with parts(api, *["send"] * (kills + 1)) as started:
        for part in started[:-1]:
            before = len(api.calls_of("sendMessage"))
            part.go()
            wait_until(lambda: all_sent() or len(api.calls_of("sendMessage")) > before, seconds=PATIENCE)  # noqa: B023
            time.sleep(chance.uniform(0.0, 0.3))
            part.kill()
        started[-1].go()
        wait_until(all_sent, seconds=30)
    doubled = 0
    for who in PEOPLE:
        arrived = [(text, len(list(times))) for text, times in groupby(texts_of(api, who))]
        assert [text for text, _times in arrived] == words
        assert max(times for _text, times in arrived) <= 2
        doubled += sum(times - 1 for _text, times in arrived)
    assert doubled <= kills * len(PEOPLE)


def test_updates_whose_handler_is_killed_at_random_moments_are_answered_once_in_order(api: BotApi) -> None:
    chance, times = random.Random(5), 12  # noqa: S311  no secret hangs on it
    with parts(api, "handle", "handle", "handle") as started:
        for number in range(times):
            for who in PEOPLE:
                api.says(who, f"/no{number}")
        inbox.store(api.pending_updates)
        for part in started[:-1]:
            part.go()
            wait_until(lambda: UpdateInbox.objects.exclude(handled_at=None).exists(), seconds=30)
            time.sleep(chance.uniform(0.0, 0.2))
            part.kill()
        started[-1].go()
        wait_until(lambda: not UpdateInbox.objects.filter(handled_at=None).exists(), seconds=PATIENCE)
    for who in PEOPLE:
        answered = list(OutboxMessage.objects.filter(chat_id=who.id).order_by("id").values_list("dedup_key", flat=True))
        updates = UpdateInbox.objects.filter(chat_id=who.id).order_by("update_id").values_list("update_id", flat=True)
        assert answered == [f"reply:{update}:1" for update in updates]
        assert len(answered) == times
