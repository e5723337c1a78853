"""Writing to the audit log."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from agentsite.accounts.models import User
from agentsite.common.requests import Caller, called_by
from audit import services as audit
from audit.leaves import leaf_of
from audit.models import AuditLog


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused(owner: User) -> None:
    with pytest.raises(audit.NotInTransaction):
        audit.record("build.submitted", user=owner)


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_undone_with_its_act(owner: User) -> None:
    def act_then_break() -> None:
        with transaction.atomic():
            audit.record("build.submitted", user=owner)
            raise LookupError

    with pytest.raises(LookupError):
        act_then_break()
    assert not AuditLog.objects.exists()


@pytest.mark.django_db
def test_an_entry_outlives_the_account(owner: User) -> None:
    audit.record("build.submitted", user=owner)
    owner.delete()
    assert AuditLog.objects.get().user_label == "owner"


@pytest.mark.django_db
def test_an_entry_says_from_where_it_was_asked_for(client: Client, owner: User) -> None:
    client.force_login(owner)
    asked: dict[str, Any] = {"REMOTE_ADDR": "::ffff:192.0.2.7", "HTTP_USER_AGENT": "Ünique/1\x00\n" + "x" * 400}
    client.post(reverse("accounts:keys"), {"name": "ci", "scopes": ["builds:read"]}, **asked)
    entry = AuditLog.objects.get(action="key.created")
    assert (entry.ip_address, entry.user_agent[:11], len(entry.user_agent)) == ("192.0.2.7", "Ünique/1  x", 255)
    assert entry.leaf == leaf_of(entry)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.1", "192.0.2.7"),
        (1, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (2, "203.0.113.9, 198.51.100.1", "203.0.113.9"),
        (3, "203.0.113.9, 198.51.100.1", "192.0.2.7"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "[fe80::1%eth0]", "fe80::1"),
        (1, "nonsense", None),
    ],
)
def test_an_address_is_told_by_as_many_proxies_as_are_trusted(
    settings: Any, proxies: int, forwarded: str, address: str | None
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    assert Caller.of("192.0.2.7", forwarded, "").ip_address == address


@pytest.mark.django_db
@pytest.mark.engine
@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7", "::102:304", "2001:DB8::1", None])
def test_an_address_is_in_the_leaf_however_it_is_stored(owner: User, address: str | None) -> None:
    with called_by(Caller(address, "curl")):
        audit.record("act.done", user=owner, error="act.refused")
    entry = AuditLog.objects.get()
    assert entry.leaf == leaf_of(entry)
    assert (entry.success, entry.error_message) == (False, "act.refused")


@pytest.mark.django_db
def test_what_no_database_can_keep_stops_no_entry(owner: User) -> None:
    audit.record("act.done", user=owner, description="a\0b", details={"c": "\ud800"}, error="\0" * 900)
    entry = AuditLog.objects.get()
    assert (entry.description, entry.details, len(entry.error_message)) == ("a\ufffdb", {"c": "\ufffd"}, 500)
