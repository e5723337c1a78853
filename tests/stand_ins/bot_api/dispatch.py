"""From a call to its answer, through faults and limits."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.stand_ins.bot_api import profile, receiving, sending
from tests.stand_ins.bot_api.faults import Fault, FaultKind
from tests.stand_ins.bot_api.params import Params
from tests.stand_ins.bot_api.refusals import NOT_FOUND, SERVER_ERROR, Refused, too_many
from tests.stand_ins.bot_api.world import Call, World

Method = Callable[[World, Params], Any]
METHODS: Mapping[str, Method] = {
    method.__name__.replace("_", ""): method
    for method in (
        profile.get_me,
        profile.set_my_commands,
        profile.get_my_commands,
        profile.delete_my_commands,
        profile.set_chat_menu_button,
        profile.get_chat_menu_button,
        profile.set_my_description,
        profile.get_my_description,
        profile.set_my_short_description,
        profile.get_my_short_description,
        receiving.get_updates,
        receiving.set_webhook,
        receiving.delete_webhook,
        receiving.get_webhook_info,
        receiving.answer_callback_query,
        receiving.get_file,
        receiving.get_chat,
        sending.send_message,
        sending.send_document,
        sending.edit_message_text,
        sending.edit_message_reply_markup,
        sending.delete_message,
        sending.send_chat_action,
    )
}
LIMITED = {"sendmessage", "senddocument", "editmessagetext", "editmessagereplymarkup"}
GATEWAY_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    b"<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


class Reply(NamedTuple):
    """An answer over HTTP."""

    status: int
    body: bytes
    content_type: str = "application/json"


def perform(world: World, call: Call, params: Params, is_gone: Callable[[], bool]) -> Reply | None:
    """Do a call; return its answer, or None when the connection is to be cut."""
    _look_for_ignored(world, call)
    fault = _take_fault(world, call)
    if fault is None:
        return _do(world, call, params)
    call.fault = fault.kind
    if fault.kind is FaultKind.BAD_GATEWAY:
        call.status = 502
        return Reply(502, GATEWAY_PAGE, "text/html")
    if fault.kind in {FaultKind.TOO_MANY, FaultKind.ERROR}:
        return _refuse(call, _refusal(world, call, fault))
    return _interrupted(world, call, params, fault, is_gone)


def refuse(status: int, description: str) -> Reply:
    """Answer what is no call."""
    return Reply(status, json.dumps(Refused(status, description).wire()).encode())


def _interrupted(world: World, call: Call, params: Params, fault: Fault, is_gone: Callable[[], bool]) -> Reply | None:
    if fault.kind is FaultKind.HANG:
        world.stopping.wait(fault.seconds)
        return None if is_gone() else _do(world, call, params)
    if fault.kind is FaultKind.CUT_BEFORE:
        return None
    reply = _do(world, call, params)
    if fault.kind is FaultKind.HANG_AFTER:
        world.stopping.wait(fault.seconds)
        return reply
    return None


def _do(world: World, call: Call, params: Params) -> Reply:
    try:
        with world.changed:
            result = _run(world, call.method.lower(), params)
            call.status = 200
            body = json.dumps({"ok": True, "result": result}).encode()
            world.changed.notify_all()
    except Refused as refusal:
        return _refuse(call, refusal)
    except Exception as mistake:  # noqa: BLE001  a mistake of the stand-in shall be seen, not hang the bot
        return _refuse(call, Refused(500, f"Internal Server Error: the stand-in failed with {mistake!r}"))
    return Reply(200, body)


def _run(world: World, name: str, params: Params) -> Any:
    if name not in METHODS:
        raise Refused(*NOT_FOUND)
    if name in LIMITED:
        world.flood.admit(params.number("chat_id"))
    return METHODS[name](world, params)


def _refuse(call: Call, refusal: Refused) -> Reply:
    call.status, call.description = refusal.status, refusal.description
    return Reply(refusal.status, json.dumps(refusal.wire()).encode())


def _refusal(world: World, call: Call, fault: Fault) -> Refused:
    if fault.kind is FaultKind.ERROR:
        return Refused(*SERVER_ERROR)
    with world.changed:
        world.flood.promise(_waiting_room(call), fault.seconds)
    return too_many(max(1, round(fault.seconds)))


def _take_fault(world: World, call: Call) -> Fault | None:
    with world.changed:
        return world.faults.take(call.method, call.chat_id)


def _look_for_ignored(world: World, call: Call) -> None:
    with world.changed:
        world.flood.look_for_ignored(call.chat_id or 0, _waiting_room(call))


def _waiting_room(call: Call) -> int | str:
    """A 429 holds up all that is limited in a chat; elsewhere the one method."""
    return call.chat_id if call.chat_id and call.method.lower() in LIMITED else call.method.lower()
