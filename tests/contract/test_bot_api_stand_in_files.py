"""Files through the stand-in of the Bot API, as the real library sees them."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from tests.contract.telegram_client import ADA, bot_of
from tests.stand_ins.bot_api.server import BotApi

KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="a:1")]])


@pytest.fixture
def server() -> Iterator[BotApi]:
    with BotApi() as api:
        yield api


@pytest.fixture
async def bot(server: BotApi) -> AsyncIterator[Bot]:
    async with bot_of(server) as real:
        yield real


async def test_a_sent_document_keeps_its_bytes(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hi")
    content = bytes(range(256)) * 40 + b"\r\n--\r\n"
    message = await bot.send_document(
        ADA.id, content, caption="<b>z</b>", parse_mode="HTML", filename='отчёт "1".zip', reply_markup=KEYBOARD
    )
    shown = server.messages(ADA.id)[0]
    assert (shown.document, shown.text, shown.buttons[0][0].label) == (content, "z", "Yes")
    assert shown.document_name == 'отчёт "1".zip'
    assert message.document
    again = await bot.send_document(ADA.id, message.document.file_id)
    assert again.document == message.document


@pytest.mark.parametrize("kind", ["document", "photo", "voice"])
async def test_a_file_of_a_user_is_fetched(server: BotApi, bot: Bot, kind: str) -> None:
    server.sends_file(ADA, "a.bin", b"\x00\xffbytes", "application/zip", "look /build", kind=kind)
    message = (await bot.get_updates())[0].message
    assert message
    assert (message.caption, message.caption_entities[0].offset) == ("look /build", 5)
    found = {"document": message.document, "photo": (message.photo or (None,))[-1], "voice": message.voice}[kind]
    assert found
    assert await (await bot.get_file(found.file_id)).download_as_bytearray() == b"\x00\xffbytes"


async def test_a_file_over_20_mb_is_not_fetched(server: BotApi, bot: Bot) -> None:
    server.sends_file(ADA, "large.zip", b"", "application/zip", size=20 * 1024 * 1024 + 1)
    message = (await bot.get_updates())[0].message
    assert message
    assert message.document
    with pytest.raises(BadRequest, match="ile is too big"):
        await bot.get_file(message.document.file_id)
    with pytest.raises(BadRequest, match="nvalid file_id"):
        await bot.get_file("nonsense")


async def test_a_document_is_refused_when_it_is_empty_unknown_or_said_too_much_of(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hi")
    with pytest.raises(BadRequest, match="ile must be non-empty"):
        await bot.send_document(ADA.id, b"", filename="empty.zip")
    with pytest.raises(BadRequest, match="rong remote file identifier"):
        await bot.send_document(ADA.id, "nonsense")
    with pytest.raises(BadRequest, match="essage caption is too long"):
        await bot.send_document(ADA.id, b"x", caption="c" * 1025)
    await bot.send_document(ADA.id, b"x", caption="<b>" + "c" * 1024 + "</b>", parse_mode="HTML")


async def test_the_text_of_a_document_is_not_edited(server: BotApi, bot: Bot) -> None:
    server.says(ADA, "hi")
    message = await bot.send_document(ADA.id, b"x", filename="x.zip")
    with pytest.raises(BadRequest, match="here is no text in the message to edit"):
        await message.edit_text("new")


async def test_files_are_fetched_with_the_right_token_only(server: BotApi) -> None:
    server.sends_file(ADA, "a.zip", b"secret")
    for token, status in (("4242:wrong", 401), (server.token, 200)):
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{server.url}/file/bot{token}/documents/file_1.zip")
        assert (answer.status_code, b"secret" in answer.content) == (status, status == 200)
