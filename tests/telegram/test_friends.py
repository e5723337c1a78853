"""Guests: let in by an operator, held to tight limits, let in no longer, and moved to an account of their own."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test import Client

from agentsite.accounts import administration, invitations, keys
from agentsite.accounts.models import DailyUsage, Role, User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds import sharing
from builds.jobs import services as jobs
from builds.models.build import Build
from builds.models.job import Job
from builds.models.run import Run
from builds.models.usage import TokenUsage
from builds.runs.claim import claim_next
from builds.webhooks import services as webhooks
from memory import facts
from memory.attachments import services as attachments
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation
from telegram_link import friends, linking
from telegram_link.models import TelegramUser
from tests import factories
from tests.console.asking import asked, done
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.chatting import ADA, EVE, Phone, exchange

pytestmark = pytest.mark.django_db(transaction=True)
ROMAN = "Write a Python function to_roman(number).\n\nto_roman(4) == 'IV'"


@pytest.fixture
def contact(phone: Phone) -> TelegramUser:
    """Somebody who has written to the bot and has no account."""
    phone.says("/start")
    return TelegramUser.objects.get()


@pytest.fixture
def guest(contact: TelegramUser, operator: User) -> User:
    assert friends.mark(by=operator, contact=contact)
    return User.objects.get(role=Role.GUEST)


def test_a_friend_builds_without_an_account_and_a_stranger_does_not(
    phone: Phone, contact: TelegramUser, operator: User, api: BotApi
) -> None:
    friends.mark(by=operator, contact=contact)
    exchange(api)
    assert "You may try me as a guest" in phone.last.text
    phone.says(ROMAN)
    phone.presses("Approve")
    build = Build.objects.get()
    assert (build.user.role, build.run.priority) == (Role.GUEST, -10)
    phone.says("/start")
    assert "You may try me as a guest" in phone.last.text
    eve = Phone(api, EVE)
    eve.says(ROMAN)
    assert "First link this chat" in eve.last.text


def test_a_guest_has_tight_limits_and_no_way_in_but_the_chat(guest: User, client: Client) -> None:
    assert (guest.api_quota_daily, guest.storage_quota_mb, guest.budget_usd_monthly) == (20, 20, Decimal(1))
    assert guest.username.startswith("guest-")
    assert str(ADA.id) not in guest.username
    assert not guest.has_usable_password()
    assert not client.login(username=guest.username, password="")
    for act in (
        lambda: keys.create_api_key(user=guest, name="mine"),
        lambda: webhooks.create_endpoint(user=guest, url="https://example.org/hook", kinds=["build.failed"]),
        lambda: sharing.share_build(user=guest, build=factories.submitted(guest)),
        lambda: linking.unlink(user=guest),
    ):
        with pytest.raises(AppError) as refused:
            act()
        assert refused.value.code == "request.guest"


def test_the_database_lets_no_guest_have_a_password(guest: User) -> None:
    guest.set_password("a long password")
    with pytest.raises(IntegrityError), transaction.atomic():
        guest.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        TelegramUser.objects.create(telegram_id=9, chat_id=9, is_friend=True)


def test_nobody_is_invited_as_a_guest(operator: User) -> None:
    with pytest.raises(AppError):
        invitations.invite(by=operator, email="guest@example.org", role=Role.GUEST)


def test_the_builds_of_a_day_are_limited_and_it_is_said_when_that_ends(guest: User, settings: Any) -> None:
    settings.GUEST_BUILDS_DAILY = 2
    for _ in range(2):
        factories.submitted(guest)
    with pytest.raises(AppError) as refused:
        factories.submitted(guest)
    assert (refused.value.code, refused.value.http_status) == ("quota.guest_builds", 429)
    assert "00:00 UTC" in str(refused.value.hint)
    assert Build.objects.filter(user=guest).count() == 2
    assert DailyUsage.objects.get(user=guest).builds == 2


def test_guests_build_one_at_a_time_after_everybody_else(guest: User, owner: User) -> None:
    first = [factories.submitted(guest), factories.submitted(guest)][0]
    theirs = factories.submitted(owner)
    claims = [claim_next("tests"), claim_next("tests"), claim_next("tests")]
    assert [claim.run_id if claim else None for claim in claims] == [theirs.run_id, first.run_id, None]


def test_marking_twice_changes_nothing(guest: User, contact: TelegramUser, operator: User) -> None:
    assert not friends.mark(by=operator, contact=contact)
    assert User.objects.filter(role=Role.GUEST).count() == 1
    assert AuditLog.objects.filter(action="telegram.friend_marked", user=operator).count() == 1


def test_a_chat_with_an_account_is_no_guest(linked: Phone, owner: User, operator: User) -> None:
    with pytest.raises(AppError) as refused:
        friends.mark(by=operator, contact=TelegramUser.objects.get())
    assert refused.value.code == "telegram.linked_already"
    assert TelegramUser.objects.get().user == owner


def test_who_is_let_in_no_longer_is_a_stranger_until_marked_again(
    phone: Phone, guest: User, contact: TelegramUser, operator: User, settings: Any
) -> None:
    build = factories.submitted(guest)
    conversation = Conversation.objects.create(user=guest, platform="telegram", chat_id=str(contact.chat_id))
    jobs.say(user=guest, conversation=conversation, content="Hello")
    assert friends.unmark(by=operator, contact=contact)
    assert Build.objects.get(pk=build.pk).status == "cancelled"
    assert Job.objects.get().status == "canceled"
    phone.says(ROMAN)
    assert "First link this chat" in phone.last.text
    assert Build.objects.count() == 1
    assert not friends.unmark(by=operator, contact=contact)
    administration.activate(by=operator, account=guest)
    phone.says("/history")
    assert "First link this chat" in phone.last.text
    settings.GUEST_API_QUOTA_DAILY = 7
    assert friends.mark(by=operator, contact=contact)
    guest.refresh_from_db()
    assert (guest.is_active, guest.api_quota_daily) == (True, 7)
    phone.says("/history")
    assert "Roman numerals" in phone.last.text


def test_what_a_guest_made_moves_to_the_account_that_is_linked(
    phone: Phone, guest: User, contact: TelegramUser, owner: User
) -> None:
    build = factories.completed(guest)
    facts.add_fact(user=guest, fact_text="Our servers run Debian.")
    attachments.store(user=guest, name="notes.txt", content=b"Romans", source="telegram")
    conversation = Conversation.objects.create(user=guest, platform="telegram", chat_id=str(contact.chat_id))
    TokenUsage.objects.create(user=guest, build=build, provider="openai", model="m", call_key="1", cost_usd=1)
    phone.says(f"/start {linking.make_link(user=owner)}")
    contact.refresh_from_db()
    assert (contact.user, contact.is_friend) == (owner, False)
    assert not User.objects.filter(role=Role.GUEST).exists()
    assert {Build.objects.get().user, Run.objects.get().user, TokenUsage.objects.get().user} == {owner}
    assert Conversation.objects.get(pk=conversation.pk).user == owner
    assert facts.facts_of(owner).count() == 1
    assert Attachment.objects.get().user == owner
    assert AuditLog.objects.get(action="telegram.guest_moved").details["moved"]["build"] == 1
    phone.says("/history")
    assert "Roman numerals" in phone.last.text


MOVED = {
    *("builds.Approval", "builds.Build", "builds.CodeAnalysis", "builds.Job", "builds.Run", "builds.TokenUsage"),
    *("memory.Attachment", "memory.Conversation", "memory.Fact", "memory.Memory", "memory.PassageUse", "memory.Stat"),
    *("memory.VectorMemory", "telegram_link.TelegramUser"),
}
STAYS = {
    *("account.EmailAddress", "mfa.Authenticator", "usersessions.UserSession", "accounts.ApiKey"),
    *("builds.WebhookEndpoint", "builds.SocketTicket", "builds.Deployment", "builds.DeploymentTarget"),
    *("builds.BuildShare", "memory.Exclusion", "telegram_link.LinkToken", "accounts.IdempotencyKey"),
    *("accounts.DailyUsage", "accounts.StorageUsage", "builds.AgentPreference", "builds.Reservation"),
    *("audit.AuditLog", "admin.LogEntry"),
}
"""What no guest can have, and what counts or chooses for that account alone."""


def test_whatever_belongs_to_somebody_either_moves_or_stays_on_purpose() -> None:
    owned = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name == "user" and field.related_model is User for field in model._meta.fields)
    }
    assert owned == MOVED | STAYS


def test_it_moves_from_the_page_too(guest: User, contact: TelegramUser, owner: User) -> None:
    contact.refresh_from_db()
    factories.completed(guest)
    with transaction.atomic():
        secret = linking.make_login_link(contact=contact)
    linking.confirm(user=owner, secret=secret)
    assert Build.objects.get().user == owner
    assert TelegramUser.objects.get().user == owner


@pytest.mark.parametrize("why", ["busy", "full"])
def test_what_does_not_fit_or_still_runs_does_not_move(
    phone: Phone, guest: User, contact: TelegramUser, owner: User, why: str
) -> None:
    if why == "busy":
        factories.submitted(guest)
    else:
        factories.completed(guest)
        User.objects.filter(pk=owner.pk).update(storage_quota_mb=0)
    phone.builds = False
    phone.says(f"/start {linking.make_link(user=owner)}")
    assert ("still at work" if why == "busy" else "storage") in phone.last.text
    contact.refresh_from_db()
    assert (contact.user, contact.is_friend, Build.objects.get().user) == (guest, True, guest)


def test_the_operator_does_it_in_the_console(
    guest: User, contact: TelegramUser, operator: User, client: Client
) -> None:
    client.force_login(operator)
    assert "their builds that run are cancelled" in asked(client, "unmark_friend", contact).content.decode()
    assert done(client, "unmark_friend", contact, reason="The trial is over.") == "Done for 1."
    assert AuditLog.objects.get(action="telegram.friend_unmarked").details["reason"] == "The trial is over."
    assert done(client, "mark_friend", contact) == "Done for 1."
    contact.refresh_from_db()
    assert contact.is_friend


def test_the_console_gives_no_guest_a_password_or_rights(
    guest: User, owner: User, operator: User, client: Client
) -> None:
    client.force_login(operator)
    page = f"/admin/accounts/user/{guest.pk}/"
    new = "a long enough password 9"
    refused = client.post(f"{page}password/", {"password1": new, "password2": new, "usable_password": "true"})
    assert "A guest has no password" in refused.content.decode()
    shown = client.get(f"{page}change/").context["adminform"].form
    given = {name: value for name, value in shown.initial.items() if isinstance(value, str | int | bool) and value}
    for change in ({"role": "user"}, {"is_staff": "on"}, {"email": "guest@example.org"}):
        told = client.post(f"{page}change/", given | change).context["adminform"].form.non_field_errors()
        assert "uest" in str(told), change
    someone = f"/admin/accounts/user/{owner.pk}/change/"
    told = client.post(someone, given | {"username": "owner"}).context["adminform"].form.non_field_errors()
    assert "nobody becomes one here" in str(told)
    guest.refresh_from_db()
    assert (guest.role, guest.is_staff, guest.email, guest.has_usable_password()) == ("guest", False, "", False)


def test_others_do_not(guest: User, contact: TelegramUser, owner: User, client: Client) -> None:
    client.force_login(owner)
    assert asked(client, "unmark_friend", contact).status_code == 302
    contact.refresh_from_db()
    assert contact.is_friend


def test_an_operator_does_it_in_the_chat(linked: Phone, owner: User, api: BotApi, settings: Any) -> None:
    Phone(api, EVE).says("/start")
    linked.says("/admin friend @eve")
    assert not TelegramUser.objects.filter(is_friend=True).exists()
    User.objects.filter(pk=owner.pk).update(role=Role.ADMIN)
    settings.ADMIN_TELEGRAM_IDS = [ADA.id]
    linked.says("/admin friend @eve")
    assert linked.last.text == "Done for @eve."
    assert TelegramUser.objects.get(telegram_id=EVE.id).is_friend
    linked.says(f"/admin unfriend {EVE.id}")
    assert not TelegramUser.objects.get(telegram_id=EVE.id).is_friend
    linked.says("/admin friend nobody")
    assert "There is nothing here." in linked.last.text


def test_a_guest_can_not_unlink(phone: Phone, guest: User) -> None:
    phone.says("/unlink")
    phone.presses("Unlink")
    assert TelegramUser.objects.get().user == guest


def test_a_limit_is_told_in_the_chat(phone: Phone, guest: User, settings: Any) -> None:
    settings.GUEST_BUILDS_DAILY = 0
    phone.says(f"/build {ROMAN}")
    assert "these were all of today" in phone.presses("Python")
    assert not Build.objects.exists()


@pytest.mark.services
def test_of_those_who_mark_at_once_one_makes_the_guest(contact: TelegramUser, operator: User) -> None:
    def mark(_: int) -> bool:
        try:
            return friends.mark(by=operator, contact=contact)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(mark, range(4))) == [False, False, False, True]
    assert User.objects.filter(role=Role.GUEST).count() == 1
