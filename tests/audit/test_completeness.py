"""Every door that changes something or lets something out writes the entry that stands here; a new one fails."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from agentsite.accounts.models import User
from audit import bounds
from audit import services as audit
from audit.models import AuditLog
from builds import tickets
from tests.access.callers import World, client_of, world
from tests.access.matrix import LIBRARY, Row
from tests.access.rows import ROWS
from tests.access.test_matrix import DOORS

pytestmark = pytest.mark.django_db
WRITES: dict[tuple[str, str], str | None] = {
    ("builds:export_ledger", "get"): "usage.exported",
    ("builds:archive", "get"): "build.downloaded",
    ("builds:file", "get"): "build.file_downloaded",
    ("builds:cancel", "post"): "build.cancel_requested",
    ("builds:delete", "post"): "build.deleted",
    ("builds:retry", "post"): "build.submitted",
    ("builds:share", "post"): "build.shared",
    ("builds:unshare", "post"): "build.unshared",
    ("builds:shared", "get"): "build.link_opened",
    ("builds:own_data", "get"): "user.data_exported",
    ("builds:webhooks", "post"): "webhook.created",
    ("builds:webhook", "post"): "webhook.changed",
    ("builds:webhook_pause", "post"): "webhook.paused",
    ("builds:webhook_resume", "post"): None,  # it is not paused
    ("builds:webhook_rotate", "post"): "webhook.rotated",
    ("builds:webhook_delete", "post"): "webhook.deleted",
    ("builds:webhook_ping", "post"): "webhook.pinged",
    ("builds:webhook_redeliver", "post"): "webhook.redelivered",
    ("builds:chats", "post"): "message.added",
    ("builds:chat", "post"): "message.added",
    ("builds:stop_chat", "post"): "job.cancel_requested",
    ("builds:export_chat", "get"): "conversation.exported",
    ("builds:answer_approval", "post"): "approval.approved",
    ("builds:agent_preferences", "post"): "agent.preference_changed",
    ("accounts:keys", "post"): "key.created",
    ("accounts:revoke", "post"): "key.revoked",
    ("accounts:rotate", "post"): "key.rotated",
    ("memory:memories", "post"): "memory.kept",
    ("memory:memory", "post"): "memory.changed",
    ("memory:keep", "post"): "memory.kept",
    ("memory:forget", "post"): "memory.forgotten",
    ("memory:add_fact", "post"): "fact.added",
    ("memory:fact", "post"): "fact.changed",
    ("memory:delete_fact", "post"): "fact.deleted",
    ("memory:search", "get"): "memory.searched",
    ("memory:set_excluded", "post"): None,  # it is excluded already
    ("memory:documents", "post"): "memory.documents_imported",
    ("memory:delete_document", "post"): "memory.document_deleted",
    ("memory:retain", "post"): "user.changed",
    ("memory:conversation", "post"): "conversation.changed",
    ("memory:archive", "post"): "conversation.changed",
    ("memory:resume", "post"): "conversation.changed",
    ("memory:delete_conversation", "post"): "conversation.deleted",
    ("memory-api-list", "post"): "memory.kept",
    ("memory-api-detail", "patch"): "memory.changed",
    ("memory-api-detail", "delete"): "memory.forgotten",
    ("memory-api-keep", "post"): "memory.kept",
    ("memory-api-search", "get"): "memory.searched",
    ("passage-api-exclude", "post"): None,  # it is excluded already
    ("passage-api-include", "post"): "memory.passage_included",
    ("document-api-list", "post"): "memory.documents_imported",
    ("document-api-detail", "delete"): "memory.document_deleted",
    ("build-api-memory", "patch"): "memory.build_excluded",
    ("fact-api-list", "post"): "fact.added",
    ("fact-api-detail", "patch"): "fact.changed",
    ("fact-api-detail", "delete"): "fact.deleted",
    ("conversation-api-list", "post"): "conversation.opened",
    ("conversation-api-search", "get"): "conversation.searched",
    ("conversation-api-detail", "patch"): "conversation.changed",
    ("conversation-api-detail", "delete"): "conversation.deleted",
    ("conversation-api-messages", "post"): "message.added",
    ("conversation-api-export", "get"): "conversation.exported",
    ("conversation-api-ticket", "post"): "ticket.made",
    ("job-api-cancel", "post"): "job.cancel_requested",
    ("approval-api-approve", "post"): "approval.approved",
    ("approval-api-reject", "post"): "approval.rejected",
    ("agent-preference-api", "patch"): "agent.preference_changed",
    ("build-api-list", "post"): "build.submitted",
    ("build-api-detail", "delete"): "build.deleted",
    ("build-api-archive", "get"): "build.downloaded",
    ("build-api-ticket", "post"): "ticket.made",
    ("build-api-file", "get"): "build.file_downloaded",
    ("build-api-cancel", "post"): "build.cancel_requested",
    ("build-api-retry", "post"): "build.submitted",
    ("build-api-fork", "post"): "build.forked",
    ("build-api-shares", "post"): "build.shared",
    ("build-api-share", "delete"): "build.unshared",
    ("analysis-api-list", "post"): "analysis.submitted",
    ("analysis-api-detail", "delete"): "analysis.deleted",
    ("call-api-export", "get"): "usage.exported",
    ("webhook-api-list", "post"): "webhook.created",
    ("webhook-api-detail", "patch"): "webhook.paused",
    ("webhook-api-detail", "delete"): "webhook.deleted",
    ("webhook-api-ping", "post"): "webhook.pinged",
    ("webhook-api-rotate", "post"): "webhook.rotated",
    ("webhook-api-redeliver", "post"): "webhook.redelivered",
    ("builds:deployments", "post"): "target.created",
    ("builds:deployment_target", "post"): "target.changed",
    ("builds:delete_target", "post"): "target.deleted",
    ("builds:cancel_deployment", "post"): "deployment.cancel_requested",
    ("builds:retry_deployment", "post"): None,  # it was healthy
    ("builds:roll_back", "post"): "deployment.submitted",
    ("builds:deploy", "post"): None,  # to no target: tests/deployments/test_pages.py
    ("builds:git_upload", "post"): None,  # nothing was deployed: tests/flows/test_deployments.py
    ("builds:git_receive", "post"): None,
    ("target-api-list", "post"): "target.created",
    ("target-api-detail", "patch"): "target.changed",
    ("target-api-detail", "delete"): "target.deleted",
    ("deployment-api-list", "post"): None,  # of no build: tests/deployments/test_api.py
    ("deployment-api-cancel", "post"): "deployment.cancel_requested",
    ("deployment-api-retry", "post"): None,  # it was healthy
    ("deployment-api-rollback", "post"): "deployment.submitted",
    ("me-api", "patch"): "user.changed",
    ("key-api-list", "post"): "key.created",
    ("key-api-detail", "delete"): "key.revoked",
    ("key-api-rotate", "post"): "key.rotated",
    ("setting-api-detail", "patch"): None,  # an operator's: tests/accounts/test_runtime_settings.py
    ("telegram:telegram", "post"): "telegram.link_made",
    ("telegram:unlink", "post"): None,  # no chat is linked: tests/telegram/test_linking.py
    ("telegram:confirm", "post"): "telegram.linked",
    ("telegram:webhook", "post"): None,  # nobody's but Telegram's; what an update asks for is written where it is done
    ("set_language", "post"): None,  # a cookie of the browser's
}
BY_POST_TOO = {
    "builds:new": "build.submitted",
    "builds:fork": "build.forked",
    "accounts:close": "user.deleted",
}
"""Pages of which the matrix has the form only; what they write is tested where they are."""
OF_THE_LIBRARY: dict[str, tuple[str, ...]] = {
    "account_login": ("user.logged_in", "user.login_failed"),
    "account_logout": ("user.logged_out",),
    "account_confirm_login_code": ("user.logged_in",),
    "account_signup": ("user.signed_up",),
    "account_confirm_email": ("user.email_confirmed",),
    "account_email": ("user.email_added", "user.email_removed", "user.email_changed"),
    "account_change_password": ("user.password_changed",),
    "account_set_password": ("user.password_changed",),
    "account_reset_password": (),  # a mail leaves; the link in it is what changes something
    "account_reset_password_done": (),
    "account_reset_password_from_key": ("user.password_changed",),
    "account_reset_password_from_key_done": (),
    "account_reauthenticate": (),  # the session is marked; a wrong password is a login that failed
    "account_inactive": (),
    "account_email_verification_sent": (),
    "mfa_authenticate": ("user.logged_in", "user.second_factor_failed"),
    "mfa_reauthenticate": ("user.second_factor_failed",),
    "mfa_index": (),
    "mfa_activate_totp": ("user.second_factor_added",),
    "mfa_deactivate_totp": ("user.second_factor_removed",),
    "mfa_generate_recovery_codes": ("user.second_factor_reset",),
    "mfa_view_recovery_codes": (),
    "mfa_download_recovery_codes": (),
    "usersessions_list": ("user.sessions_ended",),
}
OPEN_TO_ALL = {"schema", "livez", "readyz"}
"""Doors without anybody's data, for any method."""
READS = [row for row in ROWS if row.method == "get"]
ACTS = [row for row in ROWS if (row.name, row.method) in WRITES]


@pytest.fixture(autouse=True)
def _new_window() -> None:
    bounds.forget()
    cache.clear()


def knocked(row: Row, made: World) -> Any:
    """Let the owner do what a row says."""
    client, body = client_of("owner", made), dict(row.body)
    path = reverse(row.name, kwargs=row.arguments(made))
    if row.method == "get":
        return client.get(path, body)
    return getattr(client, row.method)(
        path, **({"data": body, "content_type": "application/json"} if "/api/" in path else {"data": body})
    )


def test_every_door_that_changes_something_has_a_row() -> None:
    acts = {(row.name, row.method) for row in ROWS if row.method != "get"}
    assert acts - set(WRITES) == set()
    assert set(WRITES) - {(row.name, row.method) for row in ROWS} == set()
    library = {name for name in DOORS if name.startswith(LIBRARY)}
    assert library == set(OF_THE_LIBRARY)


@pytest.mark.parametrize("row", ACTS, ids=lambda row: f"{row.method} {row.name}")
def test_a_door_writes_what_stands_here(row: Row) -> None:
    made = world(is_running=row.is_running)
    before = set(AuditLog.objects.values_list("pk", flat=True))
    answer = knocked(row, made)
    assert answer.status_code < 400 or WRITES[row.name, row.method] is None
    wanted = WRITES[row.name, row.method]
    written = list(AuditLog.objects.exclude(pk__in=before).values_list("action", flat=True))
    assert wanted in written if wanted else written == []


def test_what_is_only_read_writes_nothing_and_lets_no_file_out() -> None:
    made = world(is_running=False)
    for row in READS:
        if (row.name, row.method) in WRITES or row.name in OPEN_TO_ALL:
            continue
        before = AuditLog.objects.count()
        answer = knocked(row, made)
        assert (row.name, answer.get("Content-Disposition")) == (row.name, None)
        assert (row.name, AuditLog.objects.count()) == (row.name, before)


def test_no_page_takes_more_than_the_matrix_says() -> None:
    made = world(is_running=False)
    posted = {row.name for row in ROWS if row.method == "post"}
    for row in READS:
        if row.name in {*posted, *BY_POST_TOO, *OPEN_TO_ALL} or "-api" in row.name:
            continue
        path = reverse(row.name, kwargs=row.arguments(made))
        assert (row.name, client_of("owner", made).post(path).status_code) == (row.name, 405)


def test_a_stranger_who_opens_a_link_is_written_down_once(client: Client) -> None:
    made = world(is_running=False)
    opened = AuditLog.objects.filter(action="build.link_opened")
    for _ in range(3):
        client.get(reverse("builds:shared", args=[made.link]))
    entry = opened.get()
    assert (entry.user_id, entry.ip_address, entry.resource_id) == (None, "127.0.0.1", str(made.build.id))
    Client().get(reverse("builds:shared", args=[made.link]))
    assert opened.count() == 2


def test_links_that_lead_nowhere_fill_no_log(client: Client) -> None:
    for number in range(5):
        client.get(reverse("builds:shared", args=[f"unknown-{number}"]))
    entry = AuditLog.objects.get(action="build.link_refused")
    assert (entry.success, entry.error_message, entry.severity) == (False, "share.unusable", "warning")


def test_a_query_is_never_written_down(client: Client, owner: User) -> None:
    client.force_login(owner)
    client.get(reverse("memory:history"), {"q": "my illness"})
    client.get(reverse("memory:search"), {"q": "my illness"})
    assert {entry.action for entry in AuditLog.objects.all()} == {"conversation.searched", "memory.searched"}
    for entry in AuditLog.objects.all():
        assert entry.details["chars"] == len("my illness")
        assert "illness" not in str([entry.details, entry.description])


def test_a_logout_is_written_down(client: Client, owner: User) -> None:
    client.login(username="owner", password="password")
    client.post(reverse("account_logout"))
    assert AuditLog.objects.filter(action="user.logged_out", user=owner).count() == 1


def test_a_wrong_key_is_written_down_once_a_minute_and_never_told() -> None:
    made = world(is_running=False)
    for caller in ("revoked_key", "expired_key"):
        client = client_of(caller, made)
        for _ in range(3):
            client.get(reverse("me-api"))
    for number in range(3):
        Client(headers={"Authorization": f"Bearer ags_none{number}_secret"}).get(reverse("me-api"))
    refused = AuditLog.objects.filter(action="key.refused").order_by("pk")
    assert [entry.error_message for entry in refused] == ["key.revoked", "key.expired", "key.unknown"]
    assert [entry.details.get("owner") for entry in refused] == [made.owner.pk, made.owner.pk, None]
    assert "secret" not in str([[entry.details, entry.description] for entry in refused])


def test_a_quota_that_is_used_up_is_written_down_once_a_minute(client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(api_quota_daily=1)
    client.force_login(owner)
    assert [client.get(reverse("me-api")).status_code for _ in range(4)] == [200, 429, 429, 429]
    assert AuditLog.objects.get(action="quota.refused").user == owner


def test_what_is_left_out_is_counted_in_the_next_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(bounds.MOST + 5):
        audit.record_rarely("door.refused", about=str(number), user=None)
    assert AuditLog.objects.count() == bounds.MOST
    monkeypatch.setattr(bounds, "SECONDS", 0.0)
    audit.record_rarely("door.refused", about="7", user=None)
    assert AuditLog.objects.latest("pk").details == {"left_out": 5}


def test_a_ticket_is_written_down_when_it_is_made_used_and_refused() -> None:
    made = world(is_running=False)
    ticket = tickets.make_ticket(user=made.owner, build=made.build, api_key=made.key)
    for _ in range(3):
        tickets.redeem(ticket.secret, build_id=made.build.id, user=AnonymousUser())
    told = AuditLog.objects.filter(action__startswith="ticket.").order_by("pk")
    assert [(entry.action, entry.success) for entry in told] == [
        ("ticket.made", True),
        ("ticket.used", True),
        ("ticket.refused", False),
    ]
    assert told[1].resource_id == str(made.build.id)


def test_ended_sessions_are_written_down(owner: User) -> None:
    login = {"login": "owner", "password": "password"}
    here, elsewhere = Client(), Client()
    for browser in (elsewhere, here):
        browser.post(reverse("account_login"), login)
        browser.get(reverse("usersessions_list"))
    here.post(reverse("usersessions_list"))
    entry = AuditLog.objects.get(action="user.sessions_ended")
    assert (entry.user, entry.resource_id, entry.details) == (owner, str(owner.pk), {"sessions": 1})
