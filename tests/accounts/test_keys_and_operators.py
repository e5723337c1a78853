"""The first operator, API keys by command, and who is an operator."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, Role, User
from agentsite.accounts.operators import ensure_first_operator
from audit.models import AuditLog

pytestmark = pytest.mark.django_db


def test_the_first_operator_gets_a_password_that_works() -> None:
    password = ensure_first_operator()
    assert password is not None
    user = User.objects.get()
    assert user.check_password(password)
    assert user.is_operator
    assert AuditLog.objects.filter(action="user.created").exists()


def test_a_given_password_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTSITE_ADMIN_PASSWORD", "given-by-the-operator")
    assert ensure_first_operator() is None
    assert User.objects.get().check_password("given-by-the-operator")


def test_an_installation_with_accounts_gets_no_operator(owner: User) -> None:
    assert ensure_first_operator() is None
    assert User.objects.count() == 1


def test_a_key_made_by_command_works(owner: User) -> None:
    out = StringIO()
    call_command("create_api_key", user="owner", name="laptop", stdout=out)
    assert keys.find_key(out.getvalue().strip()) == ApiKey.objects.get()
    assert ApiKey.objects.get().name == "laptop"
    assert AuditLog.objects.get(action="key.created").user_label == "owner"


def test_a_key_for_nobody_is_refused() -> None:
    with pytest.raises(CommandError, match="no account"):
        call_command("create_api_key", user="nobody", name="laptop")


def test_using_a_key_is_remembered(owner: User) -> None:
    keys.find_key(keys.create_api_key(user=owner, name="laptop").secret)
    assert ApiKey.objects.get().last_used_at is not None


@pytest.mark.parametrize(("role", "can_build"), [(Role.ADMIN, True), (Role.USER, True), (Role.VIEWER, False)])
def test_a_role_says_who_may_build(role: str, can_build: bool) -> None:  # noqa: FBT001  a table's column
    assert User(username="x", role=role).can_build is can_build


def test_an_inactive_admin_is_no_operator() -> None:
    assert not User(username="x", role=Role.ADMIN, is_active=False).is_operator


def test_two_accounts_may_have_no_address_but_not_the_same(db: None) -> None:
    from django.db import IntegrityError

    User.objects.create_user("a")
    User.objects.create_user("b")
    User.objects.create_user("c", email="One@example.org")
    with pytest.raises(IntegrityError):
        User.objects.create_user("d", email="one@EXAMPLE.org")
