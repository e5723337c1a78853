"""What people do, as updates."""

from tests.stand_ins.bot_api.chats import Chat, Message, User
from tests.stand_ins.bot_api.files import StoredFile
from tests.stand_ins.bot_api.formatting import commands_in
from tests.stand_ins.bot_api.refusals import Json
from tests.stand_ins.bot_api.world import Query, World

FIRST_QUERY_ID = 4_000_000_000_000_000_001


def say(world: World, user: User, text: str, chat_id: int | None, reply_to: int | None) -> int:
    """Write to the bot."""
    chat = world.chats.opened_by(user, chat_id)
    content: Json = {"text": text}
    if entities := commands_in(text):
        content["entities"] = entities
    if reply_to is not None:
        content["reply_to_message"] = chat.messages[reply_to].wire
    return _message(world, chat, user, content)


def send_file(world: World, user: User, file: StoredFile, caption: str, chat_id: int | None) -> int:
    """Send a file to the bot."""
    chat = world.chats.opened_by(user, chat_id)
    content = file.described() | ({"caption": caption} if caption else {})
    if entities := commands_in(caption):
        content["caption_entities"] = entities
    return _message(world, chat, user, content, file)


def press(world: World, user: User, message: Message, label_or_data: str) -> str:
    """Press a button that is below a message now.

    :raises LookupError: there is no such button to press.
    """
    rows = message.wire.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row if not message.deleted]
    for field in ("text", "callback_data"):
        for button in buttons:
            if button.get(field) == label_or_data and "callback_data" in button:
                return call_back(world, user, message, button["callback_data"])
    raise LookupError(f"no button {label_or_data!r} among {[button['text'] for button in buttons]}")


def call_back(world: World, user: User, message: Message, data: str) -> str:
    """Send any data as if a button of the message were pressed; return the id of the query."""
    query_id = str(FIRST_QUERY_ID + len(world.queries))
    world.queries[query_id] = Query(user.id)
    content = {"id": query_id, "from": user.wire(), "message": _seen(message), "data": data}
    world.updates.add("callback_query", content | {"chat_instance": str(message.wire["chat"]["id"])})
    return query_id


def change_membership(world: World, chat: Chat, user: User, *, blocked: bool) -> None:
    """Block the bot, or let it write again."""
    chat.blocked = blocked
    bot = world.bot.wire()
    states: list[Json] = [{"user": bot, "status": "member"}, {"user": bot, "status": "kicked", "until_date": 0}]
    old, new = states if blocked else reversed(states)
    content = {"chat": chat.wire, "from": user.wire(), "date": 0, "old_chat_member": old, "new_chat_member": new}
    world.updates.add("my_chat_member", content)


def _message(world: World, chat: Chat, user: User, content: Json, file: StoredFile | None = None) -> int:
    message = chat.add(user.wire(), content, raw=content.get("text", content.get("caption", "")), document=file)
    return world.updates.add("message", message.wire)


def _seen(message: Message) -> Json:
    """An old message tells only where it was."""
    if message.deleted:
        return {"chat": message.wire["chat"], "message_id": message.wire["message_id"], "date": 0}
    return dict(message.wire)
