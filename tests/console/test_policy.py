"""The console's pages may run the theme's scripts; no other page may do more than before."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from agentsite.accounts.models import User
from tests import factories
from tests.console.asking import list_of

pytestmark = pytest.mark.django_db
LOOSE = ("'unsafe-eval'", "'unsafe-inline'")


def policy(client: Client, path: str) -> str:
    return client.get(path).headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/builds/", "/usage/", "/chat/", "/keys/", "/login/", "/api/v1/builds/"])
def test_other_pages_keep_the_strict_policy(console: Client, path: str) -> None:
    found = policy(console, path)
    assert not any(word in found for word in LOOSE)
    for name, sources in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items():
        assert f"{name} {' '.join(sources)}" in found


def test_the_console_may_read_directives_and_style_and_nothing_else(console: Client, owner: User) -> None:
    build = factories.submitted(owner)
    for path in (reverse("admin:index"), list_of(type(build)), list_of(User)):
        found = dict(part.strip().split(" ", 1) for part in policy(console, path).split(";"))
        assert found["script-src"] == "'self' 'unsafe-eval'"
        assert found["style-src"] == "'self' 'unsafe-inline'"
        assert (found["default-src"], found["connect-src"], found["form-action"]) == ("'none'", "'self'", "'self'")


def test_who_is_refused_gets_the_strict_policy(client: Client) -> None:
    client.force_login(User.objects.create_user("helper", is_staff=True))
    assert "unsafe" not in policy(client, reverse("admin:index"))


@pytest.mark.parametrize("path", ["/", "/builds/", "/usage/"])
def test_other_pages_load_nothing_of_the_theme(console: Client, path: str) -> None:
    text = console.get(path, follow=True).content.decode()
    assert "unfold" not in text
    assert "console.css" not in text
