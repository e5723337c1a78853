"""Requests in threads that stay: they keep a connection, and nobody waits for one that hangs."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

from agentsite.web import WebHandler
from tests.flows.reading import scope_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
_has_begun, _may_end = threading.Event(), threading.Event()
_communicator: Any = ApplicationCommunicator  # has no types


def look(_request: HttpRequest) -> JsonResponse:
    """Tell whether there was a connection already, and which it is now."""
    had_one = connection.connection is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()" if connection.vendor == "postgresql" else "SELECT 0")
        return JsonResponse({"had_one": had_one, "backend": cursor.fetchone()[0]})


def hang(_request: HttpRequest) -> JsonResponse:
    _has_begun.set()
    return JsonResponse({"ended": _may_end.wait(20)})


def leave(_request: HttpRequest) -> JsonResponse:
    connection.close()
    return JsonResponse({})


urlpatterns = [path("look/", look), path("hang/", hang), path("leave/", leave)]


@pytest_asyncio.fixture
async def web(settings: Any) -> AsyncIterator[WebHandler]:
    settings.ROOT_URLCONF, settings.WEB_THREADS, settings.WEB_CONNECTION_SECONDS = __name__, 1, 600
    handler = WebHandler()
    yield handler
    await ask(handler, "/leave/")


async def ask(web: WebHandler, address: str) -> Any:
    line = _communicator(web, scope_of(address))
    await line.send_input({"type": "http.request", "body": b""})
    assert (await line.receive_output(timeout=20))["status"] == 200
    answer = json.loads((await line.receive_output(timeout=20))["body"])
    await line.wait(timeout=20)
    return answer


async def test_a_connection_outlasts_its_request(web: WebHandler) -> None:
    first, second = [await ask(web, "/look/") for _ in range(2)]
    assert not first["had_one"]
    assert second == first | {"had_one": True}


async def test_a_connection_whose_time_has_come_is_given_back(web: WebHandler, settings: Any) -> None:
    settings.WEB_CONNECTION_SECONDS = 0
    assert [(await ask(web, "/look/"))["had_one"] for _ in range(2)] == [False, False]


async def test_a_connection_that_the_server_ended_is_replaced(web: WebHandler) -> None:
    first = await ask(web, "/look/")
    if connection.vendor == "postgresql":
        await sync_to_async(_end_backend)(first["backend"])
        assert (await ask(web, "/look/"))["backend"] != first["backend"]
    assert (await ask(web, "/look/"))["had_one"]


async def test_nobody_waits_for_a_request_that_hangs(web: WebHandler) -> None:
    _has_begun.clear()
    _may_end.clear()
    hanging = asyncio.create_task(ask(web, "/hang/"))
    try:
        await asyncio.to_thread(_has_begun.wait, 20)
        assert not (await ask(web, "/look/"))["had_one"]
    finally:
        _may_end.set()
    assert await hanging == {"ended": True}


async def test_who_leaves_before_the_request_is_complete_is_not_answered(web: WebHandler) -> None:
    line = _communicator(web, scope_of("/look/"))
    await line.send_input({"type": "http.disconnect"})
    await line.wait(timeout=20)
    assert line.output_queue.empty()


def _end_backend(backend: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    connection.close()
