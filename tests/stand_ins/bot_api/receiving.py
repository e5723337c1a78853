"""Methods by which a bot gets its updates, files and chats, and answers presses."""

import re
import time
from typing import Any
from urllib.parse import urlsplit

from tests.stand_ins.bot_api.keyboards import LOCAL
from tests.stand_ins.bot_api.params import Params
from tests.stand_ins.bot_api.refusals import Json, bad_request, conflict
from tests.stand_ins.bot_api.sending import chat_id_of
from tests.stand_ins.bot_api.updates import SET_WEBHOOK
from tests.stand_ins.bot_api.world import Answer, World

WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
MOST_UPDATES = 100
LONGEST_POLL_SECONDS = 50
LONGEST_ANSWER = 200
LONGEST_SECRET = 256
WEBHOOK_PORTS = {None, 80, 88, 443, 8443}


def get_updates(world: World, params: Params) -> list[Json]:
    """Hand out updates, and wait for one if asked to."""
    if world.webhook.url:
        raise conflict(WEBHOOK_ACTIVE)
    _allow(world, params)
    limit = params.number("limit", MOST_UPDATES)
    return world.updates.poll(
        params.number("offset"),
        limit if 0 < limit <= MOST_UPDATES else MOST_UPDATES,
        min(LONGEST_POLL_SECONDS, max(0, params.number("timeout"))),
    )


def set_webhook(world: World, params: Params) -> bool:
    """Deliver updates to an address."""
    url, secret = params.text("url"), params.text("secret_token")
    if not url:
        return delete_webhook(world, params)
    _check_webhook(url)
    if len(secret) > LONGEST_SECRET:
        raise bad_request("secret token is too long")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]+", secret):
        raise bad_request("secret token contains unallowed characters")
    _allow(world, params)
    if params.flag("drop_pending_updates"):
        world.updates.drop()
    world.updates.end_polls(SET_WEBHOOK)
    world.webhook.set(url, secret, min(100, max(1, params.number("max_connections", 40))))
    return True


def delete_webhook(world: World, params: Params) -> bool:
    """Deliver no more."""
    world.webhook.remove()
    if params.flag("drop_pending_updates"):
        world.updates.drop()
    return True


def get_webhook_info(world: World, params: Params) -> Json:
    """Tell how delivery goes."""
    return world.webhook.wire()


def answer_callback_query(world: World, params: Params) -> bool:
    """End the waiting of somebody who pressed a button."""
    query_id, text = params.text("callback_query_id"), params.text("text")
    query = world.queries.get(query_id)
    if not query or time.monotonic() - query.at > world.query_seconds:
        raise bad_request(TOO_OLD)
    if len(text) > LONGEST_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    world.answers.append(Answer(query_id, query.user_id, text, params.flag("show_alert"), params.text("url")))
    return True


def get_file(world: World, params: Params) -> Json:
    """Say where a file is."""
    return world.files.offered(params.text("file_id"))


def get_chat(world: World, params: Params) -> Json:
    """Describe a chat."""
    chat = world.chats.known(chat_id_of(params))
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
    )
    rest: dict[str, Any] = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return {**chat.wire, **rest}


def _allow(world: World, params: Params) -> None:
    allowed = params.structure("allowed_updates")
    if allowed is not None:
        world.updates.allowed = list(allowed)


def _check_webhook(url: str) -> None:
    """As the real one, but the machine itself may be called without TLS and on any port."""
    parts = urlsplit(url)
    if parts.hostname in LOCAL and parts.scheme in {"http", "https"}:
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if parts.port not in WEBHOOK_PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
