"""Every page, endpoint and socket, tried as everybody."""

from collections.abc import Iterator
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from agentsite.accounts.models import User
from agentsite.asgi import application
from builds.chat_consumer import ChatConsumer
from builds.consumers import BuildConsumer
from builds.routing import websocket_urlpatterns
from tests.access.callers import CALLERS, World, client_of, world
from tests.access.matrix import BEFORE_THE_LOGIN, LIBRARY, LOGIN, Row
from tests.access.rows import ROWS

pytestmark = pytest.mark.django_db


def doors(patterns: list[Any], space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Go through the URL configuration; the console is tried by itself."""
    for pattern in patterns:
        if not isinstance(pattern, URLResolver):
            yield f"{space}{pattern.name}", pattern
        elif pattern.namespace != "admin":
            yield from doors(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)


DOORS = dict(doors(get_resolver().url_patterns))


def methods(pattern: URLPattern) -> set[str]:
    actions: dict[str, str] = getattr(pattern.callback, "actions", None) or {}
    return set(actions) - {"head"}


def answered(client: Client, row: Row, made: World) -> str:
    path = reverse(row.name, kwargs=row.arguments(made))
    body = dict(row.body)
    is_api = path.startswith("/api/")
    given = {"data": body, "content_type": "application/json"} if is_api else {"data": body}
    answer = client.get(path, body) if row.method == "get" else getattr(client, row.method)(path, **given)
    return outcome(answer)


def outcome(answer: Any) -> str:
    to_login = answer.status_code == 302 and answer["Location"].startswith("/login/")
    return LOGIN if to_login else str(answer.status_code)


def test_every_door_has_a_row() -> None:
    rows = {(row.name, row.method) for row in ROWS}
    named = {name for name, _ in rows}
    doors = {name for name in DOORS if not name.startswith(LIBRARY) and name != "builds:None"}
    assert doors - named == set()
    assert named - doors == set()
    actions = {(name, method) for name, pattern in DOORS.items() for method in methods(pattern)}
    assert actions - rows == set()


def named(row: Row) -> str:
    return f"{row.method} {row.name}"


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "get"], ids=named)
def test_everybody_reads_what_the_matrix_says(row: Row) -> None:
    made = world(is_running=row.is_running)
    assert {caller: answered(client_of(caller, made), row, made) for caller in CALLERS} == row.answers


@pytest.mark.parametrize("row", [row for row in ROWS if row.method != "get"], ids=named)
@pytest.mark.parametrize("caller", CALLERS)
def test_everybody_changes_what_the_matrix_says(row: Row, caller: str) -> None:
    made = world(is_running=row.is_running)
    assert answered(client_of(caller, made), row, made) == row.answers[caller]


@pytest.mark.parametrize("name", sorted(name for name in DOORS if name.startswith(LIBRARY)))
def test_the_librarys_pages_about_an_account_ask_for_a_login(client: Client, name: str) -> None:
    cache.clear()
    arguments = {"key": "x"} if name == "account_confirm_email" else {}
    if name == "account_reset_password_from_key":
        arguments = {"uidb36": "1", "key": "x-y"}
    is_open = outcome(client.get(reverse(name, kwargs=arguments))) != LOGIN
    assert is_open == (name in BEFORE_THE_LOGIN)


@pytest.mark.parametrize("model", sorted(model._meta.label_lower for model in admin.site._registry))
def test_only_an_operator_gets_into_the_console(model: str) -> None:
    made = world(is_running=False)
    path = reverse("admin:{}_{}_changelist".format(*model.split(".")))
    for caller in CALLERS:
        status = client_of(caller, made).get(path).status_code
        assert (caller, status) == (caller, 200 if caller == "operator" else 302)


SOCKETS = {"owner": 0, "reader": 0, "operator": 0, "stranger": 4404, "viewer": 4404, "anonymous": 4401}
"""The code that a socket is closed with; 0 where it stays open. A key is nobody: see the tickets."""
WITH_A_TICKET = dict.fromkeys(CALLERS, False) | dict.fromkeys(["owner", "reader", "operator", "key", "admin_key"], True)
"""To whom the socket opens when they ask for a ticket and show it, without a cookie and from nowhere."""


def test_every_socket_is_tried() -> None:
    patterns = ["ws/builds/<uuid:build_id>/", "ws/chat/<uuid:conversation_id>/"]
    assert [str(route.pattern) for route in websocket_urlpatterns] == patterns


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("caller", SOCKETS)
async def test_a_socket_is_open_to_those_who_may_read(caller: str) -> None:
    made = await database_sync_to_async(world)(is_running=True)
    page = WebsocketCommunicator(BuildConsumer.as_asgi(), "/")
    page.scope["user"] = await database_sync_to_async(_user)(caller, made)
    page.scope["url_route"] = {"kwargs": {"build_id": made.build.id}}
    await page.connect()
    first: dict[str, Any] = await page.receive_output()
    assert (int(first.get("code", 0)), first["type"]) == (
        SOCKETS[caller],
        "websocket.close" if SOCKETS[caller] else "websocket.send",
    )
    await page.disconnect()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("caller", SOCKETS)
async def test_a_conversations_socket_is_open_to_its_owner(caller: str) -> None:
    made = await database_sync_to_async(world)(is_running=True)
    page = WebsocketCommunicator(ChatConsumer.as_asgi(), "/")
    page.scope["user"] = await database_sync_to_async(_user)(caller, made)
    page.scope["url_route"] = {"kwargs": {"conversation_id": made.conversation.pk}}
    await page.connect()
    first: dict[str, Any] = await page.receive_output()
    assert int(first.get("code", 0)) == {"owner": 0, "anonymous": 4401}.get(caller, 4404)
    await page.disconnect()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("caller", CALLERS)
async def test_a_ticket_opens_the_socket_to_those_who_may_read(caller: str) -> None:
    made = await database_sync_to_async(world)(is_running=True)
    answer = await database_sync_to_async(_ticket)(caller, made)
    given = [(b"host", b"localhost")]
    ticket = answer.json().get("ticket", "none")
    page = WebsocketCommunicator(application, f"/ws/builds/{made.build.id}/?ticket={ticket}", headers=given)
    assert (await page.connect(timeout=10))[0] is WITH_A_TICKET[caller]
    await page.disconnect()


def _ticket(caller: str, made: World) -> Any:
    return client_of(caller, made).post(reverse("build-api-ticket", kwargs={"build_id": made.build.id}))


def _user(caller: str, made: World) -> User | AnonymousUser:
    client_of(caller, made)
    return User.objects.get(username=caller) if caller != "anonymous" else AnonymousUser()
