"""What is counted and traced of a chat."""

from typing import Any

import pytest

from builds.models.run import Run
from tests.measuring import Counted
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import ADA, Phone
from tests.telegram.saying import met, say, send_now
from tests.tracing import traced

pytestmark = pytest.mark.django_db(transaction=True)


def test_updates_and_calls_are_counted(phone: Phone) -> None:
    updates, sent = Counted("agentsite_telegram_update_seconds_count"), Counted("agentsite_telegram_calls_total")
    phone.says("/help")
    assert (updates.more, sent.more >= 1) == (1, True)


def test_a_wish_to_be_left_alone_is_counted(api: BotApi) -> None:
    later = Counted("agentsite_telegram_calls_total", outcome="later")
    contact = met(api, ADA)
    api.fails("too_many", "sendMessage")
    say(contact, "Hello.")
    send_now()
    assert later.more == 1


def test_one_trace_leads_from_a_message_to_what_was_done_about_it(linked: Phone, settings: Any) -> None:
    with traced(settings) as receiver:
        linked.says("What can you do?")
    [job] = [span for span in receiver.spans if span.name == "run job"]
    assert receiver.around(job) == "telegram update"
    assert job.attributes["run.id"] == str(Run.objects.get(kind="job").id)
    nodes = {receiver.around(span) for span in receiver.spans if span.name.startswith("node ")}
    assert nodes == {"run job"}
