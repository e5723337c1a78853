"""Sending, in one process: what is tried again, what is given up, and that neither keeps others waiting."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import AuditLog
from builds.background import InBackground
from telegram_link import leases, outbox, sender_claims, sending, settling
from telegram_link.bot import Outcome
from telegram_link.models import Lease, OutboxMessage, TelegramUser
from telegram_link.models.outbox import OutboxKind
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import ADA, BORIS, Phone
from tests.telegram.saying import after_the_pause, met, say, send_now, states, texts_of

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_when_telegram_wants_to_be_left_alone_no_chat_is_told_anything_until_then(api: BotApi) -> None:
    ada, boris = met(api, ADA), met(api, BORIS)
    api.fails("too_many", "sendMessage", chat_id=ADA.id, seconds=1)
    say(ada, "one", "two")
    assert send_now() == 1
    say(boris, "three")
    send_now()
    assert not texts_of(api, BORIS)
    after_the_pause()
    assert (texts_of(api, ADA), texts_of(api, BORIS)) == (["one", "two"], ["three"])
    assert api.ignored_retry_after == 0
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {0}


def test_a_short_wish_ends_no_longer_one(api: BotApi) -> None:
    ada, boris = met(api, ADA), met(api, BORIS)
    api.fails("too_many", chat_id=ADA.id, seconds=40)
    api.fails("too_many", chat_id=BORIS.id, seconds=1)
    for contact in (ada, boris):
        say(contact, "hello")
    send_now()
    paused_until = Lease.objects.get(name=leases.SEND).paused_until
    assert paused_until is not None
    assert (paused_until - timezone.now()).total_seconds() > 35


def test_a_change_while_telegram_refuses_loses_neither_the_pause_nor_the_message(api: BotApi) -> None:
    say(met(api, ADA), "hello")
    row = OutboxMessage.objects.get()
    claim = sender_claims.claim(row)
    assert claim is not None
    assert leases.take(leases.SEND) is not None
    outbox.refresh(row.dedup_key)
    settling.settle(claim, Outcome("later", seconds=30))
    row.refresh_from_db()
    assert (row.status, row.attempts, row.lease_expires_at) == ("pending", 0, None)
    assert Lease.objects.get(name=leases.SEND).paused_until is not None


@pytest.mark.parametrize("fault", ["cut_before", "bad_gateway", "error"])
def test_what_did_not_reach_telegram_is_tried_again_later_and_later(api: BotApi, fault: str) -> None:
    say(met(api, ADA), "hello")
    api.fails(fault, "sendMessage", times=3)
    waits = []
    for _ in range(3):
        send_now()
        waits.append((OutboxMessage.objects.get().next_attempt_at - timezone.now()).total_seconds())
    assert 0 < waits[0] < 1.3 < waits[1] < 3 < waits[2] < 7
    send_now()
    assert texts_of(api, ADA) == ["hello"]


def test_markup_that_telegram_can_not_read_goes_out_plain(api: BotApi) -> None:
    say(met(api, ADA), "<b>fine</b> &amp; <wrong>dandy</wrong>")
    send_now()
    [message] = api.messages(ADA.id)
    assert (message.text, message.parse_mode) == ("fine & dandy", "")


def test_who_blocks_the_bot_is_written_nothing_until_they_write_again(api: BotApi) -> None:
    ada = met(api, ADA)
    say(ada, "one", "two", "three")
    api.blocks(ADA)
    send_now()
    assert states() == ["dropped"] * 3
    assert not TelegramUser.objects.get().is_active
    assert AuditLog.objects.filter(action="telegram.blocked").count() == 1
    say(TelegramUser.objects.get(), "four")
    assert send_now() == 0
    api.unblocks(ADA)
    Phone(api, ADA).says("/help")
    assert TelegramUser.objects.get().is_active
    assert "commands" in " ".join(texts_of(api, ADA)) or "/help" in texts_of(api, ADA)[-1]
    assert not {"one", "two", "three", "four"} & set(texts_of(api, ADA))


def test_what_is_so_already_counts_as_changed(api: BotApi) -> None:
    ada = met(api, ADA)
    say(ada, "hello")
    send_now()
    outbox.change(ada, api.messages(ADA.id)[0].message_id, "hello", key="same")
    send_now()
    assert api.calls_of("editMessageText")[-1].status == 400
    assert states() == ["sent", "sent"]


def test_a_message_that_is_refused_for_good_does_not_keep_its_chat_waiting(api: BotApi) -> None:
    ada = met(api, ADA)
    outbox.say(ada, "wrong button", key="wrong", buttons=[[("press", "x" * 65)]])
    outbox.change(ada, 424242, "of nothing", key="nothing")
    say(ada, "next")
    send_now()
    assert states() == ["failed", "dropped", "sent"]
    assert texts_of(api, ADA) == ["next"]


def test_a_file_too_large_for_telegram_does_not_keep_its_chat_waiting() -> None:
    from telegram.error import NetworkError

    from telegram_link.bot import _refused

    assert _refused(NetworkError("Request Entity Too Large")).error == "refused"
    assert _refused(NetworkError("Bad Gateway")).error == "unreachable"


def test_a_message_that_can_not_be_made_keeps_nobody_waiting_and_is_given_up(api: BotApi) -> None:
    ada, boris = met(api, ADA), met(api, BORIS)
    outbox.show(ada, OutboxKind.LIVE, {"no": "build"}, key="live:broken")
    say(ada, "after it")
    say(boris, "beside it")
    send_now()
    assert texts_of(api, BORIS) == ["beside it"]
    for _ in range(3):
        assert not texts_of(api, ADA)
        send_now()
    assert texts_of(api, ADA) == ["after it"]
    assert OutboxMessage.objects.get(dedup_key="live:broken").status == "failed"


def test_a_slow_call_keeps_no_other_chat_waiting(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, boris = met(api, ADA), met(api, BORIS)
    api.fails("hang_after", "sendMessage", chat_id=ADA.id, seconds=2)
    say(ada, "slow")
    say(boris, "quick", "quicker")
    send_now()
    sent = {row.payload["html"]: row.sent_at for row in OutboxMessage.objects.all()}
    assert None not in sent.values()
    assert (sent["slow"] - sent["quicker"]).total_seconds() > 1.0  # type: ignore[operator]


def test_a_long_text_arrives_in_parts_in_order_also_when_the_sender_dies_between_two(
    api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = met(api, ADA)
    words = " ".join(f"word{number}" for number in range(1_500))
    say(ada, words, "after it")
    with monkeypatch.context() as slow:
        slow.setattr("telegram_link.pace.CHAT_SECONDS", 60.0)
        sending.send_due()
    row = OutboxMessage.objects.get(parts_sent=1)
    assert len(texts_of(api, ADA)) == 1
    assert sender_claims.claim(row) is not None  # and dies
    assert sending.send_due() == 0
    send_now()
    parts = texts_of(api, ADA)
    assert len(parts) == 5
    assert all(len(part) > 3_000 for part in parts[:3])
    assert " ".join(parts) == f"{words} after it"


def test_a_chat_with_very_much_to_change_keeps_no_other_waiting(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, boris = met(api, ADA), met(api, BORIS)
    monkeypatch.setattr(sending, "_CANDIDATES", 5)
    monkeypatch.setattr("telegram_link.pace.CHAT_SECONDS", 30.0)
    say(ada, "hello")
    OutboxMessage.objects.update(kind=OutboxKind.PROPOSAL, payload={"approval": None}, telegram_message_id=77)
    first = OutboxMessage.objects.get()
    for number in range(9):
        OutboxMessage.objects.create(
            contact=ada,
            chat_id=ada.chat_id,
            kind=OutboxKind.EDIT,
            payload={"message_id": 77, "html": "x", "buttons": []},
            dedup_key=f"edit:{number}",
            next_attempt_at=first.next_attempt_at,
            telegram_message_id=77,
        )
    say(boris, "hello")
    sending.send_due()
    assert texts_of(api, BORIS) == ["hello"]


def test_a_wrong_token_is_told_by_the_command_and_the_sender_rests(
    api: BotApi, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    say(met(api, ADA), "hello")
    settings.TELEGRAM_BOT_TOKEN = "4242:some-other-token"
    with pytest.raises(CommandError, match="set TELEGRAM_BOT_TOKEN to the token that BotFather gave") as refused:
        call_command("run_telegram_bot")
    assert refused.value.returncode == 1
    assert send_now() == 1
    assert send_now() == 0
    assert states() == ["pending"]
    assert "some-other-token" not in caplog.text
    settings.TELEGRAM_BOT_TOKEN = api.token
    Lease.objects.update(paused_until=None)
    send_now()
    assert texts_of(api, ADA) == ["hello"]


def test_who_lost_the_lease_writes_down_all_the_same_what_arrived(api: BotApi) -> None:
    ada, boris = met(api, ADA), met(api, BORIS)
    api.fails("too_many", "sendMessage", chat_id=ADA.id, seconds=1)
    api.fails("hang_after", "sendMessage", chat_id=BORIS.id, seconds=1)
    say(ada, "refused")
    say(boris, "arrived")
    with InBackground(send_now):
        api.until(lambda: api.messages(BORIS.id))
        Lease.objects.filter(name=leases.SEND).update(fence=1_000)
    assert OutboxMessage.objects.get(payload__html="arrived").status == "sent"
    assert Lease.objects.get(name=leases.SEND).paused_until is not None


def test_what_was_given_up_is_shown_again_when_it_is_asked_for(api: BotApi, owner: Any) -> None:
    from tests import factories

    ada = met(api, ADA)
    TelegramUser.objects.update(user=owner)
    build = factories.completed(owner)
    send_now()
    OutboxMessage.objects.update(status="dropped")  # as when its message was deleted in the chat
    outbox.show(ada, OutboxKind.LIVE, {"build": str(build.id)}, key=f"live:{build.run_id}", anew=True)
    send_now()
    assert len(texts_of(api, ADA)) == 2
