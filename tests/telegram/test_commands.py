"""What each command answers, and what its buttons do."""

from typing import Any

import pytest

from agentsite.accounts.models import Role, User
from builds.models.build import Build
from memory import facts
from memory.models.message import Message
from telegram_link import contacts
from telegram_link.commands import COMMANDS
from telegram_link.models import TelegramUser
from tests import factories
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import ADA, EVE, Phone, labels
from tests.telegram.conftest import link

pytestmark = pytest.mark.django_db(transaction=True)
ROMAN = "Write a Python function to_roman(number).\n\nto_roman(4) == 'IV'"


def test_every_command_of_the_menu_is_answered_in_both_languages(linked: Phone, owner: User) -> None:
    for language in ("en", "ru"):
        contacts.speak(TelegramUser.objects.get(), language)
        for name in COMMANDS:
            before = len(linked.texts)
            linked.says(f"/{name}")
            assert len(linked.texts) > before, name
            linked.says("/cancel")
            TelegramUser.objects.update(window_count=0)


def test_help_lists_the_commands_and_an_unknown_one_does_so_too(linked: Phone) -> None:
    linked.says("/help")
    assert all(f"/{name}" in linked.last.text for name in COMMANDS if name != "admin")
    assert "/admin" not in linked.last.text
    linked.says("/nonsense")
    assert "/history" in linked.last.text


def test_history_turns_its_pages_in_one_message(linked: Phone, owner: User) -> None:
    for number in range(14):
        factories.submitted(owner, name=f"Build {number}")
    linked.builds = False
    linked.says("/history")
    page = linked.last
    assert "Build 13" in page.text
    assert "Build 7" not in page.text
    linked.presses("Older")
    assert "Build 7" in linked.last.text
    assert linked.last.message_id == page.message_id
    linked.presses("Newest")
    assert "Build 13" in linked.last.text


def test_a_build_of_the_history_is_shown_with_its_buttons(linked: Phone, owner: User) -> None:
    factories.completed(owner)
    linked.says("/history").presses("Roman numerals")
    assert {"Files", "Zip", "Retry", "Change it"} <= set(labels(linked.last))


def test_small_files_are_shown_as_code_and_all_come_as_a_zip(linked: Phone, owner: User) -> None:
    factories.completed(owner)
    linked.says("/files").presses("roman.py")
    assert "roman.py" in linked.last.text
    assert any(each["type"] == "pre" and each.get("language") == "python" for each in linked.last.entities)
    linked.presses("All as a zip")
    assert linked.last.document_name.endswith(".zip")


def test_retry_and_change_start_builds_that_report_here(linked: Phone, owner: User) -> None:
    build = factories.completed(owner)
    linked.builds = False
    linked.says("/history").presses("Roman numerals")
    linked.presses("Retry")
    linked.presses("Change it", linked.with_button("Change it"))
    assert "do otherwise" in linked.last.text
    linked.says("also convert zero to 'N'")
    retried, forked = Build.objects.filter(parent=build).order_by("id")
    assert (retried.requirements, forked.requirements) == (build.requirements, "also convert zero to 'N'")
    assert retried.conversation == forked.conversation != None  # noqa: E711  both are the chat's


def test_facts_are_listed_and_forgotten_by_a_button(linked: Phone, owner: User) -> None:
    facts.add_fact(user=owner, fact_text="Our servers run Debian.")
    assert "Debian" in linked.says("/facts").last.text
    linked.says("/forget").presses("Our servers run Debian.")
    assert "Forgotten" in linked.last.text
    assert not facts.facts_of(owner).exists()


def test_the_language_is_the_clients_at_first_and_then_as_chosen(linked: Phone) -> None:
    linked.says("/language").presses("Русский")
    assert TelegramUser.objects.get().language == "ru"
    linked.says("/status")
    assert "Nothing is being built" not in linked.last.text


def test_usage_says_what_is_left(linked: Phone, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(budget_usd_monthly=5)
    assert "Left this month: $5.00" in linked.says("/usage").last.text


def test_what_was_said_is_one_history_in_order_each_once(linked: Phone) -> None:
    linked.says("/status").says("Hello there!")
    said = list(Message.objects.order_by("seq").values_list("role", "message_type"))
    assert said == [
        ("assistant", "reply"),
        ("user", "command"),
        ("assistant", "reply"),
        ("user", "text"),
        ("assistant", "text"),
    ]
    assert not Message.objects.filter(content__contains="/start").exists()


def test_who_writes_too_much_is_told_once_and_heard_again_later(linked: Phone) -> None:
    linked.builds = False
    for _ in range(contacts.MAX_UPDATES + 5):
        linked.api.says(ADA, "/status")
    linked.says("/status")
    assert sum("too fast" in text for text in linked.texts) == 1
    TelegramUser.objects.update(window_started_at="2020-01-01T00:00:00Z")
    before = len(linked.texts)
    linked.says("/status")
    assert len(linked.texts) == before + 1


def test_who_may_only_read_builds_nothing(api: BotApi, viewer: User) -> None:
    phone = link(Phone(api, EVE), viewer)
    assert viewer.role == Role.VIEWER
    phone.says(ROMAN)
    assert "operator" in phone.last.text.lower() or "role" in phone.last.text.lower()
    assert not Build.objects.exists()


def test_admin_is_for_listed_operators_and_a_broadcast_is_confirmed(
    api: BotApi, linked: Phone, operator: User, settings: Any
) -> None:
    linked.builds = False
    eve = link(Phone(api, EVE), operator)
    eve.builds = False
    eve.says("/admin")
    assert "I don't know that" in eve.last.text
    settings.ADMIN_TELEGRAM_IDS = [EVE.id, ADA.id]
    linked.says("/admin")
    assert "I don't know that" in linked.last.text
    eve.says("/admin")
    assert "Waiting: 0" in eve.last.text
    eve.presses("Write to everybody")
    eve.says("Tomorrow at 9 the server is updated.")
    assert not any("Tomorrow" in text for text in linked.texts)
    assert "2 chats" in eve.last.text
    eve.presses("Send it")
    linked.says("/status")
    assert sum(text == "Tomorrow at 9 the server is updated." for text in linked.texts) == 1


def test_an_operator_stops_somebodys_build(api: BotApi, owner: User, operator: User, settings: Any) -> None:
    settings.ADMIN_TELEGRAM_IDS = [EVE.id]
    build = factories.submitted(owner, name="Roman")
    eve = link(Phone(api, EVE, builds=False), operator)
    eve.says("/admin").presses("Stop Roman (owner)")
    build.refresh_from_db()
    assert build.status == "cancelled"


def test_a_fact_that_is_stated_is_told_with_a_button_that_undoes_it(linked: Phone, owner: User) -> None:
    linked.says("Hello! Our servers run Debian 12.")
    assert any("Noted: Our servers run Debian 12." in text for text in linked.texts)
    assert linked.presses("Forget: Our servers run Debian 12.") == "Forgotten."
    assert not facts.facts_of(owner).exists()
    linked.says("Remember that we deploy on Fridays")
    linked.presses("Forget: We deploy on Fridays")
    assert not facts.facts_of(owner).exists()


def test_stats_tell_how_the_builds_went(linked: Phone, owner: User, stranger: User) -> None:
    factories.completed(owner)
    factories.completed(stranger)
    linked.says("/stats")
    assert "Builds: 1" in linked.last.text
    assert "Verified: 100% (of 1 that ended)" in linked.last.text
    assert "▁▁▁▁▁▁▁▁▁▁▁█" in linked.last.text
