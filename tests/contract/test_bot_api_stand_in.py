"""The stand-in of the Bot API does what the real one does, as the real library sees it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MenuButtonCommands,
    MenuButtonWebApp,
    ReplyKeyboardMarkup,
    ReplyParameters,
    WebAppInfo,
)
from telegram.error import BadRequest, Conflict, InvalidToken

from tests.contract.telegram_client import ADA, BOB, bot_of
from tests.stand_ins.bot_api.server import BotApi

GROUP = -1001
KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Yes", callback_data="a:1"), InlineKeyboardButton("Docs", url="https://example.org/x")]]
)


@pytest.fixture
def server() -> Iterator[BotApi]:
    with BotApi() as api:
        yield api


@pytest.fixture
async def bot(server: BotApi) -> AsyncIterator[Bot]:
    async with bot_of(server) as real:
        yield real


async def test_a_bot_learns_who_it_is(bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (4242, True, "stand_in_bot")


@pytest.mark.parametrize(("token", "reason"), [("4242:wrong", "Unauthorized"), ("nonsense", "Not Found")])
async def test_a_wrong_token_is_let_in_nowhere(server: BotApi, token: str, reason: str) -> None:
    async with bot_of(server, token) as stranger:
        with pytest.raises(InvalidToken, match=reason):
            await stranger.get_me()


async def test_an_unknown_method_is_not_found(bot: Bot) -> None:
    with pytest.raises(InvalidToken, match="Not Found"):
        await bot._post("makeCoffee")


@pytest.mark.parametrize("how", ["json", "data", "params"])
async def test_parameters_come_in_any_way(server: BotApi, how: str) -> None:
    server.says(ADA, "hi")
    given = {how: {"chat_id": "7", "text": "é & <", "reply_markup": '{"inline_keyboard": []}'}}
    async with httpx.AsyncClient() as client:
        answer = await client.request("POST", f"{server.url}/bot{server.token}/SendMessage", **given)  # type: ignore[arg-type]
    assert answer.json()["result"]["text"] == "é & <"


async def test_updates_come_in_order_until_they_are_confirmed(server: BotApi, bot: Bot) -> None:
    first, second = server.says(ADA, "one"), server.says(ADA, "two")
    assert [update.update_id for update in await bot.get_updates()] == [first, second]
    assert [update.update_id for update in await bot.get_updates(limit=1)] == [first]
    assert [update.update_id for update in await bot.get_updates(offset=second)] == [second]
    assert [update["update_id"] for update in server.pending_updates] == [second]
    assert await bot.get_updates(offset=second + 1) == ()


async def test_a_negative_offset_keeps_only_the_last_updates(server: BotApi, bot: Bot) -> None:
    ids = [server.says(ADA, str(number)) for number in range(4)]
    assert [update.update_id for update in await bot.get_updates(offset=-2)] == ids[2:]
    assert [update.update_id for update in await bot.get_updates()] == ids[2:]


async def test_a_long_poll_waits_for_an_update(server: BotApi, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=5))
    await asyncio.sleep(0.1)
    assert not poll.done()
    server.says(ADA, "late")
    assert [update.effective_message and update.effective_message.text for update in await poll] == ["late"]


async def test_a_long_poll_ends_empty_after_its_time(bot: Bot) -> None:
    begin = time.monotonic()
    assert await bot.get_updates(timeout=1) == ()
    assert 0.9 < time.monotonic() - begin < 2


async def test_kinds_that_are_not_wanted_are_dropped(server: BotApi, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    server.says(ADA, "unwanted")
    await bot.send_message(ADA.id, "?", reply_markup=KEYBOARD)
    server.presses(ADA, server.messages(ADA.id)[0], "Yes")
    assert [update.callback_query and update.callback_query.data for update in await bot.get_updates()] == ["a:1"]


async def test_a_second_poll_ends_the_first(server: BotApi, bot: Bot) -> None:
    async with bot_of(server) as other:
        older = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.to_thread(server.until, lambda: server.calls)
        newer = asyncio.create_task(other.get_updates(timeout=5))
        with pytest.raises(Conflict, match="terminated by other getUpdates request; make sure that only one bot inst"):
            await older
        server.says(ADA, "to the newer")
        assert len(await newer) == 1


async def test_a_command_carries_its_entity(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "/start abc")
    server.says(BOB, "😀 /help")
    start, later = [update.message for update in await bot.get_updates()]
    assert start
    assert later
    assert start.from_user
    assert later.from_user
    assert [(entity.type, entity.offset, entity.length) for entity in start.entities] == [("bot_command", 0, 6)]
    assert [entity.offset for entity in later.entities] == [3]
    assert (start.from_user.username, start.chat.type, later.from_user.language_code) == ("ada", "private", "ru")


async def test_a_group_is_a_chat_of_its_own(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hello all", GROUP)
    await bot.send_message(GROUP, "hello Ada", reply_parameters=ReplyParameters(1))
    assert [(message.text, message.reply_to) for message in server.messages(GROUP)] == [("hello Ada", 1)]
    assert server.messages(ADA.id) == []
    assert (await bot.get_chat(GROUP)).type == "supergroup"


async def test_html_becomes_text_and_entities(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hi")
    raw = '😀 <b>bold <i>both</i></b> &lt;x&gt; &#x27;q&#39; <a href="https://example.org/?a=1&amp;b=2">link</a>\n'
    code = '<pre><code class="language-python">x &amp;&amp; y</code></pre><blockquote expandable>long</blockquote>'
    message = await bot.send_message(ADA.id, f"  {raw}{code}<tg-spoiler>s</tg-spoiler> ", parse_mode="HTML")
    assert message.text == "😀 bold both <x> 'q' link\nx && ylongs"
    assert [(entity.type, message.parse_entity(entity)) for entity in message.entities] == [
        ("bold", "bold both"), ("italic", "both"), ("text_link", "link"), ("pre", "x && y"),
        ("expandable_blockquote", "long"), ("spoiler", "s"),
    ]  # fmt: skip
    assert (message.entities[2].url, message.entities[3].language) == ("https://example.org/?a=1&b=2", "python")
    assert server.messages(ADA.id)[0].raw.strip().startswith("😀 <b>bold")


async def test_a_message_shows_its_buttons_and_loses_them_with_an_edit(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hi")
    message = await bot.send_message(ADA.id, "sure?", reply_markup=KEYBOARD)
    assert server.messages(ADA.id)[0].buttons == [[("Yes", "a:1"), ("Docs", "https://example.org/x")]]
    await message.edit_text("done")
    shown = server.messages(ADA.id)[0]
    assert (shown.text, shown.buttons, shown.edited_count) == ("done", [], 1)
    await message.edit_reply_markup(KEYBOARD)
    assert server.messages(ADA.id)[0].edited_count == 2
    await message.delete()
    assert server.messages(ADA.id)[0].deleted


async def test_a_reply_keyboard_is_taken_but_hangs_below_no_message(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hi")
    message = await bot.send_message(ADA.id, "choose", reply_markup=ReplyKeyboardMarkup([["a", "b"]]))
    assert message.reply_markup is None


async def test_a_press_reaches_the_bot_and_is_answered(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hi")
    await bot.send_message(ADA.id, "sure?", reply_markup=KEYBOARD)
    query_id = server.presses(BOB, server.messages(ADA.id)[0], "a:1")
    query = (await bot.get_updates(offset=-1))[0].callback_query
    assert query
    assert query.message
    assert (query.id, query.data, query.from_user.id, query.message.message_id) == (query_id, "a:1", BOB.id, 2)
    await query.answer("noted", show_alert=True)
    assert [(answer.text, answer.show_alert, answer.user_id) for answer in server.answers] == [("noted", True, BOB.id)]


async def test_only_a_button_that_is_there_is_pressed_but_anything_can_be_forged(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hi")
    message = await bot.send_message(ADA.id, "sure?", reply_markup=KEYBOARD)
    for absent in ("No", "Docs"):
        with pytest.raises(LookupError):
            server.presses(ADA, server.messages(ADA.id)[0], absent)
    await message.delete()
    server.forges(ADA, server.messages(ADA.id)[0], "z:9")
    query = (await bot.get_updates(offset=-1))[0].callback_query
    assert query
    assert query.message
    assert (query.data, query.message.is_accessible) == ("z:9", False)


async def test_a_press_is_too_old_after_a_while() -> None:
    with BotApi(query_seconds=0.05) as server:
        async with bot_of(server) as bot:
            server.says(ADA, "hi")
            await bot.send_message(ADA.id, "sure?", reply_markup=KEYBOARD)
            query_id = server.presses(ADA, server.messages(ADA.id)[0], "Yes")
            await asyncio.sleep(0.1)
            for late in (query_id, "17"):
                with pytest.raises(BadRequest, match="uery is too old and response timeout expired or query id is inv"):
                    await bot.answer_callback_query(late)


async def test_what_people_see_of_the_bot_is_set(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hi")
    await bot.set_my_commands([BotCommand("start", "Begin")])
    await bot.set_my_commands([("stop", "End")], scope=BotCommandScopeChat(ADA.id), language_code="ru")
    assert [command.command for command in await bot.get_my_commands()] == ["start"]
    assert [c.command for c in await bot.get_my_commands(BotCommandScopeChat(ADA.id), "ru")] == ["stop"]
    await bot.set_chat_menu_button(menu_button=MenuButtonWebApp("Open", WebAppInfo("https://example.org/app")))
    await bot.set_chat_menu_button(ADA.id, MenuButtonCommands())
    assert isinstance(await bot.get_chat_menu_button(), MenuButtonWebApp)
    assert isinstance(await bot.get_chat_menu_button(ADA.id), MenuButtonCommands)
    await bot.set_my_description("Builds things.")
    await bot.set_my_short_description("Builds.")
    assert ((await bot.get_my_description()).description) == "Builds things."
    assert ((await bot.get_my_short_description()).short_description) == "Builds."


async def test_every_call_is_kept(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hi")
    await bot.send_chat_action(ADA.id, "typing")
    await bot.send_message(ADA.id, '{"a": 1}', reply_markup=KEYBOARD)
    with pytest.raises(BadRequest):
        await bot.send_message(99, "?")
    assert [(call.method, call.chat_id, call.status) for call in server.calls] == [
        ("sendChatAction", 7, 200), ("sendMessage", 7, 200), ("sendMessage", 99, 400),
    ]  # fmt: skip
    sent = server.calls_of("sendMessage")[0].params
    assert (sent["text"], sent["reply_markup"]["inline_keyboard"][0][0]["text"]) == ('{"a": 1}', "Yes")
