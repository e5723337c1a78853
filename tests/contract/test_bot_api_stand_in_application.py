"""A whole application of the real library lives on the stand-in of the Bot API."""

import asyncio
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes

from tests.contract.telegram_client import ADA
from tests.stand_ins.bot_api.server import BotApi


async def greet(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])
    await update.message.reply_html(f"<b>{' '.join(context.args or [])}</b>", reply_markup=markup)


async def go(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.callback_query
    await update.callback_query.answer("going")
    await update.callback_query.edit_message_text("gone")


def application(server: BotApi) -> "Application[Any, Any, Any, Any, Any, Any]":
    builder = Application.builder().token(server.token)
    built = builder.base_url(f"{server.url}/bot").base_file_url(f"{server.url}/file/bot").build()
    built.add_handler(CommandHandler("start", greet))
    built.add_handler(CallbackQueryHandler(go))
    return built


async def test_commands_and_presses_are_handled_while_it_polls() -> None:
    with BotApi() as server:
        server.fails("bad_gateway", "getUpdates")
        async with application(server) as running:
            assert running.updater
            await running.updater.start_polling(timeout=5)
            await running.start()
            server.says(ADA, "/start abc")
            await asyncio.to_thread(server.until, lambda: server.messages(ADA.id))
            server.presses(ADA, server.messages(ADA.id)[0], "Go")
            await asyncio.to_thread(server.until, lambda: server.messages(ADA.id)[0].text == "gone")
            await running.updater.stop()
            await running.stop()
        assert [answer.text for answer in server.answers] == ["going"]
        assert server.pending_updates == []
