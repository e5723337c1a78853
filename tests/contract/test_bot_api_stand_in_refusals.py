"""The stand-in of the Bot API refuses what the real one refuses, in its words."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest, Forbidden

from tests.contract.telegram_client import ADA, BOB, bot_of
from tests.stand_ins.bot_api.server import BotApi


@pytest.fixture
def server() -> Iterator[BotApi]:
    with BotApi() as api:
        api.says(ADA, "hi")
        yield api


@pytest.fixture
async def bot(server: BotApi) -> AsyncIterator[Bot]:
    async with bot_of(server) as real:
        yield real


async def refused(server: BotApi, bot: Bot, text: str = "x", **options: Any) -> str:
    """Return how a message is refused; the library changes the letters, so it is read from the record."""
    with pytest.raises(BadRequest):
        await bot.send_message(ADA.id, text, **options)
    assert server.messages(ADA.id) == []
    return server.calls[-1].description.removeprefix("Bad Request: ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "message text is empty"),
        (" \n ", "text must be non-empty"),
        ("x" * 4097, "message is too long"),
        ("😀" * 2049, "message is too long"),
    ],
)
async def test_a_text_has_a_length(server: BotApi, bot: Bot, text: str, reason: str) -> None:
    assert await refused(server, bot, text) == reason


async def test_only_what_is_shown_counts_for_the_length(bot: Bot) -> None:
    message = await bot.send_message(ADA.id, f"<b>{'&lt;' * 4096}</b>", parse_mode="HTML")
    assert message.text == "<" * 4096


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("é <p>x</p>", 'Unsupported start tag "p" at byte offset 3'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
        ("x <b>y", "Can't find end tag corresponding to start tag b"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ('<span class="big">x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a href>x</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ("<code class=python!>x</code>", "Unexpected end of name token at byte offset 0"),
        ('<b style="x">x</b>', 'Unsupported attribute "style" of the tag "b" at byte offset 0'),
        ("a &nbsp; b", "Unsupported HTML entity at byte offset 2"),
        ("AT&T", "Unsupported HTML entity at byte offset 2"),
        ("a > b", 'Unescaped ">" at byte offset 2'),
    ],
)
async def test_html_is_strict(server: BotApi, bot: Bot, text: str, reason: str) -> None:
    assert await refused(server, bot, text, parse_mode="HTML") == f"can't parse entities: {reason}"


async def test_other_markup_is_not_known(server: BotApi, bot: Bot) -> None:
    assert await refused(server, bot, "*x*", parse_mode="MarkdownV2") == "unsupported parse_mode"


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ({"text": "x", "callback_data": "я" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        (
            {"text": "x", "url": "http://localhost:8000/a"},
            "inline keyboard button URL 'http://localhost:8000/a' is invalid: Wrong HTTP URL",
        ),
        (
            {"text": "x", "url": "https://127.0.0.1/"},
            "inline keyboard button URL 'https://127.0.0.1/' is invalid: Wrong HTTP URL",
        ),
        ({"text": "x", "url": "nonsense"}, "inline keyboard button URL 'nonsense' is invalid: Wrong HTTP URL"),
        (
            {"text": "x", "url": "ftp://example.org"},
            "inline keyboard button URL 'ftp://example.org' is invalid: Unsupported URL protocol",
        ),
        (
            {"text": "x", "web_app": {"url": "http://example.org"}},
            "inline keyboard button Web App URL 'http://example.org' is invalid: Only HTTPS links are allowed",
        ),
        ({"text": "x", "colour": "red"}, 'can\'t parse inline keyboard button: Unknown field "colour"'),
        ({"callback_data": "x"}, "can't parse inline keyboard button: Can't find field \"text\""),
        (
            {"text": "x"},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
    ],
)
async def test_a_button_must_be_right(server: BotApi, bot: Bot, button: dict[str, Any], reason: str) -> None:
    markup = {"inline_keyboard": [[button]]}
    with pytest.raises(BadRequest):
        await bot._post("sendMessage", {"chat_id": ADA.id, "text": "x", "reply_markup": markup})
    assert server.calls[-1].description == f"Bad Request: {reason}"
    assert server.messages(ADA.id) == []


async def test_what_is_good_in_a_button_passes(bot: Bot) -> None:
    targets: list[dict[str, str]] = [
        {"callback_data": "x" * 64}, {"url": "tg://resolve?domain=x"}, {"url": "https://example.org:8443/a"},
    ]  # fmt: skip
    rows = [[InlineKeyboardButton("x", **target)] for target in targets]  # type: ignore[arg-type]
    message = await bot.send_message(ADA.id, "x", reply_markup=InlineKeyboardMarkup(rows))
    assert message.reply_markup == InlineKeyboardMarkup(rows)


async def test_an_edit_must_change_something(server: BotApi, bot: Bot) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="1")]])
    message = await bot.send_message(ADA.id, "<b>x</b>", parse_mode="HTML", reply_markup=markup)
    for _ in range(2):
        with pytest.raises(BadRequest, match="essage is not modified: specified new message content and reply markup "):
            await message.edit_text("<strong>x</strong>", parse_mode="HTML", reply_markup=markup)
    await message.edit_text("x", reply_markup=markup)
    await message.edit_text("x")
    assert server.messages(ADA.id)[0].edited_count == 2


async def test_only_an_own_message_that_is_there_is_edited(server: BotApi, bot: Bot) -> None:
    message = await bot.send_message(ADA.id, "x")
    await message.delete()
    for gone in (message.message_id, 99):
        with pytest.raises(BadRequest, match="essage to edit not found"):
            await bot.edit_message_text("y", ADA.id, gone)
        with pytest.raises(BadRequest, match="essage to delete not found"):
            await bot.delete_message(ADA.id, gone)
    with pytest.raises(BadRequest, match="essage can't be edited"):
        await bot.edit_message_text("y", ADA.id, 1)


async def test_a_reply_needs_its_message(server: BotApi, bot: Bot) -> None:
    assert await refused(server, bot, reply_parameters=ReplyParameters(99)) == "message to be replied not found"
    message = await bot.send_message(
        ADA.id, "x", reply_parameters=ReplyParameters(99, allow_sending_without_reply=True)
    )
    assert message.reply_to_message is None


async def test_a_chat_is_unknown_until_somebody_writes(server: BotApi, bot: Bot) -> None:
    with pytest.raises(BadRequest, match="hat not found"):
        await bot.send_message(BOB.id, "x")
    server.says(BOB, "hi")
    await bot.send_message(BOB.id, "x")


async def test_a_user_blocks_the_bot_and_comes_back(server: BotApi, bot: Bot) -> None:
    server.blocks(ADA)
    with pytest.raises(Forbidden, match="Forbidden: bot was blocked by the user"):
        await bot.send_message(ADA.id, "x")
    member = (await bot.get_updates(offset=-1))[0].my_chat_member
    assert member
    assert member.new_chat_member.status == "kicked"
    server.unblocks(ADA)
    await bot.send_message(ADA.id, "x")


async def test_a_deactivated_user_gets_nothing(server: BotApi, bot: Bot) -> None:
    server.deactivates(ADA)
    with pytest.raises(Forbidden, match="Forbidden: user is deactivated"):
        await bot.send_chat_action(ADA.id, "typing")


@pytest.mark.parametrize(
    ("command", "description", "reason"),
    [
        ("Start", "x", "BOT_COMMAND_INVALID"),
        ("x" * 33, "x", "command length must not exceed 32"),
        ("", "x", "command must be non-empty"),
        ("start", "", "command description must be non-empty"),
        ("start", "x" * 257, "command description length must not exceed 256"),
    ],
)
async def test_a_command_must_be_right(server: BotApi, bot: Bot, command: str, description: str, reason: str) -> None:
    with pytest.raises(BadRequest):
        await bot._post("setMyCommands", {"commands": [{"command": command, "description": description}]})
    assert server.calls[-1].description == f"Bad Request: {reason}"
