"""Making an account, proving an address, logging in with a second factor, and getting back in."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from agentsite.accounts import invitations
from agentsite.accounts.models import Invitation, Role, User
from agentsite.common.errors import AppError
from audit.models import AuditLog

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
PASSWORD = "a long and unusual one"
WANTED = {"username": "ada", "email": "ada@example.org", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _no_attempts_so_far() -> None:
    cache.clear()


@pytest.fixture
def everybody(settings: Any) -> None:
    settings.SIGNUP = "open"


def sent_link() -> str:
    found = re.search(r"https?://testserver(/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def log_in(client: Client, name: str = "ada", password: str = PASSWORD) -> Any:
    return client.post("/login/", {"login": name, "password": password})


def is_logged_in(client: Client) -> bool:
    return client.get("/builds/").status_code == 200


@pytest.mark.parametrize("mode", ["closed", "invitation"])
def test_nobody_signs_up_uninvited(client: Client, settings: Any, mode: str) -> None:
    settings.SIGNUP = mode
    client.post("/account/signup/", WANTED)
    assert not User.objects.exists()
    assert "/account/signup/" not in client.get("/login/").content.decode()


@pytest.mark.usefixtures("everybody")
def test_an_address_is_proved_before_the_first_login(client: Client) -> None:
    client.post("/account/signup/", WANTED)
    assert not is_logged_in(client)
    log_in(client)
    assert not is_logged_in(client)
    client.post(sent_link())
    assert User.objects.get().is_verified
    log_in(client)
    assert is_logged_in(client)
    actions = set(AuditLog.objects.values_list("action", flat=True))
    assert {"user.signed_up", "user.email_confirmed", "user.logged_in"} <= actions


@pytest.mark.usefixtures("everybody")
def test_an_invitation_that_was_replaced_is_no_obstacle_where_everybody_may(client: Client, operator: User) -> None:
    made = invitations.invite(by=operator, email="ada@example.org", role=Role.VIEWER)
    client.get(f"/account/invitation/{made.token}/")
    invitations.invite(by=operator, email="ada@example.org", role=Role.VIEWER)
    client.post("/account/signup/", WANTED)
    assert User.objects.get(username="ada").role == Role.USER


@pytest.mark.usefixtures("everybody")
def test_signing_up_with_a_known_address_tells_its_owner_and_nobody_else(client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(email="ada@example.org")
    answer = client.post("/account/signup/", WANTED, follow=True)
    assert "already" not in answer.content.decode()
    assert User.objects.count() == 1
    assert "already" in str(mail.outbox[-1].body)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "a b\u202e"}, "username"),
        ({"email": "nobody"}, "email"),
        ({"password1": "12345678", "password2": "12345678"}, "password1"),
        ({"password2": "another"}, "password2"),
    ],
)
@pytest.mark.usefixtures("everybody")
def test_what_cannot_be_an_account_is_told_beside_its_field(client: Client, wrong: dict[str, str], field: str) -> None:
    answer = client.post("/account/signup/", WANTED | wrong)
    assert list(answer.context["form"].errors) == [field]
    assert not User.objects.exists()


def test_an_invited_person_gets_the_role_and_needs_no_second_proof(client: Client, operator: User) -> None:
    made = invitations.invite(by=operator, email="Ada@Example.org", role=Role.VIEWER)
    assert client.get(f"/account/invitation/{made.token}/")["Location"] == "/account/signup/"
    client.post("/account/signup/", WANTED)
    assert is_logged_in(client)
    user = User.objects.get(username="ada")
    assert (user.role, user.is_verified) == (Role.VIEWER, True)
    assert Invitation.objects.get().accepted_by == user


def test_an_invitation_works_once(client: Client, operator: User) -> None:
    made = invitations.invite(by=operator, email="ada@example.org")
    client.get(f"/account/invitation/{made.token}/")
    client.post("/account/signup/", WANTED)
    other = Client()
    assert other.get(f"/account/invitation/{made.token}/")["Location"] == "/login/"
    other.post("/account/signup/", WANTED | {"username": "eve", "email": "eve@example.org"})
    assert not User.objects.filter(username="eve").exists()


def test_of_two_with_the_same_invitation_one_is_let_in(client: Client, operator: User) -> None:
    made = invitations.invite(by=operator, email="ada@example.org")
    client.get(f"/account/invitation/{made.token}/")
    Invitation.objects.update(accepted_at=timezone.now())
    client.post("/account/signup/", WANTED)
    assert not User.objects.filter(username="ada").exists()


def test_an_old_or_replaced_invitation_opens_nothing(client: Client, operator: User) -> None:
    first = invitations.invite(by=operator, email="ada@example.org")
    second = invitations.invite(by=operator, email="ada@example.org")
    assert client.get(f"/account/invitation/{first.token}/")["Location"] == "/login/"
    Invitation.objects.filter(pk=second.invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(f"/account/invitation/{second.token}/")["Location"] == "/login/"
    assert client.get("/account/invitation/%D0%B6/")["Location"] == "/login/"


def test_nobody_is_invited_who_has_an_account(operator: User, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(email="ada@example.org")
    with pytest.raises(AppError, match=r"request\.invalid"):
        invitations.invite(by=operator, email="ADA@example.org")


def test_an_account_without_an_address_just_logs_in(client: Client, owner: User) -> None:
    log_in(client, "owner", "password")
    assert is_logged_in(client)


def test_a_wrong_password_is_written_down_and_after_some_nothing_is_tried(client: Client, owner: User) -> None:
    answers = [log_in(client, "owner", "wrong").content.decode() for _ in range(7)]
    assert "do not match an account" in answers[0]
    assert "do not match an account" not in answers[-1]
    failed = AuditLog.objects.filter(action="user.login_failed")
    assert [(entry.description, entry.user_id) for entry in failed] == [("owner", None)] * 5


@pytest.fixture
def second_factor(owner: User) -> str:
    secret: str = generate_totp_secret()
    TOTP.activate(owner, secret)
    return secret


def code(secret: str) -> str:
    return f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06d}"


def test_a_second_factor_is_asked_for_and_its_secret_is_not_readable(
    client: Client, owner: User, second_factor: str
) -> None:
    log_in(client, "owner", "password")
    assert not is_logged_in(client)
    assert "Incorrect" in client.post("/account/two-factor/authenticate/", {"code": "000000"}).content.decode()
    client.post("/account/two-factor/authenticate/", {"code": code(second_factor)})
    assert is_logged_in(client)
    assert second_factor not in str(Authenticator.objects.get(type="totp").data)


def test_the_console_asks_for_the_second_factor_too(client: Client, operator: User) -> None:
    TOTP.activate(operator, generate_totp_secret())
    log_in(client, "operator", "password")
    assert client.get("/admin/").status_code == 302
    client.post("/admin/login/", {"username": "operator", "password": "password"})
    assert client.get("/admin/").status_code == 302


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(email="owner@example.org", is_verified=True)
    client.post("/account/password/reset/", {"email": "owner@example.org"})
    link = sent_link()
    client.post(client.get(link)["Location"], {"password1": PASSWORD, "password2": PASSWORD})
    log_in(client, "owner")
    assert is_logged_in(client)
    assert AuditLog.objects.filter(action="user.password_changed").count() == 1
    assert "Location" not in Client().get(link)


def test_asking_for_a_password_does_not_tell_who_has_an_account(client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(email="owner@example.org")
    known = client.post("/account/password/reset/", {"email": "owner@example.org"})
    unknown = client.post("/account/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_other_sessions_are_listed_and_ended(client: Client, owner: User) -> None:
    other = Client(headers={"User-Agent": "the lost laptop"})
    for browser in (client, other):
        log_in(browser, "owner", "password")
    assert "the lost laptop" in client.get("/account/sessions/").content.decode()
    client.post("/account/sessions/")
    assert (is_logged_in(client), is_logged_in(other)) == (True, False)
