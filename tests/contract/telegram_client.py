"""The real library against the stand-in of the Bot API."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from telegram import Bot
from telegram.request import HTTPXRequest

from tests.stand_ins.bot_api.chats import User
from tests.stand_ins.bot_api.server import BotApi

ADA = User(7, "Ada", "ada", "en")
BOB = User(8, "Bob", "", "ru")


def bot_of(server: BotApi, token: str = "", read_timeout: float = 5) -> AbstractAsyncContextManager[Bot]:
    """Talk to a stand-in in this process."""
    return bot_at(server.url, token or server.token, read_timeout)


@asynccontextmanager
async def bot_at(url: str, token: str, read_timeout: float = 5) -> AsyncIterator[Bot]:
    """Talk to a stand-in as a bot does."""
    without_tls = {"verify": False}  # reading the authorities takes longer than a test
    request = HTTPXRequest(connection_pool_size=8, read_timeout=read_timeout, httpx_kwargs=without_tls)
    bot = Bot(
        token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=request,
        get_updates_request=request,
    )
    await request.initialize()
    try:
        yield bot
    finally:
        await request.shutdown()
