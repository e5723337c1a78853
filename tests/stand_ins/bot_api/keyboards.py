"""Keyboards below messages, and what is wrong with them."""

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.stand_ins.bot_api.refusals import Json, Refused, bad_request

ACTIONS = {
    "callback_data", "url", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
}  # fmt: skip
LOOKS = {"text", "style", "icon_custom_emoji_id"}
KEYBOARDS = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")
LOCAL = {"localhost", "127.0.0.1", "::1"}
LONGEST_DATA_BYTES = 64


class Button(NamedTuple):
    """A button by its label, and the data or address behind it."""

    label: str
    target: str


def checked_markup(markup: Any, *, inline_only: bool = False) -> Json | None:
    """Return a reply markup that may be sent.

    :raises Refused: something about it is wrong.
    """
    if markup in (None, {}):
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    kind = next((name for name in KEYBOARDS if name in markup), "")
    if not kind or (inline_only and kind != "inline_keyboard"):
        raise bad_request("inline keyboard expected" if inline_only else "reply markup is of an unknown kind")
    if kind == "inline_keyboard":
        _check_rows(markup[kind])
        return markup if any(markup[kind]) else None
    return markup


def buttons_of(markup: Json | None) -> list[list[Button]]:
    """Return the inline buttons of a markup, row by row."""
    rows = (markup or {}).get("inline_keyboard", [])
    return [[Button(button["text"], _target(button)) for button in row] for row in rows]


def _target(button: Json) -> str:
    target = next((button[name] for name in sorted(ACTIONS) if name in button), "")
    return str(target.get("url") or target.get("text") or "") if isinstance(target, dict) else str(target)


def _check_rows(rows: Any) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    for row in rows:
        for button in row:
            _check_button(button)


def _check_button(button: Any) -> None:
    if not isinstance(button, dict):
        raise _wrong("InlineKeyboardButton must be an Object")
    if "text" not in button:
        raise _wrong('Can\'t find field "text"')
    if not isinstance(button["text"], str):
        raise _wrong('Field "text" must be of type String')
    actions = ACTIONS & set(button)
    if unknown := sorted(set(button) - ACTIONS - LOOKS):
        raise _wrong(f'Unknown field "{unknown[0]}"')
    if not actions or not button["text"].strip():
        raise _wrong("Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise _wrong("Exactly one action must be specified")
    _check_action(actions.pop(), button)


def _check_action(action: str, button: Json) -> None:
    if action == "callback_data":
        _check_data(button[action])
    elif action == "url":
        check_url(str(button[action]), "inline keyboard button URL", {"http", "https", "tg"})
    elif action == "web_app":
        check_url(str(button[action].get("url", "")), "inline keyboard button Web App URL", {"https"})


def _check_data(data: Any) -> None:
    if not isinstance(data, str) or not 0 < len(data.encode()) <= LONGEST_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")


def check_url(url: str, what: str, schemes: set[str]) -> None:
    """Refuse an address that Telegram would not open.

    :raises Refused: it is none, or it leads to the machine itself.
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme == "tg" and "tg" in schemes and host:
        return
    if parts.scheme not in schemes and schemes == {"https"}:
        raise bad_request(f"{what} '{url}' is invalid: Only HTTPS links are allowed")
    if parts.scheme not in {"http", "https"}:
        raise bad_request(f"{what} '{url}' is invalid: Unsupported URL protocol")
    if not host or host in LOCAL or "." not in host or " " in url:
        raise bad_request(f"{what} '{url}' is invalid: Wrong HTTP URL")


def _wrong(reason: str) -> Refused:
    return bad_request(f"can't parse inline keyboard button: {reason}")
