"""Plain edits in the console: what changed is written down with old and new values, and never a secret."""

import json
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, Invitation, Role, User
from audit.models import AuditLog
from tests.console.asking import list_of, page_of

pytestmark = pytest.mark.django_db


def form_of(console: Client, path: str) -> dict[str, object]:
    """Return what the form of a page would send unchanged."""
    form = console.get(path).context["adminform"].form
    values = {name: form.initial.get(name, field.initial) for name, field in form.fields.items()}
    return {
        name: value for name, value in values.items() if isinstance(value, str | int | Decimal) and value is not False
    }


def edit(console: Client, row: User | ApiKey | Group, **changes: object) -> int:
    path = page_of(row)
    sent = {name: value for name, value in (form_of(console, path) | changes).items() if value is not None}
    return console.post(path, sent).status_code


def details(action: str) -> Any:
    return AuditLog.objects.get(action=action).details


def test_an_account_that_is_edited(console: Client, owner: User, operator: User) -> None:
    assert edit(console, owner, role=Role.VIEWER, email="new@example.org") == 302
    assert details("user.changed") == {"role": ["user", "viewer"], "email": ["", "new@example.org"]}
    assert AuditLog.objects.get(action="user.changed").user == operator


def test_an_edit_that_changes_nothing_writes_nothing(console: Client, owner: User) -> None:
    assert edit(console, owner) == 302
    assert not AuditLog.objects.filter(action="user.changed").exists()


def test_groups_and_permissions_that_are_given_and_taken(console: Client, owner: User) -> None:
    group = Group.objects.create(name="helpers")
    assert edit(console, owner, groups=[group.pk]) == 302
    assert details("user.changed") == {"groups": {"added": ["helpers"], "removed": []}}
    permission = Permission.objects.get(codename="view_build")
    assert edit(console, group, permissions=[permission.pk]) == 302
    assert details("group.changed") == {"permissions": {"added": [str(permission)], "removed": []}}


@pytest.mark.parametrize("change", [{"is_active": None}, {"is_superuser": None, "role": Role.USER}, {"is_staff": None}])
def test_nobody_takes_their_own_way_in_away(console: Client, operator: User, change: dict[str, object]) -> None:
    User.objects.create_superuser("another", password="password")
    before: dict[str, Any] = dict(User.objects.values().get(pk=operator.pk))
    edit(console, operator, **change)
    after: dict[str, Any] = dict(User.objects.values().get(pk=operator.pk))
    assert {name for name in after if after[name] != before[name]} <= {"updated_at"}


def test_a_new_password_is_written_down_but_not_itself(console: Client, owner: User) -> None:
    path = reverse("admin:auth_user_password_change", args=[owner.pk])
    assert (
        console.post(path, {"password1": "short", "password2": "other", "usable_password": "true"}).status_code == 200
    )
    assert not AuditLog.objects.filter(action="user.password_set").exists()
    given = "a long and unusual one"
    console.post(path, {"password1": given, "password2": given, "usable_password": "true"})
    assert User.objects.get(pk=owner.pk).check_password(given)
    assert AuditLog.objects.get(action="user.password_set").resource_id == str(owner.pk)
    assert given not in json.dumps(list(AuditLog.objects.values("details", "description")))


def test_no_hash_is_ever_written_down(console: Client, owner: User) -> None:
    console.post(
        reverse("admin:accounts_user_add"),
        {"username": "new", "password1": "unusual 1 word", "password2": "unusual 1 word", "usable_password": "true"},
    )
    assert User.objects.filter(username="new").exists()
    assert details("user.created")["password"] == "changed"
    key = keys.create_api_key(user=owner, name="laptop").key
    console.post(f"/admin/accounts/apikey/{key.pk}/delete/", {"post": "yes"})
    told = json.dumps(list(AuditLog.objects.values("details", "description")))
    assert User.objects.get(username="new").password not in told
    assert key.key_hash not in told


def test_a_key_that_is_edited_or_deleted(console: Client, owner: User) -> None:
    key = keys.create_api_key(user=owner, name="laptop").key
    assert edit(console, key, name="desktop", budget_usd_monthly="3") == 302
    assert details("api_key.changed") == {"name": ["laptop", "desktop"], "budget_usd_monthly": [None, "3"]}
    console.post(f"/admin/accounts/apikey/{key.pk}/delete/", {"post": "yes"})
    assert details("api_key.deleted")["name"] == ["desktop", None]
    assert not ApiKey.objects.exists()


def test_what_libraries_bring_is_written_down_too(console: Client, owner: User) -> None:
    EmailAddress.objects.create(user=owner, email="owner@example.org")
    chosen = {"action": "delete_selected", "_selected_action": str(EmailAddress.objects.get().pk), "post": "yes"}
    console.post(list_of(EmailAddress), chosen)
    assert details("email_address.deleted")["email"] == ["owner@example.org", None]


def test_an_account_that_is_deleted_is_written_down_and_counted_first(console: Client, owner: User) -> None:
    keys.create_api_key(user=owner, name="laptop")
    path = f"/admin/accounts/user/{owner.pk}/delete/"
    assert "Api keys: 1" in console.get(path).content.decode()
    console.post(path, {"post": "yes"})
    assert details("user.deleted")["deleted_by"] == "operator"
    assert not User.objects.filter(pk=owner.pk).exists()


def test_nobody_deletes_themselves(console: Client, owner: User, operator: User) -> None:
    User.objects.create_superuser("another", password="password")
    assert console.post(f"/admin/accounts/user/{operator.pk}/delete/", {"post": "yes"}).status_code == 403
    both = {"action": "delete_selected", "_selected_action": [owner.pk, operator.pk], "post": "yes"}
    console.post(list_of(User), both)
    assert User.objects.filter(pk__in=[owner.pk, operator.pk]).count() == 2


def test_an_invitation_that_is_taken_back(console: Client) -> None:
    console.post(reverse("admin:accounts_invitation_add"), {"email": "guest@example.org", "role": Role.USER})
    invitation = Invitation.objects.get()
    console.post(f"/admin/accounts/invitation/{invitation.pk}/delete/", {"post": "yes"})
    assert details("invitation.deleted")["token_hash"] == "changed"


def test_entry_and_edit_stand_or_fall_together(console: Client, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    key = keys.create_api_key(user=owner, name="laptop").key
    sent = form_of(console, page_of(key)) | {"name": "desktop"}

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("audit.services.record", broken)
    with pytest.raises(RuntimeError):
        console.post(page_of(key), sent)
    assert ApiKey.objects.get().name == "laptop"
