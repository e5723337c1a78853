"""The operator's button that verifies the newest entries."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from agentsite.accounts.models import User
from audit import admin, append_only
from audit import services as audit
from audit.models import AuditLog, Category, Severity
from tests.audit.logbook import ENTRIES, SEALS, entry_number, run, write_log

pytestmark = pytest.mark.django_db
PATH, LIST = reverse("admin:audit_auditlog_verify"), reverse("admin:audit_auditlog_changelist")


@pytest.fixture
def console(client: Client, operator: User) -> Client:
    write_log()
    client.force_login(operator)
    return client


def told(console: Client) -> str:
    page = console.post(PATH, follow=True)
    return " ".join(str(message) for message in page.context["messages"])


def test_the_list_has_the_button(console: Client) -> None:
    assert f'action="{PATH}"' in console.get(LIST).content.decode()


def test_it_says_how_much_was_looked_at(console: Client) -> None:
    assert f"The newest {SEALS * ENTRIES + 1} entries in {SEALS} seals are as they were written" in told(console)
    assert AuditLog.objects.get(action="audit.verified").details["faults"] == 0


def test_it_names_the_first_fault(console: Client) -> None:
    append_only.take_down(connection)
    run("DELETE FROM audit_auditlog WHERE id = %s", entry_number(2, 0))
    assert f"the first: entry {entry_number(2, 0)} of seal 2 is missing" in told(console)


def test_it_looks_at_the_newest_only(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "VERIFIED_AT_ONCE", ENTRIES + 1)
    assert f"The newest {2 * ENTRIES + 1} entries in 2 seals" in told(console)


def test_it_is_asked_for_on_purpose(console: Client) -> None:
    assert console.get(PATH).status_code == 405


def test_nobody_but_an_operator_may(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert client.post(PATH).status_code in {302, 403, 404}
    assert not AuditLog.objects.filter(action="audit.verified").exists()


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"q": "owner"}, 2),
        ({"q": "key.created"}, 1),
        ({"q": "build/7"}, 1),
        ({"q": "nobody"}, 0),
        ({"action": "key.created"}, 1),
        ({"event_category": "security"}, 1),
        ({"severity": "warning"}, 1),
        ({"success__exact": "0"}, 1),
        ({"user__id__exact": "OWNER"}, 2),
    ],
)
def test_entries_are_found(console: Client, owner: User, asked: dict[str, str], count: int) -> None:
    audit.record("key.created", user=owner, category=Category.SECURITY)
    audit.record(
        "build.failed", user=owner, resource_type="build", resource_id="7", error="x", severity=Severity.WARNING
    )
    found = console.get(LIST, {name: value.replace("OWNER", str(owner.pk)) for name, value in asked.items()})
    assert found.status_code == 200
    assert found.context["cl"].result_count == count


def test_no_more_entries_are_counted_than_pages_are_turned(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "MOST_COUNTED", 5)
    assert console.get(LIST).context["cl"].result_count == 5
