"""Methods that put messages into chats, change them and take them away."""

import time

from tests.stand_ins.bot_api.chats import Chat, Message
from tests.stand_ins.bot_api.files import StoredFile
from tests.stand_ins.bot_api.formatting import Formatted, formatted, units
from tests.stand_ins.bot_api.keyboards import checked_markup
from tests.stand_ins.bot_api.params import Params, Upload
from tests.stand_ins.bot_api.refusals import Json, Refused, bad_request
from tests.stand_ins.bot_api.world import World

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LARGEST_UPLOAD_BYTES = 50 * 1024 * 1024
ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


def send_message(world: World, params: Params) -> Json:
    """Put a text into a chat."""
    shown = _text(params)
    markup = checked_markup(params.structure("reply_markup"))
    chat = writable(world, params)
    content: Json = {"text": shown.plain, **({"entities": shown.entities} if shown.entities else {})}
    return _send(world, chat, params, content | _markup(markup) | _reply(chat, params), params.text("text"))


def send_document(world: World, params: Params) -> Json:
    """Put a file into a chat."""
    shown = formatted(params.text("caption"), params.text("parse_mode"), params.structure("caption_entities"))
    if units(shown.plain) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    markup = checked_markup(params.structure("reply_markup"))
    chat = writable(world, params)
    reply = _reply(chat, params)
    file = _document(world, params)
    caption: Json = {"caption": shown.plain} if shown.plain else {}
    entities: Json = {"caption_entities": shown.entities} if shown.entities else {}
    content = file.described() | caption | entities | _markup(markup) | reply
    return _send(world, chat, params, content, params.text("caption"), file)


def edit_message_text(world: World, params: Params) -> Json:
    """Show another text in a message."""
    shown = _text(params)
    markup = checked_markup(params.structure("reply_markup"), inline_only=True)
    message = _own(world, params)
    if "text" not in message.wire:
        raise bad_request("there is no text in the message to edit")
    _change(message, {"text": shown.plain, "entities": shown.entities, "reply_markup": markup})
    message.raw, message.parse_mode = params.text("text"), params.text("parse_mode")
    return message.wire


def edit_message_reply_markup(world: World, params: Params) -> Json:
    """Put other buttons below a message, or none."""
    markup = checked_markup(params.structure("reply_markup"), inline_only=True)
    message = _own(world, params)
    _change(message, {"reply_markup": markup})
    return message.wire


def delete_message(world: World, params: Params) -> bool:
    """Take a message away."""
    chat = world.chats.known(chat_id_of(params))
    message = chat.present(params.number("message_id"))
    if not message:
        raise bad_request("message to delete not found")
    message.deleted = True
    return True


def send_chat_action(world: World, params: Params) -> bool:
    """Show what the bot does at the moment."""
    if params.text("action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    writable(world, params)
    return True


def writable(world: World, params: Params) -> Chat:
    """Return the chat of a call, if the bot may write there.

    :raises Refused: it may not.
    """
    return world.chats.writable(chat_id_of(params))


def chat_id_of(params: Params) -> int:
    """Return the chat of a call.

    :raises Refused: none is named.
    """
    if not params.text("chat_id"):
        raise bad_request("chat_id is empty")
    return params.number("chat_id")


def _text(params: Params) -> Formatted:
    if not params.text("text"):
        raise bad_request("message text is empty")
    shown = formatted(params.text("text"), params.text("parse_mode"), params.structure("entities"))
    if not shown.plain:
        raise bad_request("text must be non-empty")
    if units(shown.plain) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return shown


def _send(
    world: World, chat: Chat, params: Params, content: Json, raw: str, document: StoredFile | None = None
) -> Json:
    mode = params.text("parse_mode")
    return chat.add(world.bot.wire(), content, raw=raw, parse_mode=mode, document=document).wire


def _markup(markup: Json | None) -> Json:
    """Only what hangs below the message is told with it."""
    return {"reply_markup": markup} if markup and "inline_keyboard" in markup else {}


def _reply(chat: Chat, params: Params) -> Json:
    reply = params.structure("reply_parameters") or {}
    if "message_id" not in reply:
        return {}
    message = chat.present(int(reply["message_id"]))
    if message:
        return {"reply_to_message": {key: value for key, value in message.wire.items() if key != "reply_to_message"}}
    if reply.get("allow_sending_without_reply"):
        return {}
    raise bad_request("message to be replied not found")


def _document(world: World, params: Params) -> StoredFile:
    name = params.text("document")
    upload = params.files.get("document") or params.files.get(name.removeprefix("attach://"))
    if upload:
        return _uploaded(world, upload)
    if not name:
        raise bad_request("there is no document in the request")
    file = world.files.get(name)
    if file is None:
        raise bad_request("wrong remote file identifier specified: Wrong string length")
    return file


def _uploaded(world: World, upload: Upload) -> StoredFile:
    if not upload.content:
        raise bad_request("file must be non-empty")
    if len(upload.content) > LARGEST_UPLOAD_BYTES:
        raise Refused(413, "Request Entity Too Large")
    return world.files.keep("document", upload.name, upload.mime, upload.content)


def _own(world: World, params: Params) -> Message:
    message = writable(world, params).present(params.number("message_id"))
    if not message:
        raise bad_request("message to edit not found")
    if message.wire["from"]["id"] != world.bot.id:
        raise bad_request("message can't be edited")
    return message


def _change(message: Message, changes: Json) -> None:
    wanted = {**message.wire, **changes}
    after = {key: value for key, value in wanted.items() if value not in (None, [])}
    if after == message.wire:
        raise bad_request(NOT_MODIFIED)
    message.wire = after | {"edit_date": int(time.time())}
    message.edited_count += 1
