"""Answers to presses, for which somebody's phone waits: they wait for no queue, and are tried again at once."""

import pytest

from telegram_link import outbox, sending
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import ADA
from tests.telegram.saying import met, say, send_now, texts_of

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_answers_to_presses_wait_for_no_queue_and_no_pace(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = met(api, ADA)
    outbox.say(ada, "choose", key="choose", buttons=[[("yes", "drop")]])
    send_now()
    monkeypatch.setattr("telegram_link.pace.CHAT_SECONDS", 60.0)
    monkeypatch.setattr("telegram_link.pace.PER_SECOND", 1)
    say(ada, *(str(number) for number in range(20)))
    query = api.presses(ADA, api.messages(ADA.id)[0], "yes")
    outbox.answer_press(ada, query, "Noted.")
    sending.send_due()
    assert [answer.text for answer in api.answers] == ["Noted."]
    assert len(texts_of(api, ADA)) < 5


def test_an_answer_to_a_press_that_did_not_reach_telegram_is_tried_again(api: BotApi) -> None:
    ada = met(api, ADA)
    outbox.say(ada, "choose", key="choose", buttons=[[("yes", "drop")]])
    send_now()
    outbox.answer_press(ada, api.presses(ADA, api.messages(ADA.id)[0], "yes"), "Noted.")
    api.fails("cut_before", "answerCallbackQuery")
    send_now()
    send_now()
    assert [answer.text for answer in api.answers] == ["Noted."]
