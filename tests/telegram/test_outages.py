"""What the bot outlives: a database that is away, numbers that begin anew, updates that nobody can read, deadlocks."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from agentsite.accounts.models import User as Account
from builds import services
from builds.background import InBackground
from telegram_link import handling, inbox, leases, linking, outbox, polling, sender_claims, settling
from telegram_link.bot import Outcome
from telegram_link.models import OutboxMessage, TelegramUser, UpdateInbox
from telegram_link.models.outbox import OutboxKind
from tests import factories
from tests.stand_ins.bot_api.chats import User
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import ADA, BORIS
from tests.telegram.saying import met, say, send_now, states, texts_of

pytestmark = [pytest.mark.django_db(transaction=True)]


@contextmanager
def listening(api: BotApi) -> Iterator[None]:
    """Ask for news beside the block."""
    stop = threading.Event()
    with InBackground(lambda: polling.listen(stop, lambda _words: None)):
        try:
            api.until(lambda: api.calls_of("getUpdates"))
            yield
        finally:
            stop.set()


@contextmanager
def without_table(name: str) -> Iterator[None]:
    """Have every use of a table fail, as in an outage."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO {name}_away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {name}_away RENAME TO {name}")


def sent_by_somebody() -> None:
    """Send, as the lookout does: when the database is away it is tried again a second later."""
    with suppress(DatabaseError):
        send_now()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "SECONDS", 1.0)
    monkeypatch.setattr(polling, "POLL_SECONDS", 1)


def stored(who: User) -> int:
    return UpdateInbox.objects.filter(chat_id=who.id).count()


def test_a_bot_whose_database_was_away_goes_on_and_has_lost_nothing(api: BotApi) -> None:
    with listening(api):
        with without_table("telegram_link_lease"):
            api.says(ADA, "hello")
            time.sleep(1.5)
        api.says(ADA, "again")
        api.until(lambda: stored(ADA) == 2, seconds=10)
        api.until(lambda: not api.pending_updates)


def test_another_bot_whose_numbers_are_smaller_is_heard(api: BotApi) -> None:
    inbox.store([{"update_id": 10**12}])  # of the bot before it
    api.says(ADA, "hello")
    with listening(api):
        api.until(lambda: stored(ADA) == 1)
        api.until(lambda: not api.pending_updates)


def test_an_update_that_can_not_be_read_keeps_no_other_chat_waiting_and_is_given_up(
    api: BotApi, owner: Account
) -> None:
    met(api, ADA)
    TelegramUser.objects.update(user=owner)
    unread = {"message_id": 1, "chat": {"id": ADA.id, "type": "private"}, "from": ADA.wire(), "document": {}}
    api.world.updates.add("message", unread)  # without a date the library does not take it, without a file we don't
    api.says(ADA, "/help")
    api.says(BORIS, "beside it")
    with listening(api):
        api.until(lambda: UpdateInbox.objects.count() == 4)
    handling.handle_waiting()
    assert not UpdateInbox.objects.filter(chat_id=BORIS.id, handled_at=None).exists()
    for _ in range(inbox.MAX_ATTEMPTS):
        UpdateInbox.objects.update(next_attempt_at=None)
        handling.handle_waiting()
    errors = list(UpdateInbox.objects.order_by("update_id").values_list("error", flat=True))
    assert errors == ["", "KeyError", "", ""]
    send_now()
    assert [text.partition(" ")[0] for text in texts_of(api, ADA)] == ["This", "Something", "Describe"]


def test_an_update_that_killed_each_process_that_took_it_is_given_up_and_told(api: BotApi) -> None:
    api.says(ADA, "/help")
    api.says(ADA, "/language")
    inbox.store(api.pending_updates)
    for _ in range(inbox.MAX_ATTEMPTS):
        assert inbox.claim_next() is not None
        UpdateInbox.objects.update(lease_expires_at=None)
    assert handling.handle_waiting() == 2
    send_now()
    first, second = texts_of(api, ADA)
    assert "Something went wrong" in first
    assert "language" in second


def test_what_arrived_while_the_database_was_away_is_not_sent_twice(api: BotApi) -> None:
    say(met(api, ADA), "hello")
    api.fails("hang_after", "sendMessage", seconds=0.5)
    with InBackground(sent_by_somebody):
        api.until(lambda: api.messages(ADA.id))
        with without_table("telegram_link_outboxmessage"):
            time.sleep(1.2)
    assert states() == ["sent"]
    send_now()
    assert texts_of(api, ADA) == ["hello"]


def test_an_answer_to_the_old_owner_is_not_shown_to_the_new_one(api: BotApi) -> None:
    ada, boris = met(api, ADA), met(api, BORIS)
    outbox.show(ada, OutboxKind.LIVE, {"build": "0" * 32}, key="live:moved")
    row = OutboxMessage.objects.get()
    claim = sender_claims.claim(row)
    assert claim is not None
    outbox.show(boris, OutboxKind.LIVE, {"build": "0" * 32}, key="live:moved")
    settling.settle(claim, Outcome(message_id=77))
    row.refresh_from_db()
    assert (row.chat_id, row.telegram_message_id, row.status) == (BORIS.id, None, "pending")


@pytest.mark.services
def test_a_chat_that_blocks_the_bot_while_it_is_parted_makes_no_deadlock(api: BotApi) -> None:
    ada = met(api, ADA)
    say(ada, "one", "two")
    claim = sender_claims.claim(OutboxMessage.objects.order_by("id")[0])
    assert claim is not None
    locked = threading.Event()

    def settle() -> None:
        locked.wait(5)
        settling.settle(claim, Outcome("blocked"))

    with InBackground(settle), transaction.atomic():  # as linking.unlink does
        TelegramUser.objects.select_for_update(no_key=True).get(pk=ada.pk)
        locked.set()
        time.sleep(0.5)
        outbox.drop_all(ada)
    assert states() == ["dropped", "dropped"]


@pytest.mark.services
def test_builds_that_end_while_their_owner_parts_the_chat_all_end(api: BotApi, owner: Account) -> None:
    met(api, ADA)
    for number in range(5):
        TelegramUser.objects.update(user=owner)
        build, claim = factories.running(owner, name=f"build {number}")
        with InBackground(lambda: linking.unlink(user=owner)):
            services.fail_build(run_id=build.run_id, fence=claim.fence, code="tests.failing", details={}, state={})
        assert not TelegramUser.objects.filter(user=owner).exists()
    assert set(states()) <= {"dropped", "pending"}


def test_a_file_that_can_not_be_fetched_as_the_token_is_refused_tells_no_log_the_token(
    api: BotApi, owner: Account, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    met(api, ADA)
    TelegramUser.objects.update(user=owner)
    api.sends_file(ADA, "notes.txt", b"a text", "text/plain")
    inbox.store(api.pending_updates)
    settings.TELEGRAM_BOT_TOKEN = "4242:an-old-token-of-ours"
    handling.handle_waiting()
    assert "InvalidToken" in caplog.text
    assert "an-old-token-of-ours" not in caplog.text
