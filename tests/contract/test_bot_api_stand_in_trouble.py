"""Limits, faults and webhooks of the stand-in of the Bot API, and its life as a process of its own."""

import asyncio
import base64
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, NetworkError, RetryAfter, TimedOut

from tests.contract.telegram_client import ADA, BOB, bot_at, bot_of
from tests.stand_ins.bot_api.chats import User
from tests.stand_ins.bot_api.flood import FloodLimits
from tests.stand_ins.bot_api.server import BotApi
from tests.stand_ins.webhook_receiver import Receiver, status


@pytest.fixture
def server() -> Iterator[BotApi]:
    with BotApi(webhook_pause=0.05) as api:
        api.says(ADA, "hi")
        yield api


@pytest.fixture
async def bot(server: BotApi) -> AsyncIterator[Bot]:
    async with bot_of(server) as real:
        yield real


async def test_nothing_is_limited_unless_it_is_asked_for(server: BotApi, bot: Bot) -> None:
    await asyncio.gather(*(bot.send_message(ADA.id, str(number)) for number in range(40)))
    assert len({message.text for message in server.messages(ADA.id)}) == 40


async def test_one_chat_takes_a_burst_and_then_a_message_a_second() -> None:
    with BotApi(limits=FloodLimits()) as server:
        async with bot_of(server) as bot:
            for user in (ADA, BOB):
                server.says(user, "hi")
            message = await bot.send_message(ADA.id, "1")
            await message.edit_text("2")
            await bot.send_document(ADA.id, b"3")
            with pytest.raises(RetryAfter) as told:
                await bot.send_message(ADA.id, "4")
            assert (told.value._retry_after.total_seconds(), server.ignored_retry_after) == (1, 0)
            await bot.send_message(BOB.id, "others wait for nothing")
            await asyncio.sleep(0.1)
            with pytest.raises(RetryAfter):
                await message.edit_text("too early")
            assert server.world.flood.ignored_by_chat == {ADA.id: 1}
            await asyncio.sleep(1)
            await bot.send_message(ADA.id, "4")
            assert server.ignored_retry_after == 1


async def test_all_chats_together_are_limited_too() -> None:
    with BotApi(limits=FloodLimits(per_second=1, burst=3)) as server:
        users = [User(number) for number in range(10, 14)]
        for user in users:
            server.says(user, "hi")
        async with bot_of(server) as bot:
            for user in users[:3]:
                await bot.send_message(user.id, "x")
            for pause in (0, 0.1):
                await asyncio.sleep(pause)
                with pytest.raises(RetryAfter):
                    await bot.send_message(users[3].id, "x")
            assert (server.world.flood.ignored_overall, server.ignored_retry_after) == (1, 1)


async def test_a_429_on_demand_is_counted_when_it_is_ignored(server: BotApi, bot: Bot) -> None:
    server.fails("too_many", "sendMessage", seconds=7)
    with pytest.raises(RetryAfter) as told:
        await bot.send_message(ADA.id, "x")
    assert told.value._retry_after.total_seconds() == 7
    assert server.calls[-1].description == "Too Many Requests: retry after 7"
    await bot.send_message(ADA.id, "x")
    assert server.ignored_retry_after == 1


@pytest.mark.parametrize(("kind", "reason"), [("error", "Internal Server Error"), ("bad_gateway", "502")])
async def test_the_server_breaks_as_often_as_it_is_told(server: BotApi, bot: Bot, kind: str, reason: str) -> None:
    server.says(BOB, "hi")
    server.fails(kind, "sendMessage", chat_id=ADA.id, times=2)
    await bot.send_message(BOB.id, "another chat")
    for _ in range(2):
        with pytest.raises(NetworkError, match=reason):
            await bot.send_message(ADA.id, "x")
    await bot.send_message(ADA.id, "x")
    assert [call.fault for call in server.calls_of("sendMessage")] == ["", kind, kind, ""]


@pytest.mark.parametrize(("kind", "done"), [("cut_before", 0), ("cut_after", 1)])
async def test_a_connection_is_cut_before_or_after(server: BotApi, bot: Bot, kind: str, done: int) -> None:
    server.fails(kind, "sendMessage")
    with pytest.raises(NetworkError, match="RemoteProtocolError"):
        await bot.send_message(ADA.id, "x")
    assert len(server.messages(ADA.id)) == done


@pytest.mark.parametrize(("kind", "done"), [("hang", 0), ("hang_after", 1)])
async def test_a_client_that_does_not_wait_knows_nothing(server: BotApi, kind: str, done: int) -> None:
    server.fails(kind, "sendMessage", seconds=0.5)
    async with bot_of(server, read_timeout=0.1) as bot:
        with pytest.raises(TimedOut):
            await bot.send_message(ADA.id, "x")
        await asyncio.sleep(0.6)
    assert len(server.messages(ADA.id)) == done


async def test_a_client_that_waits_is_served_after_a_hang(server: BotApi, bot: Bot) -> None:
    server.fails("hang", seconds=0.1)
    await bot.send_message(ADA.id, "x")
    server.fails("error", times=9)
    server.works_again()
    await bot.send_message(ADA.id, "y")
    assert [message.text for message in server.messages(ADA.id)] == ["x", "y"]


async def test_a_webhook_gets_updates_in_order_with_its_secret(server: BotApi, bot: Bot) -> None:
    with Receiver(status(200), status(500), status(302), status(204)) as receiver:
        assert await bot.set_webhook(receiver.url, secret_token="a_B-9", drop_pending_updates=True)
        ids = [server.says(ADA, str(number)) for number in range(3)]
        server.until(lambda: not server.pending_updates)
        got = [httpx.Response(200, content=request.body).json()["update_id"] for request in receiver.requests]
        assert got == [ids[0], ids[1], ids[1], ids[1], ids[2]]
        assert {request.headers["x-telegram-bot-api-secret-token"] for request in receiver.requests} == {"a_B-9"}
        assert receiver.requests[0].path == "/hook?from=agentsite"
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == (receiver.url, 0)
        assert info.last_error_message == "Wrong response from the webhook: 302 Found"


async def test_a_webhook_and_polling_exclude_each_other(server: BotApi, bot: Bot) -> None:
    await bot.get_updates(offset=-1)
    poll = asyncio.create_task(bot.get_updates(offset=server.pending_updates[0]["update_id"] + 1, timeout=5))
    await asyncio.to_thread(server.until, lambda: len(server.calls) == 2)
    await bot.set_webhook("https://127.0.0.1:9/hook")
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active; use deleteWebhook to del"):
        await bot.get_updates()
    await bot.delete_webhook()
    update_id = server.says(ADA, "polled")
    assert [update.update_id for update in await bot.get_updates()] == [update_id]
    await bot.delete_webhook(drop_pending_updates=True)
    assert server.pending_updates == []


@pytest.mark.parametrize(
    ("url", "secret", "reason"),
    [
        ("http://example.org/hook", "", "bad webhook: An HTTPS URL must be provided for webhook"),
        ("https://example.org:99/hook", "", "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"),
        ("https://example.org/hook", "a b", "secret token contains unallowed characters"),
        ("https://example.org/hook", "x" * 257, "secret token is too long"),
    ],
)
async def test_a_webhook_must_be_right(server: BotApi, bot: Bot, url: str, secret: str, reason: str) -> None:
    with pytest.raises(BadRequest):
        await bot.set_webhook(url, secret_token=secret)
    assert server.calls[-1].description == f"Bad Request: {reason}"


async def test_it_bears_many_requests_at_once(server: BotApi) -> None:
    begin = time.monotonic()
    patient: dict[str, Any] = {"pool_timeout": 60, "connect_timeout": 60, "read_timeout": 60}  # the machine may be busy
    async with bot_of(server) as one, bot_of(server) as two:
        await asyncio.gather(*(bot.send_message(ADA.id, "x", **patient) for bot in (one, two) for _ in range(100)))
    assert len({message.message_id for message in server.messages(ADA.id)}) == 200
    assert time.monotonic() - begin < 60


@pytest.fixture
def process() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.stand_ins.bot_api", "--port", "0", "--token", "77:other"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        yield running.stdout.readline().strip().removeprefix("BOT_API_URL=")
        running.terminate()


async def test_another_process_is_moved_over_http(process: str) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="1")]])
    async with httpx.AsyncClient(base_url=f"{process}/control/") as control, bot_at(process, "77:other") as bot:
        ada = {"id": 7, "first_name": "Ada"}
        await control.post("says", json={"user": ada, "text": "/start"})
        content = base64.b64encode(b"zip").decode()
        await control.post("sends_file", json={"user": 7, "name": "a.zip", "content": content, "caption": "c"})
        texts = [update.effective_message and update.effective_message.text for update in await bot.get_updates()]
        assert texts == ["/start", None]
        await bot.send_document(7, b"\x00", caption="sure?", reply_markup=markup)
        shown = (await control.get("messages?chat_id=7")).json()["result"]
        assert [(each["text"], each["buttons"], each["document"]) for each in shown] == [
            ("sure?", [[["Yes", "1"]]], base64.b64encode(b"\x00").decode())
        ]
        where = {"user": 7, "chat_id": 7, "message_id": 3}
        query = (await control.post("presses", json={**where, "button": "Yes"})).json()["result"]
        await bot.answer_callback_query(query, "ok")
        assert [answer["text"] for answer in (await control.get("answers")).json()["result"]] == ["ok"]
        await control.post("fails", json={"kind": "error", "method": "sendMessage"})
        with pytest.raises(NetworkError):
            await bot.send_message(7, "x")
        calls = (await control.get("calls?method=sendMessage")).json()["result"]
        assert [(call["status"], call["fault"]) for call in calls] == [(500, "error")]
        assert (await control.get("nonsense")).status_code == 400
        assert (await control.post("presses", json={**where, "button": "No"})).status_code == 400
