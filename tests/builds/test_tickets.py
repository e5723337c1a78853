"""One-time tickets: what opens a build's socket for programs that are no browser."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, Scope, User
from agentsite.asgi import application
from builds import housekeeping, sharing, tickets
from builds.consumers import BuildConsumer
from builds.models.build import Build
from builds.models.share import BuildShare
from builds.models.ticket import SocketTicket
from builds.tails import tails
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
NOBODY = AnonymousUser()


@pytest.fixture
def build(owner: User) -> Build:
    return factories.submitted(owner)


@pytest.fixture
def program(owner: User) -> Client:
    made = keys.create_api_key(user=owner, name="program", scopes=[Scope.BUILDS_READ])
    return Client(headers={"Authorization": f"Bearer {made.secret}"})


def asked(caller: Client, build: Build, **headers: str) -> dict[str, Any]:
    answer = caller.post(f"/api/v1/builds/{build.id}/ticket/", content_type="application/json", headers=headers)
    assert answer.status_code == 201
    body: dict[str, Any] = answer.json()
    return body


def socket(build: Build, ticket: str, **headers: str) -> WebsocketCommunicator:
    given = [(b"host", b"localhost"), *((name.encode(), value.encode()) for name, value in headers.items())]
    return WebsocketCommunicator(application, f"/ws/builds/{build.id}/?after=0&ticket={ticket}", headers=given)


async def opens(page: WebsocketCommunicator) -> bool:
    is_open, _ = await page.connect(timeout=10)
    if is_open:
        assert (await page.receive_json_from(timeout=10))["event"]["seq"] == 1
        await page.disconnect()
    return bool(is_open)


def test_a_ticket_is_told_once_and_stored_as_a_hash(program: Client, build: Build) -> None:
    first = asked(program, build, **{"Idempotency-Key": "one"})
    again = asked(program, build, **{"Idempotency-Key": "one"})
    row = SocketTicket.objects.get()
    assert (again["ticket"], again["url"], again["expires_at"]) == (None, None, first["expires_at"])
    assert first["url"] == f"ws://testserver/ws/builds/{build.id}/?ticket={first['ticket']}"
    assert first["ticket"] not in str(vars(row))
    assert timedelta(seconds=25) < row.expires_at - timezone.now() <= tickets.LIFETIME


async def test_a_ticket_opens_one_socket_without_an_origin(program: Client, build: Build) -> None:
    ticket = (await database_sync_to_async(asked)(program, build))["ticket"]
    assert await opens(socket(build, ticket))
    assert not await opens(socket(build, ticket))


def expire(build: Build) -> None:
    SocketTicket.objects.update(expires_at=timezone.now())


def revoke(build: Build) -> None:
    keys.revoke_api_key(user=build.user, key=ApiKey.objects.get())


def shut_out(build: Build) -> None:
    User.objects.update(is_active=False)


@pytest.mark.parametrize("happen", [expire])
async def test_a_ticket_that_is_over_opens_nothing(
    program: Client, build: Build, happen: Callable[[Build], None]
) -> None:
    ticket = (await database_sync_to_async(asked)(program, build))["ticket"]
    await database_sync_to_async(happen)(build)
    assert not await opens(socket(build, ticket))


@pytest.mark.parametrize("happen", [revoke, shut_out])
async def test_a_ticket_is_worth_no_more_than_what_is_behind_it(
    program: Client, build: Build, happen: Callable[[Build], None]
) -> None:
    ticket = (await database_sync_to_async(asked)(program, build))["ticket"]
    await database_sync_to_async(happen)(build)
    assert await closed_with(socket(build, ticket)) == 4404


async def test_a_ticket_is_for_one_build(program: Client, build: Build, owner: User) -> None:
    other = await database_sync_to_async(factories.submitted)(owner)
    ticket = (await database_sync_to_async(asked)(program, build))["ticket"]
    assert not await opens(socket(other, ticket))
    assert await opens(socket(build, ticket))


async def test_somebody_elses_ticket_is_of_no_use_to_who_is_logged_in(
    program: Client, build: Build, operator: User
) -> None:
    browser = Client()
    await database_sync_to_async(browser.force_login)(operator)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    ticket = (await database_sync_to_async(asked)(program, build))["ticket"]
    assert not await opens(socket(build, ticket, cookie=cookie, origin="http://localhost"))
    assert await opens(socket(build, ticket))


@pytest.mark.parametrize("ticket", ["", "unknown", "agt_" + "x" * 5000, "%00", "Ж"])
async def test_what_is_no_ticket_opens_nothing_whatever_the_cookie(owner: User, build: Build, ticket: str) -> None:
    browser = Client()
    await database_sync_to_async(browser.force_login)(owner)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    assert not await opens(socket(build, ticket, cookie=cookie, origin="http://elsewhere.example"))
    assert not await opens(socket(build, ticket, cookie=cookie, origin="http://localhost"))


async def test_a_host_that_is_not_ours_is_refused_with_a_ticket_too(
    program: Client, build: Build, settings: Any
) -> None:
    ticket = (await database_sync_to_async(asked)(program, build))["ticket"]
    settings.ALLOWED_HOSTS = ["agentsite.example"]
    assert not await opens(socket(build, ticket))


class Impatient(BuildConsumer):
    """Asks at once whether the socket may stay open."""

    check_seconds = 0.05


def log_out(build: Build) -> None:
    Session.objects.all().delete()


def unshare(build: Build) -> None:
    sharing.unshare(user=build.user, share=BuildShare.objects.get())


async def closed_with(page: WebsocketCommunicator) -> int:
    await page.connect(timeout=10)
    while True:
        message: dict[str, Any] = await page.receive_output(timeout=10)
        if message["type"] == "websocket.close":
            return int(message["code"])


async def ends_after(happen: Callable[[Build], None], caller: Client, build: Build) -> None:
    secret = (await database_sync_to_async(asked)(caller, build))["ticket"]
    page = WebsocketCommunicator(Impatient.as_asgi(), "/")
    page.scope |= {"ticket": secret, "user": NOBODY, "url_route": {"kwargs": {"build_id": build.id}}}
    assert (await page.connect(timeout=10))[0]
    assert (await page.receive_json_from(timeout=10))["event"]["seq"] == 1
    assert await page.receive_nothing(timeout=0.3)
    await database_sync_to_async(happen)(build)
    assert (await page.receive_output(timeout=10))["code"] == 4401
    await page.disconnect()
    assert not tails._tails


@pytest.mark.parametrize("happen", [revoke, shut_out])
async def test_a_socket_ends_with_the_key_behind_its_ticket(
    program: Client, build: Build, happen: Callable[[Build], None]
) -> None:
    await ends_after(happen, program, build)


@pytest.mark.parametrize("happen", [log_out, unshare])
async def test_a_socket_ends_with_the_session_behind_its_ticket(
    viewer: User, build: Build, happen: Callable[[Build], None]
) -> None:
    await database_sync_to_async(sharing.share_build)(user=build.user, build=build, username="viewer")
    browser = Client()
    await database_sync_to_async(browser.force_login)(viewer)
    await ends_after(happen, browser, build)


def test_of_twenty_who_show_a_ticket_at_once_one_is_let_in(program: Client, build: Build) -> None:
    secret = asked(program, build)["ticket"]

    def show(_: int) -> bool:
        try:
            return tickets.redeem(secret, build_id=build.id, user=NOBODY) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20 if connection.vendor == "postgresql" else 4) as pool:
        assert sum(pool.map(show, range(20))) == 1


async def test_of_twenty_sockets_at_once_one_opens(program: Client, build: Build) -> None:
    ticket = (await database_sync_to_async(asked)(program, build))["ticket"]
    pages = [socket(build, ticket) for _ in range(20)]
    assert sum(await asyncio.gather(*(opens(page) for page in pages))) == 1


def test_old_tickets_are_forgotten(program: Client, build: Build) -> None:
    asked(program, build)
    assert housekeeping.tidy()["tickets"] == 0
    SocketTicket.objects.update(expires_at=timezone.now() - tickets.KEPT - timedelta(minutes=1))
    assert housekeeping.tidy()["tickets"] == 1
