"""What a test in another process, or a person with curl, may order under ``/control/``.

Parameters come as JSON or in the query, with the names of the methods of :class:`BotApi`; a user is an id or an object.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tests.stand_ins.bot_api.chats import Sent, User
from tests.stand_ins.bot_api.params import Params
from tests.stand_ins.bot_api.refusals import Json

if TYPE_CHECKING:
    from tests.stand_ins.bot_api.server import BotApi


class Control:
    """Carry out orders."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._orders: dict[str, Callable[[Params], Any]] = {
            "says": self._says,
            "presses": self._presses,
            "forges": self._forges,
            "sends_file": self._sends_file,
            "blocks": lambda params: api.blocks(_user(params)),
            "unblocks": lambda params: api.unblocks(_user(params)),
            "deactivates": lambda params: api.deactivates(_user(params)),
            "messages": lambda params: [_told(each) for each in api.messages(params.number("chat_id"))],
            "conversation": lambda params: [_told(each) for each in api.conversation(params.number("chat_id"))],
            "calls": self._calls,
            "answers": lambda _: [asdict(each) for each in api.answers],
            "pending_updates": lambda _: api.pending_updates,
            "ignored_retry_after": self._ignored,
            "fails": self._fails,
            "works_again": lambda _: api.works_again(),
        }

    def __call__(self, order: str, params: Params) -> Json:
        """Do one thing, and return what came of it.

        :raises LookupError: there is no such order, or nothing to do it with.
        """
        if order not in self._orders:
            raise LookupError(f"no order {order!r}; there are {', '.join(sorted(self._orders))}")
        return {"result": self._orders[order](params)}

    def _says(self, params: Params) -> int:
        reply_to = params.number("reply_to") or None
        return self._api.says(_user(params), params.text("text"), _chat(params), reply_to)

    def _presses(self, params: Params) -> str:
        return self._api.presses(_user(params), self._message(params), params.text("button"))

    def _forges(self, params: Params) -> str:
        return self._api.forges(_user(params), self._message(params), params.text("data"))

    def _sends_file(self, params: Params) -> int:
        upload = params.files.get("content")
        content = upload.content if upload else base64.b64decode(params.text("content"))
        return self._api.sends_file(
            _user(params),
            params.text("name") or (upload.name if upload else "file"),
            content,
            params.text("mime") or "application/octet-stream",
            params.text("caption"),
            kind=params.text("kind") or "document",
            size=params.number("size") or None,
            chat_id=_chat(params),
        )

    def _calls(self, params: Params) -> list[Json]:
        method = params.text("method")
        return [asdict(call) for call in self._api.calls if method in {"", call.method}]

    def _ignored(self, _: Params) -> Json:
        flood = self._api.world.flood
        return {"by_chat": {str(chat): count for chat, count in flood.ignored_by_chat.items()}} | {
            "overall": flood.ignored_overall
        }

    def _fails(self, params: Params) -> None:
        self._api.fails(
            params.text("kind"),
            params.text("method") or "*",
            chat_id=_chat(params),
            times=params.number("times", 1),
            seconds=float(params.text("seconds") or 1),
        )

    def _message(self, params: Params) -> Sent:
        chat_id, message_id = params.number("chat_id"), params.number("message_id")
        found = [each for each in self._api.conversation(chat_id) if each.message_id == message_id]
        if not found:
            raise LookupError(f"no message {message_id} in chat {chat_id}")
        return found[0]


def _user(params: Params) -> User:
    told = params.structure("user")
    return User(**told) if isinstance(told, dict) else User(int(told))


def _chat(params: Params) -> int | None:
    return params.number("chat_id") if params.text("chat_id") else None


def _told(message: Sent) -> Json:
    told = asdict(message)
    document = None if message.document is None else base64.b64encode(message.document).decode()
    return told | {"document": document, "buttons": [[list(button) for button in row] for row in message.buttons]}
