"""Methods that say who the bot is, and set what people see of it."""

import json
import re
from typing import Any

from tests.stand_ins.bot_api.keyboards import check_url
from tests.stand_ins.bot_api.params import Params
from tests.stand_ins.bot_api.refusals import Json, bad_request
from tests.stand_ins.bot_api.sending import chat_id_of
from tests.stand_ins.bot_api.world import World

MOST_COMMANDS = 100
LONGEST_COMMAND = 32
LONGEST_COMMAND_DESCRIPTION = 256
LONGEST_DESCRIPTION = 512
LONGEST_SHORT_DESCRIPTION = 120


def get_me(world: World, params: Params) -> Json:
    """Say who the bot is."""
    can = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
    return world.bot.wire() | can


def set_my_commands(world: World, params: Params) -> bool:
    """Set the commands that people are offered."""
    commands = params.structure("commands")
    if not isinstance(commands, list):
        raise bad_request("can't parse commands: list of bot commands must be an Array")
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.settings[_commands_key(params)] = [_command(each) for each in commands]
    return True


def get_my_commands(world: World, params: Params) -> list[Json]:
    """Return the commands of exactly this scope and language."""
    commands: list[Json] = world.settings.get(_commands_key(params), [])
    return commands


def delete_my_commands(world: World, params: Params) -> bool:
    """Offer no commands in this scope and language."""
    world.settings.pop(_commands_key(params), None)
    return True


def set_chat_menu_button(world: World, params: Params) -> bool:
    """Set the button beside the field for writing."""
    button = params.structure("menu_button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in {"default", "commands", "web_app"}:
        raise bad_request("MenuButton has unsupported type")
    if button["type"] == "web_app":
        if not button.get("text"):
            raise bad_request("menu button text must be non-empty")
        check_url(str(button.get("web_app", {}).get("url", "")), "menu button Web App URL", {"https"})
    world.settings[_menu_key(world, params)] = button
    return True


def get_chat_menu_button(world: World, params: Params) -> Json:
    """Return the button beside the field for writing."""
    everywhere = world.settings.get("menu:", {"type": "commands"})
    button: Json = world.settings.get(_menu_key(world, params), everywhere)
    return button


def set_my_description(world: World, params: Params) -> bool:
    """Set what an empty chat with the bot shows."""
    return _set_text(world, params, "description", LONGEST_DESCRIPTION)


def get_my_description(world: World, params: Params) -> Json:
    """Return what an empty chat with the bot shows."""
    return {"description": _language_text(world, params, "description")}


def set_my_short_description(world: World, params: Params) -> bool:
    """Set what the bot's profile shows."""
    return _set_text(world, params, "short_description", LONGEST_SHORT_DESCRIPTION)


def get_my_short_description(world: World, params: Params) -> Json:
    """Return what the bot's profile shows."""
    return {"short_description": _language_text(world, params, "short_description")}


def _commands_key(params: Params) -> str:
    scope = params.structure("scope") or {"type": "default"}
    return f"commands:{params.text('language_code')}:{json.dumps(scope, sort_keys=True)}"


def _menu_key(world: World, params: Params) -> str:
    if not params.text("chat_id"):
        return "menu:"
    return f"menu:{world.chats.known(chat_id_of(params)).wire['id']}"


def _command(given: Any) -> Json:
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: BotCommand must be an Object")
    name, description = str(given.get("command", "")).removeprefix("/"), str(given.get("description", ""))
    if not name:
        raise bad_request("command must be non-empty")
    if len(name) > LONGEST_COMMAND:
        raise bad_request(f"command length must not exceed {LONGEST_COMMAND}")
    if not description:
        raise bad_request("command description must be non-empty")
    if len(description) > LONGEST_COMMAND_DESCRIPTION:
        raise bad_request(f"command description length must not exceed {LONGEST_COMMAND_DESCRIPTION}")
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise bad_request("BOT_COMMAND_INVALID")
    return {"command": name, "description": description}


def _set_text(world: World, params: Params, name: str, longest: int) -> bool:
    if len(params.text(name)) > longest:
        raise bad_request(f"bot {name.replace('_', ' ')} is too long")
    world.settings[f"{name}:{params.text('language_code')}"] = params.text(name)
    return True


def _language_text(world: World, params: Params, name: str) -> str:
    text: str = world.settings.get(f"{name}:{params.text('language_code')}") or world.settings.get(f"{name}:", "")
    return text
